"""Fair queue: a few at a time, the others in order of arrival, up to a limit.

A semaphore lets a newcomer pass those who wait.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from uphold.errors import ServerBusy

__all__ = ["FairQueue"]


class FairQueue:
    """At most `slots` at a time; at most `size` wait, each for at most `seconds`."""

    def __init__(self, slots: int, size: int, seconds: float) -> None:
        self.slots, self.size, self.seconds = max(1, slots), size, seconds
        self.lock = threading.Lock()
        self.busy = 0
        self.waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[float]:
        """Wait for a slot and hold it; the value is the seconds waited.

        Raises `ServerBusy` if too many wait already, or if no slot becomes free in time.
        """
        began = time.monotonic()
        if (mine := self.join()) is not None and not mine.wait(self.seconds):
            with self.lock:
                if not mine.is_set():
                    self.waiting.remove(mine)
                    raise ServerBusy(f"No slot became free in {self.seconds:g} s.")
        try:
            yield time.monotonic() - began
        finally:
            self.leave()

    def join(self) -> threading.Event | None:
        """Take a slot (None), or a place in the queue: the event is set when the slot is there."""
        with self.lock:
            if self.busy < self.slots:
                self.busy += 1
                return None
            if len(self.waiting) >= self.size:
                raise ServerBusy(f"{self.busy} are at work, and {len(self.waiting)} are waiting, as many as may.")
            self.waiting.append(mine := threading.Event())
            return mine

    def leave(self) -> None:
        """Give the slot to who has waited longest, or free it."""
        with self.lock:
            if self.waiting:
                self.waiting.popleft().set()
            else:
                self.busy -= 1
