"""Frames: how the server and a query worker speak over a pipe.

A frame is one byte for its kind, four for its length, then its content. A request is one `REQUEST` frame; an answer is
`DATA` frames and one `END`, or one `FAULT` in place of whatever should have come next.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import IO

__all__ = ["HEAD", "Frame", "read_exactly", "read_frame", "write_frame"]

HEAD = struct.Struct(">BI")


class Frame(IntEnum):
    """The kinds of frame."""

    REQUEST = 1
    READY = 2
    DATA = 3
    END = 4
    FAULT = 5


def write_frame(pipe: IO[bytes], kind: Frame, content: bytes = b"") -> None:
    """Send one frame."""
    pipe.write(HEAD.pack(kind, len(content)) + content)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[Frame, bytes] | None:
    """The next frame, or None when the other side has closed the pipe."""
    head = read_exactly(pipe, HEAD.size)
    if head is None:
        return None
    kind, length = HEAD.unpack(head)
    content = read_exactly(pipe, length)
    return None if content is None else (Frame(kind), content)


def read_exactly(pipe: IO[bytes], size: int) -> bytes | None:
    """`size` bytes, or None when the pipe ends before."""
    parts: list[bytes] = []
    while size:
        part = pipe.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
