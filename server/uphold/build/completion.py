"""Completion: the files for download of a snapshot that a write created, made when they are first asked for."""

from __future__ import annotations

import fcntl
import shutil

import pyoxigraph as ox

from uphold.build.writing import write_dumps
from uphold.rdf.graphs import graphs_of
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import data_file

__all__ = ["with_dumps"]


def with_dumps(snapshot: Snapshot) -> Snapshot:
    """The snapshot, whose folder `dumps` is complete.

    The files are the same whenever they are made. Raises `SnapshotNotFound` if a change is missing.
    """
    if snapshot.dumps.exists():
        return snapshot
    with (snapshot.folder / "dumps.lock").open("w") as file:
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
    return snapshot
