"""Completion: the files of a snapshot that a write created, made when they are first needed.

These are the downloads and, for a snapshot on which others will be built, all files that a build makes. A process of
its own makes them: they take seconds, and several times the memory of the data.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox

from uphold.build.writing import write_data, write_dumps
from uphold.errors import SnapshotNotFound
from uphold.rdf.graphs import graphs_of, union
from uphold.search.index import write_search_index
from uphold.snapshots.publication_log import in_use
from uphold.snapshots.snapshot import Snapshot, sync
from uphold.snapshots.steps import data_file
from uphold.snapshots.verification import require_intact

__all__ = ["with_all_files", "with_dumps"]

ALL = "--all"
NICENESS = 10
"""Of the process that makes all files, for which nobody waits."""


def with_dumps(snapshot: Snapshot) -> Snapshot:
    """The snapshot, whose folder `dumps` is complete.

    The files are the same whenever they are made. Raises `SnapshotNotFound` if they cannot be made, as after the
    snapshot was removed.
    """
    if not snapshot.dumps.exists():
        run(snapshot)
    return snapshot


def with_all_files(snapshot: Snapshot) -> Snapshot:
    """The snapshot, which has all files that a build makes, on disk for certain; raises as `with_dumps`."""
    run(snapshot, ALL)
    return snapshot


def run(snapshot: Snapshot, *flags: str) -> None:
    """Make files in another process."""
    command = [sys.executable, "-m", "uphold.build.completion", str(snapshot.folder), *flags]
    with in_use(snapshot):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SnapshotNotFound(f"The files of snapshot {snapshot.id} cannot be made.") from RuntimeError(
            done.stderr[-2000:]
        )


def main(folder: Path, *flags: str) -> None:
    """Make the files, unless another process has made them meanwhile."""
    with (folder / "dumps.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        snapshot = Snapshot.open(folder)
        quads = data_file(snapshot).read_bytes()
        graphs = graphs_of(ox.parse(quads, format=ox.RdfFormat.N_QUADS))
        ordered = {name: sorted(lines) for name, lines in graphs.items()}
        if not snapshot.dumps.exists():
            unfinished = empty(snapshot.dumps.with_name("dumps.new"))
            write_dumps(ordered, quads, unfinished, snapshot.base, snapshot.prefixes)
            unfinished.rename(snapshot.dumps)
        if ALL in flags and snapshot.built_on:
            require_intact(snapshot)
            unfinished = empty(folder / "files.new")
            write_data(ordered, unfinished)
            write_search_index(union(graphs), unfinished / "search", snapshot.base)
            shutil.rmtree(folder / "search", ignore_errors=True)
            for path in unfinished.iterdir():
                os.replace(path, folder / path.name)
            unfinished.rmdir()
            sync(folder)


def empty(folder: Path) -> Path:
    """A new folder, in place of one that was left unfinished."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


if __name__ == "__main__":
    if ALL in sys.argv:
        os.nice(NICENESS)
    main(Path(sys.argv[1]), *sys.argv[2:])
