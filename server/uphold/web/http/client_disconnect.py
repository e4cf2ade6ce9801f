"""Client disconnect: detects whether the client of a running request is still connected.

The server (Granian) closes the socket of a client that disconnects without notifying the app, and hides the
client's port, so the sockets of the process are inspected. At first every connection from the client's address is a
candidate; later checks drop those that were closed or written to, since nothing has been sent for this request yet.
When none is left, the client has disconnected. If ambiguous (a shared address), assume still connected.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
from contextlib import suppress
from typing import Any

from uphold.server_timing import Timing

__all__ = ["Client"]

FIRST_CHECK = 0.2
MAX_QUEUED = 5.0
TCP_INFO_SIZE = 256
LAST_DATA_RECEIVED = 52  # milliseconds; linux/tcp.h, struct tcp_info, since Linux 2.6
BYTES_SENT = 200  # since Linux 4.19


class Client:
    """The client of one request that has been read; `timing` has its age."""

    def __init__(self, environ: dict[str, Any], timing: Timing) -> None:
        self.environ, self.timing = environ, timing
        self.candidates: dict[tuple[Any, ...], int] | None = None

    def is_there(self) -> bool:
        """Whether the client is still connected, if known; cheap until the request is `FIRST_CHECK` old."""
        waited = self.timing.seconds()
        if waited < FIRST_CHECK or sys.platform != "linux":
            return True
        address = self.environ.get("REMOTE_ADDR")
        if not address or "granian" not in self.environ.get("SERVER_SOFTWARE", "").lower():
            return True
        found = connections(address, waited + MAX_QUEUED)
        if self.candidates is None:
            self.candidates = found
        else:
            self.candidates = {peer: sent for peer, sent in self.candidates.items() if found.get(peer) == sent}
        return bool(self.candidates)


def connections(address: str, received_within: float) -> dict[tuple[Any, ...], int]:
    """This process's open connections from an address: the peers, and the bytes sent to each."""
    found: dict[tuple[Any, ...], int] = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 only names are needed
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            found |= connection(int(name), address, received_within)
    return found


def connection(number: int, address: str, received_within: float) -> dict[tuple[Any, ...], int]:
    """The same for one socket; empty for another client's. Raises `OSError` when it was closed meanwhile."""
    with socket.socket(fileno=os.dup(number)) as open_one:
        peer = open_one.getpeername()
        if not isinstance(peer, tuple) or plain(peer[0]) != plain(address):
            return {}
        info = open_one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
    (received,) = struct.unpack_from("=I", info, LAST_DATA_RECEIVED)
    sent = struct.unpack_from("=Q", info, BYTES_SENT)[0] if len(info) >= BYTES_SENT + 8 else 0
    return {peer: sent} if received <= 1000 * received_within else {}


def plain(address: str) -> str:
    """The address without the prefix of IPv4-mapped IPv6."""
    return address.removeprefix("::ffff:")
