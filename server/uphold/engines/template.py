"""The template: a process that holds one snapshot, answers nothing, and forks a query worker whenever it is told to.

Forking takes milliseconds where loading takes a second, and workers share the memory that they only read. The template
runs one thread and no query, so a fork of it is always in a known state. It ends, and its workers with it, when the
server's end of the control socket closes, however that comes about.

Control messages are one byte and a number of four bytes: `FORK` comes with the worker's end of a socket and is
answered with the process id; `KILL` names a process id and has no answer. Before all that, when the snapshot is loaded,
a name of the order in which rows come is sent.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import os
import resource
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from uphold.engines.worker import Stores, work
from uphold.snapshot import Snapshot

__all__ = ["CONTROL", "FORK", "KILL", "NUMBER", "ORDER_BYTES", "main"]

CONTROL = struct.Struct(">cI")
NUMBER = struct.Struct(">I")
FORK, KILL = b"F", b"K"
ORDER_BYTES = 8
SAMPLE = "SELECT * WHERE { ?s ?p ?o } LIMIT 2000"
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Run a template: `snapshot folder`, `memory` or `disk`, bytes that a query may use; control on stdin."""
    snapshot, index, memory = Snapshot.open(Path(arguments[0])), arguments[1], int(arguments[2])
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which lets running queries end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stores = open_stores(snapshot, index)
    most = memory_in_use() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    gc.freeze()  # what is here now is never collected, so workers do not copy its pages
    workers: set[int] = set()
    try:
        control.sendall(order(stores))
        serve(control, stores, snapshot, workers, sealed=index == "memory")
    except ConnectionError:
        return  # the server is gone
    finally:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def serve(control: socket.socket, stores: Stores, snapshot: Snapshot, workers: set[int], *, sealed: bool) -> None:
    """Fork and kill workers as told, until the server is gone."""
    while True:
        message, channels, _, _ = socket.recv_fds(control, CONTROL.size, 1)
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
            become_worker(control, channels[0], stores, snapshot, sealed=sealed)
        workers.add(child)
        os.close(channels[0])
        control.sendall(NUMBER.pack(child))


def become_worker(control: socket.socket, channel: int, stores: Stores, snapshot: Snapshot, *, sealed: bool) -> None:
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
        work(socket.socket(fileno=0), stores, snapshot)
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


def open_stores(snapshot: Snapshot, index: str) -> Stores:
    """The snapshot's stores: loaded into memory, or its index opened to read only."""
    if index == "disk":
        store = ox.Store.read_only(str(snapshot.folder / "index"))
        return Stores(store, store)
    return Stores(loaded(snapshot.union), loaded(snapshot.with_union))


def loaded(path: Path) -> ox.Store:
    """A store in memory with the content of an N-Quads file.

    Loading renames blank nodes at random, and the order of rows depends on their names; so the lines with blank nodes
    are added by their own names, and every process that loads a snapshot gives the same rows in the same order.
    """
    lines = path.read_bytes().splitlines(keepends=True)
    store = ox.Store()
    store.bulk_load(b"".join(line for line in lines if b"_:" not in line), format=ox.RdfFormat.N_QUADS)
    store.bulk_extend(ox.parse(b"".join(line for line in lines if b"_:" in line), format=ox.RdfFormat.N_QUADS))
    return store


def memory_in_use() -> int:
    """Bytes of address space that this process has, shared by all its workers; 0 where that is not told."""
    path = Path("/proc/self/statm")
    return int(path.read_text("ascii").split()[0]) * resource.getpagesize() if path.exists() else 0


def order(stores: Stores) -> bytes:
    """Names the order in which rows come: it differs between kinds of index and, in memory, with the number of CPUs."""
    rows = cast("ox.QuerySolutions", stores.plain.query(SAMPLE))
    written = rows.serialize(format=ox.QueryResultsFormat.CSV) or b""
    return hashlib.sha256(written).digest()[:ORDER_BYTES]


if __name__ == "__main__":
    main(sys.argv[1:])
