"""Validation service: parses and validates uploads in a separate process, which can be killed.

Parsing a hostile text and running SHACL have no built-in limits on time and memory; so both run in a child process with
a deadline and a memory limit, and only a few at once. Nothing is stored.

A fork server that has loaded the snapshot (`worker`) forks the process. It starts with the first upload, and ends when
the snapshot is no longer served or after some time without uploads. A process validates several small uploads, because
its copies of the memory that it writes to take as long as such an upload.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from uphold.engines.processes.client import ForkServer, Predecessor
from uphold.engines.processes.fair_queue import FairQueue
from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.worker_process import Worker
from uphold.errors import ValidationLimitExceeded, ValidatorFailed
from uphold.server_timing import spend
from uphold.settings import Settings
from uphold.snapshots.change import Step, pack
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.upload import Upload
from uphold.validation.worker_requests import restored_error

__all__ = ["READY", "SnapshotValidator", "ValidationResult", "ValidationService"]

READY = b"J"
IDLE_SECONDS = 600.0
WORKER_SECONDS = 300.0
"""Age from which a worker gets no further upload: its fork server does not hear of uploads, and must not seem idle."""
WORKER_UPLOADS = 100
LARGE = 100_000
"""Characters of an upload after which its worker, whose memory has grown, gets no other."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The report on an upload: as JSON and as Turtle."""

    report: dict[str, Any]
    turtle: str


class ValidationService:
    """Runs a few validations at a time; further uploads wait in order of arrival."""

    def __init__(self, settings: Settings) -> None:
        self.queue = FairQueue(settings.validate_workers, settings.validate_queue_size, settings.validate_queue_timeout)

    def validate(self, upload: Upload, validator: SnapshotValidator) -> ValidationResult:
        """The result of `validator`.

        Raises what `SnapshotValidator.validate` raises, and `ServerBusy` if too many uploads wait, or for too long.
        """
        with self.queue.turn() as waited:
            spend("queue", waited)
            return validator.validate(upload)


@dataclass(slots=True)
class ValidationProcess:
    """A worker, when it began, and how many uploads it has validated."""

    worker: Worker
    began: float
    uploads: int = 0


class SnapshotValidator:
    """Validates uploads with one snapshot as the background."""

    def __init__(self, snapshot: Snapshot, settings: Settings, predecessor: Predecessor | None = None) -> None:
        self.snapshot, self.settings, self.predecessor = snapshot, settings, predecessor
        self.lock = threading.Lock()
        self.fork_server: ForkServer | None = None
        self.idle: list[ValidationProcess] = []

    def open(self) -> ForkServer:
        """The fork server of the workers; a new one takes some seconds to load."""
        with self.lock:
            if self.fork_server is None:
                idle = max(IDLE_SECONDS, 2 * self.settings.validate_timeout)
                given = json.dumps(self.settings.as_environment())
                arguments = [str(self.snapshot.folder.resolve()), str(idle), given]
                self.fork_server = ForkServer(
                    "uphold.validation.worker", arguments, len(READY), predecessor=self.predecessor
                )
            return self.fork_server

    def successor(self, snapshot: Snapshot, steps: Sequence[Step]) -> SnapshotValidator:
        """The validator for a snapshot that these steps lead to, open if this one is."""
        with self.lock:
            predecessor = Predecessor(self.fork_server, pack(steps)) if self.fork_server else None
        made = SnapshotValidator(snapshot, self.settings, predecessor)
        if predecessor:
            made.open()
        return made

    def close(self) -> None:
        """Stop the fork server and its workers."""
        with self.lock:
            for each in self.idle:
                each.worker.channel.close()  # the fork server ends the process
            self.idle.clear()
            if self.fork_server is not None:
                self.fork_server.close()

    def validate(self, upload: Upload) -> ValidationResult:
        """The validation result of `upload`.

        Raises what `upload.parse` raises, `ValidationLimitExceeded` past time or memory, and `ValidatorFailed`,
        which is logged, for an internal error in the worker.
        """
        seconds = self.settings.validate_timeout
        until = time.monotonic() + seconds
        try:
            kind, content = self.ask(upload, until)
        except TimeoutError as problem:
            raise ValidationLimitExceeded(
                f"The validation was stopped after {seconds:g} s, its time limit."
            ) from problem
        except (EOFError, OSError) as problem:
            raise self.ended() from problem
        if kind != Frame.END:
            log.error("the validation worker failed: %s", content.decode("utf-8", "replace"))
            raise ValidatorFailed
        result: dict[str, Any] = json.loads(content)
        if fault := result.get("fault"):
            raise restored_error(fault)
        return ValidationResult(**result)

    def ask(self, upload: Upload, until: float) -> tuple[int, bytes]:
        """A worker's response to an upload; the worker is used again only if all is well."""
        process = self.send(json.dumps(asdict(upload)).encode(), until)
        kind = -1
        try:
            kind, content = process.worker.receive(until, None)
        finally:
            if kind == Frame.END and len(upload.text) < LARGE:
                self.keep(process)
            else:
                process.worker.kill()
        return kind, content

    def send(self, request: bytes, until: float) -> ValidationProcess:
        """The worker to which a request was sent: an idle one, or a new one."""
        while process := self.take():
            try:
                process.worker.send(request)
            except OSError:  # it ended while idle
                process.worker.kill()
            else:
                return process
        process = ValidationProcess(self.open().fork(until), time.monotonic())
        process.worker.send(request)
        return process

    def take(self) -> ValidationProcess | None:
        """An idle worker that may be used again, if there is one."""
        with self.lock:
            while self.idle:
                process = self.idle.pop()
                if process.uploads < WORKER_UPLOADS and time.monotonic() - process.began < WORKER_SECONDS:
                    return process
                process.worker.kill()
        return None

    def keep(self, process: ValidationProcess) -> None:
        """Keep a worker for the next upload."""
        process.uploads += 1
        with self.lock:
            if self.fork_server is not None and not self.fork_server.closed:
                self.idle.append(process)
                return
        process.worker.kill()

    def ended(self) -> ValidationLimitExceeded:
        """The error when a worker ends without a response, as it does when it runs out of memory."""
        return ValidationLimitExceeded(
            f"The validation ended without a report; its memory limit is {self.settings.validate_memory_mb} MB."
        )
