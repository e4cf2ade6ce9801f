"""Completion: makes the downloads of the current snapshot when no write has come for a moment.

Otherwise the first reader of a page that lists them would wait for seconds.
"""

from __future__ import annotations

import logging
import threading

from uphold.build.completion import with_dumps
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

__all__ = ["Completion"]

QUIET_SECONDS = 1.0
log = logging.getLogger(__name__)


class Completion:
    """A thread that is started with the first write of a process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.written = threading.Event()
        self.closed = False
        self.thread: threading.Thread | None = None

    def after_write(self) -> None:
        """Complete the current snapshot soon."""
        self.written.set()
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, name="completion", daemon=True)
            self.thread.start()

    def run(self) -> None:
        """Complete the current snapshot after each write that no other follows soon."""
        while self.written.wait() and not self.closed:
            self.written.clear()
            if not self.written.wait(QUIET_SECONDS):
                try:
                    with_dumps(current(self.settings.state))
                except Exception:  # it was replaced and removed, or the disk is full: whoever asks makes them
                    log.exception("the downloads of the current snapshot were not made")

    def close(self) -> None:
        """End the thread; files that it has begun stay unfinished."""
        self.closed = True
        self.written.set()
