"""Graph lines: the statements of one graph in canonical form, from which its digest follows."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from operator import attrgetter

from uphold.snapshots.identity import digest_of

__all__ = ["GraphLines"]

BLOCK = 500


class Block:
    """Some sorted lines, which follow those of the block before; `written` has them as bytes, if that is known."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.first = lines, lines[0] if lines else ""
        self.written: bytes | None = None


first_of = attrgetter("first")
"""With which line a block began; that line may have been removed."""


class GraphLines:
    """The statements of a graph as sorted lines of N-Quads, with the labels of blank nodes that snapshots have.

    Other lines, given and returned, are of N-Triples. The sorted lines are in blocks, so that a change writes only the
    blocks of its own lines again.
    """

    def __init__(self, name: str, lines: Iterable[str]) -> None:
        self.name, self.end = name, f"<{name}> ." if name else "."
        ordered = sorted({line[:-1] + self.end for line in lines})
        self.size = len(ordered)
        self.blocks = [Block(ordered[at : at + BLOCK]) for at in range(0, max(1, self.size), BLOCK)]
        self.nameless = count_nameless(ordered)
        """The number of lines that may have a blank node."""

    def __len__(self) -> int:
        return self.size

    @property
    def lines(self) -> set[str]:
        """The statements, in no order."""
        length = len(self.end)
        return {f"{line[:-length]}." for block in self.blocks for line in block.lines}

    def difference(self, lines: set[str]) -> tuple[set[str], set[str]]:
        """The lines to remove and to add, so that the graph has these lines."""
        present = self.lines
        return present - lines, lines - present

    def change(self, removed: Iterable[str], added: Iterable[str]) -> None:
        """Remove lines that are there and add lines that are not."""
        removed, added = list(removed), list(added)
        self.nameless += count_nameless(added) - count_nameless(removed)
        self.size += len(added) - len(removed)
        for line in removed:
            block = self.blocks[self.place(line[:-1] + self.end)]
            del block.lines[bisect_left(block.lines, line[:-1] + self.end)]
            block.written = None
        for line in added:
            at = self.place(line[:-1] + self.end)
            block = self.blocks[at]
            insort(block.lines, line[:-1] + self.end)
            block.written = None
            if len(block.lines) > 2 * BLOCK:
                self.blocks[at : at + 1] = [Block(block.lines[:BLOCK]), Block(block.lines[BLOCK:])]
        if not all(block.lines for block in self.blocks):
            self.blocks = [block for block in self.blocks if block.lines] or [Block([])]

    def place(self, line: str) -> int:
        """The number of the block for a line: the last one that does not begin after it, or the first."""
        return max(0, bisect_right(self.blocks, line, key=first_of) - 1)

    def digest(self) -> str:
        """The digest of the graph; fast without blank nodes, since the lines are canonical then."""
        if self.nameless:
            return digest_of(self.name, self.lines)
        found = hashlib.sha256()
        for block in self.blocks:
            if block.written is None:
                block.written = "\n".join([*block.lines, ""]).encode()
            found.update(block.written)
        return found.hexdigest()


def count_nameless(lines: Iterable[str]) -> int:
    """The number of lines that may have a blank node."""
    return sum("_:" in line for line in lines)
