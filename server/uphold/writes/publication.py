"""Publication: the snapshot of a write on disk, and the current snapshot that follows the head of the journal."""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from uphold.errors import SnapshotNotFound
from uphold.snapshots.change import Change
from uphold.snapshots.publication_log import keep_only, record
from uphold.snapshots.snapshot import Snapshot, as_created, publish, save
from uphold.snapshots.steps import write_step
from uphold.writes.workspace import Counts

__all__ = ["in_turn", "make_current", "write_snapshot"]

LOCK = "current.lock"


def write_snapshot(before: Snapshot, counts: Counts, change: Change, entry: int, created: dt.datetime) -> Snapshot:
    """Write the snapshot that an entry of the journal leads to, without making it current.

    It has its metadata and the step only; nothing here must survive a crash, since the journal has it all.
    """
    made = replace(
        before,
        id=counts.id,
        folder=before.folder.with_name(counts.id),
        created=as_created(created),
        quads=counts.quads,
        triples=counts.triples,
        graphs=counts.graphs,
        digests=counts.digests,
        built_on=before.built_on or before.id,
        first_entry=before.first_entry or entry,
        entry=entry,
    )
    write_step(made, change)
    with suppress(SnapshotNotFound):  # the data were like this before: with other steps, perhaps after another build
        known = Snapshot.open(made.folder)
        if not known.built_on:
            return known
    made.folder.mkdir(exist_ok=True)
    save(made)
    return Snapshot.open(made.folder)


@contextmanager
def in_turn(state: Path) -> Iterator[None]:
    """Whoever changes what is current does so in turn."""
    with (state / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_current(snapshot: Snapshot, state: Path, keep: int, moment: dt.datetime) -> list[str]:
    """Make a snapshot current and record it; the value is the ids of snapshots that were removed."""
    publish(snapshot, state)
    record(state, snapshot.id, moment)
    return keep_only(state, keep, snapshot.id)
