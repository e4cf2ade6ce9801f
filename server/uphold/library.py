"""Library: the current snapshot, open for questions; when `current` moves, the next reader gets the new one.

Whoever reads holds on to one snapshot until done, so a page or an answer never mixes two; an old snapshot is closed
when its last reader has gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from uphold.engines import Engine
from uphold.engines.embedded import EmbeddedEngine
from uphold.errors import NoSuchSnapshot, WrongSetting
from uphold.examples import load_examples
from uphold.page_queries import load
from uphold.resources import Resources
from uphold.settings import Settings
from uphold.snapshot import Snapshot, current
from uphold.sources import Files

__all__ = ["Library", "Opened"]

LOOK_EVERY = 1.0
log = logging.getLogger(__name__)


class Opened:
    """One snapshot with its engine, and how many read it now."""

    def __init__(self, snapshot: Snapshot, settings: Settings, texts: Mapping[str, str]) -> None:
        if snapshot.base != settings.base:
            raise WrongSetting(f"base is {settings.base!r}, but the snapshot was built for {snapshot.base!r}.")
        self.snapshot = snapshot
        self.engine: Engine = EmbeddedEngine(snapshot, settings)
        self.resources = Resources(snapshot, self.engine, texts)
        self.readers = 0


class Library:
    """Lends the current snapshot; give back whatever you borrow."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.texts = load(Files(settings.files, settings.base))
        self.examples = load_examples(Files(settings.files, settings.base))
        self.lock = threading.Lock()
        self.opened = Opened(current(settings.state), settings, self.texts)
        self.looked = time.monotonic()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the next reader gets."""
        return self.opened.snapshot

    def borrow(self) -> Opened:
        """The current snapshot, for one reader."""
        with self.lock:
            if time.monotonic() - self.looked >= LOOK_EVERY:
                self.looked = time.monotonic()
                self.look()
            self.opened.readers += 1
            return self.opened

    def give_back(self, opened: Opened) -> None:
        """One reader has done; an old snapshot without readers is closed."""
        with self.lock:
            opened.readers -= 1
            idle = opened is not self.opened and not opened.readers
        if idle:
            opened.engine.close()

    def look(self) -> None:
        """Open the snapshot that `current` points to, if it is another one; keep the old one when that fails."""
        try:
            found = current(self.settings.state)
            if found.id == self.opened.snapshot.id:
                return
            old, self.opened = self.opened, Opened(found, self.settings, self.texts)
        except (NoSuchSnapshot, WrongSetting) as problem:
            log.warning("still serving snapshot %s: %s", self.opened.snapshot.id, problem)
            return
        log.info("now serving snapshot %s", found.id)
        if not old.readers:
            old.engine.close()

    def close(self) -> None:
        """End the engine."""
        self.opened.engine.close()
