"""A query worker: a process that holds one snapshot, only reads, and answers one query at a time.

It is expendable: `template` forks it, the kernel limits its memory, and the server kills it when it takes too long.
"""

from __future__ import annotations

import json
import re
from socket import socket
from typing import IO, Any, NamedTuple, cast

import pyoxigraph as ox

from uphold.engines.frames import Frame, read_frame, write_frame
from uphold.snapshot import Snapshot

__all__ = ["Stores", "work"]

FRAME_SIZE = 65_536
NAMES_GRAPHS = re.compile(r"graph|from|\\u", re.IGNORECASE)
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
    """A file to write to that sends what it is given as frames."""

    def __init__(self, channel: socket) -> None:
        self.channel, self.waiting = channel, bytearray()

    def write(self, content: bytes) -> int:
        """Take some bytes; send them when there are enough."""
        self.waiting += content
        if len(self.waiting) >= FRAME_SIZE:
            self.send(Frame.DATA)
        return len(content)

    def flush(self) -> None:
        """Nothing: small pieces are sent together."""

    def send(self, kind: Frame) -> None:
        """Send what is waiting as one frame."""
        write_frame(self.channel, kind, bytes(self.waiting))
        self.waiting.clear()


class Stores(NamedTuple):
    """One snapshot twice: `plain` has the default graph only, and is faster for having less; `whole` has all graphs."""

    plain: ox.Store
    whole: ox.Store

    def fitting(self, request: dict[str, Any]) -> ox.Store:
        """The store for a request: `plain` unless the query could name a graph."""
        return self.whole if request["dataset"] or NAMES_GRAPHS.search(request["text"]) else self.plain


def work(channel: socket, stores: Stores, snapshot: Snapshot) -> None:
    """Answer requests until the server closes the channel."""
    while (frame := read_frame(channel)) is not None:
        answer(channel, stores, snapshot, json.loads(frame[1]))


def answer(channel: socket, stores: Stores, snapshot: Snapshot, request: dict[str, Any]) -> None:
    """Answer one request; a fault of the query becomes a FAULT frame."""
    writer = FrameWriter(channel)
    try:
        graphs = chosen_graphs(request["dataset"])
        result = stores.fitting(request).query(
            request["text"], base_iri=snapshot.base, prefixes=snapshot.prefixes, **graphs
        )
        form = FORMATS[request["accept"]]
        if isinstance(result, ox.QueryTriples) == isinstance(form, ox.QueryResultsFormat):
            raise SyntaxError(f"{request['accept']} does not fit the form of the query")
        result.serialize(cast("IO[bytes]", writer), form)  # type: ignore[arg-type]
    except BrokenPipeError:
        return  # the server has gone, and the end of the channel will say so
    except (SyntaxError, ValueError, OSError, RuntimeError) as problem:
        write_frame(channel, Frame.FAULT, json.dumps(describe(problem)).encode())
    else:
        writer.send(Frame.END)


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
