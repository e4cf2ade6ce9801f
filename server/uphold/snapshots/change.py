"""Change: the statements that one snapshot removes from another and adds to it, as N-Quads."""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["Change"]

SIZES = struct.Struct(">QQ")


class Change(NamedTuple):
    """The removed and the added statements, each as N-Quads with the labels of blank nodes that the snapshots have."""

    removed: bytes
    added: bytes

    def pack(self, name: str) -> bytes:
        """The change and a name as bytes."""
        return SIZES.pack(len(self.removed), len(self.added)) + self.removed + self.added + name.encode()

    @classmethod
    def unpack(cls, content: bytes) -> tuple[Change, str]:
        """The change and the name in such bytes."""
        first, second = SIZES.unpack_from(content)
        middle = SIZES.size + first
        end = middle + second
        return cls(content[SIZES.size : middle], content[middle:end]), content[end:].decode()
