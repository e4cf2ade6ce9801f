"""IPC: the frames that the server and a worker exchange over a socket.

A frame is one byte for its kind, four for its length, then its content. A request is one `REQUEST` frame; a response is
any number of `DATA` frames and one `END`, which may carry the last bytes, or one `FAULT` instead of the next frame. It
may begin with a `NOTE` about the request.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from socket import socket
from typing import IO

__all__ = ["FRAME_SIZE", "HEAD", "Frame", "read_frame", "write_frame"]

HEAD = struct.Struct(">BI")
FRAME_SIZE = 65_536
"""Bytes of content per frame of a long response."""


class Frame(IntEnum):
    """The kinds of frame."""

    REQUEST = 1
    DATA = 2
    END = 3
    FAULT = 4
    NOTE = 5


def write_frame(channel: socket, kind: int, *parts: bytes) -> None:
    """Send one frame, whose content may be in parts; raises `OSError` when the other side is gone."""
    whole = [HEAD.pack(kind, sum(map(len, parts))), *parts]
    sent = channel.sendmsg(whole)  # without a copy, and mostly in one call
    if sent < sum(map(len, whole)):
        channel.sendall(memoryview(b"".join(whole))[sent:])


def read_frame(stream: IO[bytes]) -> tuple[int, bytes] | None:
    """The next frame (kind, content), or None when the other side has closed the channel."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    content = stream.read(length)
    return None if len(content) < length else (kind, content)
