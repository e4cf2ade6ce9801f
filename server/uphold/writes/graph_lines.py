"""Graph lines: the statements of one graph in canonical form, from which its digest follows."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections.abc import Iterable

from uphold.snapshots.identity import digest_of

__all__ = ["GraphLines"]


class GraphLines:
    """The statements of a graph as sorted lines of N-Quads, with the labels of blank nodes that snapshots have.

    Other lines, given and returned, are of N-Triples.
    """

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        self.name, self.end = name, f"<{name}> ." if name else "."
        self.ordered = sorted({line[:-1] + self.end for line in lines})
        self.nameless = count_nameless(self.ordered)
        """The number of lines that may have a blank node."""

    def __len__(self) -> int:
        return len(self.ordered)

    @property
    def lines(self) -> set[str]:
        """The statements, in no order."""
        length = len(self.end)
        return {f"{line[:-length]}." for line in self.ordered}

    def difference(self, lines: set[str]) -> tuple[set[str], set[str]]:
        """The lines to remove and to add, so that the graph has these lines."""
        present = self.lines
        return present - lines, lines - present

    def change(self, removed: Iterable[str], added: Iterable[str]) -> None:
        """Remove lines that are there and add lines that are not."""
        removed, added = list(removed), list(added)
        self.nameless += count_nameless(added) - count_nameless(removed)
        for line in removed:
            del self.ordered[bisect_left(self.ordered, line[:-1] + self.end)]
        for line in added:
            insort(self.ordered, line[:-1] + self.end)

    def digest(self) -> str:
        """The digest of the graph; fast without blank nodes, since the lines are canonical then."""
        if self.nameless:
            return digest_of(self.name, self.lines)
        return hashlib.sha256("\n".join([*self.ordered, ""]).encode()).hexdigest()


def count_nameless(lines: Iterable[str]) -> int:
    """The number of lines that may have a blank node."""
    return sum("_:" in line for line in lines)
