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
from uphold.engines.xml_output import XmlOutput
from uphold.snapshot import Snapshot

__all__ = ["Stores", "work"]

FRAME_SIZE = 65_536
MAKES_TRIPLES = re.compile(r"<<|\bTRIPLE\b", re.IGNORECASE)
"""No fact is about a triple, so a query whose text has none of these gives none."""

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


class Unwritable(Exception):
    """The answer has something that its form has no notation for."""


class Frames:
    """A file to write to that sends what it is given as frames, the last of them when it is known to be the last."""

    def __init__(self, channel: socket, *, xml: bool) -> None:
        self.channel, self.broken = channel, False
        self.xml = XmlOutput() if xml else None
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, content: bytes) -> int:
        """Take some bytes, and send those taken before when they fill a frame; raises what `send` raises."""
        if not self.broken:
            if self.size >= FRAME_SIZE:
                self.send(Frame.DATA)
            self.parts.append(content)
            self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Nothing: what comes next tells whether it was the last."""

    def send(self, kind: Frame) -> None:
        """Send what was taken; raises `Unwritable` for what XML cannot hold."""
        parts = self.parts
        if self.xml is not None:
            try:
                parts = [self.xml.clean(b"".join(parts))]
            except ValueError as problem:
                raise Unwritable(str(problem)) from problem
        write_frame(self.channel, kind, *parts)
        self.parts, self.size = [], 0


class Stores(NamedTuple):
    """One snapshot twice: `plain` has the default graph only, and is faster for having less; `whole` has all graphs."""

    plain: ox.Store
    whole: ox.Store

    def fitting(self, request: dict[str, Any]) -> ox.Store:
        """The store for a request: `plain` unless it could name a graph."""
        return self.whole if request["names_graphs"] else self.plain


def work(channel: socket, stores: Stores, snapshot: Snapshot) -> None:
    """Answer requests until the server closes the channel."""
    requests = channel.makefile("rb")
    marked = [(f"{name}:", name, iri) for name, iri in snapshot.prefixes.items()]
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame[1])
        prefixes = {name: iri for mark, name, iri in marked if mark in request["text"]}
        answer(channel, stores, snapshot.base, prefixes, request)


def answer(channel: socket, stores: Stores, base: str, prefixes: dict[str, str], request: dict[str, Any]) -> None:
    """Answer one request; a fault of the query becomes a FAULT frame."""
    frames = Frames(channel, xml=request["accept"].endswith("+xml"))
    try:
        graphs = chosen_graphs(request["dataset"])
        form, text = FORMATS[request["accept"]], request["text"]

        def run() -> Any:
            return stores.fitting(request).query(text, base_iri=base, prefixes=prefixes, **graphs)

        if form == ox.QueryResultsFormat.CSV and MAKES_TRIPLES.search(text):
            refuse_triples(run())
        result = run()
        if isinstance(result, ox.QueryTriples) == isinstance(form, ox.QueryResultsFormat):
            raise SyntaxError(f"{request['accept']} does not fit the form of the query")
        write(result, frames, form)
        frames.send(Frame.END)
    except BrokenPipeError:
        frames.broken = True
        return  # the server has gone, and the end of the channel will say so
    except Unwritable as problem:
        frames.broken = True  # nothing more of it, not even what is still on its way
        write_frame(channel, Frame.FAULT, json.dumps({"unwritable": str(problem)}).encode())
    except (SyntaxError, ValueError, OSError, RuntimeError) as problem:
        frames.broken = True
        write_frame(channel, Frame.FAULT, json.dumps(describe(problem)).encode())


def refuse_triples(result: Any) -> None:
    """Raise `Unwritable` for a table with a triple as a value: the engine would write a line that is no CSV."""
    rows = result if isinstance(result, ox.QuerySolutions) else ()
    if any(isinstance(value, ox.Triple) for row in rows for value in row):
        raise Unwritable("it has a triple as a value")


def write(result: Any, frames: Frames, form: ox.QueryResultsFormat | ox.RdfFormat) -> None:
    """Write the answer; raises `Unwritable` for what the form cannot hold, and what evaluating the query raises."""
    try:
        result.serialize(cast("IO[bytes]", frames), form)
    except OSError as problem:
        if problem.errno is not None:
            raise
        raise Unwritable(str(problem)) from problem  # of the engine's own errors only its serializers' are of this kind


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
