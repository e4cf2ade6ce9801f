"""Verification: recomputes the digests of a stored snapshot from its file of statements."""

from __future__ import annotations

import pyoxigraph as ox

from uphold.errors import SnapshotDamaged, SnapshotNotFound, UnreadableSource
from uphold.rdf.graphs import graphs_of
from uphold.snapshots.identity import digests_of, identity_of
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import quads_of

__all__ = ["faults", "require_intact"]


def faults(snapshot: Snapshot) -> list[str]:
    """What is wrong with a snapshot, one sentence each; nothing if its statements have the digests and id recorded."""
    try:
        found = digests_of(graphs_of(quads_of(snapshot)))
        if snapshot.built_on and snapshot.data.exists():
            made = digests_of(graphs_of(ox.parse(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS)))
            found = found if made == found else made
    except (OSError, SyntaxError, ValueError, SnapshotNotFound, UnreadableSource) as problem:
        return [f"The data cannot be read: {problem}"]
    names = sorted(found.keys() | snapshot.digests.keys())
    wrong = [
        f"The graph {name or 'without a name'} does not have the digest recorded."
        for name in names
        if found.get(name) != snapshot.digests.get(name)
    ]
    if not snapshot.id == snapshot.folder.name == identity_of(found):
        wrong.append("The id is not the digest of the graphs.")
    return wrong


def require_intact(snapshot: Snapshot) -> None:
    """Raise `SnapshotDamaged` if the data on disk are not those that the snapshot's id names."""
    if wrong := faults(snapshot):
        raise SnapshotDamaged(f"Snapshot {snapshot.id} is damaged. {' '.join(wrong)}")
