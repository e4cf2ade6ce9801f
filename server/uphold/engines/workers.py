"""Workers and their template, from the server's side."""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from uphold.engines.frames import HEAD, Frame, write_frame
from uphold.engines.template import CONTROL, FORK, KILL, NUMBER, ORDER_BYTES
from uphold.errors import ClientLeft

__all__ = ["Template", "Worker"]

START_SECONDS = 60.0
LOOK_SECONDS = 0.2
LOOK = struct.pack("@ll", 0, round(LOOK_SECONDS * 1e6))  # struct timeval
ALLOCATOR = "glibc.malloc.tcache_count=8192"
"""Lets glibc keep more small pieces at hand: queries measured 1.4 to 1.7 times faster; other systems ignore it."""

AT_ONCE = 65_536 + HEAD.size
Wanted = Callable[[], bool]


class Worker:
    """One worker process: requests go in, frames come out."""

    def __init__(self, pid: int, channel: socket.socket, kill: Callable[[int], None]) -> None:
        self.pid, self.channel, self.end = pid, channel, kill
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, LOOK)
        self.buffer = b""

    def send(self, request: bytes) -> None:
        """Send one request; raises `OSError` when the worker is gone."""
        write_frame(self.channel, Frame.REQUEST, request)

    def receive(self, until: float, wanted: Wanted | None) -> tuple[int, bytes]:
        """The next frame (kind, content).

        Raises `TimeoutError` at `until` (monotonic clock), `EOFError` when the worker has ended, and `ClientLeft` when
        `wanted`, asked now and then, says no.
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
        """Read what has come, or wait for it a while."""
        left = until - time.monotonic()
        if left < LOOK_SECONDS and (left <= 0 or not select.select([self.channel], [], [], left)[0]):
            raise TimeoutError
        try:
            part = self.channel.recv(AT_ONCE)
        except BlockingIOError:  # nothing came for LOOK_SECONDS
            if wanted is not None and not wanted():
                raise ClientLeft from None
            return
        if not part:
            raise EOFError
        self.buffer += part

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self.end(self.pid)
        self.channel.close()


class Template:
    """The process that holds a snapshot and forks workers; started anew when it is lost."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.lock = threading.Lock()
        self.order = b""
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process; it loads the snapshot while the server goes on."""
        self.control, theirs = socket.socketpair()
        self.control.settimeout(START_SECONDS)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uphold.engines.template", *self.command],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": ALLOCATOR},
        )
        theirs.close()
        self.order = b""

    def wait_until_loaded(self) -> None:
        """Wait for the first word of the process; raises `OSError` or `EOFError`."""
        if not self.order:
            self.order = self.read(ORDER_BYTES)

    def fork(self) -> Worker:
        """A new worker; raises `EOFError` when the snapshot cannot be loaded."""
        with self.lock:
            for _ in range(2):  # a template that was lost meanwhile is started again, once
                try:
                    self.wait_until_loaded()
                    return self.ask_for_worker()
                except (OSError, EOFError):
                    self.stop()
                    if self.closed:
                        break
                    self.start()
        raise EOFError

    def ask_for_worker(self) -> Worker:
        """Let the process fork."""
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self.control, [CONTROL.pack(FORK, 0)], [theirs.fileno()])
            (pid,) = NUMBER.unpack(self.read(NUMBER.size))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Worker(pid, ours, self.kill)

    def kill(self, pid: int) -> None:
        """Let the process kill its worker: only the parent of a process knows for sure that a number is still its."""
        with self.lock, suppress(OSError):  # when the template is gone, its workers are too
            self.control.sendall(CONTROL.pack(KILL, pid))

    def read(self, size: int) -> bytes:
        """`size` bytes from the process."""
        content = self.control.recv(size, socket.MSG_WAITALL)
        if len(content) < size:
            raise EOFError
        return content

    def stop(self) -> None:
        """End the process; its workers end with it."""
        self.control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End the process for good."""
        self.closed = True
        self.stop()
