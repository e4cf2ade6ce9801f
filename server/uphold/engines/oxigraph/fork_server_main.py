"""The fork server of query workers: a process that has loaded one snapshot and forks workers (see `fork_server`).

Its greeting identifies the order of rows.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from socket import socket
from typing import cast

import pyoxigraph as ox

from uphold.engines.oxigraph.datasets import Data
from uphold.engines.oxigraph.store import open_store
from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, memory_in_use, offer
from uphold.snapshots.change import pack, unpack
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import steps_between

__all__ = ["ORDER_BYTES", "main"]

ORDER_BYTES = 8
SAMPLE = "SELECT * WHERE { ?s ?p ?o } LIMIT 2000"


def main(arguments: list[str]) -> None:
    """Run a fork server: snapshot folder, `memory` or `disk`, memory limit of a query in bytes; its socket on stdin."""
    from uphold.sparql.parser import grammar

    snapshot, index, memory = Snapshot.open(Path(arguments[0])), arguments[1], int(arguments[2])
    listener = begin()
    data = Data(open_store(snapshot.built, index), snapshot.built)
    grammar()  # a worker can open no file
    greeting = order(data)

    def advance(content: bytes) -> Loaded:
        nonlocal data, greeting
        steps = list(unpack(content))
        data = data.after(steps, Snapshot.open(data.snapshot.folder.with_name(steps[-1].snapshot)))
        for step in steps:
            greeting = hashlib.sha256(greeting + pack([step])).digest()[:ORDER_BYTES]
        return loaded(greeting, data, memory)

    if snapshot.built_on:
        advance(pack(steps_between(snapshot.built, snapshot)))
    offer(listener, loaded(greeting, data, memory), advance=advance, sandboxed=index == "memory")


def loaded(greeting: bytes, data: Data, memory: int) -> Loaded:
    """What is loaded; workers answer queries, each within so many bytes beyond that."""
    from uphold.engines.oxigraph.worker import work  # imports the parser, which the server does not need

    most = memory_in_use() + memory

    def answer_queries(channel: socket) -> None:
        limit_memory(most)
        work(channel, data)

    return Loaded(greeting, answer_queries)


def order(data: Data) -> bytes:
    """Identifies the order of rows: it depends on the kind of index and, in memory, on the number of CPUs."""
    rows = cast("ox.QuerySolutions", data.query(SAMPLE, data.choose(None), {}))
    written = rows.serialize(format=ox.QueryResultsFormat.CSV) or b""
    return hashlib.sha256(written).digest()[:ORDER_BYTES]


if __name__ == "__main__":
    main(sys.argv[1:])
