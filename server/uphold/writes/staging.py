"""Staging: the server's side of the worker that stages changes of the newest data."""

from __future__ import annotations

import json
import logging
import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from uphold.engines.processes.client import ForkServer
from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.worker_process import Worker
from uphold.errors import ServerBusy, ValidationLimitExceeded, WriteFailed
from uphold.settings import Settings
from uphold.snapshots.change import Step, pack
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.worker_requests import restored_error
from uphold.writes.operations import Operation
from uphold.writes.worker import READY

__all__ = ["Staging"]

MODULE = "uphold.writes.worker"
log = logging.getLogger(__name__)


class Staging:
    """The worker that all processes of a server share; each of its responses stands for itself.

    What is staged and does not lead to the snapshot that the next request names is undone then.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.Lock()
        self.fork_server: tuple[ForkServer, list[str]] | None = None
        self.worker: Worker | None = None

    def stage(self, operations: Sequence[Operation], snapshot: Snapshot) -> dict[str, Any]:
        """Have the worker stage operations on the data of a snapshot; raises what they raise."""
        result = self.ask(snapshot, {"stage": [asdict(each) for each in operations]})
        if fault := result.get("fault"):
            raise restored_error(fault)
        return result

    def follow(self, snapshot: Snapshot, step: Step) -> dict[str, Any]:
        """Make a change of a snapshot that was accepted elsewhere; the value is the new data's `Counts`."""
        counts: dict[str, Any] = self.ask(snapshot, {"step": b64encode(pack([step])).decode()})["counts"]
        return counts

    def ask(self, snapshot: Snapshot, request: dict[str, Any]) -> dict[str, Any]:
        """The response of a worker that has the data of a snapshot.

        Raises `ValidationLimitExceeded` past time or memory, and `WriteFailed` for a fault.
        """
        named = {"snapshot": str(snapshot.folder.resolve())} | request
        with self.lock:
            if self.worker and self.worker.has_ended():  # another process may have ended it
                self.discard()
            for newest in (False, False, True):
                found = self.send(named, self.worker or self.connected(snapshot, newest=newest))
                if not found.get("unreachable"):
                    return found
                self.discard()  # another is forked, at last from a fork server with the newest data
        log.error("no worker of writes has the data of snapshot %s", snapshot.id)
        raise WriteFailed

    def send(self, request: dict[str, Any], worker: Worker) -> dict[str, Any]:
        """The response of a worker; raises as `ask`."""
        seconds = self.settings.validate_timeout
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

    def connected(self, snapshot: Snapshot, *, newest: bool) -> Worker:
        """Connect to the worker, or fork it if there is none."""
        self.load(snapshot, newest=newest)
        assert self.fork_server  # noqa: S101  # for the type checker: it was loaded
        try:
            self.worker = self.fork_server[0].share(MODULE, time.monotonic() + self.settings.validate_timeout)
        except TimeoutError as problem:
            raise ServerBusy("The data are still being loaded for writes.") from problem
        except (EOFError, OSError) as problem:
            raise WriteFailed from problem
        return self.worker

    def load(self, snapshot: Snapshot, *, newest: bool = False) -> None:
        """Have a fork server with the data of a snapshot, or of one not much older; it loads in the background."""
        arguments = [str(snapshot.built.folder.resolve()), json.dumps(self.settings.as_environment())]
        if newest:
            arguments.append(str(snapshot.entry))  # which makes it another
        old = self.fork_server
        if old and (old[1] == arguments or (not newest and old[1][:2] == arguments)):
            return
        self.fork_server = (ForkServer(MODULE, arguments, len(READY)), arguments)
        if old:
            old[0].close()

    def discard(self) -> None:
        """End the worker, for all processes of the server; the next request has a new one."""
        if self.worker:
            self.worker.kill()
        self.worker = None

    def close(self) -> None:
        """Leave the worker and its fork server, which end with their last client."""
        if self.worker:
            self.worker.channel.close()
        if self.fork_server:
            self.fork_server[0].close()
