"""A query worker: a read-only process with one snapshot that answers one query at a time.

It is disposable: the fork server forks it, the kernel limits its memory, and the server kills it at its deadline.
"""

from __future__ import annotations

import json
import marshal
import re
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import IO, Any, cast

import pyoxigraph as ox

from uphold.engines.oxigraph.datasets import Chosen, Data, Refusal
from uphold.engines.oxigraph.query_form import form_of
from uphold.engines.oxigraph.rewriting import rewrite
from uphold.engines.processes.ipc import FRAME_SIZE, Frame, read_frame, write_frame
from uphold.rdf.xml_output import XmlOutput

__all__ = ["work"]

MAKES_TRIPLES = re.compile(r"<<|\bTRIPLE\b", re.IGNORECASE)
"""The data have no triple terms, so a query without one of these returns none."""

PLAINER = "Write variables instead of blank nodes, and simplify the paths and GRAPH clauses."
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
    """The result has a value that its format cannot represent."""


class Frames:
    """A writable file that sends its content as frames, each when it is full or the last."""

    def __init__(self, channel: socket, *, xml: bool) -> None:
        self.channel, self.broken = channel, False
        self.xml = XmlOutput() if xml else None
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, content: bytes) -> int:
        """Buffer some bytes, and send the earlier ones if they fill a frame; raises what `send` raises."""
        if not self.broken:
            if self.size >= FRAME_SIZE:
                self.send(Frame.DATA)
            self.parts.append(content)
            self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Does nothing: only the next call shows whether a frame was the last."""

    def send(self, kind: Frame) -> None:
        """Send the buffer; raises `Unwritable` for content that XML cannot represent."""
        parts = self.parts
        if self.xml is not None:
            try:
                parts = [self.xml.clean(b"".join(parts))]
            except ValueError as problem:
                raise Unwritable(str(problem)) from problem
        write_frame(self.channel, kind, *parts)
        self.parts, self.size = [], 0


def work(channel: socket, data: Data) -> None:
    """Answer requests until the server closes the channel."""
    requests = channel.makefile("rb")
    marked = [(f"{name}:", name, iri) for name, iri in data.snapshot.prefixes.items()]
    while (frame := read_frame(requests)) is not None:
        request = marshal.loads(frame[1])  # noqa: S302 the server writes it
        prefixes = {name: iri for mark, name, iri in marked if mark in request["text"]}
        answer(channel, data, prefixes, request)


def answer(channel: socket, data: Data, prefixes: dict[str, str], request: dict[str, Any]) -> None:
    """Answer one request; an error in the query becomes a FAULT frame."""
    frames = Frames(channel, xml=request["accept"].endswith("+xml"))

    def note(text: str) -> None:
        write_frame(channel, Frame.NOTE, text.encode())

    try:
        form = FORMATS[request["accept"]]
        if form == ox.QueryResultsFormat.CSV and MAKES_TRIPLES.search(request["text"]):
            refuse_triples(ask(data, prefixes, request, note))
        result = ask(data, prefixes, request, note)
        if isinstance(result, ox.QueryTriples) == isinstance(form, ox.QueryResultsFormat):
            raise SyntaxError(f"{request['accept']} does not match the form of the query")
        write(result, frames, form)
        frames.send(Frame.END)
    except BrokenPipeError:
        frames.broken = True
        return  # the server has gone; reading from the channel will show that
    except Unwritable as problem:
        frames.broken = True  # send nothing more, not even the buffer
        write_frame(channel, Frame.FAULT, json.dumps({"unwritable": str(problem)}).encode())
    except (SyntaxError, ValueError, OSError, RuntimeError, Refusal) as problem:
        frames.broken = True
        write_frame(channel, Frame.FAULT, json.dumps(describe(problem)).encode())


def refuse_triples(result: Any) -> None:
    """Raise `Unwritable` for a table with a triple as a value: the engine would write invalid CSV."""
    rows = result if isinstance(result, ox.QuerySolutions) else ()
    if any(isinstance(value, ox.Triple) for row in rows for value in row):
        raise Unwritable("it has a triple as a value")


def write(result: Any, frames: Frames, form: ox.QueryResultsFormat | ox.RdfFormat) -> None:
    """Write the result; raises `Unwritable` if the format cannot represent it, and any error of the evaluation."""
    try:
        result.serialize(cast("IO[bytes]", frames), form)
    except OSError as problem:
        if problem.errno is not None:
            raise
        raise Unwritable(str(problem)) from problem  # only the engine's serializers raise OSError without errno


def ask(data: Data, prefixes: dict[str, str], request: dict[str, Any], note: Callable[[str], None]) -> Any:
    """The engine's result for a request; raises what it raises, and `Refusal`. `note` receives a new join order."""
    text, dataset = request["text"], request["dataset"]
    if not request["may_depart"]:
        if request["ordered"] is None:
            data.query(text, None, prefixes)  # an error is one in the original text
            form = form_of(text, data.vocabulary)
            note(found := data.join_order(form))
            request["ordered"] = form.in_order(found)  # a table that may contain triples is queried twice
        return run(data, text, data.choose(dataset), prefixes, request["ordered"])
    try:
        rewritten, chosen = rewrite(text, dataset, data, prefixes)
        return run(data, rewritten, chosen, prefixes, data.in_order(rewritten))
    except (SyntaxError, Refusal) as problem:
        data.query(text, None, prefixes)  # an error in the query takes precedence, with its place in the original text
        if isinstance(problem, Refusal):
            raise
        raise Refusal("The query cannot be rewritten so that the engine answers it correctly.", PLAINER) from problem


def run(data: Data, text: str, chosen: Chosen, prefixes: dict[str, str], ordered: str) -> Any:
    """The engine's result for a query as it is `ordered`, if that is not empty; raises what the engine raises."""
    if ordered:
        with suppress(SyntaxError):
            return data.query(ordered, chosen, prefixes)
    return data.query(text, chosen, prefixes)


def describe(problem: Exception) -> dict[str, str | int | None]:
    """The members of a fault: its detail, its line and column if known, and the remedy of a refusal."""
    if isinstance(problem, Refusal):
        return {"detail": str(problem), "remedy": problem.remedy, "line": problem.line, "column": problem.column}
    text = getattr(problem, "msg", None) or str(problem)
    if place := PLACE.match(text):
        return {"detail": place[3].strip(), "line": int(place[1]), "column": int(place[2])}
    return {"detail": text, "line": None, "column": None}
