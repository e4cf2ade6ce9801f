"""Worker process: the server's side of a worker."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

from uphold.engines.processes.fork_server import NUMBER
from uphold.engines.processes.ipc import FRAME_SIZE, HEAD, Frame, write_frame
from uphold.errors import ClientDisconnected

__all__ = ["Worker", "shared_worker"]

POLL_SECONDS = 0.2
AT_ONCE = FRAME_SIZE + HEAD.size
Wanted = Callable[[], bool]


class Worker:
    """One worker process: requests go in, frames come out."""

    def __init__(self, pid: int, channel: socket.socket, kill: Callable[[int], None]) -> None:
        self.pid, self.channel, self.end = pid, channel, kill
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval(POLL_SECONDS))
        self.buffer = b""

    def send(self, request: bytes, seconds: float | None = None) -> None:
        """Send one request; raises `OSError` if the worker is gone, `TimeoutError` if it does not read in time."""
        if seconds is not None:
            self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval(seconds))
        try:
            write_frame(self.channel, Frame.REQUEST, request)
        except BlockingIOError as problem:
            raise TimeoutError from problem

    def receive(self, until: float, wanted: Wanted | None) -> tuple[int, bytes]:
        """The next frame (kind, content).

        Raises `TimeoutError` at `until` (monotonic clock), `EOFError` when the worker has ended, and
        `ClientDisconnected` when `wanted`, which is polled, returns False.
        """
        while True:
            if len(self.buffer) >= HEAD.size:
                kind, length = HEAD.unpack_from(self.buffer)
                end = HEAD.size + length
                if len(self.buffer) >= end:
                    content, self.buffer = self.buffer[HEAD.size : end], self.buffer[end:]
                    return kind, content
            self.read_on(until, wanted)

    def read_on(self, until: float, wanted: Wanted | None) -> None:
        """Read the available bytes, or wait for some."""
        left = until - time.monotonic()
        if left < POLL_SECONDS and (left <= 0 or not select.select([self.channel], [], [], left)[0]):
            raise TimeoutError
        try:
            part = self.channel.recv(AT_ONCE)
        except BlockingIOError:  # nothing came for POLL_SECONDS
            if wanted is not None and not wanted():
                raise ClientDisconnected from None
            return
        if not part:
            raise EOFError
        self.buffer += part

    def has_ended(self) -> bool:
        """Whether the process has closed its end of the channel."""
        try:
            return not self.channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def kill(self) -> None:
        """Kill the process."""
        self.end(self.pid)
        self.channel.close()


def shared_worker(channel: socket.socket, until: float) -> Worker:
    """A worker that others use too, which has sent its process id; raises `EOFError` and `TimeoutError`."""
    worker = Worker(0, channel, lambda _: None)
    try:
        worker.pid = int(NUMBER.unpack(worker.receive(until, None)[1])[0])
    except BaseException:
        channel.close()
        raise

    def kill(pid: int) -> None:
        """Only while the channel is open, the process id is in use for certain."""
        with suppress(ProcessLookupError):
            if not worker.has_ended():
                os.kill(pid, signal.SIGKILL)

    worker.end = kill
    return worker


def timeval(seconds: float) -> bytes:
    """The `struct timeval` of a socket's timeout."""
    return struct.pack("@ll", int(seconds), round(seconds % 1 * 1e6))
