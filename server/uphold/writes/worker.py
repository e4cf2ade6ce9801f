"""The worker of writes: stages changes of the current data, in a process that can be killed.

Run as a module, it is the fork server of `service`: it loads a snapshot once and forks a worker, which follows the
journal and stages one write after the other. A request is a JSON object with one member:

- `stage`: operations; the response has the change and its report, and the change waits to be kept or undone
- `keep`, `undo`: what becomes of it
- `follow`: steps that others have made, with `counts` if they are known
"""

from __future__ import annotations

import json
import logging.config
import os
import sys
from base64 import b64decode
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import socket
from typing import Any

from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, offer
from uphold.errors import UpholdError
from uphold.logs import configuration
from uphold.rdf.sources import Files
from uphold.settings import Settings
from uphold.snapshots.change import unpack
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import quads_of
from uphold.validation.worker_requests import answer_requests, as_fault
from uphold.writes.operations import Operation, carry_out
from uphold.writes.workspace import Counts, Staged, Workspace

__all__ = ["READY", "counts_of", "main", "workspace_of"]

READY = b"W"
log = logging.getLogger(__name__)


def workspace_of(snapshot: Snapshot, files: Files) -> Workspace:
    """The data of a snapshot, to be changed."""
    return Workspace([*quads_of(snapshot)], files, counts_of(snapshot), snapshot.prefixes)


def counts_of(snapshot: Snapshot) -> Counts:
    """What identifies a snapshot."""
    return Counts(snapshot.id, snapshot.quads, snapshot.triples, snapshot.graphs, snapshot.digests)


@dataclass(frozen=True, slots=True)
class WriteWorker:
    """Serves requests, in a process that was forked for them."""

    settings: Settings
    workspace: Workspace
    prefixes: dict[str, str]

    def serve(self, channel: socket) -> None:
        """Answer requests; an error in one is a result too."""
        answer_requests(channel, self.settings.validate_timeout, self.answer)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        if "stage" in request:
            return self.stage([Operation.from_json(each) for each in request["stage"]])
        if "follow" in request:
            counts = Counts(**request["counts"]) if request["counts"] else None
            self.workspace.follow([*unpack(b64decode(request["follow"]))], counts)
        elif "keep" in request:
            self.workspace.keep()
        else:
            self.workspace.undo()
        return {"counts": asdict(self.workspace.counts)}

    def stage(self, operations: list[Operation]) -> dict[str, Any]:
        """The staged change, or the error in the request."""
        before = self.workspace.counts.graphs
        try:
            requested, sent = carry_out(operations, self.workspace, self.settings)
            staged = self.workspace.stage(requested, sent)
        except UpholdError as error:
            self.workspace.undo()
            return as_fault(error)
        named = {each.graph for each in operations if each.graph is not None} | requested.keys()
        return as_json(staged) | {
            "turtle": staged.report.as_turtle(sent, self.prefixes),
            "existed": {name: name in before for name in sorted(named)},
        }


def as_json(staged: Staged) -> dict[str, Any]:
    """A staged change as a response has it."""
    change = staged.change
    return {
        "report": staged.report.as_json(),
        "removed": change.removed.decode(),
        "added": change.added.decode(),
        "requested": sorted(staged.requested),
        "changed": {name: [len(removed), len(added)] for name, (removed, added) in sorted(staged.lines.items())},
        "counts": asdict(staged.counts),
    }


def main(arguments: list[str]) -> None:
    """Run a fork server: snapshot folder and settings as JSON; its socket on stdin."""
    settings = Settings.from_environment(json.loads(arguments[1]))
    listener = begin()
    limit_memory(settings.validate_memory_mb * 1_000_000)
    snapshot = Snapshot.open(Path(arguments[0]))
    try:
        workspace = workspace_of(snapshot, Files(settings.files, settings.base))
        workspace.warm()
    except Exception:
        logging.config.dictConfig(configuration(settings.log_level))
        log.exception("the fork server of writes could not start")
        sys.exit(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    loaded = Loaded(READY, WriteWorker(settings, workspace, snapshot.prefixes).serve)

    def advance(content: bytes) -> Loaded:
        workspace.follow([*unpack(content)])
        return loaded

    offer(listener, loaded, advance=advance)


if __name__ == "__main__":
    main(sys.argv[1:])
