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

from uphold.engines.processes.fork_server import CONTROL, FORK, KILL, NUMBER
from uphold.engines.processes.ipc import HEAD, Frame, write_frame
from uphold.errors import ClientDisconnected

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

        Raises `TimeoutError` at `until` (monotonic clock), `EOFError` when the worker has ended, and
        `ClientDisconnected` when `wanted`, asked now and then, says no.
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
                raise ClientDisconnected from None
            return
        if not part:
            raise EOFError
        self.buffer += part

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self.end(self.pid)
        self.channel.close()


class Template:
    """The process that has loaded something and forks workers (`forking`); started anew when it is lost."""

    def __init__(self, module: str, arguments: list[str], greeting_bytes: int) -> None:
        self.module, self.arguments, self.greeting_bytes = module, arguments, greeting_bytes
        self.lock = threading.Lock()
        self.greeting = b""
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process; it loads while the server goes on."""
        self.control, theirs = socket.socketpair()
        self.control.settimeout(START_SECONDS)
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": ALLOCATOR},
        )
        theirs.close()
        self.greeting = b""

    def wait_until_loaded(self, seconds: float = START_SECONDS) -> None:
        """Wait for the first word of the process; raises `EOFError` or `OSError`, `TimeoutError` in good time."""
        if not self.greeting:
            self.control.settimeout(min(seconds, START_SECONDS))
            self.greeting = self.read(self.greeting_bytes)
            self.control.settimeout(START_SECONDS)

    def fork(self, until: float | None = None) -> Worker:
        """A new worker; raises `EOFError` when the process cannot load, `TimeoutError` while it still loads."""
        if not self.lock.acquire(timeout=-1 if until is None else remaining(until)):
            raise TimeoutError
        try:
            for _ in range(2):  # a template that was lost meanwhile is started again, once
                try:
                    self.wait_until_loaded(START_SECONDS if until is None else remaining(until))
                    return self.ask_for_worker()
                except (OSError, EOFError) as problem:
                    if until is not None and isinstance(problem, TimeoutError) and not self.greeting:
                        raise  # whoever comes next finds it further on
                    self.stop()
                    if self.closed:
                        break
                    self.start()
        finally:
            self.lock.release()
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


def remaining(until: float) -> float:
    """Seconds left until then, and a moment when there are none: a socket takes 0 to mean another thing."""
    return max(0.001, until - time.monotonic())
