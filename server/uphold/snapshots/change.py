"""Change: the statements that one snapshot removes from another and adds to it, as N-Quads."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Change", "Step", "pack", "unpack"]

SIZES = struct.Struct(">QQQ")


@dataclass(frozen=True, slots=True)
class Change:
    """The statements removed and added, each as canonical N-Quads: sorted lines, each once, each with its newline."""

    removed: bytes = b""
    added: bytes = b""

    def __post_init__(self) -> None:
        """Raise `ValueError` if the lines are not in this form."""
        for name, quads in (("removed", self.removed), ("added", self.added)):
            lines = quads.split(b"\n")
            if lines.pop():
                raise ValueError(f"the last line of {name} has no newline")
            if b"" in lines or any(line >= following for line, following in pairwise(lines)):
                raise ValueError(f"{name} has lines that are empty, not sorted, or there twice")


@dataclass(frozen=True, slots=True)
class Step:
    """A change, and the id of the snapshot that it leads to."""

    snapshot: str
    change: Change


def pack(steps: Iterable[Step]) -> bytes:
    """Steps as bytes, one after the other."""
    found = []
    for step in steps:
        parts = (step.snapshot.encode(), step.change.removed, step.change.added)
        found += [SIZES.pack(*map(len, parts)), *parts]
    return b"".join(found)


def unpack(content: bytes) -> Iterator[Step]:
    """The steps in such bytes."""
    at = 0
    while at < len(content):
        sizes = SIZES.unpack_from(content, at)
        at += SIZES.size
        parts = []
        for size in sizes:
            parts.append(content[at : at + size])
            at += size
        yield Step(parts[0].decode(), Change(*parts[1:]))
