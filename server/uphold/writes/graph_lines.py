"""Graph lines: the statements of one graph in canonical order, from which its digest follows."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable

from uphold.rdf.graphs import in_graph
from uphold.snapshots.identity import digest_of

__all__ = ["GraphLines"]


class GraphLines:
    """The statements of a graph as sorted lines of N-Triples, with the labels of blank nodes that snapshots have."""

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        self.name = name
        self.ordered = sorted(set(lines))
        self.nameless = count_nameless(self.ordered)
        """The number of lines that may have a blank node."""

    def __len__(self) -> int:
        return len(self.ordered)

    def difference(self, lines: set[str]) -> tuple[set[str], set[str]]:
        """The lines to remove and to add, so that the graph has these lines."""
        present = set(self.ordered)
        return present - lines, lines - present

    def change(self, removed: Iterable[str], added: Iterable[str]) -> None:
        """Remove lines that are there and add lines that are not."""
        removed, added = list(removed), list(added)
        self.nameless += count_nameless(added) - count_nameless(removed)
        for line in removed:
            del self.ordered[bisect_left(self.ordered, line)]
        for line in added:
            self.ordered.insert(bisect_left(self.ordered, line), line)

    def digest(self) -> str:
        """The digest of the graph; fast without blank nodes, since the lines are in the order of N-Quads already."""
        if self.nameless:
            return digest_of(self.name, self.ordered)
        lines = "\n".join([*in_graph(self.ordered, self.name), ""])
        return hashlib.sha256(lines.encode()).hexdigest()


def count_nameless(lines: Iterable[str]) -> int:
    """The number of lines that may have a blank node."""
    return sum("_:" in line for line in lines)
