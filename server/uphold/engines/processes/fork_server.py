"""Fork server: a process that has loaded some data and forks a worker on request.

Forking takes milliseconds, loading takes seconds, and workers share the memory that they only read. A fork server runs
one thread and does no work, so a fork of it is always in a known state. It listens on a Unix socket, so that all
processes of a server share what it has loaded. When a client's end of its control socket closes for any reason, the
workers of that client end; with its last client, the fork server exits.

Control messages are one byte and a number of four bytes: `FORK` comes with the worker's end of a socket and returns the
process id; `KILL` has a process id and no reply. `SHARE` is like `FORK`, with a listening socket: the worker belongs to
no client, and ends with the fork server. Before that, once everything is loaded, the fork server sends each client a
greeting of a fixed length.

`ADVANCE` comes with a listening socket and a number of bytes that describe a change, and returns the id of a successor:
a fork server that is forked like a worker, makes the change in its copy of the data, and has clients and workers of its
own. So a change of a large data set costs what it changes, and who works on the data as they were is not disturbed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "ADVANCE",
    "CONTROL",
    "FORK",
    "KILL",
    "NUMBER",
    "SHARE",
    "Loaded",
    "begin",
    "limit_memory",
    "memory_in_use",
    "offer",
    "resident_memory",
]

CONTROL = struct.Struct(">cI")
NUMBER = struct.Struct(">I")
FORK, KILL, ADVANCE, SHARE = b"F", b"K", b"A", b"S"
PR_SET_PDEATHSIG = 1
FIRST_CLIENT_SECONDS = 60.0
Work = Callable[[socket.socket], None]


class Loaded(NamedTuple):
    """What a fork server has loaded: its greeting, and what workers do."""

    greeting: bytes
    work: Work


class Succession(BaseException):
    """Raised in a process that was forked to succeed a fork server: its listening socket, and the change."""

    def __init__(self, listener: socket.socket, change: bytes) -> None:
        self.listener, self.change = listener, change


def begin() -> socket.socket:
    """The listening socket of a fork server, from stdin."""
    listener = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a successor must not hold this socket open when this process has ended
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which lets running work finish
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return listener


def limit_memory(most: int, kind: int = resource.RLIMIT_AS) -> None:
    """Limit the memory of this process and each of its workers, in bytes of address space or another resource."""
    resource.setrlimit(kind, (most, most))


def memory_in_use() -> int:
    """The address space of this process in bytes, shared by all its workers; 0 if unknown."""
    return memory_figure(0)


def resident_memory() -> int:
    """What this process has in memory, in bytes, shared or not; 0 if unknown."""
    return memory_figure(1)


def memory_figure(place: int) -> int:
    """One of the figures in `/proc/self/statm`, in bytes; 0 on other systems than Linux."""
    path = Path("/proc/self/statm")
    return int(path.read_text("ascii").split()[place]) * resource.getpagesize() if path.exists() else 0


def offer(
    listener: socket.socket,
    loaded: Loaded,
    *,
    advance: Callable[[bytes], Loaded] | None = None,
    sandboxed: bool = False,
    idle: float = 0,
) -> None:
    """Fork workers, until no client is left or, with `idle`, for so many seconds without a request.

    A `sandboxed` worker cannot open files or sockets. `advance` makes a change in a successor.
    """
    while True:
        gc.freeze()  # the objects loaded so far are never collected, so workers do not copy their pages
        try:
            serve_clients(Clients(listener, loaded.greeting), loaded.work, sandboxed=sandboxed, idle=idle)
        except Succession as begun:
            if advance is None:
                os._exit(1)
            listener, loaded = begun.listener, advance(begun.change)
        else:
            return


def serve_clients(clients: Clients, work: Work, *, sandboxed: bool, idle: float) -> None:
    """Do what clients ask for, until no client is left or, with `idle`, for so many seconds without a request."""
    try:
        clients.accept(FIRST_CLIENT_SECONDS)
        while clients.workers or clients.accept(0):
            if not (ready := clients.ready(idle or None)):
                return
            for control in ready:
                clients.serve(control, work, sandboxed=sandboxed)
    finally:
        for control in list(clients.workers):
            clients.leave(control)


class Clients:
    """The clients of a fork server, each a control socket with the ids of its workers."""

    def __init__(self, listener: socket.socket, greeting: bytes) -> None:
        self.listener, self.greeting = listener, greeting
        self.workers: dict[socket.socket, set[int]] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ)

    def accept(self, seconds: float) -> bool:
        """Greet a client who connects in these seconds; False if there is none, or it is gone and no other waits."""
        while True:
            self.listener.settimeout(seconds)
            try:
                control, _ = self.listener.accept()
            except (TimeoutError, BlockingIOError):
                return False
            control.setblocking(True)
            self.workers[control] = set()
            self.selector.register(control, selectors.EVENT_READ)
            try:
                control.sendall(self.greeting)
            except ConnectionError:
                self.leave(control)
                seconds = 0
            else:
                return True

    def ready(self, seconds: float | None) -> list[socket.socket]:
        """The control sockets with a message; new clients are greeted. Empty if nothing comes in time."""
        while found := [key.fileobj for key, _ in self.selector.select(seconds)]:
            controls = [each for each in found if isinstance(each, socket.socket) and each is not self.listener]
            if self.listener in found:
                self.accept(0)
            if controls:
                return controls
        return []

    def serve(self, control: socket.socket, work: Work, *, sandboxed: bool) -> None:
        """Fork or kill a worker, or fork a successor, as a message demands, or forget a client who is gone."""
        try:
            message, channels, _, _ = socket.recv_fds(control, CONTROL.size, 1)
            self.reap()
            if len(message) < CONTROL.size:
                self.leave(control)
                return
            command, number = CONTROL.unpack(message)
            if command == KILL:
                if number in self.workers[control]:  # the id of a reaped process may be reused
                    os.kill(number, signal.SIGKILL)
                return
            change = control.recv(number, socket.MSG_WAITALL) if command == ADVANCE else b""
            parent, child = os.getpid(), os.fork()
            if not child and command == ADVANCE:
                self.forget()
                raise Succession(socket.socket(fileno=channels[0]), change)
            if not child:
                become_worker(self.close, channels[0], work, parent, sandboxed=sandboxed)
            if command == FORK:
                self.workers[control].add(child)
            os.close(channels[0])
            control.sendall(NUMBER.pack(child))
        except ConnectionError:
            self.leave(control)

    def leave(self, control: socket.socket) -> None:
        """End the workers of a client."""
        self.selector.unregister(control)
        control.close()
        for pid in self.workers.pop(control):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def reap(self) -> None:
        """Reap workers that have ended."""
        with suppress(ChildProcessError):
            while ended := os.waitpid(-1, os.WNOHANG)[0]:
                for pids in self.workers.values():
                    pids.discard(ended)

    def forget(self) -> None:
        """Close all sockets in a successor: clients and their workers belong to the process that it was forked from."""
        self.close()
        self.workers.clear()

    def close(self) -> None:
        """Close all sockets."""
        self.selector.close()
        for each in (self.listener, *self.workers):
            each.close()


def become_worker(close: Callable[[], None], channel: int, work: Work, parent: int, *, sandboxed: bool) -> None:
    """In the forked process: `close` all sockets but the worker's channel, run `work`, and never return."""
    status = 1
    try:
        close()
        os.dup2(channel, 0)
        os.close(channel)
        os.dup2(2, 1)
        die_with_parent(parent)
        if sandboxed:  # unable to open files or sockets, a query cannot reach the network or the disk
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        work(socket.socket(fileno=0))
        status = 0
    finally:
        os._exit(status)


def die_with_parent(parent: int) -> None:
    """Make the kernel end this process when its parent ends, even if the parent is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before
            os._exit(1)
