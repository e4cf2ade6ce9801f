"""The embedded engine: Oxigraph in worker processes that hold one snapshot and only read.

pyoxigraph can neither be cancelled nor limited from within, and some queries end its process; so a query that passes
its deadline or memory loses its worker, never the server, and a fresh worker takes the place at once.
"""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import IO

from uphold.engines import GRAPH_TYPES, QUAD_TYPES, RESULT_TYPES, Answer, Dataset
from uphold.engines.frames import HEAD, Frame, write_frame
from uphold.engines.guard import Limits, inspect
from uphold.errors import DeadlinePassed, MemoryPassed, NotAcceptable, QueryNotParsed, ServerBusy
from uphold.settings import Settings
from uphold.snapshot import Snapshot

__all__ = ["EmbeddedEngine"]

START_SECONDS = 60.0


class Worker:
    """One worker process, from the server's side."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "RUST_BACKTRACE": "0"}
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("a worker was started without pipes")
        self.stdin: IO[bytes] = self.process.stdin
        self.stdout = self.process.stdout.fileno()
        self.ready = False

    def wait_until_ready(self, until: float) -> None:
        """Wait for the worker's first word; raises `EOFError` or `TimeoutError`."""
        if not self.ready:
            self.receive(until)
            self.ready = True

    def send(self, content: bytes) -> None:
        """Send one request; raises `BrokenPipeError` when the worker is gone."""
        write_frame(self.stdin, Frame.REQUEST, content)

    def receive(self, until: float) -> tuple[Frame, bytes]:
        """The next frame; raises `TimeoutError` at `until` (monotonic clock), `EOFError` when the worker has ended."""
        kind, length = HEAD.unpack(self.read(HEAD.size, until))
        return Frame(kind), self.read(length, until)

    def read(self, size: int, until: float) -> bytes:
        """`size` bytes from the worker, by the deadline."""
        parts: list[bytes] = []
        while size:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.stdout], [], [], left)[0]:
                raise TimeoutError
            part = os.read(self.stdout, min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self.stdin.close()
        if self.process.stdout is not None:
            self.process.stdout.close()


class EmbeddedEngine:
    """Answers queries about one snapshot with a fixed number of workers, and a warm spare for when one is lost."""

    def __init__(self, snapshot: Snapshot, settings: Settings, workers: int | None = None) -> None:
        self.snapshot, self.settings = snapshot, settings
        self.limits = Limits(settings.query_max_bytes, settings.query_max_depth)
        self.closed = False
        self.idle: queue.Queue[Worker] = queue.Queue()
        self.all: set[Worker] = set()
        self.lock = threading.Lock()
        self.waiting = 0
        at_once, spare = max(1, workers or settings.query_workers), int(workers is None)
        self.places = threading.Semaphore(at_once)
        for _ in range(at_once + spare):
            self.start_worker()

    def query(self, text: str, *, accept: str, deadline: float | None = None, dataset: Dataset | None = None) -> Answer:
        """See `Engine.query`; `deadline` is in seconds, at most the setting `query_timeout`."""
        offered = [*GRAPH_TYPES, *QUAD_TYPES] if inspect(text, self.limits) else list(RESULT_TYPES)
        if accept not in offered:
            raise NotAcceptable(offered)
        seconds = min(deadline or self.settings.query_timeout, self.settings.query_timeout)
        request = {"text": text, "accept": accept, "dataset": asdict(dataset) if dataset else None}
        chunks = self.run(json.dumps(request).encode(), seconds)
        first = next(chunks, b"")  # a fault before the first bytes is an error, not a broken answer
        return Answer(accept, chain(first, chunks))

    def run(self, request: bytes, seconds: float) -> Generator[bytes, None, None]:
        """The bytes of an answer; the worker goes back when they are all out, and is killed when anything breaks."""
        worker = self.enter()
        whole = False
        until = time.monotonic() + seconds
        try:
            worker.send(request)
            while (frame := worker.receive(until))[0] is Frame.DATA:
                yield frame[1]
            whole = True
        except TimeoutError as problem:
            raise DeadlinePassed(seconds) from problem
        except (EOFError, BrokenPipeError) as problem:
            raise MemoryPassed(self.settings.query_memory_mb) from problem
        finally:
            self.give_back(worker, whole)
            self.places.release()
        if frame[0] is Frame.FAULT:
            fault = json.loads(frame[1])
            raise QueryNotParsed(fault["detail"], fault["line"], fault["column"])

    def enter(self) -> Worker:
        """A place and its worker; raises `ServerBusy` at once when too many wait, or when none becomes free in time."""
        until = time.monotonic() + self.settings.query_wait
        if not self.places.acquire(blocking=False):
            self.queue_up(until)
        try:
            return self.take(until)
        except BaseException:
            self.places.release()
            raise

    def queue_up(self, until: float) -> None:
        """Wait for a place; raises `ServerBusy`."""
        with self.lock:
            if self.waiting >= self.settings.query_queue:
                raise ServerBusy(f"All query workers are busy, and {self.waiting} queries wait already.")
            self.waiting += 1
        try:
            if not self.places.acquire(timeout=max(0.0, until - time.monotonic())):
                raise ServerBusy("All query workers stayed busy for as long as a query may wait.")
        finally:
            with self.lock:
                self.waiting -= 1

    def take(self, until: float) -> Worker:
        """A worker that is ready; raises `ServerBusy` when there is none in time."""
        worker = self.next_idle(until)
        while worker.process.poll() is not None:  # ended while nobody used it: no fault of this query
            self.give_back(worker, whole=False)
            worker = self.next_idle(until)
        try:
            worker.wait_until_ready(time.monotonic() + START_SECONDS)
        except (EOFError, TimeoutError) as problem:
            self.give_back(worker, whole=False)
            raise MemoryPassed(self.settings.query_memory_mb) from problem
        return worker

    def next_idle(self, until: float) -> Worker:
        """The next free worker, by the deadline; raises `ServerBusy`."""
        try:
            return self.idle.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty as problem:
            raise ServerBusy("All query workers stayed busy for as long as a query may wait.") from problem

    def give_back(self, worker: Worker, whole: bool) -> None:
        """Make the worker free again, or replace it when it is not to be trusted any more."""
        if whole and not self.closed:
            self.idle.put(worker)
            return
        with self.lock:
            self.all.discard(worker)
        worker.kill()
        if not self.closed:
            self.start_worker()

    def start_worker(self) -> None:
        """Start one worker; it loads the snapshot while the server goes on."""
        in_memory = self.snapshot.quads <= self.settings.memory_index_up_to
        command = [
            sys.executable,
            *("-m", "uphold.engines.worker"),
            str(Path(self.snapshot.folder).resolve()),
            "memory" if in_memory else "disk",
            str(self.settings.query_memory_mb * 1_000_000),
        ]
        worker = Worker(command)
        with self.lock:
            self.all.add(worker)
        self.idle.put(worker)

    def close(self) -> None:
        """End all workers."""
        self.closed = True
        with self.lock:
            workers, self.all = self.all, set()
        for worker in workers:
            worker.kill()


def chain(first: bytes, rest: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """`first`, then the rest; closing it closes the rest."""
    try:
        yield first
        yield from rest
    finally:
        rest.close()
