"""Judging: what somebody sends is parsed and judged in a process of its own, which can be ended.

Reading a hostile text and running SHACL take time and memory that nothing inside them limits; so both happen in a child
process with a deadline and a memory limit, and never more than a few at once. Nothing is stored.

The process is forked from a template that has loaded the snapshot (`validate`). It is started when somebody first sends
something, and ends when the snapshot is no longer served or nobody has sent anything for a while.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.pool import Template, Worker
from uphold.errors import ServerBusy, UpholdError, ValidationLimitExceeded, ValidatorFailed, all_kinds
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.upload import Upload

__all__ = ["READY", "SnapshotValidator", "ValidationResult", "ValidationService"]

READY = b"J"
IDLE_SECONDS = 600.0
FIELDS = dataclasses.fields(Settings)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The report on what was sent: as JSON and as Turtle."""

    report: dict[str, Any]
    turtle: str


class ValidationService:
    """Lets only a few judge at the same time."""

    def __init__(self, settings: Settings) -> None:
        self.most = settings.validate_workers
        self.free = threading.Semaphore(max(1, self.most))

    def validate(self, posted: Upload, validator: SnapshotValidator) -> ValidationResult:
        """The judgement of this court.

        Raises what `Court.validate` raises, and `ServerBusy` when all judges are at work: nobody waits for one, because
        whoever waits keeps the server from others.
        """
        if not self.free.acquire(blocking=False):
            raise ServerBusy(f"{self.most} graphs are being judged, the most at one time.")
        try:
            return validator.validate(posted)
        finally:
            self.free.release()


class SnapshotValidator:
    """Where one snapshot is the background of what is judged."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        self.snapshot, self.settings = snapshot, settings
        self.lock = threading.Lock()
        self.template: Template | None = None

    def open(self) -> Template:
        """The template of the judges, which loads for some seconds when it is new."""
        with self.lock:
            if self.template is None:
                idle = max(IDLE_SECONDS, 2 * self.settings.validate_timeout)
                given = {f"UPHOLD_{f.name.upper()}": str(getattr(self.settings, f.name)) for f in FIELDS}
                given["UPHOLD_FILES"] = str(self.settings.files.resolve())
                arguments = [str(self.snapshot.folder.resolve()), str(idle), json.dumps(given)]
                self.template = Template("uphold.validation.worker", arguments, len(READY))
            return self.template

    def close(self) -> None:
        """End the template, and whatever judge is still at work."""
        with self.lock:
            if self.template is not None:
                self.template.close()

    def validate(self, posted: Upload) -> ValidationResult:
        """The judgement on `posted`.

        Raises what `upload.parse` raises, `ValidationLimitExceeded` past time or memory, and `ValidatorFailed`,
        which is logged, where the worker met a fault of our own.
        """
        seconds = self.settings.validate_timeout
        until = time.monotonic() + seconds
        try:
            worker = self.open().fork(until)
            try:
                kind, content = self.ask(worker, posted, until)
            finally:
                worker.kill()
        except TimeoutError as problem:
            raise ValidationLimitExceeded(f"Judging was stopped after {seconds:g} s.") from problem
        except (EOFError, OSError) as problem:
            raise self.ended() from problem
        if kind != Frame.END:
            log.error("a judge failed: %s", content.decode("utf-8", "replace"))
            raise ValidatorFailed
        told: dict[str, Any] = json.loads(content)
        if fault := told.get("fault"):
            raise again(fault)
        return ValidationResult(**told)

    def ask(self, worker: Worker, posted: Upload, until: float) -> tuple[int, bytes]:
        """Give a judge what was sent, and read its answer."""
        worker.send(json.dumps(asdict(posted)).encode())
        return worker.receive(until, None)

    def ended(self) -> ValidationLimitExceeded:
        """The error when a judge is gone without a word, as one is that gets no more memory."""
        return ValidationLimitExceeded(
            f"Judging ended before there was a report; it may use {self.settings.validate_memory_mb} MB."
        )


def again(fault: dict[str, Any]) -> UpholdError:
    """The error that a judge met, in this process."""
    kind = next(kind for kind in all_kinds() if kind.code == fault["code"])
    error = kind.__new__(kind)
    Exception.__init__(error, fault["detail"])
    error.remedy, error.line, error.column = fault["remedy"], fault["line"], fault["column"]
    return error
