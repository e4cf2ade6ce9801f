"""Timing: what one request spends its time on, noted by whatever layer spends it, told in its `Server-Timing` header.

A layer needs no request in its hands: `spend` notes for the one that its thread answers, and does nothing without one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["CURRENT", "Timing", "spend", "timed"]


class Timing:
    """One request: its id, when it began, its parts in seconds, and notes such as whether a cache knew the answer."""

    __slots__ = ("began", "notes", "parts", "request")

    def __init__(self, request: str) -> None:
        self.request, self.began = request, time.perf_counter()
        self.parts: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    def add(self, name: str, seconds: float) -> None:
        """Note seconds spent on a part; what is spent on it again is added."""
        self.parts[name] = self.parts.get(name, 0.0) + seconds

    def note(self, name: str, text: str) -> None:
        """Note a word on a part, such as `hit` on the cache."""
        self.notes[name] = text

    def seconds(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.began

    def header(self) -> str:
        """The header as Server Timing (W3C) has it; durations in milliseconds."""
        shown = f"total;dur={self.seconds() * 1000:.2f}"
        for name, seconds in self.parts.items():
            shown += f", {name};dur={seconds * 1000:.2f}"
        for name, note in self.notes.items():
            shown += f", {name};desc={note}"
        return shown


CURRENT: ContextVar[Timing | None] = ContextVar("timing", default=None)
"""The request that this thread answers."""


def spend(name: str, seconds: float) -> None:
    """Note seconds spent on a part of the current request, if there is one."""
    timing = CURRENT.get()
    if timing is not None:
        timing.add(name, seconds)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Note the time that the block takes."""
    began = time.perf_counter()
    try:
        yield
    finally:
        spend(name, time.perf_counter() - began)
