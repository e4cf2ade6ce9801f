"""The result cache: a query that several clients send at the same time runs once, and its result is cached.

A snapshot never changes, so a cached result is valid for as long as the snapshot is served. Every result is buffered,
at the speed of the engine instead of the client, before its first byte is sent: so a failure has its own error status.
Small results are buffered in memory, large ones in an unnamed file.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from cachetools import LRUCache

from uphold.engines.interface import Answer
from uphold.errors import ClientDisconnected, ResultTooLarge, ServerBusy
from uphold.metrics import metrics

__all__ = ["BufferedResult", "ResultCache"]

IN_MEMORY = 4_000_000
PIECE = 262_144
ENTRY_OVERHEAD = 500
Wanted = Callable[[], bool]
Run = Callable[[Wanted], Answer]


class BufferedResult:
    """A fully buffered result. Its reader iterates over it or closes it."""

    def __init__(self, content: bytes, file: IO[bytes] | None = None, size: int | None = None) -> None:
        self.content, self.file = content, file
        self.size = len(content) if size is None else size
        self.requested_again = False
        self.readers = 0
        self.lock = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, for one of several readers."""
        if self.file is None:
            yield self.content
            return
        for place in range(0, self.size, PIECE):
            yield os.pread(self.file.fileno(), PIECE, place)

    def start(self, most: int) -> bytes:
        """The first bytes."""
        return self.content[:most] if self.file is None else os.pread(self.file.fileno(), most, 0)

    def open(self) -> None:
        """Add a reader."""
        with self.lock:
            self.readers += 1

    def close(self) -> None:
        """Remove a reader; the last one closes the file."""
        with self.lock:
            self.readers -= 1
            if self.file is not None and self.readers <= 0:
                self.file.close()


class InFlightQuery:
    """A running query, and the clients that wait for it."""

    def __init__(self) -> None:
        self.done = threading.Lock()  # held while the query runs; far cheaper to create than an Event
        self.done.acquire()
        self.clients: list[Wanted] = []
        self.answer: BufferedResult | None = None
        self.fault: BaseException | None = None

    def wanted(self) -> bool:
        """Whether any client is still waiting."""
        return any(client() for client in list(self.clients))


class ResultCache:
    """The cached results and running queries of all snapshots; a key includes its snapshot."""

    def __init__(self, folder: Path, *, size: int, limit: int, max_waiting: int) -> None:
        self.folder, self.limit, self.max_waiting = folder, limit, max_waiting
        self.cached: LRUCache[str, BufferedResult] = LRUCache(
            size, getsizeof=lambda answer: answer.size + ENTRY_OVERHEAD
        )
        self.running: dict[tuple[str, float | None], InFlightQuery] = {}
        self.waiting = 0
        self.reported = 0.0
        self.lock = threading.Lock()

    def ask(self, key: str | None, run: Run, client: Wanted, seconds: float | None = None) -> BufferedResult:
        """The result with this key: cached, from a running query, or from `run`; the caller must close it.

        Without a key the result is not shared. Clients only share a running query with the same limit of `seconds`,
        so that none gets the timeout of another. Raises what `run` raises, `ResultTooLarge`, and `ServerBusy` when
        too many clients wait for running queries.
        """
        while True:
            query, is_new = self.find(key, client, seconds)
            if is_new and query.answer is not None:
                query.answer.requested_again = True
                return query.answer
            try:
                return self.run_query(key, query, run, seconds) if is_new else self.wait(query)
            except ClientDisconnected:
                if is_new or not client():
                    raise  # else the other clients had left before this one came, so try again

    def find(self, key: str | None, client: Wanted, seconds: float | None) -> tuple[InFlightQuery, bool]:
        """The query with this key, and whether this client must run it; a cached one is complete."""
        with self.lock:
            query = self.running.get((key, seconds)) if key is not None else None
            if is_new := query is None:
                query = InFlightQuery()
                query.answer = self.cached.get(key) if key is not None else None
                if query.answer is None and key is not None:
                    self.running[key, seconds] = query
            elif self.waiting >= self.max_waiting:
                raise ServerBusy(f"{self.waiting} clients already wait for results of running queries.")
            else:
                self.waiting += 1
            query.clients.append(client)
        metrics().had("miss" if is_new and not query.answer else "hit" if is_new else "shared").inc()
        return query, is_new

    def run_query(self, key: str | None, query: InFlightQuery, run: Run, seconds: float | None) -> BufferedResult:
        """Run the query, and cache its result if it is small."""
        try:
            answer = self.buffer(run(query.wanted))
        except BaseException as fault:
            self.complete(key, query, seconds, fault)
            raise
        self.complete(key, query, seconds, answer)
        return answer

    def complete(
        self, key: str | None, query: InFlightQuery, seconds: float | None, found: BufferedResult | BaseException
    ) -> None:
        """Pass the outcome to the waiting clients."""
        with self.lock:
            if key is not None:
                del self.running[key, seconds]
            if isinstance(found, BaseException):
                query.fault = found
            else:
                query.answer = found
                for _ in query.clients:
                    found.open()
                if key is not None and found.file is None and found.size <= self.cached.maxsize // 8:
                    self.cached[key] = found
                    self.report_size()
        query.done.release()

    def report_size(self) -> None:
        """Report the size of the cache, at most once a second: a report costs as much as an entry."""
        if (now := time.monotonic()) - self.reported >= 1.0:
            self.reported = now
            metrics().answer_bytes.set(self.cached.currsize)

    def wait(self, query: InFlightQuery) -> BufferedResult:
        """Wait for a running query."""
        with query.done:  # released to each waiting client in turn
            pass
        with self.lock:
            self.waiting -= 1
        if query.answer is None:
            raise query.fault or ClientDisconnected
        return query.answer

    def buffer(self, answer: Answer) -> BufferedResult:
        """Buffer the whole result; raises what the engine raises, and `ResultTooLarge`."""
        parts: list[bytes] = []
        file: IO[bytes] | None = None
        size = 0
        try:
            for chunk in answer.chunks:
                size += len(chunk)
                if size > self.limit:
                    raise ResultTooLarge(self.limit // 1_000_000)
                if file is None and size > IN_MEMORY:
                    file = tempfile.TemporaryFile(buffering=0, prefix="answer-", dir=self.folder)  # noqa: SIM115 the last reader closes it
                    file.write(b"".join(parts))
                    parts.clear()
                if file is None:
                    parts.append(chunk)
                else:
                    file.write(chunk)
        except BaseException:
            answer.chunks.close()
            if file is not None:
                file.close()
            raise
        return BufferedResult(b"".join(parts), file, size)
