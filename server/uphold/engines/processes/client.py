"""Client: the server's side of a fork server and its workers."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from uphold.engines.processes.fork_server import ADVANCE, CONTROL, FORK, KILL, NUMBER
from uphold.engines.processes.ipc import FRAME_SIZE, HEAD, Frame, write_frame
from uphold.errors import ClientDisconnected

__all__ = ["SHARED", "ForkServer", "Predecessor", "Worker"]

SHARED = "UPHOLD_FORK_SERVERS"
"""The environment variable with the folder of the sockets by which the processes of a server share fork servers."""

START_SECONDS = 60.0
POLL_SECONDS = 0.2
ALLOCATOR = "glibc.malloc.tcache_count=8192"
"""Makes glibc cache more small allocations: queries measured 1.4 to 1.7 times faster; other systems ignore it."""

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

    def kill(self) -> None:
        """Kill the process."""
        self.end(self.pid)
        self.channel.close()


class Predecessor(NamedTuple):
    """A fork server, and the change of its data that another one makes."""

    fork_server: ForkServer
    change: bytes


class ForkServer:
    """A client of a fork server, which has loaded some data and forks workers; restarted when it is lost.

    The processes of a server share one fork server for the same data: the first that needs it starts it, and the others
    connect to it. A process on its own starts its own.

    One for data that differ little from those of another, its `predecessor`, is forked from that and makes the change
    itself, which takes milliseconds. If the predecessor is lost, it is started like any other.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        greeting_bytes: int,
        allocator: str = ALLOCATOR,
        predecessor: Predecessor | None = None,
    ) -> None:
        self.module, self.arguments, self.greeting_bytes = module, arguments, greeting_bytes
        self.allocator, self.predecessor = allocator, predecessor
        name = hashlib.sha256(json.dumps([module, arguments]).encode()).hexdigest()[:16]
        self.shared = Path(folder, name) if (folder := os.environ.get(SHARED)) else None
        self.lock = threading.Lock()
        self.greeting = b""
        self.closed = False
        self.start()

    def start(self) -> None:
        """Connect to the shared process, or start one; it loads in the background."""
        self.process: subprocess.Popen[bytes] | None = None
        if self.shared is None:
            with tempfile.TemporaryDirectory() as folder:
                address = Path(folder) / "socket"
                self.control = self.succeed(address) or self.start_process(address)
        else:
            with self.shared.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.control = connected(self.shared) or self.succeed(self.shared) or self.start_process(self.shared)
        self.control.settimeout(START_SECONDS)
        self.greeting = b""

    def succeed(self, address: Path) -> socket.socket | None:
        """Make the predecessor fork the process, and connect to it; None without a predecessor that does so."""
        predecessor, self.predecessor = self.predecessor, None
        if predecessor is None:
            return None
        try:
            address.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(address))
                listener.listen()
                predecessor.fork_server.advance(listener, predecessor.change)
                return connected(address)
        except (OSError, EOFError):
            return None

    def advance(self, listener: socket.socket, change: bytes) -> int:
        """Make the process fork a successor, which listens at a socket; the value is its process id.

        Raises `OSError` or `EOFError` if the process is lost, and `TimeoutError` if it is loading for too long.
        """
        with self.lock:
            self.wait_until_loaded()
            socket.send_fds(self.control, [CONTROL.pack(ADVANCE, len(change))], [listener.fileno()])
            self.control.sendall(change)
            (pid,) = NUMBER.unpack(self.read(NUMBER.size))
            return int(pid)

    def start_process(self, address: Path) -> socket.socket:
        """Start the process, and connect to it."""
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            listener.listen()
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                stdin=listener.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": self.allocator},
            )
            if control := connected(address):  # while this process has the listener, that is certain
                return control
        raise ConnectionRefusedError(address)

    def wait_until_loaded(self, seconds: float = START_SECONDS) -> None:
        """Wait for the greeting of the process; raises `EOFError`, `OSError`, or `TimeoutError` after the limit."""
        if not self.greeting:
            self.control.settimeout(min(seconds, START_SECONDS))
            self.greeting = self.read(self.greeting_bytes)
            self.control.settimeout(START_SECONDS)

    def fork(self, until: float | None = None) -> Worker:
        """A new worker; raises `EOFError` if the process cannot load, `TimeoutError` if it is still loading."""
        if not self.lock.acquire(timeout=-1 if until is None else remaining(until)):
            raise TimeoutError
        try:
            for _ in range(2):  # a fork server that was lost meanwhile is restarted once
                try:
                    self.wait_until_loaded(START_SECONDS if until is None else remaining(until))
                    return self.ask_for_worker()
                except (OSError, EOFError) as problem:
                    if until is not None and isinstance(problem, TimeoutError) and not self.greeting:
                        raise  # loading continues for the next caller
                    self.stop()
                    if self.closed:
                        break
                    if self.shared and isinstance(problem, TimeoutError):
                        self.shared.unlink(missing_ok=True)  # nobody else connects to a process that does not answer
                    self.start()
        finally:
            self.lock.release()
        raise EOFError

    def ask_for_worker(self) -> Worker:
        """Make the process fork a worker."""
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
        """Make the process kill its worker: only the parent knows for sure that a process id is still in use."""
        with self.lock, suppress(OSError):  # when the fork server is gone, its workers are too
            self.control.sendall(CONTROL.pack(KILL, pid))

    def read(self, size: int) -> bytes:
        """`size` bytes from the process."""
        content = self.control.recv(size, socket.MSG_WAITALL)
        if len(content) < size:
            raise EOFError
        return content

    def stop(self) -> None:
        """Leave the process, which ends with its last client, and its workers with it."""
        self.control.close()
        if self.process is None:
            return
        if self.shared is not None:
            threading.Thread(target=self.process.wait, name="reaper", daemon=True).start()
        else:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1.0)
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """Leave the process permanently."""
        self.closed = True
        self.stop()


def connected(address: Path) -> socket.socket | None:
    """A connection to the process that listens at this path, or None if there is none."""
    control = socket.socket(socket.AF_UNIX)
    try:
        control.connect(str(address))
    except (FileNotFoundError, ConnectionRefusedError):
        control.close()
        return None
    return control


def timeval(seconds: float) -> bytes:
    """The `struct timeval` of a socket's timeout."""
    return struct.pack("@ll", int(seconds), round(seconds % 1 * 1e6))


def remaining(until: float) -> float:
    """The seconds left until a time, and a short time if there are none: for a socket, 0 means non-blocking."""
    return max(0.001, until - time.monotonic())
