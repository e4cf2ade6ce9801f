"""Answers: a query that several clients ask at the same time runs once, and what it gave is kept while there is room.

A snapshot never changes, so an answer that is kept is right for as long as the snapshot is served. Every answer is
taken in whole, at the speed of the engine and not of the client, before its first byte is sent: one that breaks off is
then an error with a status of its own. Small ones are held in memory, large ones in a file without a name.
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
    """An answer of which every byte is here. Whoever was given it iterates over it, or closes it."""

    def __init__(self, content: bytes, file: IO[bytes] | None = None, size: int | None = None) -> None:
        self.content, self.file = content, file
        self.size = len(content) if size is None else size
        self.asked_again = False
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
        """One reader more."""
        with self.lock:
            self.readers += 1

    def close(self) -> None:
        """One reader less; the file goes with the last."""
        with self.lock:
            self.readers -= 1
            if self.file is not None and self.readers <= 0:
                self.file.close()


class InFlightQuery:
    """A query under way, and the clients that wait for it."""

    def __init__(self) -> None:
        self.landed = threading.Lock()  # held while under way; far cheaper to make than an Event
        self.landed.acquire()
        self.clients: list[Wanted] = []
        self.answer: BufferedResult | None = None
        self.fault: BaseException | None = None

    def wanted(self) -> bool:
        """Whether anybody still waits."""
        return any(client() for client in list(self.clients))


class ResultCache:
    """All answers that are kept or under way; for several snapshots at once, since a key names its snapshot."""

    def __init__(self, folder: Path, *, keep: int, limit: int, followers: int) -> None:
        self.folder, self.limit, self.most_followers = folder, limit, followers
        self.kept: LRUCache[str, BufferedResult] = LRUCache(keep, getsizeof=lambda answer: answer.size + ENTRY_OVERHEAD)
        self.flights: dict[tuple[str, float | None], InFlightQuery] = {}
        self.followers = 0
        self.told = 0.0
        self.lock = threading.Lock()

    def ask(self, key: str | None, run: Run, client: Wanted, seconds: float | None = None) -> BufferedResult:
        """The answer with this key: one that is kept, one under way, or a new one by `run`; to be closed when sent.

        Without a key the answer is this client's own. Only those wait together who gave the query the same
        `seconds`, so that nobody is told that the time of another is up. Raises what `run` raises,
        `ResultTooLarge`, and `ServerBusy` when too many wait for the answers of others.
        """
        while True:
            flight, leads = self.find(key, client, seconds)
            if leads and flight.answer is not None:
                flight.answer.asked_again = True
                return flight.answer
            try:
                return self.lead(key, flight, run, seconds) if leads else self.follow(flight)
            except ClientDisconnected:
                if leads or not client():
                    raise  # else the others had left before this client came, so ask again

    def find(self, key: str | None, client: Wanted, seconds: float | None) -> tuple[InFlightQuery, bool]:
        """The flight with this key, and whether it is for this client to fly; one that is kept has landed."""
        with self.lock:
            flight = self.flights.get((key, seconds)) if key is not None else None
            if leads := flight is None:
                flight = InFlightQuery()
                flight.answer = self.kept.get(key) if key is not None else None
                if flight.answer is None and key is not None:
                    self.flights[key, seconds] = flight
            elif self.followers >= self.most_followers:
                raise ServerBusy(f"{self.followers} clients wait for answers that others asked for already.")
            else:
                self.followers += 1
            flight.clients.append(client)
        metrics().had("miss" if leads and not flight.answer else "hit" if leads else "shared").inc()
        return flight, leads

    def lead(self, key: str | None, flight: InFlightQuery, run: Run, seconds: float | None) -> BufferedResult:
        """Run the query, and keep its answer if it is small."""
        try:
            answer = self.take_in(run(flight.wanted))
        except BaseException as fault:
            self.land(key, flight, seconds, fault)
            raise
        self.land(key, flight, seconds, answer)
        return answer

    def land(
        self, key: str | None, flight: InFlightQuery, seconds: float | None, found: BufferedResult | BaseException
    ) -> None:
        """Tell those who wait."""
        with self.lock:
            if key is not None:
                del self.flights[key, seconds]
            if isinstance(found, BaseException):
                flight.fault = found
            else:
                flight.answer = found
                for _ in flight.clients:
                    found.open()
                if key is not None and found.file is None and found.size <= self.kept.maxsize // 8:
                    self.kept[key] = found
                    self.tell_size()
        flight.landed.release()

    def tell_size(self) -> None:
        """Tell how much is kept, once a second at most: to tell costs as much as to keep."""
        if (now := time.monotonic()) - self.told >= 1.0:
            self.told = now
            metrics().answer_bytes.set(self.kept.currsize)

    def follow(self, flight: InFlightQuery) -> BufferedResult:
        """Wait with others for an answer under way."""
        with flight.landed:  # one after the other, at once
            pass
        with self.lock:
            self.followers -= 1
        if flight.answer is None:
            raise flight.fault or ClientDisconnected
        return flight.answer

    def take_in(self, answer: Answer) -> BufferedResult:
        """The answer to its end; raises what the engine raises, and `ResultTooLarge`."""
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
