"""Server timing: how one request spends its time, recorded by each layer and sent in the `Server-Timing` header.

No layer has to pass the request on: `spend` records for the request of the current thread, if there is one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["CURRENT", "Timing", "spend", "timed"]


class Timing:
    """One request: its id, its start, the seconds of its parts, and notes such as whether a cache had the result."""

    __slots__ = ("began", "notes", "parts", "request")

    def __init__(self, request: str) -> None:
        self.request, self.began = request, time.perf_counter()
        self.parts: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    def add(self, name: str, seconds: float) -> None:
        """Add to the seconds spent on a part."""
        self.parts[name] = self.parts.get(name, 0.0) + seconds

    def note(self, name: str, text: str) -> None:
        """Record a word on a part, such as `hit` for the cache."""
        self.notes[name] = text

    def seconds(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.began

    def header(self) -> str:
        """The value of the `Server-Timing` header (W3C); durations in milliseconds."""
        shown = f"total;dur={self.seconds() * 1000:.2f}"
        for name, seconds in self.parts.items():
            shown += f", {name};dur={seconds * 1000:.2f}"
        for name, note in self.notes.items():
            shown += f", {name};desc={note}"
        return shown


CURRENT: ContextVar[Timing | None] = ContextVar("timing", default=None)
"""The request that this thread handles."""


def spend(name: str, seconds: float) -> None:
    """Record seconds spent on a part of the current request, if there is one."""
    timing = CURRENT.get()
    if timing is not None:
        timing.add(name, seconds)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Record the time that the block takes."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spend(name, time.perf_counter() - began)
