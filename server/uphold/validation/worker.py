"""The validation worker: parses an upload and runs SHACL on it, with a snapshot as the background.

Run as a module, it is the fork server of `service`: it loads a snapshot once, and each worker serves one request after
the other, within a limit on memory and with a limit on CPU time for each. The output of libraries is discarded, so that
an upload cannot write into the server's log.
"""

from __future__ import annotations

import json
import logging.config
import os
import resource
import sys
import time
import traceback
from collections.abc import Collection
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from socket import socket
from typing import Any

import pyoxigraph as ox

from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, offer
from uphold.engines.processes.ipc import Frame, read_frame, write_frame
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
        """Validate uploads; an error in one is a result too, and an internal error is reported to the server.

        A worker that runs out of memory ends without a response, as it does if a library aborts the process.
        """
        requests, (_, most) = channel.makefile("rb"), resource.getrlimit(resource.RLIMIT_CPU)
        while (frame := read_frame(requests)) is not None:
            until = int(time.process_time() + self.settings.validate_timeout) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (until, most))
            try:
                result = self.validate(Upload(**json.loads(frame[1])))
            except MemoryError:
                return
            except Exception:  # noqa: BLE001 the server logs it
                write_frame(channel, Frame.FAULT, traceback.format_exc()[-2000:].encode())
                return
            write_frame(channel, Frame.END, json.dumps(result).encode())

    def validate(self, upload: Upload) -> dict[str, Any]:
        """The validation result, or the error in the upload."""
        try:
            return asdict(answer(upload, self.settings, self.background, self.prefixes))
        except UpholdError as error:
            if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            fault = {"code": error.code, "remedy": error.remedy, "line": error.line, "column": error.column}
            return {"fault": {**fault, "detail": str(error)}}


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
