"""Snapshot manager: keeps the current snapshot open; when `current` changes, the next reader gets the new one.

Archived snapshots are opened on request by id: a few at once, each with one worker, until idle.

A reader holds one snapshot until it is done, so a page or a result never mixes two; a replaced snapshot is closed by
its last reader.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable

from uphold.assets.vendor import VENDOR
from uphold.engines.result_cache import ResultCache
from uphold.errors import InvalidSetting, ServerBusy, SnapshotGone, SnapshotNotFound
from uphold.questions.charts import ChartRenderer
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files, read_context
from uphold.serving.open_snapshot import OpenSnapshot
from uphold.serving.page_queries import load
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current

__all__ = ["SnapshotManager"]

WORLD = VENDOR / "world-110m.json"
WATCH_SECONDS = 0.5
IDENTITY = re.compile(r"[0-9a-f]{64}")
log = logging.getLogger(__name__)


class SnapshotManager:
    """Manages the open snapshots; each `acquire` needs a `release`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        files = Files(settings.files, settings.base)
        self.texts = load(files)
        self.questions = load_questions(files)
        self.context = read_context(files)
        self.chart_renderer = ChartRenderer(WORLD)
        self.result_cache = ResultCache(
            settings.state,
            size=settings.result_cache_mb * 1_000_000,
            limit=settings.result_max_mb * 1_000_000,
            max_waiting=settings.query_queue_size,
        )
        self.lock = threading.Lock()
        self.watched = tuple(f"{settings.state}/{name}" for name in ("current", "history", "snapshots"))
        self.seen = self.modification_times()
        self.open_snapshot = OpenSnapshot(current(settings.state), settings, self.texts)
        self.prepare: Callable[[OpenSnapshot], None] | None = None
        """Called with a new snapshot before it replaces the current one."""
        self.gone: Callable[[str], SnapshotGone | None] | None = None
        """Called with the id of a snapshot that is not there."""
        self.next: OpenSnapshot | None = None
        self.closed = threading.Event()
        self.archived: dict[str, OpenSnapshot] = {}
        self.closed_too: list[Callable[[], None]] = []
        """What else `close` calls: services of the same process."""

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the next reader gets."""
        return self.open_snapshot.snapshot

    def acquire(self, *, checked: bool = False) -> OpenSnapshot:
        """The current snapshot, for one reader, who has `checked` by `version` that it still is."""
        if not checked:
            self.version()
        with self.lock:
            if self.archived:
                self.close_idle()
            self.open_snapshot.readers += 1
            return self.open_snapshot

    def version(self) -> object:
        """A value that changes with the current snapshot, and with the files that name it and the archived ones.

        It is exact, so that a write is visible at once in every process; the three calls of `lstat` take 4 µs.
        """
        if self.modification_times() != self.seen:
            with self.lock:
                self.refresh()
        return self.seen, self.open_snapshot.snapshot.id

    def refresh(self) -> None:
        """Check the state folder for changes."""
        found = self.modification_times()
        if found != self.seen:
            self.seen = found
            self.open_current()

    def modification_times(self) -> tuple[int, ...]:
        """The modification times of the watched paths in the state folder."""
        one, two, three = self.watched
        return *modification_time(one), *modification_time(two), *modification_time(three)

    def find(self, identity: str) -> Snapshot:
        """The archived snapshot with this id; raises `SnapshotNotFound`, or `SnapshotGone` if it was one once."""
        folder = self.settings.state / "snapshots" / identity
        if not IDENTITY.fullmatch(identity) or not folder.is_dir():
            gone = self.gone(identity) if self.gone and IDENTITY.fullmatch(identity) else None
            raise gone or SnapshotNotFound(f"There is no snapshot with the id {identity[:80]!r}.")
        return Snapshot.open(folder.resolve())

    def acquire_archived(self, identity: str) -> OpenSnapshot:
        """The snapshot with this id, for one reader; raises `SnapshotNotFound`, or `ServerBusy` at the limit."""
        found = self.find(identity)
        with self.lock:
            if identity == self.open_snapshot.snapshot.id:
                wanted = self.open_snapshot
            elif identity in self.archived:
                wanted = self.archived[identity]
            else:
                self.close_least_recently_used()
                wanted = self.archived[identity] = OpenSnapshot(found, self.settings, self.texts, archived=True)
            wanted.readers += 1
            return wanted

    def close_least_recently_used(self) -> None:
        """At the limit of open archived snapshots, close the least recently used one; raises `ServerBusy`."""
        if len(self.archived) < max(1, self.settings.archived_snapshots_max):
            return
        unread = [open_snapshot for open_snapshot in self.archived.values() if not open_snapshot.readers]
        if not unread:
            raise ServerBusy(f"{len(self.archived)} archived snapshots are in use, the limit of this server.")
        self.close_archived(min(unread, key=lambda open_snapshot: open_snapshot.used))

    def close_idle(self) -> None:
        """Close archived snapshots that are idle."""
        since = time.monotonic() - self.settings.archived_snapshots_idle_timeout
        for open_snapshot in [each for each in self.archived.values() if not each.readers and each.used <= since]:
            self.close_archived(open_snapshot)

    def close_archived(self, open_snapshot: OpenSnapshot) -> None:
        """Close one archived snapshot."""
        del self.archived[open_snapshot.snapshot.id]
        open_snapshot.close()

    def release(self, open_snapshot: OpenSnapshot) -> None:
        """End the use by one reader; a replaced snapshot without readers is closed."""
        with self.lock:
            open_snapshot.readers -= 1
            open_snapshot.used = time.monotonic()
            held = open_snapshot is self.open_snapshot or self.archived.get(open_snapshot.snapshot.id) is open_snapshot
            idle = not held and not open_snapshot.readers
        if idle:
            open_snapshot.close()

    def open_current(self) -> None:
        """Open the snapshot that `current` points to, if it has changed; on failure, keep the old one."""
        try:
            found = self.newest()
        except (SnapshotNotFound, InvalidSetting) as problem:
            log.warning("still serving snapshot %s: %s", self.open_snapshot.snapshot.id, problem)
            return
        if found is None:
            return
        self.next = found
        if self.open_snapshot.validator.fork_server:  # recently used, so load the new one in advance
            found.validator.open()
        # A write is visible at once, also one that leads back to what was built before.
        is_older = found.snapshot.created <= self.open_snapshot.snapshot.created
        if self.prepare is None or found.snapshot.built_on or is_older:
            self.replace(found)
        else:
            threading.Thread(target=self.prepare_next, args=(found,), name="prepare", daemon=True).start()

    def newest(self, attempts: int = 5) -> OpenSnapshot | None:
        """The snapshot that `current` points to; None if it is open."""
        try:
            found = current(self.settings.state)
            if self.next and found.id == self.next.snapshot.id:
                return None
            self.next = None
            if found.id == self.open_snapshot.snapshot.id:
                return None
            return OpenSnapshot(found, self.settings, self.texts, previous=self.open_snapshot)
        except SnapshotNotFound:  # writes may have replaced and removed it meanwhile
            if attempts == 1:
                raise
        return self.newest(attempts - 1)

    def prepare_with(self, prepare: Callable[[OpenSnapshot], None]) -> None:
        """Prepare the current snapshot beside its first readers, and from now on each new one before it is served."""
        self.prepare = prepare
        threading.Thread(target=self.prepare_and_watch, name="prepare", daemon=True).start()

    def prepare_and_watch(self) -> None:
        """Prepare the current snapshot, and look for new ones, so that no reader finds a new one unprepared."""
        opened = self.acquire()
        try:
            self.try_to_prepare(opened)
        finally:
            self.release(opened)
        while not self.closed.wait(WATCH_SECONDS):
            self.version()

    def try_to_prepare(self, opened: OpenSnapshot) -> None:
        """Prepare a snapshot, and log what goes wrong: an unprepared one is slow at first, and no worse."""
        try:
            if self.prepare:
                self.prepare(opened)
        except Exception:
            log.exception("snapshot %s could not be prepared", opened.snapshot.id)

    def prepare_next(self, opened: OpenSnapshot) -> None:
        """Prepare a snapshot, and make it the current one unless there is a newer one by now."""
        self.try_to_prepare(opened)
        with self.lock:
            if superseded := self.next is not opened:
                log.info("snapshot %s was replaced before it was served", opened.snapshot.id)
            else:
                self.replace(opened)
        if superseded:
            opened.close()

    def replace(self, opened: OpenSnapshot) -> None:
        """Make the next snapshot the current one."""
        old, self.open_snapshot, self.next = self.open_snapshot, opened, None
        log.info("now serving snapshot %s", opened.snapshot.id)
        if not old.readers:
            old.close()

    def close(self) -> None:
        """Close all snapshots and stop the chart renderer."""
        self.closed.set()
        for open_snapshot in (self.open_snapshot, *filter(None, [self.next]), *self.archived.values()):
            open_snapshot.close()
        self.chart_renderer.close()
        for close in self.closed_too:
            close()


def modification_time(path: str) -> tuple[int, int]:
    """The modification time of a file, link or folder in nanoseconds, and its inode; 0 if it is missing.

    The clock of a file system ticks every few milliseconds only; a link that was replaced has another inode.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino
