"""Publication log: which snapshot became current when, and which ones are retained.

The file `history` in the state folder has a line per publication with time and id; it is replaced by one rename. A
snapshot without a line (the process ended before it was written) counts from the time it was built.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from uphold.errors import SnapshotNotFound
from uphold.snapshots.snapshot import Snapshot, stored, sync_folder

__all__ = ["Moment", "at", "debuts", "in_use", "keep_only", "record", "timeline"]

REMOVED = "removed-"


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot became current."""

    time: dt.datetime
    snapshot: Snapshot


def record(state: Path, identity: str, moment: dt.datetime | None = None) -> None:
    """Record that a snapshot is current since a moment (else now), unless it already was; times never decrease."""
    lines = read_lines(state)
    if lines and lines[-1][1] == identity:
        return
    since = (moment or dt.datetime.now(dt.UTC)).replace(microsecond=0)
    lines.append((max([since, *(time for time, _ in lines)]), identity))
    unfinished = state / "history.new"
    with unfinished.open("w", encoding="ascii") as file:
        file.writelines(f"{time.isoformat()} {name}\n" for time, name in lines)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, state / "history")
    sync_folder(state)


def read_lines(state: Path) -> list[tuple[dt.datetime, str]]:
    """Every (time, id) in the log."""
    path = state / "history"
    pairs = [line.split() for line in path.read_text("ascii").splitlines()] if path.exists() else []
    return [(dt.datetime.fromisoformat(time), identity) for time, identity in pairs]


def timeline(state: Path) -> list[Moment]:
    """Every publication of a retained snapshot, in the order of time."""
    snapshots = {snapshot.id: snapshot for snapshot in stored(state)}
    lines = read_lines(state)
    noted = {identity for _, identity in lines}
    lines += [(dt.datetime.fromisoformat(s.created), s.id) for s in snapshots.values() if s.id not in noted]
    return [
        Moment(time, snapshots[name]) for time, name in sorted(lines, key=lambda line: line[0]) if name in snapshots
    ]


def debuts(moments: list[Moment]) -> list[Moment]:
    """Each snapshot once, at the time when it first became current."""
    first: dict[str, Moment] = {}
    for moment in moments:
        first.setdefault(moment.snapshot.id, moment)
    return list(first.values())


def at(moments: list[Moment], time: dt.datetime) -> Moment:
    """The snapshot current at a time, or the first one if earlier; raises `SnapshotNotFound` if there is none."""
    if not moments:
        raise SnapshotNotFound("There are no snapshots.")
    return next((moment for moment in reversed(moments) if moment.time <= time), moments[0])


@contextmanager
def in_use(snapshot: Snapshot) -> Iterator[None]:
    """Nobody removes the snapshot meanwhile; raises `SnapshotNotFound` if it is gone."""
    with lock(snapshot, fcntl.LOCK_SH) as is_there:
        if not is_there:
            raise SnapshotNotFound(f"Snapshot {snapshot.id} was removed.")
        yield


@contextmanager
def lock(snapshot: Snapshot, kind: int) -> Iterator[bool]:
    """Lock the folder of a snapshot; False if it is gone, or others have a lock and `kind` is not to wait."""
    try:
        folder = os.open(snapshot.folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(folder, kind)
        is_there = os.path.samestat(os.fstat(folder), snapshot.folder.stat())
    except (BlockingIOError, FileNotFoundError):
        is_there = False
    try:
        yield is_there
    finally:
        os.close(folder)


def keep_only(state: Path, count: int, current: str) -> list[str]:
    """Remove the least recently current snapshots, down to `count` (0: remove none); never `current`.

    One that others are built on stays with them, and one `in_use` for now. Returns the removed ids. Each folder is
    renamed first, so that no partial snapshot is visible.
    """
    last = {moment.snapshot.id: moment for moment in timeline(state)}
    others = sorted((m for m in last.values() if m.snapshot.id != current), key=lambda moment: moment.time)
    gone = [moment.snapshot for moment in others[: max(0, len(others) + 1 - count)]] if count else []
    with ExitStack() as locks:
        gone = [each for each in gone if locks.enter_context(lock(each, fcntl.LOCK_EX | fcntl.LOCK_NB))]
        going = {snapshot.id for snapshot in gone}
        bases = {moment.snapshot.built_on for identity, moment in last.items() if identity not in going}
        gone = [snapshot for snapshot in gone if snapshot.id not in bases]
        for snapshot in gone:
            shutil.rmtree(state / "steps" / snapshot.id, ignore_errors=True)
            removed = snapshot.folder.with_name(f"{REMOVED}{snapshot.id}")
            shutil.rmtree(removed, ignore_errors=True)
            os.replace(snapshot.folder, removed)
    for folder in (state / "snapshots").glob(f"{REMOVED}*"):  # also those that a crash has left
        shutil.rmtree(folder, ignore_errors=True)
    return [snapshot.id for snapshot in gone]
