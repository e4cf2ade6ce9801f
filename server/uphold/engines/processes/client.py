"""Client: the server's side of a fork server."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from uphold.engines.processes.fork_server import ADVANCE, CONTROL, FORK, KILL, NUMBER, SHARE
from uphold.engines.processes.worker_process import Worker, shared_worker

__all__ = ["SHARED", "ForkServer", "Predecessor"]

SHARED = "UPHOLD_FORK_SERVERS"
"""The environment variable with the folder of the sockets by which the processes of a server share fork servers."""

START_SECONDS = 60.0
ALLOCATOR = "glibc.malloc.tcache_count=8192"
"""Makes glibc cache more small allocations: queries measured 1.4 to 1.7 times faster; other systems ignore it."""


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
            with listening(address) as listener:
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
        with listening(address) as listener:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                stdin=listener.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": self.allocator},
            )
            return connected_surely(address)

    def wait_until_loaded(self, seconds: float = START_SECONDS) -> None:
        """Wait for the greeting of the process; raises `EOFError`, `OSError`, or `TimeoutError` after the limit."""
        if not self.greeting:
            self.control.settimeout(min(seconds, START_SECONDS))
            self.greeting = self.read(self.greeting_bytes)
            self.control.settimeout(START_SECONDS)

    def fork(self, until: float | None = None) -> Worker:
        """A new worker; raises `EOFError` if the process cannot load, `TimeoutError` if it is still loading."""
        ours, theirs = socket.socketpair()
        try:
            pid = self.demand(FORK, theirs, until)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Worker(pid, ours, self.kill)

    def share(self, name: str, until: float) -> Worker:
        """The worker with a name that all processes of the server share, forked if there is none.

        It may have been forked by another fork server. It sends its process id to each that connects. Raises what
        `fork` raises.
        """
        if self.shared is None:
            with tempfile.TemporaryDirectory() as folder:
                return self.fork_shared(Path(folder) / name, until)
        address = self.shared.with_name(name)
        with address.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with suppress(EOFError, ConnectionError):  # one that was just killed may still seem to listen
                if channel := connected(address):
                    return shared_worker(channel, until)
            return self.fork_shared(address, until)

    def fork_shared(self, address: Path, until: float) -> Worker:
        """Fork a worker that listens at a path, and connect to it."""
        address.unlink(missing_ok=True)
        with listening(address) as listener:
            self.demand(SHARE, listener, until)
            return shared_worker(connected_surely(address), until)

    def demand(self, command: bytes, theirs: socket.socket, until: float | None) -> int:
        """Make the process fork a worker with this socket; the value is its process id."""
        if not self.lock.acquire(timeout=-1 if until is None else remaining(until)):
            raise TimeoutError
        try:
            for _ in range(2):  # a fork server that was lost meanwhile is restarted once
                try:
                    self.wait_until_loaded(START_SECONDS if until is None else remaining(until))
                    socket.send_fds(self.control, [CONTROL.pack(command, 0)], [theirs.fileno()])
                    return int(NUMBER.unpack(self.read(NUMBER.size))[0])
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


@contextmanager
def listening(address: Path) -> Iterator[socket.socket]:
    """A socket that listens at a path; another process, to which it is sent, goes on listening."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        yield listener


def connected_surely(address: Path) -> socket.socket:
    """A connection to a path at which this process listens."""
    if control := connected(address):
        return control
    raise ConnectionRefusedError(address)


def connected(address: Path) -> socket.socket | None:
    """A connection to the process that listens at this path, or None if there is none."""
    control = socket.socket(socket.AF_UNIX)
    try:
        control.connect(str(address))
    except (FileNotFoundError, ConnectionRefusedError):
        control.close()
        return None
    return control


def remaining(until: float) -> float:
    """The seconds left until a time, and a short time if there are none: for a socket, 0 means non-blocking."""
    return max(0.001, until - time.monotonic())
