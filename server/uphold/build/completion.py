"""Completion: the files for download of a snapshot that a write created, made when they are first asked for.

A process of its own makes them: they take seconds, and several times the memory of the data.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox

from uphold.build.writing import write_dumps
from uphold.errors import SnapshotNotFound
from uphold.rdf.graphs import graphs_of
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import data_file

__all__ = ["with_dumps"]


def with_dumps(snapshot: Snapshot) -> Snapshot:
    """The snapshot, whose folder `dumps` is complete.

    The files are the same whenever they are made. Raises `SnapshotNotFound` if they cannot be made, as after the
    snapshot was removed.
    """
    if not snapshot.dumps.exists():
        command = [sys.executable, "-m", "uphold.build.completion", str(snapshot.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SnapshotNotFound(f"The downloads of snapshot {snapshot.id} cannot be made.") from RuntimeError(
                done.stderr[-2000:]
            )
    return snapshot


def main(folder: Path) -> None:
    """Make the files, unless another process has made them meanwhile."""
    snapshot = Snapshot.open(folder)
    with (folder / "dumps.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not snapshot.dumps.exists():
            quads = data_file(snapshot).read_bytes()
            graphs = graphs_of(ox.parse(quads, format=ox.RdfFormat.N_QUADS))
            ordered = {name: sorted(lines) for name, lines in graphs.items()}
            unfinished = snapshot.dumps.with_name("dumps.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            write_dumps(ordered, quads, unfinished, snapshot.base, snapshot.prefixes)
            unfinished.rename(snapshot.dumps)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
