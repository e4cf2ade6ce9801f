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
from uphold.engines.processes.fork_server import begin, limit_memory, memory_in_use, offer
from uphold.snapshots.snapshot import Snapshot

__all__ = ["ORDER_BYTES", "main"]

ORDER_BYTES = 8
READ_AT_ONCE = 16_000_000
SAMPLE = "SELECT * WHERE { ?s ?p ?o } LIMIT 2000"


def main(arguments: list[str]) -> None:
    """Run a fork server: snapshot folder, `memory` or `disk`, memory limit of a query in bytes; its socket on stdin."""
    from uphold.engines.oxigraph.worker import work  # imports the parser, which the server does not need
    from uphold.sparql.parser import grammar

    snapshot, index, memory = Snapshot.open(Path(arguments[0])), arguments[1], int(arguments[2])
    listener = begin()
    store = open_store(snapshot, index)
    data = Data(store, snapshot)
    grammar()  # a worker can open no file
    limit_memory(memory_in_use() + memory)

    def answer_queries(channel: socket) -> None:
        work(channel, data)

    offer(listener, order(data), answer_queries, sandboxed=index == "memory")


def open_store(snapshot: Snapshot, index: str) -> ox.Store:
    """The snapshot's store: loaded into memory, or its index opened read-only."""
    return ox.Store.read_only(str(snapshot.index)) if index == "disk" else loaded(snapshot.queried)


def loaded(path: Path) -> ox.Store:
    """An in-memory store with the content of an N-Quads file.

    Bulk loading renames blank nodes at random, and the order of rows depends on their labels; so lines with blank nodes
    are added with their own labels, and every process that loads a snapshot returns the same rows in the same order.
    """
    store = ox.Store()
    with path.open("rb") as file:
        while lines := file.readlines(READ_AT_ONCE):
            store.bulk_load(b"".join(line for line in lines if b"_:" not in line), format=ox.RdfFormat.N_QUADS)
            store.bulk_extend(ox.parse(b"".join(line for line in lines if b"_:" in line), format=ox.RdfFormat.N_QUADS))
    return store


def order(data: Data) -> bytes:
    """Identifies the order of rows: it depends on the kind of index and, in memory, on the number of CPUs."""
    rows = cast("ox.QuerySolutions", data.query(SAMPLE, data.choose(None), {}))
    written = rows.serialize(format=ox.QueryResultsFormat.CSV) or b""
    return hashlib.sha256(written).digest()[:ORDER_BYTES]


if __name__ == "__main__":
    main(sys.argv[1:])
