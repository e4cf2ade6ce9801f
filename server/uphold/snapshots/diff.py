"""Diff: the difference between two snapshots, as counts per graph and as an RDF Patch.

Snapshots are sorted lines of canonical N-Quads, so the difference is computed by line, and the patch turns one file
exactly into the other. The canonical label of a blank node can differ between two snapshots although the node is the
same; its lines are then deleted and added again with the new label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from uphold.errors import SnapshotNotFound
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import data_file, net_change, steps_between

__all__ = ["Change", "count_changes", "patch"]


@dataclass(frozen=True, slots=True)
class Change:
    """The number of triples added to and removed from a graph."""

    graph: str
    added: int
    removed: int


def patch(old: Snapshot, new: Snapshot) -> bytes:
    """The RDF Patch that turns `old` into `new`."""
    head = f"H id <{new.base}snapshots/{new.id}> .\nH prev <{old.base}snapshots/{old.id}> .\nTX .\n"
    removed, added = difference(old, new)
    lines = chain((b"D " + line for line in removed), (b"A " + line for line in added))
    return head.encode() + b"".join(lines) + b"TC .\n"


def count_changes(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """The changed graphs, by name."""
    return count_between(old.folder, new.folder)


@lru_cache(maxsize=64)  # the data of neither ever change
def count_between(old: Path, new: Path) -> tuple[Change, ...]:
    """The same for the folders of two snapshots."""
    removed, added = map(by_graph, difference(Snapshot.open(old), Snapshot.open(new)))
    return tuple(Change(graph, added[graph], removed[graph]) for graph in sorted({*removed, *added}))


def by_graph(lines: Iterable[bytes]) -> Counter[str]:
    """The number of lines per graph; the default graph has no name."""
    quads = ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS)
    return Counter(getattr(quad.graph_name, "value", "") for quad in quads)


def difference(old: Snapshot, new: Snapshot) -> tuple[list[bytes], list[bytes]]:
    """The lines that only the first and only the second of two snapshots has, sorted.

    If writes have led from one to the other, their changes are read, and not all data.
    """
    if old.id == new.id:
        return [], []
    with suppress(SnapshotNotFound):
        return net_change(steps_between(old, new))
    with suppress(SnapshotNotFound):
        added, removed = net_change(steps_between(new, old))
        return removed, added
    removed, added = [], []
    with data_file(old).open("rb") as before, data_file(new).open("rb") as after:
        for line, is_new in walk(before, after):
            (added if is_new else removed).append(line)
    return removed, added


def walk(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each line that only one side has, and whether that side is `after`; both sides are sorted."""
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if left == right:
            left, right = next(before, None), next(after, None)
        elif right is None or (left is not None and left < right):
            if left is not None:
                yield left, False
            left = next(before, None)
        else:
            yield right, True
            right = next(after, None)
