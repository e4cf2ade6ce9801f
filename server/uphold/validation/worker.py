"""A judge: parses what somebody sent and runs SHACL on it, with a snapshot as its background.

Run as a module, it is the template that `judging` forks judges from: it loads a snapshot once, and each judge forked
from it serves one request, with its own limits of memory and processor time. What libraries print goes nowhere, so that
nothing that is sent can write into the server's log.
"""

from __future__ import annotations

import json
import logging.config
import os
import resource
import sys
import traceback
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple

import pyoxigraph as ox
import rdflib

from uphold.engines.processes.fork_server import begin, limit_memory, offer
from uphold.engines.processes.ipc import Frame, read_frame, write_frame
from uphold.errors import BodySyntaxError, UpholdError
from uphold.logs import configuration
from uphold.rdf.sources import graph_name
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.report import Report
from uphold.validation.service import READY, ValidationResult
from uphold.validation.shacl import to_rdflib, validate, warm
from uphold.validation.upload import Upload, parse

__all__ = ["ValidationGraphs", "main", "validate_triples"]

log = logging.getLogger(__name__)


class ValidationGraphs(NamedTuple):
    """What a judgement stands on: all triples of a snapshot, to which those judged are added, and its shapes."""

    data: rdflib.Graph
    shapes: rdflib.Graph

    @classmethod
    def of(cls, snapshot: Snapshot) -> ValidationGraphs:
        """Load it."""
        quads = ox.Dataset(ox.parse(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS))
        shapes = to_rdflib(quads.quads_for_graph_name(graph_name(snapshot.base, "shapes")))
        return cls(to_rdflib(quads), shapes)


def validate_triples(triples: Collection[ox.Triple], ground: ValidationGraphs) -> Report:
    """Judge triples here and now; only their own nodes are judged, and the ground is spent."""
    if not triples:
        raise BodySyntaxError("There is no statement in it. JSON-LD says nothing where its context lacks a key.")
    return validate(to_rdflib(quads(triples), labelled=True), ground.data, ground.shapes)


def quads(triples: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    """The triples in no named graph."""
    return (ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)


def answer(posted: Upload, settings: Settings, ground: ValidationGraphs, prefixes: dict[str, str]) -> ValidationResult:
    """What a judge answers: the report, in both forms."""
    found = parse(posted, settings)
    report = validate_triples(found, ground)
    turtle = report.as_turtle(found, prefixes)
    return ValidationResult(report.as_json(), turtle)


@dataclass(frozen=True, slots=True)
class ValidationWorker:
    """Serves one request, in the process that was forked for it."""

    settings: Settings
    ground: ValidationGraphs
    prefixes: dict[str, str]

    def serve(self, channel: socket) -> None:
        """Judge what comes; a fault of what was sent is an answer too, and one of our own is told to the server.

        A judge that gets no more memory ends without a word, as it does where a library aborts the process.
        """
        frame = read_frame(channel.makefile("rb"))
        if frame is None:
            return
        seconds = int(self.settings.validate_timeout) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        try:
            told = self.validate(Upload(**json.loads(frame[1])))
        except MemoryError:
            return
        except Exception:  # noqa: BLE001 whatever it is, the server logs it
            write_frame(channel, Frame.FAULT, traceback.format_exc()[-2000:].encode())
        else:
            write_frame(channel, Frame.END, json.dumps(told).encode())

    def validate(self, posted: Upload) -> dict[str, Any]:
        """The judgement, or the error in what was sent."""
        try:
            return asdict(answer(posted, self.settings, self.ground, self.prefixes))
        except UpholdError as error:
            if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            fault = {"code": error.code, "remedy": error.remedy, "line": error.line, "column": error.column}
            return {"fault": {**fault, "detail": str(error)}}


def main(arguments: list[str]) -> None:
    """Run a template: `snapshot folder`, seconds without a request after which it ends; control on stdin."""
    settings = Settings.from_environment(json.loads(arguments[2]))
    control = begin()
    limit_memory(settings.validate_memory_mb * 1_000_000)
    snapshot = Snapshot.open(Path(arguments[0]))
    try:
        ground = ValidationGraphs.of(snapshot)
        warm(ground.data, ground.shapes)
    except Exception:
        logging.config.dictConfig(configuration(settings.log_level))
        log.exception("no judge could be made ready")
        sys.exit(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    offer(control, READY, ValidationWorker(settings, ground, snapshot.prefixes).serve, idle=float(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
