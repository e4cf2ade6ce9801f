"""The embedded engine: Oxigraph in read-only worker processes for one snapshot.

pyoxigraph can neither be cancelled nor limited from within, and some queries crash its process; so a query that exceeds
its time or memory limit ends its worker, never the server, and a new worker is forked for the next query.
"""

from __future__ import annotations

import json
import marshal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from uphold.engines.federation.federation import Federation
from uphold.engines.interface import Answer, Dataset
from uphold.engines.oxigraph.fork_server_main import ORDER_BYTES
from uphold.engines.oxigraph.query_form import MOST_CHARACTERS, QueryForm, form_of, may_change
from uphold.engines.processes.client import ForkServer, Predecessor
from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.pool import WorkerPool
from uphold.engines.processes.worker_process import Worker
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
from uphold.snapshots.change import Step, pack
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.statistics import Statistics
from uphold.sparql.guard import Limits, inspect
from uphold.sparql.shape import Shape

__all__ = ["EmbeddedEngine"]

MOST_SHAPES = 1_000
MODULE = "uphold.engines.oxigraph.fork_server_main"


class EmbeddedEngine:
    """Answers queries about one snapshot with a fixed maximum of workers."""

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings,
        workers: int | None = None,
        fork_server: ForkServer | None = None,
        orders: KnownOrders | None = None,
    ) -> None:
        self.orders = orders or KnownOrders(Statistics.read(snapshot.statistics).vocabulary)
        self.snapshot, self.settings = snapshot, settings
        self.limits = Limits.of(settings)
        self.federation = Federation(settings) if self.limits.services else None
        self.fork_server = fork_server or start_fork_server(snapshot, settings)
        self.owns_fork_server = True
        self.lock = threading.Lock()
        self.waiting = 0
        self.workers = max(1, workers or settings.query_workers)
        self.pool = WorkerPool(self.fork_server, self.workers, count_discarded)

    def beside(self, workers: int) -> EmbeddedEngine:
        """Another engine on the same loaded snapshot, with its own workers and queue."""
        engine = EmbeddedEngine(self.snapshot, self.settings, workers, self.fork_server, self.orders)
        engine.owns_fork_server = False
        return engine

    def successor(self, snapshot: Snapshot, steps: Sequence[Step]) -> EmbeddedEngine:
        """An engine for a snapshot that these steps lead to; queries that run continue on the data they began with."""
        fork_server = start_fork_server(snapshot, self.settings, Predecessor(self.fork_server, pack(steps)))
        return EmbeddedEngine(snapshot, self.settings, self.workers, fork_server, self.orders)

    def order(self) -> str:
        """See `Engine.order`; waits until the snapshot is loaded."""
        if not self.fork_server.greeting:
            self.pool.release(
                self.acquire_worker(self.pool.acquire, time.monotonic() + self.settings.query_queue_timeout)
            )
        return self.fork_server.greeting.hex()

    def query(
        self,
        text: str,
        *,
        accept: str,
        deadline: float | None = None,
        dataset: Dataset | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Answer:
        """See `Engine.query`."""
        inspected = inspect(text, self.limits)
        offered = [*GRAPH_TYPES, *QUAD_TYPES] if inspected.returns_graph else list(RESULT_TYPES)
        if accept not in offered:
            raise NotAcceptable(offered)
        seconds = min(deadline or self.settings.query_timeout, self.settings.query_timeout)
        if self.federation and inspected.calls:
            text, seconds = self.federate(self.federation, text, seconds)
        ordered, form = ("", None) if inspected.may_depart else self.orders.of(text, inspected.shape)
        request = {
            "text": text,
            "accept": accept,
            "dataset": asdict(dataset) if dataset else None,
            "may_depart": inspected.may_depart,
            "ordered": ordered,
        }
        chunks = self.run(request, seconds, wanted, form)
        first = next(chunks, b"")  # a fault before the first bytes is an error, not a partial result
        return Answer(accept, chain(first, chunks))

    def federate(self, federation: Federation, text: str, seconds: float) -> tuple[str, float]:
        """The query with the solutions of other endpoints, and its remaining seconds."""
        until = time.monotonic() + seconds
        filled = federation.fill(text, self.snapshot.base, self.snapshot.prefixes, until)
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise QueryTimeout(seconds)
        return filled, remaining

    def run(
        self,
        request: dict[str, Any],
        seconds: float,
        wanted: Callable[[], bool] | None = None,
        form: QueryForm | None = None,
    ) -> Generator[bytes, None, None]:
        """The bytes of a result; the worker is released after the last byte, and killed on any failure."""
        began = time.monotonic()
        send = partial(self.pool.send, marshal.dumps(request))
        worker = self.acquire_worker(send, began + self.settings.query_queue_timeout)
        spend("queue", (started := time.monotonic()) - began)
        until, lost = started + seconds, "abandoned"
        try:
            kind, content = worker.receive(until, wanted)
            if kind == Frame.NOTE and form:
                self.orders.learn(form, content.decode())
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
            fault = json.loads(content)
            if reason := fault.get("unwritable"):
                raise NotRepresentable(request["accept"], reason)
            if "remedy" in fault:
                raise QueryNotSupported(**fault)
            from uphold.sparql.diagnostics import explain  # imports the parser, only needed for errors

            raise explain(request["text"], self.snapshot.prefixes, **fault)
        yield content

    def acquire_worker(self, acquire: Callable[[float], Worker | None], until: float) -> Worker:
        """A worker of the pool; raises `ServerBusy` if too many queries wait, or none becomes free in time."""
        try:
            return acquire(0) or self.queue_up(acquire, until)
        except EOFError as problem:
            raise MemoryLimitExceeded(self.settings.query_memory_mb) from problem

    def queue_up(self, acquire: Callable[[float], Worker | None], until: float) -> Worker:
        """Wait for a worker; raises `ServerBusy`."""
        with self.lock:
            if self.waiting >= self.settings.query_queue_size:
                raise ServerBusy(f"All query workers are busy, and {self.waiting} queries are waiting.")
            self.waiting += 1
        metrics().waiting.inc()
        try:
            worker = acquire(until - time.monotonic())
        finally:
            metrics().waiting.dec()
            with self.lock:
                self.waiting -= 1
        if worker is None:
            raise ServerBusy("No query worker became free in time.")
        return worker

    def close(self) -> None:
        """Stop all workers, and the fork server unless it belongs to another engine."""
        self.pool.close()
        if self.owns_fork_server:
            self.fork_server.close()


class KnownOrders:
    """The join orders that workers have found, by form of query: one worker finds an order, and all use it."""

    def __init__(self, vocabulary: frozenset[str]) -> None:
        self.vocabulary = vocabulary
        self.found: LRUCache[str, str] = LRUCache(MOST_CHARACTERS, getsizeof=len)
        self.kept: set[Shape] = set()
        self.lock = threading.Lock()

    def of(self, text: str, shape: Shape | None) -> tuple[str | None, QueryForm | None]:
        """A query in its order, empty or None as by `known`; and the form to learn or to use, if it needs one.

        Reading the form takes longer than many a query, so the shapes of queries that keep their own order are
        remembered. Two queries have one form if their shape and the terms of the vocabulary in it are the same.
        """
        key = None
        if shape:
            terms = (each if each[1:-1] in self.vocabulary else "" for each in shape.constants)
            key = Shape(shape.parts, tuple(terms))
            if key in self.kept:
                return "", None
        if not may_change(text):
            return "", None
        form = form_of(text, self.vocabulary)
        ordered = self.known(form)
        if key and self.found.get(form.text) == form.text:
            if len(self.kept) >= MOST_SHAPES:
                self.kept.clear()
            self.kept.add(key)
        return ordered, form

    def known(self, form: QueryForm) -> str | None:
        """The query in its order, empty if that is its own order, or None if the order is unknown."""
        with self.lock:
            found = self.found.get(form.text)
        return None if found is None else form.in_order(found)

    def learn(self, form: QueryForm, found: str) -> None:
        """Remember the form in its order."""
        with self.lock:
            self.found[form.text] = found


def count_discarded(reason: str) -> None:
    """Count a discarded worker."""
    metrics().replaced.labels(reason).inc()


def start_fork_server(snapshot: Snapshot, settings: Settings, predecessor: Predecessor | None = None) -> ForkServer:
    """A fork server for a snapshot, in memory or on disk by size; raises `SnapshotNotFound` if it is incomplete.

    One in memory is forked from its predecessor, if there is one.
    """
    built = snapshot.built
    if not built.data.exists():
        raise SnapshotNotFound(f"The snapshot in {built.folder} lacks a required file.")
    in_memory = built.quads <= settings.in_memory_max_quads
    if not in_memory and not built.index.exists():
        raise SnapshotNotFound(
            f"The snapshot in {built.folder} has no index on disk, but {built.quads:,} quads, more than"
            f" UPHOLD_IN_MEMORY_MAX_QUADS ({settings.in_memory_max_quads:,}); build again with this setting."
        )
    folder, memory = str(Path(snapshot.folder).resolve()), str(settings.query_memory_mb * 1_000_000)
    arguments = [folder, "memory" if in_memory else "disk", memory]
    return ForkServer(MODULE, arguments, ORDER_BYTES, predecessor=predecessor if in_memory else None)


def chain(first: bytes, rest: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """`first`, then the rest; closing it closes the rest."""
    try:
        yield first
        yield from rest
    finally:
        rest.close()
