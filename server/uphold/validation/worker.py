"""The validation worker: parses an upload and runs SHACL on it, with a snapshot as the background.

Run as a module, it is the fork server of `service`: it loads a snapshot once, and each worker serves one request after
the other, within a limit on memory and with a limit on CPU time for each. The output of libraries is discarded, so that
an upload cannot write into the server's log.
"""

from __future__ import annotations

import json
import logging.config
import os
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import socket
from typing import Any

import pyoxigraph as ox

from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, offer
from uphold.errors import BodySyntaxError, UpholdError
from uphold.logs import configuration
from uphold.rdf.sources import graph_name
from uphold.settings import Settings
from uphold.snapshots.change import unpack
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import quads_of
from uphold.validation.background import Background
from uphold.validation.evaluation import Progress, in_silence
from uphold.validation.report import Report
from uphold.validation.service import READY, ValidationResult
from uphold.validation.upload import Upload, parse
from uphold.validation.worker_requests import answer_requests, as_fault

__all__ = ["background_of", "main", "validate_triples"]

log = logging.getLogger(__name__)


def background_of(snapshot: Snapshot) -> Background:
    """The statements and shapes of a snapshot."""
    quads = quads_of(snapshot)
    shapes = [quad.triple for quad in quads.quads_for_graph_name(graph_name(snapshot.base, "shapes"))]
    return Background((quad.triple for quad in quads), shapes, snapshot.base)


def validate_triples(triples: Collection[ox.Triple], background: Background, progress: Progress = in_silence) -> Report:
    """Validate triples in this process."""
    if not triples:
        raise BodySyntaxError("The body has no statements. JSON-LD ignores keys that are not in its context.")
    return background.validate(triples, progress)


def answer(upload: Upload, settings: Settings, background: Background, prefixes: dict[str, str]) -> ValidationResult:
    """The report on an upload, in both formats."""
    found = parse(upload, settings)
    report = validate_triples(found, background)
    turtle = report.as_turtle(found, prefixes)
    return ValidationResult(report.as_json(), turtle)


@dataclass(frozen=True, slots=True)
class ValidationWorker:
    """Serves requests, in a process that was forked for them."""

    settings: Settings
    background: Background
    prefixes: dict[str, str]

    def serve(self, channel: socket) -> None:
        """Validate uploads; an error in one is a result too."""
        answer_requests(channel, self.settings.validate_timeout, lambda members: self.validate(Upload(**members)))

    def validate(self, upload: Upload) -> dict[str, Any]:
        """The validation result, or the error in the upload."""
        try:
            return asdict(answer(upload, self.settings, self.background, self.prefixes))
        except UpholdError as error:
            return as_fault(error)


def main(arguments: list[str]) -> None:
    """Run a fork server: snapshot folder, idle timeout in seconds, settings as JSON; its socket on stdin."""
    settings = Settings.from_environment(json.loads(arguments[2]))
    listener = begin()
    limit_memory(settings.validate_memory_mb * 1_000_000)
    snapshot = Snapshot.open(Path(arguments[0]))
    try:
        background = background_of(snapshot)
        background.warm()
    except Exception:
        logging.config.dictConfig(configuration(settings.log_level))
        log.exception("the validation fork server could not start")
        sys.exit(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    loaded = Loaded(READY, ValidationWorker(settings, background, snapshot.prefixes).serve)

    def advance(content: bytes) -> Loaded:
        for step in unpack(content):
            removed, added = (triples_of(lines) for lines in (step.change.removed, step.change.added))
            background.follow(removed, added)
        _ = background.nameless
        return loaded

    offer(listener, loaded, advance=advance, idle=float(arguments[1]))


def triples_of(lines: bytes) -> list[ox.Triple]:
    """The triples of N-Quads."""
    return [quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS)]


if __name__ == "__main__":
    main(sys.argv[1:])
