"""Connections: whether the client of a running request is still there.

The server under us (Granian) closes the socket of a client that leaves and tells the app nothing, not even the client's
port; so the process's own sockets are looked at. At the first look every connection from the client's address could be
the request's; from then on those that are closed, or that were written to, cannot be, since nothing has been sent for
this request yet. When none is left the client has gone. In doubt (others behind the same address) it counts as there.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import time
from contextlib import suppress
from typing import Any

from uphold.server_timing import Timing

__all__ = ["Client"]

FIRST_LOOK = 0.2
QUEUED_AT_MOST = 5.0
TCP_INFO_SIZE = 256
LAST_DATA_RECEIVED = 52  # milliseconds; linux/tcp.h, struct tcp_info, since Linux 2.6
BYTES_SENT = 200  # since Linux 4.19


class Client:
    """The client of one request, which has been read; how long ago it came, its timing says."""

    def __init__(self, environ: dict[str, Any], timing: Timing) -> None:
        self.address = environ.get("REMOTE_ADDR") if "granian" in environ.get("SERVER_SOFTWARE", "").lower() else None
        self.since = time.monotonic() - timing.seconds()
        self.candidates: dict[tuple[Any, ...], int] | None = None

    def is_there(self) -> bool:
        """Whether the client still waits, as far as can be told; cheap until the request is `FIRST_LOOK` old."""
        waited = time.monotonic() - self.since
        if not self.address or waited < FIRST_LOOK or sys.platform != "linux":
            return True
        found = connections(self.address, waited + QUEUED_AT_MOST)
        if self.candidates is None:
            self.candidates = found
        else:
            self.candidates = {peer: sent for peer, sent in self.candidates.items() if found.get(peer) == sent}
        return bool(self.candidates)


def connections(address: str, received_within: float) -> dict[tuple[Any, ...], int]:
    """This process's open connections from an address: peer, and the bytes sent to it."""
    found: dict[tuple[Any, ...], int] = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 names are enough
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            found |= connection(int(name), address, received_within)
    return found


def connection(number: int, address: str, received_within: float) -> dict[tuple[Any, ...], int]:
    """The same for one socket; nothing when it is another's. Raises `OSError` when it was closed meanwhile."""
    with socket.socket(fileno=os.dup(number)) as open_one:
        peer = open_one.getpeername()
        if not isinstance(peer, tuple) or plain(peer[0]) != plain(address):
            return {}
        info = open_one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
    (received,) = struct.unpack_from("=I", info, LAST_DATA_RECEIVED)
    sent = struct.unpack_from("=Q", info, BYTES_SENT)[0] if len(info) >= BYTES_SENT + 8 else 0
    return {peer: sent} if received <= 1000 * received_within else {}


def plain(address: str) -> str:
    """The address without the wrapping of IPv4 in IPv6."""
    return address.removeprefix("::ffff:")
