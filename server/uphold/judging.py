"""Judging: what somebody sends is parsed and judged in a process of its own, which can be ended.

Reading a hostile text and running SHACL take time and memory that nothing inside them limits; so both happen in a child
process with a deadline and a memory limit, and never more than a few at once. Nothing is stored.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from uphold.errors import ServerBusy, UpholdError, all_kinds
from uphold.intake import Posted, parse
from uphold.intake_errors import BodyNotParsed, JudgingStopped
from uphold.settings import Settings
from uphold.snapshot import Snapshot
from uphold.sources import graph_name

if TYPE_CHECKING:
    from uphold.checks import Report  # heavy to import, and not needed where judges are only asked

__all__ = ["Judgement", "Judges", "judge_triples", "main"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The report on what was sent: as JSON, as Turtle, and how many triples were judged."""

    report: dict[str, Any]
    turtle: str
    triples: int


class Judges:
    """Judges what is sent, a few at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.free = threading.Semaphore(max(1, settings.validate_workers))

    def judge(self, posted: Posted, snapshot: Snapshot) -> Judgement:
        """The judgement on `posted`, with `snapshot` as background.

        Raises what `intake.parse` raises, `JudgingStopped` past time or memory, `ServerBusy` when all judges are at
        work: nobody waits for one, because whoever waits keeps the server from others.
        """
        if not self.free.acquire(blocking=False):
            raise ServerBusy(f"{self.settings.validate_workers} graphs are being judged, the most at one time.")
        try:
            return self.ask(posted, snapshot)
        finally:
            self.free.release()

    def ask(self, posted: Posted, snapshot: Snapshot) -> Judgement:
        """Start a process, give it what was sent, and read its answer."""
        settings = self.settings
        request = {
            "posted": asdict(posted),
            "snapshot": str(snapshot.folder.resolve()),
            "memory": settings.validate_memory_mb * 1_000_000,
            "seconds": int(settings.validate_timeout) + 1,
            "settings": {
                "files": str(settings.files.resolve()),
                "base": settings.base,
                "intake_max_triples": settings.intake_max_triples,
            },
        }
        command = [sys.executable, "-m", "uphold.judging"]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(request).encode(),
                capture_output=True,
                check=False,
                timeout=settings.validate_timeout,
                env={**os.environ, "RUST_BACKTRACE": "0"},
            )
        except subprocess.TimeoutExpired as problem:
            raise JudgingStopped(f"Judging was stopped after {settings.validate_timeout:g} s.") from problem
        if done.returncode or not done.stdout:
            log.warning("a judge ended with %s: %s", done.returncode, done.stderr[-2000:].decode("utf-8", "replace"))
            raise JudgingStopped(
                f"Judging ended before there was a report; it may use {settings.validate_memory_mb} MB."
            )
        told: dict[str, Any] = json.loads(done.stdout)
        if fault := told.get("fault"):
            raise again(fault)
        return Judgement(**told)


def again(fault: dict[str, Any]) -> UpholdError:
    """The error that a judge met, in this process."""
    kind = next(kind for kind in all_kinds() if kind.code == fault["code"])
    error = kind.__new__(kind)
    Exception.__init__(error, fault["detail"])
    error.remedy, error.line, error.column = fault["remedy"], fault["line"], fault["column"]
    return error


def judge_triples(triples: Collection[ox.Triple], snapshot: Snapshot) -> Report:
    """Judge triples here and now, with `snapshot` as background; only their own nodes are judged."""
    from uphold.checks import judge, to_rdflib

    if not triples:
        raise BodyNotParsed("There is no statement in it. JSON-LD says nothing where its context lacks a key.")
    background = ox.Dataset(ox.parse(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS))
    shapes = to_rdflib(background.quads_for_graph_name(graph_name(snapshot.base, "shapes")))
    return judge(to_rdflib(quads(triples)), background, shapes)


def quads(triples: Iterable[ox.Triple]) -> Iterator[ox.Quad]:
    """The triples in no named graph."""
    return (ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)


def answer(posted: Posted, settings: Settings, snapshot: Snapshot) -> Judgement:
    """What a judge answers: the report, in both forms."""
    from uphold.checks import to_rdflib

    found = parse(posted, settings)
    report = judge_triples(found, snapshot)
    graph = report.as_graph(to_rdflib(quads(found)))
    for prefix, start in snapshot.prefixes.items():
        graph.bind(prefix, start)
    return Judgement(report.as_json(), graph.serialize(format="turtle"), len(found))


def main() -> None:
    """Judge what comes on stdin, answer on stdout; a fault of what was sent is an answer too."""
    request = json.load(sys.stdin.buffer)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not be taken for an answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["seconds"], request["seconds"]))
    settings = Settings(**request["settings"])
    told: dict[str, Any]
    try:
        told = asdict(answer(Posted(**request["posted"]), settings, Snapshot.open(Path(request["snapshot"]))))
    except UpholdError as error:
        fault = {"code": error.code, "remedy": error.remedy, "line": error.line, "column": error.column}
        told = {"fault": {**fault, "detail": str(error)}}
    out.write(json.dumps(told).encode())
    out.close()


if __name__ == "__main__":
    main()
