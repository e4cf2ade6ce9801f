"""Frames: how the server and a query worker speak over a socket.

A frame is one byte for its kind, four for its length, then its content. A request is one `REQUEST` frame; an answer is
any number of `DATA` frames and one `END`, which may carry the last bytes, or one `FAULT` in place of whatever should
have come next.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from socket import socket

__all__ = ["HEAD", "Frame", "read_frame", "write_frame"]

HEAD = struct.Struct(">BI")


class Frame(IntEnum):
    """The kinds of frame."""

    REQUEST = 1
    DATA = 2
    END = 3
    FAULT = 4


def write_frame(channel: socket, kind: int, content: bytes = b"") -> None:
    """Send one frame; raises `OSError` when the other side is gone."""
    channel.sendall(HEAD.pack(kind, len(content)) + content)


def read_frame(channel: socket) -> tuple[int, bytes] | None:
    """The next frame (kind, content), or None when the other side has closed the channel."""
    head = read_exactly(channel, HEAD.size)
    if head is None:
        return None
    kind, length = HEAD.unpack(head)
    content = read_exactly(channel, length)
    return None if content is None else (kind, content)


def read_exactly(channel: socket, size: int) -> bytes | None:
    """`size` bytes, or None when the channel ends before."""
    parts: list[bytes] = []
    while size:
        part = channel.recv(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
