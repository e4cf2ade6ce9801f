"""Fork server: a process that has loaded some data and forks a worker on request.

Forking takes milliseconds, loading takes seconds, and workers share the memory that they only read. A fork server runs
one thread and does no work, so a fork of it is always in a known state. It exits, and its workers with it, when the
server's end of the control socket closes for any reason.

Control messages are one byte and a number of four bytes: `FORK` comes with the worker's end of a socket and returns the
process id; `KILL` has a process id and no reply. Before that, once everything is loaded, the fork server sends a
greeting of a fixed length.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["CONTROL", "FORK", "KILL", "NUMBER", "begin", "limit_memory", "memory_in_use", "offer"]

CONTROL = struct.Struct(">cI")
NUMBER = struct.Struct(">I")
FORK, KILL = b"F", b"K"
PR_SET_PDEATHSIG = 1
Work = Callable[[socket.socket], None]


def begin() -> socket.socket:
    """The control socket of a fork server, from stdin."""
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which lets running work finish
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return control


def limit_memory(most: int, kind: int = resource.RLIMIT_AS) -> None:
    """Limit the memory of this process and each of its workers, in bytes of address space or another resource."""
    resource.setrlimit(kind, (most, most))


def memory_in_use() -> int:
    """The address space of this process in bytes, shared by all its workers; 0 if unknown."""
    path = Path("/proc/self/statm")
    return int(path.read_text("ascii").split()[0]) * resource.getpagesize() if path.exists() else 0


def offer(control: socket.socket, greeting: bytes, work: Work, *, sandboxed: bool = False, idle: float = 0) -> None:
    """Fork workers that run `work`, until the server is gone or, with `idle`, for so many seconds without a request.

    A `sandboxed` worker cannot open files or sockets.
    """
    gc.freeze()  # the objects loaded so far are never collected, so workers do not copy their pages
    control.settimeout(idle or None)
    workers: set[int] = set()
    try:
        control.sendall(greeting)
        serve(control, work, workers, sandboxed=sandboxed)
    except ConnectionError:
        return  # the server is gone
    finally:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def serve(control: socket.socket, work: Work, workers: set[int], *, sandboxed: bool) -> None:
    """Fork and kill workers on request, until the server is gone or idle."""
    while True:
        try:
            message, channels, _, _ = socket.recv_fds(control, CONTROL.size, 1)
        except TimeoutError:
            message, channels = b"", []
        reap(workers)
        if len(message) < CONTROL.size:
            return
        command, pid = CONTROL.unpack(message)
        if command == KILL:
            if pid in workers:  # the id of a reaped process may be reused
                os.kill(pid, signal.SIGKILL)
            continue
        parent, child = os.getpid(), os.fork()
        if not child:
            become_worker(control, channels[0], work, parent, sandboxed=sandboxed)
        workers.add(child)
        os.close(channels[0])
        control.sendall(NUMBER.pack(child))


def become_worker(control: socket.socket, channel: int, work: Work, parent: int, *, sandboxed: bool) -> None:
    """In the forked process: close everything but the worker's channel and stderr, run `work`, and never return."""
    status = 1
    try:
        control.close()
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


def reap(workers: set[int]) -> None:
    """Reap workers that have ended."""
    with suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            workers.discard(ended)
