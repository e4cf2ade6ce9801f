"""The embedded engine: Oxigraph in worker processes that hold one snapshot and only read.

pyoxigraph can neither be cancelled nor limited from within, and some queries end its process; so a query that passes
its deadline or memory loses its worker, never the server, and a fresh worker is forked for the next one.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from uphold.engines.federation.federation import Federation
from uphold.engines.interface import Answer, Dataset
from uphold.engines.oxigraph.fork_server_main import ORDER_BYTES
from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.pool import Template, Worker, WorkerPool
from uphold.errors import (
    MemoryLimitExceeded,
    NotAcceptable,
    NotRepresentable,
    QueryNotSupported,
    QueryTimeout,
    ServerBusy,
    SnapshotNotFound,
)
from uphold.metrics import metrics
from uphold.rdf.media_types import GRAPH_TYPES, QUAD_TYPES, RESULT_TYPES
from uphold.server_timing import spend
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.sparql.guard import Limits, inspect

__all__ = ["EmbeddedEngine"]


class EmbeddedEngine:
    """Answers queries about one snapshot with a fixed number of workers."""

    def __init__(
        self, snapshot: Snapshot, settings: Settings, workers: int | None = None, template: Template | None = None
    ) -> None:
        self.snapshot, self.settings = snapshot, settings
        self.limits = Limits.of(settings)
        self.federation = Federation(settings) if self.limits.services else None
        self.template = template or start_template(snapshot, settings)
        self.shares_template = template is not None
        self.lock = threading.Lock()
        self.waiting = 0
        self.pool = WorkerPool(self.template, max(1, workers or settings.query_workers), count_discarded)

    def beside(self, workers: int) -> EmbeddedEngine:
        """Another engine over the same loaded snapshot, with workers and a queue of its own."""
        return EmbeddedEngine(self.snapshot, self.settings, workers, self.template)

    def order(self) -> str:
        """Names the order in which rows come that no ORDER BY puts in order; waits until the snapshot is loaded."""
        if not self.template.greeting:
            self.pool.release(self.lend(self.pool.acquire, time.monotonic() + self.settings.query_queue_timeout))
        return self.template.greeting.hex()

    def query(
        self,
        text: str,
        *,
        accept: str,
        deadline: float | None = None,
        dataset: Dataset | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Answer:
        """See `Engine.query`; `deadline` is in seconds, at most the setting `query_timeout`."""
        inspected = inspect(text, self.limits)
        offered = [*GRAPH_TYPES, *QUAD_TYPES] if inspected.gives_graph else list(RESULT_TYPES)
        if accept not in offered:
            raise NotAcceptable(offered)
        seconds = min(deadline or self.settings.query_timeout, self.settings.query_timeout)
        if self.federation and inspected.calls:
            text, seconds = self.federate(self.federation, text, seconds)
        request = {
            "text": text,
            "accept": accept,
            "dataset": asdict(dataset) if dataset else None,
            "names_graphs": bool(dataset) or inspected.names_graphs,
            "may_depart": inspected.may_depart,
        }
        chunks = self.run(json.dumps(request).encode(), seconds, wanted)
        first = next(chunks, b"")  # a fault before the first bytes is an error, not a broken answer
        return Answer(accept, chain(first, chunks))

    def federate(self, federation: Federation, text: str, seconds: float) -> tuple[str, float]:
        """The query with what other endpoints answered, and the seconds that it then has left."""
        until = time.monotonic() + seconds
        filled = federation.fill(text, self.snapshot.base, self.snapshot.prefixes, until)
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise QueryTimeout(seconds)
        return filled, remaining

    def run(
        self, request: bytes, seconds: float, wanted: Callable[[], bool] | None = None
    ) -> Generator[bytes, None, None]:
        """The bytes of an answer; the worker goes back when they are all out, and is killed when anything breaks."""
        began = time.monotonic()
        worker = self.lend(partial(self.pool.send, request), began + self.settings.query_queue_timeout)
        spend("queue", (started := time.monotonic()) - began)
        until, lost = started + seconds, "abandoned"
        try:
            kind, content = worker.receive(until, wanted)
            while kind == Frame.DATA:
                yield content
                kind, content = worker.receive(until, wanted)
            lost = ""
        except TimeoutError as problem:
            lost = "deadline"
            raise QueryTimeout(seconds) from problem
        except (EOFError, OSError) as problem:
            lost = "ended"
            raise MemoryLimitExceeded(self.settings.query_memory_mb) from problem
        finally:
            spend("engine", time.monotonic() - started)
            if lost:
                self.pool.discard(worker, lost)
            else:
                self.pool.release(worker)
        if kind == Frame.FAULT:
            fault, asked = json.loads(content), json.loads(request)
            if reason := fault.get("unwritable"):
                raise NotRepresentable(asked["accept"], reason)
            if "remedy" in fault:
                raise QueryNotSupported(**fault)
            from uphold.sparql.diagnostics import explain  # with the parser, only for who makes a mistake

            raise explain(asked["text"], self.snapshot.prefixes, **fault)
        yield content

    def lend(self, acquire: Callable[[float], Worker | None], until: float) -> Worker:
        """A worker of the pool; raises `ServerBusy` at once when too many wait, or when none becomes free in time."""
        try:
            return acquire(0) or self.queue_up(acquire, until)
        except EOFError as problem:
            raise MemoryLimitExceeded(self.settings.query_memory_mb) from problem

    def queue_up(self, acquire: Callable[[float], Worker | None], until: float) -> Worker:
        """Wait for a worker; raises `ServerBusy`."""
        with self.lock:
            if self.waiting >= self.settings.query_queue_size:
                raise ServerBusy(f"All query workers are busy, and {self.waiting} queries wait already.")
            self.waiting += 1
        metrics().waiting.inc()
        try:
            worker = acquire(until - time.monotonic())
        finally:
            metrics().waiting.dec()
            with self.lock:
                self.waiting -= 1
        if worker is None:
            raise ServerBusy("All query workers stayed busy for as long as a query may wait.")
        return worker

    def close(self) -> None:
        """End all workers, and the template unless it is another engine's."""
        self.pool.close()
        if not self.shares_template:
            self.template.close()


def count_discarded(reason: str) -> None:
    """Count a worker that is to be replaced."""
    metrics().replaced.labels(reason).inc()


def start_template(snapshot: Snapshot, settings: Settings) -> Template:
    """A template of this snapshot, in memory or on disk by its size; raises `SnapshotNotFound` without all parts."""
    if not (snapshot.union.exists() and snapshot.with_union.exists()):
        raise SnapshotNotFound(f"The snapshot in {snapshot.folder} lacks a file that queries need.")
    in_memory = snapshot.quads <= settings.in_memory_max_quads
    folder, memory = str(Path(snapshot.folder).resolve()), str(settings.query_memory_mb * 1_000_000)
    arguments = [folder, "memory" if in_memory else "disk", memory]
    return Template("uphold.engines.oxigraph.fork_server_main", arguments, ORDER_BYTES)


def chain(first: bytes, rest: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """`first`, then the rest; closing it closes the rest."""
    try:
        yield first
        yield from rest
    finally:
        rest.close()
