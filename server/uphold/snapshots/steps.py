"""Steps: the changes that writes have made since the last build, one file for each entry of the journal.

They are what the journal has, in a form that processes read which know no database; whoever serves a snapshot writes
those that are missing. The data of a written snapshot are those of the built one with all steps in order.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox

from uphold.errors import SnapshotNotFound
from uphold.snapshots.change import Change, Step, pack, unpack
from uphold.snapshots.snapshot import Snapshot

__all__ = [
    "change_data",
    "data_file",
    "data_size",
    "link_steps",
    "net_change",
    "occurrences",
    "parsed",
    "quads_of",
    "steps_between",
    "write_step",
]


def place(snapshot: Snapshot, entry: int) -> Path:
    """The file of one step."""
    return snapshot.folder.parents[1] / "steps" / snapshot.built_on / str(entry)


def write_step(snapshot: Snapshot, change: Change) -> None:
    """Write the step that led to a written snapshot."""
    file = place(snapshot, snapshot.entry)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.write_bytes(pack([Step(snapshot.id, change)]))
    os.replace(unfinished, file)


def steps_between(old: Snapshot, new: Snapshot) -> list[Step]:
    """The steps from one snapshot to a later one, the first of which may be the one built.

    Raises `SnapshotNotFound` if there are none between these two, or a file is missing.
    """
    first = new.first_entry if old.id == new.built_on else old.entry + 1
    try:
        if not new.built_on or (old.id != new.built_on and not led_to(old, new)):
            raise SnapshotNotFound(f"Snapshot {new.id} was not written after {old.id}.")
        found = [step for entry in range(first, new.entry + 1) for step in unpack(place(new, entry).read_bytes())]
    except OSError as problem:
        raise SnapshotNotFound(f"A change between snapshots {old.id} and {new.id} is missing: {problem}") from problem
    if not found or found[-1].snapshot != new.id:
        raise SnapshotNotFound(f"The changes after snapshot {old.id} do not lead to {new.id}.")
    return found


def led_to(old: Snapshot, new: Snapshot) -> bool:
    """Whether the steps to a snapshot include that to another one; raises `OSError` if that is missing."""
    if not old.entry or old.built_on == new.built_on:
        return bool(old.entry)
    return [step.snapshot for step in unpack(place(new, old.entry).read_bytes())] == [old.id]


def link_steps(old: Snapshot, new: Snapshot) -> None:
    """Let a snapshot that is now built on a later one have the steps since then that it had before."""
    for entry in range(new.first_entry, new.entry + 1):
        place(new, entry).parent.mkdir(parents=True, exist_ok=True)
        if not place(new, entry).exists():
            os.link(place(old, entry), place(new, entry))


def quads_of(snapshot: Snapshot) -> ox.Dataset:
    """The data of a snapshot; raises `SnapshotNotFound` if a change is missing."""
    built = snapshot.built
    quads = ox.Dataset(ox.parse(path=str(built.data), format=ox.RdfFormat.N_QUADS))
    if snapshot.built_on:
        for step in steps_between(built, snapshot):
            change_data(quads, step.change)
    return quads


def net_change(steps: Iterable[Step]) -> tuple[list[bytes], list[bytes]]:
    """The lines that some steps remove together, and those that they add, sorted."""
    removed, added = set[bytes](), set[bytes]()
    for step in steps:
        gone, new = (set(lines.splitlines(keepends=True)) for lines in (step.change.removed, step.change.added))
        removed, added = removed - new | gone - added, added - gone | new - removed
    return sorted(removed), sorted(added)


def data_size(snapshot: Snapshot) -> int:
    """The bytes of its canonical N-Quads, also if that file is not made; raises `SnapshotNotFound`."""
    with suppress(FileNotFoundError):
        return snapshot.data.stat().st_size
    built = snapshot.built
    changes = [step.change for step in steps_between(built, snapshot)]
    return built.data.stat().st_size + sum(len(each.added) - len(each.removed) for each in changes)


def occurrences(snapshot: Snapshot, text: bytes) -> int:
    """How often its canonical N-Quads have a text without a line break; raises `SnapshotNotFound`."""
    built = snapshot.built
    found = built.data.read_bytes().count(text)
    if snapshot.built_on:
        for step in steps_between(built, snapshot):
            found += step.change.added.count(text) - step.change.removed.count(text)
    return found


def data_file(snapshot: Snapshot) -> Path:
    """The canonical N-Quads of a snapshot; those of a written one are made when they are first needed.

    Raises `SnapshotNotFound` if a change is missing, or the snapshot was removed.
    """
    if not snapshot.data.exists():
        lines = (ox.serialize(quads_of(snapshot), format=ox.RdfFormat.N_QUADS) or b"").decode().split("\n")
        unfinished = snapshot.data.with_name(f"{snapshot.data.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            unfinished.write_text("\n".join([*sorted(lines[:-1]), ""]), "utf-8")
            os.replace(unfinished, snapshot.data)
        except FileNotFoundError as problem:
            raise SnapshotNotFound(f"Snapshot {snapshot.id} was removed.") from problem
    return snapshot.data


def change_data(quads: ox.Dataset, change: Change) -> None:
    """Make a change to data in memory."""
    for quad in parsed(change.removed):
        quads.discard(quad)
    for quad in parsed(change.added):
        quads.add(quad)


def parsed(lines: bytes) -> Iterator[ox.Quad]:
    """The statements of N-Quads."""
    return iter(ox.parse(lines, format=ox.RdfFormat.N_QUADS))
