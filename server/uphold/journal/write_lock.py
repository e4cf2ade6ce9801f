"""Write lock: one writer at a time among all processes that share a folder, in fair turns, for a bounded time.

SQLite's own waiting is not fair: of several processes that write in a loop, some fail after five seconds. A single
`flock` is not fair either, because whoever releases it can take it again before another process wakes up. So there
are two: a writer takes the gate first and holds it while it waits for the lock. Who has just released the lock then
finds the gate taken, and queues behind.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uphold.errors import JournalBusy, JournalUnavailable

__all__ = ["WriteLock"]

POLL_SECONDS = 0.0005
"""At most one thread of each process polls, so it may poll often."""


class WriteLock:
    """A lock on the file `path`, held by one thread of one process; the kernel releases it when a process dies."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds
        self.first_in_process = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises `JournalBusy` after `seconds`, `JournalUnavailable` if the files cannot be opened."""
        until = time.monotonic() + self.seconds
        if not self.first_in_process.acquire(timeout=self.seconds):
            raise JournalBusy(self.seconds)
        try:
            gate = self.taken(self.path.with_name(f"{self.path.name}.gate"), until)
            try:
                lock = self.taken(self.path, until)
            finally:
                os.close(gate)
        finally:
            self.first_in_process.release()
        try:
            yield
        finally:
            os.close(lock)

    def taken(self, path: Path, until: float) -> int:
        """The open file, locked; closing it releases the lock."""
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as problem:
            raise JournalUnavailable(f"The journal's lock cannot be opened: {problem.strerror}.") from problem
        try:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise JournalBusy(self.seconds) from None
                    time.sleep(POLL_SECONDS)
                else:
                    return file
        except BaseException:
            os.close(file)
            raise
