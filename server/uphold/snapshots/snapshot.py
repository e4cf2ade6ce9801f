"""Snapshots: the whole data set at one time, named by its content.

A snapshot never changes once built, so everything computed from it can be cached forever. On disk it is a folder:
`data.nq` (canonical N-Quads), `union.nt`, `statistics.json` and perhaps `index/` (for the engine), `search/` (the
index of labels), `dumps/` and `snapshot.json`, with the digests that make its id (`identity`). `build` creates
snapshots, and `engines` answer queries about them.

A write creates a snapshot too. Its folder has only `snapshot.json` at first: the rest is that of the snapshot that it
was built on, with the changes since then (`steps`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from uphold.errors import SnapshotNotFound

__all__ = ["DATA", "INDEX", "METADATA", "STATISTICS", "Snapshot", "as_created", "current", "publish", "save", "stored"]

METADATA = "snapshot.json"
STATISTICS = "statistics.json"
DATA = "data.nq"
INDEX = "index"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot on disk."""

    id: str
    folder: Path
    created: str
    base: str
    quads: int
    triples: int
    graphs: dict[str, int]
    digests: dict[str, str]
    prefixes: dict[str, str]
    built_on: str = ""
    """The id of the built snapshot that writes have changed; empty for one that was built."""
    first_entry: int = 0
    """The number of the journal's entry for the first of these writes."""
    entry: int = 0
    """The number of the journal's entry that led to it; 0 for one that was built."""

    @classmethod
    def open(cls, folder: Path) -> Snapshot:
        """The snapshot in `folder`; raises `SnapshotNotFound` if it is missing or incomplete."""
        try:
            metadata: dict[str, Any] = json.loads((folder / METADATA).read_text("utf-8"))
            found = cls(folder=folder, **metadata)
        except (OSError, ValueError, TypeError) as problem:
            raise SnapshotNotFound(f"There is no complete snapshot in {folder}.") from problem
        if not all(path.exists() for path in (found.built.data, found.built.union, found.search)):
            raise SnapshotNotFound(f"The snapshot in {folder} lacks a required file; build again.")
        return found

    @property
    def built(self) -> Snapshot:
        """The built snapshot that it is, or that writes have changed; raises `SnapshotNotFound`."""
        return Snapshot.open(self.folder.with_name(self.built_on)) if self.built_on else self

    @property
    def data(self) -> Path:
        """The canonical N-Quads."""
        return self.folder / DATA

    @property
    def union(self) -> Path:
        """The triples of all graphs, each once."""
        return self.folder / "union.nt"

    @property
    def shares_triples(self) -> bool:
        """Whether a triple is in two graphs, so that the union of all graphs is smaller than their sum."""
        return self.triples < self.quads

    @property
    def index(self) -> Path:
        """The folder with the engine's index; only for data that workers do not hold in memory."""
        return self.folder / INDEX

    @property
    def search(self) -> Path:
        """The folder with the index of labels."""
        return self.folder.with_name(self.built_on or self.folder.name) / "search"

    @property
    def statistics(self) -> Path:
        """The counts of properties and classes, of the built snapshot."""
        return self.folder.with_name(self.built_on or self.folder.name) / STATISTICS

    @property
    def dumps(self) -> Path:
        """The folder with the files for download."""
        return self.folder / "dumps"


def as_created(moment: dt.datetime) -> str:
    """A moment as the metadata have it: in UTC, to the second."""
    return moment.astimezone(dt.UTC).replace(microsecond=0).isoformat()


def save(snapshot: Snapshot) -> None:
    """Write the metadata of a snapshot, by one rename."""
    metadata = {name: value for name, value in asdict(snapshot).items() if name != "folder"}
    unfinished = snapshot.folder / f"{METADATA}.new"
    unfinished.write_text(json.dumps(metadata, indent=1) + "\n", "utf-8")
    unfinished.replace(snapshot.folder / METADATA)


def publish(snapshot: Snapshot, state: Path) -> None:
    """Make `snapshot` the current one; a crash at any time leaves the old one current."""
    link = state / "current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("snapshots") / snapshot.id)
    os.replace(link, state / "current")  # last, because a rename is atomic
    sync_folder(state)


def current(state: Path) -> Snapshot:
    """The current snapshot; raises `SnapshotNotFound` if nothing has been built yet."""
    link = state / "current"
    if not link.exists():
        raise SnapshotNotFound(f"Nothing has been built in {state} yet.")
    return Snapshot.open(link.resolve())


def stored(state: Path) -> list[Snapshot]:
    """Every complete snapshot in the state folder, newest first."""
    folders = (state / "snapshots").glob("[0-9a-f]*")
    found = []
    for folder in folders:
        with contextlib.suppress(SnapshotNotFound):  # incomplete, or removed meanwhile
            found.append(Snapshot.open(folder))
    return sorted(found, key=lambda snapshot: (snapshot.created, snapshot.id), reverse=True)


def settle(unfinished: Path, home: Path) -> None:
    """Move a finished folder into place, after syncing its content to disk."""
    sync(unfinished)
    if home.exists():  # a broken one, else the build would have stopped earlier
        shutil.rmtree(home)
    os.replace(unfinished, home)
    sync_folder(home.parent)


def sync(folder: Path) -> None:
    """Make the files in `folder`, at any depth, survive a power failure."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
