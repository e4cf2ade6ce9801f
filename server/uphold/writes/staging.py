"""Staging: the server's side of the worker that stages changes of the newest data."""

from __future__ import annotations

import json
import logging
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from uphold.engines.processes.client import ForkServer, Predecessor, Worker
from uphold.engines.processes.ipc import Frame
from uphold.errors import ServerBusy, SnapshotNotFound, ValidationLimitExceeded, WriteFailed
from uphold.settings import Settings
from uphold.snapshots.change import Step, pack
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import steps_between
from uphold.validation.worker_requests import restored_error
from uphold.writes.operations import Operation
from uphold.writes.worker import READY, counts_of

__all__ = ["Staging"]

MODULE = "uphold.writes.worker"
MOST_STEPS = 100
"""Steps that a worker makes to reach the newest data; after more, they are loaded again."""
log = logging.getLogger(__name__)


class Staging:
    """The worker of one server process, with the data of some snapshot; used by one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.fork_server: tuple[ForkServer, Snapshot] | None = None
        self.worker: tuple[Worker, Snapshot] | None = None

    def stage(self, operations: Sequence[Operation], snapshot: Snapshot) -> dict[str, Any]:
        """Have the worker stage operations on the data of a snapshot; raises what they raise."""
        self.worker_at(snapshot)
        result = self.ask({"stage": [asdict(each) for each in operations]})
        if fault := result.get("fault"):
            raise restored_error(fault)
        return result

    def worker_at(self, snapshot: Snapshot) -> None:
        """Have a worker with the data of a snapshot."""
        if self.worker and (steps := steps_to(snapshot, self.worker[1])) is None:
            self.discard()
        if self.worker is None:
            self.worker = self.forked(snapshot)
            steps = steps_to(snapshot, self.worker[1])
        if steps:
            counts = asdict(counts_of(snapshot))
            self.ask({"follow": b64encode(pack(steps)).decode(), "counts": counts})
            self.worker = (self.worker[0], snapshot)

    def forked(self, snapshot: Snapshot) -> tuple[Worker, Snapshot]:
        """A new worker and the snapshot whose data it has."""
        self.load(snapshot)
        assert self.fork_server  # noqa: S101  # for the type checker: it was loaded
        fork_server, loaded = self.fork_server
        try:
            return fork_server.fork(time.monotonic() + self.settings.validate_timeout), loaded
        except TimeoutError as problem:
            raise ServerBusy("The data are still being loaded for writes.") from problem
        except (EOFError, OSError) as problem:
            raise WriteFailed from problem

    def load(self, snapshot: Snapshot) -> None:
        """Have a fork server with the data of a snapshot; it loads in the background."""
        old = self.fork_server
        steps = steps_to(snapshot, old[1]) if old else None
        if steps == []:
            return
        arguments = [str(snapshot.folder.resolve()), json.dumps(self.settings.as_environment())]
        predecessor = Predecessor(old[0], pack(steps)) if old and steps else None
        self.fork_server = (ForkServer(MODULE, arguments, len(READY), predecessor=predecessor), snapshot)
        if old:
            old[0].close()

    def keep(self, snapshot: Snapshot) -> None:
        """Keep the change that was staged, which leads to this snapshot."""
        self.ask({"keep": True})
        self.has(snapshot)

    def undo(self) -> None:
        """Undo the change that was staged."""
        self.ask({"undo": True})

    def follow(self, step: Step) -> dict[str, Any]:
        """Make a change that was accepted elsewhere; the value is what identifies the data then, as in `Counts`."""
        counts: dict[str, Any] = self.ask({"follow": b64encode(pack([step])).decode(), "counts": None})["counts"]
        return counts

    def has(self, snapshot: Snapshot) -> None:
        """Note that the worker has the data of this snapshot."""
        assert self.worker  # noqa: S101  # for the type checker: it has made a change
        self.worker = (self.worker[0], snapshot)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The worker's response; raises `ValidationLimitExceeded` past time or memory, `WriteFailed` for a fault."""
        assert self.worker  # noqa: S101  # for the type checker: `worker_at` comes first
        worker, seconds = self.worker[0], self.settings.validate_timeout
        try:
            worker.send(json.dumps(request).encode())
            kind, content = worker.receive(time.monotonic() + seconds, None)
        except TimeoutError as problem:
            self.discard()
            raise ValidationLimitExceeded(f"The write was stopped after {seconds:g} s, its time limit.") from problem
        except (EOFError, OSError) as problem:
            self.discard()
            raise ValidationLimitExceeded(
                f"The write ended without a result; its memory limit is {self.settings.validate_memory_mb} MB."
            ) from problem
        if kind != Frame.END:
            self.discard()
            log.error("the worker of writes failed: %s", content.decode("utf-8", "replace"))
            raise WriteFailed
        found: dict[str, Any] = json.loads(content)
        return found

    def discard(self) -> None:
        """End the worker; the next write has a new one."""
        if self.worker:
            self.worker[0].kill()
        self.worker = None

    def close(self) -> None:
        """End the worker and its fork server."""
        self.discard()
        if self.fork_server:
            self.fork_server[0].close()


def steps_to(snapshot: Snapshot, loaded: Snapshot) -> list[Step] | None:
    """The steps from what a process has loaded to a snapshot; None if it should rather load that."""
    if loaded.id == snapshot.id:
        return []
    try:
        found = steps_between(loaded, snapshot)
    except SnapshotNotFound:
        return None
    return found if len(found) <= MOST_STEPS else None
