"""Pool: the server's side of workers, their fork server and the pool."""

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
from uphold.engines.processes.ipc import FRAME_SIZE, HEAD, Frame, write_frame
from uphold.errors import ClientDisconnected

__all__ = ["ForkServer", "Worker", "WorkerPool"]

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


class ForkServer:
    """The server's side of a fork server, which has loaded some data and forks workers; restarted when it is lost."""

    def __init__(self, module: str, arguments: list[str], greeting_bytes: int, allocator: str = ALLOCATOR) -> None:
        self.module, self.arguments, self.greeting_bytes = module, arguments, greeting_bytes
        self.allocator = allocator
        self.lock = threading.Lock()
        self.greeting = b""
        self.closed = False
        self.start()

    def start(self) -> None:
        """Start the process; it loads in the background."""
        self.control, theirs = socket.socketpair()
        self.control.settimeout(START_SECONDS)
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={**os.environ, "RUST_BACKTRACE": "0", "GLIBC_TUNABLES": self.allocator},
        )
        theirs.close()
        self.greeting = b""

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
        """Stop the process; its workers end with it."""
        self.control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Stop the process permanently."""
        self.closed = True
        self.stop()


class WorkerPool:
    """The workers of a fork server, at most `slots` in use at a time; forks one when none is idle.

    Each worker that is discarded is reported to `on_discard`, with the reason.
    """

    def __init__(self, fork_server: ForkServer, slots: int, on_discard: Callable[[str], None] | None = None) -> None:
        self.fork_server, self.on_discard = fork_server, on_discard
        self.slots = threading.BoundedSemaphore(slots)
        self.idle: list[Worker] = []  # the most recently used one is acquired first
        self.workers: set[Worker] = set()
        self.closed = False

    def acquire(self, wait: float) -> Worker | None:
        """A worker, or None if no slot becomes free within these seconds; raises what `ForkServer.fork` raises."""
        if not self.slots.acquire(timeout=max(0.0, wait)):
            return None
        with suppress(IndexError):
            return self.idle.pop()
        try:
            worker = self.fork_server.fork()
        except BaseException:
            self.slots.release()
            raise
        self.workers.add(worker)
        return worker

    def send(self, request: bytes, wait: float, seconds: float | None = None) -> Worker | None:
        """A worker as by `acquire`, with the request sent; raises `TimeoutError` as `Worker.send` does."""
        while (worker := self.acquire(wait)) is not None:
            try:
                worker.send(request, seconds)
            except TimeoutError:
                self.discard(worker, "deadline")
                raise
            except OSError:  # it ended while idle, not because of this request
                self.discard(worker, "idle")
            else:
                break
        return worker

    def release(self, worker: Worker) -> None:
        """Return a worker to the pool."""
        if self.closed:
            self.discard(worker, "closed")
        else:
            self.idle.append(worker)
            self.slots.release()

    def discard(self, worker: Worker, reason: str) -> None:
        """End a worker that can no longer be trusted, and free its slot."""
        self.end(worker, reason)
        self.slots.release()

    def end(self, worker: Worker, reason: str) -> None:
        """Kill a worker."""
        if self.on_discard:
            self.on_discard(reason)
        self.workers.discard(worker)
        worker.kill()

    def close(self) -> None:
        """Stop all workers; the fork server stays."""
        self.closed = True
        for worker in list(self.workers):
            self.end(worker, "closed")


def timeval(seconds: float) -> bytes:
    """The `struct timeval` of a socket's timeout."""
    return struct.pack("@ll", int(seconds), round(seconds % 1 * 1e6))


def remaining(until: float) -> float:
    """The seconds left until a time, and a short time if there are none: for a socket, 0 means non-blocking."""
    return max(0.001, until - time.monotonic())
