"""Diff: the difference between two snapshots, as counts per graph and as an RDF Patch.

Snapshots are sorted lines of canonical N-Quads, so the difference is computed by line, and the patch turns one file
exactly into the other. The canonical label of a blank node can differ between two snapshots although the node is the
same; its lines are then deleted and added again with the new label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import data_file

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
    removed, added = difference(data_file(old), data_file(new))
    lines = chain((b"D " + line for line in removed), (b"A " + line for line in added))
    return head.encode() + b"".join(lines) + b"TC .\n"


def count_changes(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """The changed graphs, by name."""
    return count_between(data_file(old), data_file(new))


@lru_cache(maxsize=64)  # neither file ever changes
def count_between(old: Path, new: Path) -> tuple[Change, ...]:
    """The same for two files of sorted N-Quads."""
    removed, added = (by_graph(lines) for lines in difference(old, new))
    return tuple(Change(graph, added[graph], removed[graph]) for graph in sorted({*removed, *added}))


def by_graph(lines: Iterable[bytes]) -> Counter[str]:
    """The number of lines per graph; the default graph has no name."""
    quads = ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS)
    return Counter(getattr(quad.graph_name, "value", "") for quad in quads)


def difference(old: Path, new: Path) -> tuple[list[bytes], list[bytes]]:
    """The lines that only the first and only the second of two sorted files has."""
    removed: list[bytes] = []
    added: list[bytes] = []
    with old.open("rb") as before, new.open("rb") as after:
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
