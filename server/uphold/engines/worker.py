"""A query worker: a process that holds one snapshot, only reads, and answers one query at a time.

It is expendable. Its memory is limited by the kernel, and once the store is open it may open no further file or socket,
so that nothing in a query can reach the network (pyoxigraph offers no switch for SERVICE).
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from uphold.engines.frames import Frame, read_frame, write_frame
from uphold.snapshot import Snapshot

__all__ = ["main"]

FRAME_SIZE = 65_536
PLACE = re.compile(r"^error at (\d+):(\d+):\s*(.*)", re.DOTALL)
FORMATS: dict[str, ox.QueryResultsFormat | ox.RdfFormat] = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
}


class FrameWriter:
    """A file to write to that sends what it is given as DATA frames."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.pipe, self.waiting = pipe, bytearray()

    def write(self, content: bytes) -> int:
        """Take some bytes; send them when there are enough."""
        self.waiting += content
        if len(self.waiting) >= FRAME_SIZE:
            self.flush()
        return len(content)

    def flush(self) -> None:
        """Send what is waiting."""
        if self.waiting:
            write_frame(self.pipe, Frame.DATA, bytes(self.waiting))
            self.waiting.clear()


def main(arguments: list[str]) -> None:
    """Run a worker: `snapshot folder`, `memory` or `disk`, memory limit in bytes; speaks frames on stdin and stdout."""
    snapshot, index, memory = Snapshot.open(Path(arguments[0])), arguments[1], int(arguments[2])
    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not be taken for an answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    store = open_store(snapshot, index)
    if index == "memory":
        forbid_opening_files()
    write_frame(answers, Frame.READY)
    while (frame := read_frame(requests)) is not None:
        answer(store, snapshot, json.loads(frame[1]), answers)


def open_store(snapshot: Snapshot, index: str) -> ox.Store:
    """The snapshot's store: loaded into memory, or its index opened to read only."""
    if index == "disk":
        return ox.Store.read_only(str(snapshot.folder / "index"))
    store = ox.Store()
    store.bulk_load(path=str(snapshot.with_union), format=ox.RdfFormat.N_QUADS)
    return store


def forbid_opening_files() -> None:
    """Lower the limit of open files to those open now."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))


def answer(store: ox.Store, snapshot: Snapshot, request: dict[str, Any], answers: IO[bytes]) -> None:
    """Answer one request; a fault of the query becomes a FAULT frame."""
    writer = FrameWriter(answers)
    try:
        graphs = chosen_graphs(request["dataset"])
        result = store.query(request["text"], base_iri=snapshot.base, prefixes=snapshot.prefixes, **graphs)
        form = FORMATS[request["accept"]]
        if isinstance(result, ox.QueryTriples) == isinstance(form, ox.QueryResultsFormat):
            raise SyntaxError(f"{request['accept']} does not fit the form of the query")
        result.serialize(cast("IO[bytes]", writer), form)  # type: ignore[arg-type]
        writer.flush()
        write_frame(answers, Frame.END)
    except (SyntaxError, ValueError, OSError) as problem:
        write_frame(answers, Frame.FAULT, json.dumps(describe(problem)).encode())


def chosen_graphs(dataset: dict[str, list[str]] | None) -> dict[str, Any]:
    """The store's arguments for the graphs of a request; none for those of the query, else the union of all."""
    if dataset is None:
        return {}
    return {
        "default_graph": [ox.NamedNode(iri) for iri in dataset["default"]],
        "named_graphs": [ox.NamedNode(iri) for iri in dataset["named"]],
    }


def describe(problem: Exception) -> dict[str, str | int | None]:
    """What a fault says, with line and column where the parser tells them."""
    text = getattr(problem, "msg", None) or str(problem)
    if place := PLACE.match(text):
        return {"detail": place[3].strip(), "line": int(place[1]), "column": int(place[2])}
    return {"detail": text, "line": None, "column": None}


if __name__ == "__main__":
    main(sys.argv[1:])
