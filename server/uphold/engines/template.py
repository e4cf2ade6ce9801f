"""The template: a process that holds one snapshot, answers nothing, and forks a query worker whenever it is told to.

Forking takes milliseconds where loading takes a second, and workers share the memory that they only read. The template
runs one thread and no query, so a fork of it is always in a known state. It ends, and its workers with it, when the
server's end of the control socket closes, however that comes about.

Control messages are one byte and a number of four bytes: `FORK` comes with the worker's end of a socket and is answered
with the process id; `KILL` names a process id and has no answer. The first answer of all is `READY`, which names the
order in which this store gives rows, since that differs from one loading to the next.
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
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox

from uphold.engines.worker import work
from uphold.snapshot import Snapshot

__all__ = ["CONTROL", "FORK", "KILL", "NUMBER", "ORDER_BYTES", "main"]

CONTROL = struct.Struct(">cI")
NUMBER = struct.Struct(">I")
FORK, KILL = b"F", b"K"
ORDER_BYTES = 8
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Run a template: `snapshot folder`, `memory` or `disk`, memory limit of a worker in bytes; control on stdin."""
    snapshot, index, memory = Snapshot.open(Path(arguments[0])), arguments[1], int(arguments[2])
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which lets running queries end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    store = open_store(snapshot, index)
    gc.freeze()  # what is here now is never collected, so workers do not copy its pages
    control.sendall(order(index))
    workers: set[int] = set()
    try:
        serve(control, store, snapshot, workers, sealed=index == "memory")
    finally:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def serve(control: socket.socket, store: ox.Store, snapshot: Snapshot, workers: set[int], *, sealed: bool) -> None:
    """Fork and kill workers as told, until the server is gone."""
    while True:
        try:
            message, channels, _, _ = socket.recv_fds(control, CONTROL.size, 1)
        except ConnectionResetError:
            return
        reap(workers)
        if len(message) < CONTROL.size:
            return
        command, pid = CONTROL.unpack(message)
        if command == KILL:
            if pid in workers:  # a process that was reaped has given its number back
                os.kill(pid, signal.SIGKILL)
            continue
        child = os.fork()
        if not child:
            become_worker(control, channels[0], store, snapshot, sealed=sealed)
        workers.add(child)
        os.close(channels[0])
        control.sendall(NUMBER.pack(child))


def become_worker(control: socket.socket, channel: int, store: ox.Store, snapshot: Snapshot, *, sealed: bool) -> None:
    """In the forked process: keep nothing open but the worker's channel and stderr, work, and never return."""
    status = 1
    try:
        control.close()
        os.dup2(channel, 0)
        os.close(channel)
        os.dup2(2, 1)
        die_with_parent()
        if sealed:  # with no further file or socket to open, nothing in a query can reach the network or the disk
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        work(socket.socket(fileno=0), store, snapshot)
        status = 0
    finally:
        os._exit(status)


def die_with_parent() -> None:
    """Let the kernel end this process when its parent ends, even if that is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def reap(workers: set[int]) -> None:
    """Forget workers that have ended."""
    with suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            workers.discard(ended)


def open_store(snapshot: Snapshot, index: str) -> ox.Store:
    """The snapshot's store: loaded into memory, or its index opened to read only."""
    if index == "disk":
        return ox.Store.read_only(str(snapshot.folder / "index"))
    store = ox.Store()
    store.bulk_load(path=str(snapshot.with_union), format=ox.RdfFormat.N_QUADS)
    return store


def order(index: str) -> bytes:
    """Which order rows without ORDER BY come in: always the same from disk, another one with each loading to memory."""
    return b"\0" * ORDER_BYTES if index == "disk" else os.urandom(ORDER_BYTES)


if __name__ == "__main__":
    main(sys.argv[1:])
