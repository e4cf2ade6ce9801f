"""The worker of writes: stages changes of the newest data, in a process that can be killed.

Run as a module, it is the fork server of `staging`: it loads a snapshot once and forks one worker, for all processes of
a server. Each request names the snapshot whose data the worker must have. What it staged before has either led to that
snapshot, or is undone; and it makes the changes that were accepted elsewhere meanwhile. A request is a JSON object:

- `snapshot`: the folder of that snapshot
- `stage`: operations; the response has the change and its report
- or `step`: a change that was accepted elsewhere; the response has what identifies the data then
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

from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, offer, resident_memory
from uphold.errors import SnapshotNotFound, UpholdError
from uphold.logs import configuration
from uphold.rdf.sources import Files
from uphold.settings import Settings
from uphold.snapshots.change import Step, unpack
from uphold.snapshots.snapshot import Snapshot, current
from uphold.snapshots.steps import quads_of, steps_between
from uphold.sparql.parser import grammar
from uphold.validation.worker_requests import answer_requests_of_all, as_fault
from uphold.writes.operations import Operation, carry_out
from uphold.writes.workspace import Counts, Staged, Workspace

__all__ = ["READY", "counts_of", "main", "workspace_of"]

READY = b"W"
MOST_STEPS = 100
"""Changes that a worker makes to reach the newest data; if there were more, they are loaded again."""
MOST_GROWTH = 64_000_000
log = logging.getLogger(__name__)


def workspace_of(snapshot: Snapshot, files: Files) -> Workspace:
    """The data of a snapshot, to be changed."""
    return Workspace([*quads_of(snapshot)], files, counts_of(snapshot), snapshot.prefixes)


def counts_of(snapshot: Snapshot) -> Counts:
    """What identifies a snapshot."""
    return Counts(snapshot.id, snapshot.quads, snapshot.triples, snapshot.graphs, snapshot.digests)


@dataclass(slots=True)
class WriteWorker:
    """Serves requests, in a process that was forked for them; `snapshot` is the last one whose data it had."""

    settings: Settings
    workspace: Workspace
    snapshot: Snapshot
    most: int = 0
    """The memory in bytes from which on that of removed statements is freed."""

    def serve(self, listener: socket) -> None:
        """Answer requests; an error in one is a result too."""
        self.most = resident_memory() + MOST_GROWTH
        answer_requests_of_all(listener, self.settings.validate_timeout, self.answer, self.rest)

    def rest(self) -> None:
        """Free the memory of removed statements when it is much; that takes less than a second."""
        if resident_memory() > self.most:
            self.workspace.renew()
            self.most = resident_memory() + MOST_GROWTH

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The response to one request."""
        if not self.move_to(Snapshot.open(Path(request["snapshot"]))):
            return {"unreachable": True}
        if "stage" in request:
            return self.stage([Operation.from_json(each) for each in request["stage"]])
        for step in unpack(b64decode(request.get("step", ""))):
            self.workspace.follow([step])
        return {"counts": asdict(self.workspace.counts)}

    def move_to(self, target: Snapshot) -> bool:
        """Have the data of a snapshot; False if it cannot be reached from these by a few steps."""
        if self.workspace.counts.id == target.id:
            self.workspace.keep()
        else:
            self.workspace.undo()
            if self.workspace.counts.id != self.snapshot.id or (steps := steps_to(target, self.snapshot)) is None:
                return False
            self.workspace.follow(steps, counts_of(target))
        self.snapshot = target
        return True

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
            "turtle": staged.report.as_turtle(sent, self.snapshot.prefixes),
            "existed": {name: name in before for name in sorted(named)},
        }


def steps_to(target: Snapshot, loaded: Snapshot) -> list[Step] | None:
    """The steps from one snapshot to another; None if it was not made from that, or by too many."""
    if loaded.id == target.id:
        return []
    try:
        found = steps_between(loaded, target)
    except SnapshotNotFound:
        return None
    return found if len(found) <= MOST_STEPS else None


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
    """Run a fork server: the folder of a built snapshot, and settings as JSON; its socket on stdin.

    It loads the current snapshot if that is the built one with changes since then.
    """
    settings = Settings.from_environment(json.loads(arguments[1]))
    listener = begin()
    limit_memory(settings.validate_memory_mb * 1_000_000)
    try:
        built, newest = Snapshot.open(Path(arguments[0])), current(settings.state)
        snapshot = newest if newest.built_on == built.id else built
        workspace = workspace_of(snapshot, Files(settings.files, settings.base))
        workspace.warm()
        grammar()  # so that no worker reads it
    except Exception:
        logging.config.dictConfig(configuration(settings.log_level))
        log.exception("the fork server of writes could not start")
        sys.exit(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    offer(listener, Loaded(READY, WriteWorker(settings, workspace, snapshot).serve))


if __name__ == "__main__":
    main(sys.argv[1:])
