"""Library: the current snapshot, open for questions; when `current` moves, the next reader gets the new one.

Old snapshots are opened when somebody asks for one by its id: a few at once, each with one worker, until idle.

Whoever reads holds on to one snapshot until done, so a page or an answer never mixes two; an old snapshot is closed
when its last reader has gone.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Mapping

from uphold.assets.vendor import VENDOR
from uphold.engines.interface import Engine
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.engines.result_cache import ResultCache
from uphold.errors import InvalidSetting, ServerBusy, SnapshotNotFound
from uphold.questions.charts import ChartRenderer
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files, read_context
from uphold.rdf.terms import Names
from uphold.search.query import Search
from uphold.serving.page_queries import load
from uphold.serving.resources import Resources
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current
from uphold.validation.service import SnapshotValidator

__all__ = ["OpenSnapshot", "SnapshotManager"]

WORLD = VENDOR / "world-110m.json"
LOOK_EVERY = 0.02
IDENTITY = re.compile(r"[0-9a-f]{64}")
log = logging.getLogger(__name__)


class OpenSnapshot:
    """One snapshot with its engine, and how many read it now.

    Pages of the current snapshot are asked by a worker of their own, so that no query keeps them waiting.
    """

    def __init__(self, snapshot: Snapshot, settings: Settings, texts: Mapping[str, str], *, old: bool = False) -> None:
        if snapshot.base != settings.base:
            raise InvalidSetting(f"base is {settings.base!r}, but the snapshot was built for {snapshot.base!r}.")
        self.snapshot = snapshot
        self.search = Search(snapshot.search, Names(snapshot.base, snapshot.prefixes))
        engine = EmbeddedEngine(snapshot, settings, workers=1 if old else None)
        self.engine: Engine = engine
        self.page_engine: Engine = engine if old else engine.beside(workers=1)
        self.resources = Resources(snapshot, self.page_engine, texts)
        self.validator = SnapshotValidator(snapshot, settings)
        self.readers = 0
        self.used = time.monotonic()

    def close(self) -> None:
        """End the engines, and the judges."""
        self.validator.close()
        self.page_engine.close()
        self.engine.close()


class SnapshotManager:
    """Lends the current snapshot; give back whatever you borrow."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        files = Files(settings.files, settings.base)
        self.texts = load(files)
        self.questions = load_questions(files)
        self.context = read_context(files)
        self.chart_renderer = ChartRenderer(WORLD)
        self.answers = ResultCache(
            settings.state,
            size=settings.result_cache_mb * 1_000_000,
            limit=settings.result_max_mb * 1_000_000,
            max_waiting=settings.query_queue_size,
        )
        self.lock = threading.Lock()
        self.watched = tuple(f"{settings.state}/{name}" for name in ("current", "history", "snapshots"))
        self.seen, self.looked = self.moments(), 0.0
        self.open_snapshot = OpenSnapshot(current(settings.state), settings, self.texts)
        self.old: dict[str, OpenSnapshot] = {}

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the next reader gets."""
        return self.open_snapshot.snapshot

    def acquire(self) -> OpenSnapshot:
        """The current snapshot, for one reader."""
        self.version()
        with self.lock:
            self.close_idle()
            self.open_snapshot.readers += 1
            return self.open_snapshot

    def version(self, *, exact: bool = False) -> object:
        """Changes whenever something that a reply can depend on has changed: the snapshot, or which ones are kept.

        It may be `LOOK_EVERY` seconds old, unless it is to be exact.
        """
        now = time.monotonic()
        if exact or now - self.looked >= LOOK_EVERY:
            self.looked = now
            if self.moments() != self.seen:
                with self.lock:
                    self.notice()
        return self.seen

    def notice(self) -> None:
        """See what has changed in the state folder."""
        found = self.moments()
        if found != self.seen:
            self.seen = found
            self.look()

    def moments(self) -> tuple[int, ...]:
        """When the state folder last changed in what pages show of it."""
        return tuple(map(moment, self.watched))

    def find(self, identity: str) -> Snapshot:
        """The kept snapshot with this id; raises `SnapshotNotFound`."""
        folder = self.settings.state / "snapshots" / identity
        if not IDENTITY.fullmatch(identity) or not folder.is_dir():
            raise SnapshotNotFound(f"No snapshot with the id {identity[:80]!r} is kept.")
        return Snapshot.open(folder.resolve())

    def acquire_archived(self, identity: str) -> OpenSnapshot:
        """The snapshot with this id, for one reader; raises `SnapshotNotFound`, or `ServerBusy` at the limit."""
        found = self.find(identity)
        with self.lock:
            if identity == self.open_snapshot.snapshot.id:
                wanted = self.open_snapshot
            elif identity in self.old:
                wanted = self.old[identity]
            else:
                self.make_room()
                wanted = self.old[identity] = OpenSnapshot(found, self.settings, self.texts, old=True)
            wanted.readers += 1
            return wanted

    def make_room(self) -> None:
        """Close the old snapshot that was used least lately when no further one may be open."""
        if len(self.old) < max(1, self.settings.archived_snapshots_max):
            return
        unread = [open_snapshot for open_snapshot in self.old.values() if not open_snapshot.readers]
        if not unread:
            raise ServerBusy(f"{len(self.old)} old snapshots are being read, the most that may be open at once.")
        self.close_old(min(unread, key=lambda open_snapshot: open_snapshot.used))

    def close_idle(self) -> None:
        """Close old snapshots that nobody has read for a while."""
        since = time.monotonic() - self.settings.archived_snapshots_idle_timeout
        for open_snapshot in [each for each in self.old.values() if not each.readers and each.used <= since]:
            self.close_old(open_snapshot)

    def close_old(self, open_snapshot: OpenSnapshot) -> None:
        """Close one old snapshot."""
        del self.old[open_snapshot.snapshot.id]
        open_snapshot.close()

    def release(self, open_snapshot: OpenSnapshot) -> None:
        """One reader has done; an old snapshot without readers is closed."""
        with self.lock:
            open_snapshot.readers -= 1
            open_snapshot.used = time.monotonic()
            held = open_snapshot is self.open_snapshot or self.old.get(open_snapshot.snapshot.id) is open_snapshot
            idle = not held and not open_snapshot.readers
        if idle:
            open_snapshot.close()

    def look(self) -> None:
        """Open the snapshot that `current` points to, if it is another one; keep the old one when that fails."""
        try:
            found = current(self.settings.state)
            if found.id == self.open_snapshot.snapshot.id:
                return
            old, self.open_snapshot = self.open_snapshot, OpenSnapshot(found, self.settings, self.texts)
        except (SnapshotNotFound, InvalidSetting) as problem:
            log.warning("still serving snapshot %s: %s", self.open_snapshot.snapshot.id, problem)
            return
        if old.validator.template:  # somebody judged lately, so the next one need not wait
            self.open_snapshot.validator.open()
        log.info("now serving snapshot %s", found.id)
        if not old.readers:
            old.close()

    def close(self) -> None:
        """End the engines, and whatever else runs beside the server."""
        for open_snapshot in (self.open_snapshot, *self.old.values()):
            open_snapshot.close()
        self.chart_renderer.close()


def moment(path: str) -> int:
    """When this file, link or folder last changed; 0 when there is none."""
    try:
        return os.lstat(path).st_mtime_ns
    except FileNotFoundError:
        return 0
