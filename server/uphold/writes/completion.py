"""Completion: makes files of the current snapshot in the background, after writes.

When no write has come for a moment, it makes the downloads, for which the first reader would else wait. After many
writes it makes all files that a build makes: then the next write needs no earlier snapshot, and the steps that led to
this one are removed with those that need them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from uphold.build.completion import with_all_files, with_dumps
from uphold.settings import Settings
from uphold.snapshots.publication_log import in_use
from uphold.snapshots.snapshot import Snapshot, current

__all__ = ["Completion"]

QUIET_SECONDS = 1.0
MANY_STEPS, TOO_MANY_STEPS = 100, 1000
"""After how many steps all files are made: when no write has come for a moment, and in any case."""
log = logging.getLogger(__name__)


class Completion:
    """A thread that is started with the first write of a process; it calls `base` with a snapshot with all files."""

    def __init__(self, settings: Settings, base: Callable[[Snapshot], None]) -> None:
        self.settings, self.base = settings, base
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
            is_quiet = not self.written.wait(QUIET_SECONDS)
            try:
                self.complete(current(self.settings.state), is_quiet=is_quiet)
            except Exception:  # it was replaced and removed, or the disk is full: whoever asks makes them
                log.exception("files of the current snapshot were not made")

    def complete(self, snapshot: Snapshot, *, is_quiet: bool) -> None:
        """Make the files that a snapshot lacks, if it is time for that."""
        steps = snapshot.entry - snapshot.first_entry + 1 if snapshot.built_on else 0
        if steps >= (MANY_STEPS if is_quiet else TOO_MANY_STEPS):
            with in_use(snapshot):
                self.base(with_all_files(snapshot))
        elif is_quiet:
            with_dumps(snapshot)

    def close(self) -> None:
        """End the thread; files that it has begun stay unfinished."""
        self.closed = True
        self.written.set()
