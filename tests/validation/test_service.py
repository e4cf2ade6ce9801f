"""Validation workers are disposable: a lost one costs only its own upload, and each snapshot has its own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.processes import ended, runs
from uphold.build.pipeline import build
from uphold.errors import BodySyntaxError, ValidationLimitExceeded
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.validation.service import SnapshotValidator, ValidationResult
from uphold.validation.upload import Upload

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked up in /proc")

THING = "<https://data.example/thing/{}> <http://www.w3.org/2004/02/skos/core#prefLabel> {} ."
MARKUP = THING.format(1, '"<b>A thing</b>"@en')
SHORT = Upload(THING.format(1, '"A thing"@en'), "text/turtle")
LARGER = Upload("\n".join(THING.format(number, f'"Thing {number}"@en') for number in range(1_200)), "text/turtle")
LONG = Upload("\n".join(THING.format(number, f'"Thing {number}"@en') for number in range(40_000)), "text/turtle")


@pytest.fixture(scope="module")
def shared_validator(tiny: Settings) -> Iterator[SnapshotValidator]:
    """One validator for most tests: a fork server takes seconds to start."""
    made = SnapshotValidator(current(tiny.state), tiny)
    yield made
    made.close()


@pytest.fixture
def validator(shared_validator: SnapshotValidator) -> SnapshotValidator:
    """A validator whose fork server is ready, with no worker busy."""
    assert shared_validator.validate(SHORT).report["conforms"]
    wait_until_idle(shared_validator)
    return shared_validator


def busy_workers(validator: SnapshotValidator) -> list[int]:
    """The process ids of the busy workers."""
    assert validator.fork_server
    assert validator.fork_server.process
    fork_server = validator.fork_server.process.pid
    with contextlib.suppress(OSError):
        children = map(int, Path(f"/proc/{fork_server}/task/{fork_server}/children").read_text("ascii").split())
        idle = {each.worker.pid for each in validator.idle}
        return [child for child in children if runs(child) and child not in idle]
    return []


def busy_worker(validator: SnapshotValidator) -> int:
    """The one worker, as soon as it is busy; it is suspended, so that it does not end before it is harmed."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := busy_workers(validator):
            time.sleep(0.05)  # a worker is bound to its fork server soon after it was forked
            os.kill(found[0], signal.SIGSTOP)
            return found[0]
        time.sleep(0.01)
    pytest.fail("no worker has begun")


def wait_until_idle(validator: SnapshotValidator) -> None:
    """Wait until no worker is busy; one that has answered needs a moment to end."""
    until = time.monotonic() + 5
    while busy_workers(validator) and time.monotonic() < until:
        time.sleep(0.01)
    assert busy_workers(validator) == []


def kill(validator: SnapshotValidator, worker: int) -> None:
    """End a worker."""
    assert validator.fork_server
    assert validator.fork_server.process
    validator.fork_server.kill(worker)


def starve(validator: SnapshotValidator, worker: int) -> None:
    """Let a worker get no more memory than it has."""
    resource.prlimit(worker, resource.RLIMIT_AS, (1, 1))
    os.kill(worker, signal.SIGCONT)


@pytest.mark.parametrize("harm", [kill, starve])
def test_a_lost_worker_costs_nobody_else(
    validator: SnapshotValidator, harm: Callable[[SnapshotValidator, int], None]
) -> None:
    """Its upload gets an error; uploads beside it or afterwards get a report, from the same fork server."""
    assert validator.fork_server
    assert validator.fork_server.process
    fork_server = validator.fork_server.process.pid
    with ThreadPoolExecutor(2) as pool:
        lost = pool.submit(validator.validate, LONG)
        worker = busy_worker(validator)
        beside = pool.submit(validator.validate, SHORT)
        harm(validator, worker)
        with pytest.raises(ValidationLimitExceeded, match="ended without a report"):
            lost.result(60)
        assert beside.result(60).report["conforms"]
    assert validator.validate(SHORT).report["conforms"]
    assert validator.fork_server.process.pid == fork_server
    assert validator.fork_server.process.poll() is None


def test_a_worker_past_its_deadline_is_killed(validator: SnapshotValidator) -> None:
    """No work is done that nobody waits for."""
    hasty = SnapshotValidator(validator.snapshot, dataclasses.replace(validator.settings, validate_timeout=0.3))
    hasty.fork_server = validator.fork_server
    began = time.monotonic()
    with pytest.raises(ValidationLimitExceeded, match=r"stopped after 0\.3 s"):
        hasty.validate(LONG)
    assert time.monotonic() - began < 2
    wait_until_idle(validator)


def test_nobody_waits_longer_for_a_fork_server_than_for_a_worker(tiny: Settings) -> None:
    """Uploads while it loads get an error in time, and it continues to load for later ones."""
    validator = SnapshotValidator(current(tiny.state), dataclasses.replace(tiny, validate_timeout=0.1))
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(validator.validate, SHORT) for _ in range(3)]:
            with pytest.raises(ValidationLimitExceeded):
                each.result(30)
    assert time.monotonic() - began < 2
    assert validator.fork_server
    assert validator.fork_server.process
    loading = validator.fork_server.process
    patient = SnapshotValidator(validator.snapshot, tiny)
    patient.fork_server = validator.fork_server
    assert patient.validate(SHORT).report["conforms"]
    assert validator.fork_server.process is loading
    patient.close()


def test_a_lost_fork_server_is_restarted(validator: SnapshotValidator) -> None:
    """Its workers end with it, and the next one comes from a new fork server."""
    assert validator.fork_server
    assert validator.fork_server.process
    lost = validator.fork_server.process
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(validator.validate, LONG)
        worker = busy_worker(validator)
        lost.kill()
        with pytest.raises(ValidationLimitExceeded):
            pending.result(60)
    assert ended(worker)
    assert validator.validate(SHORT).report["conforms"]
    assert validator.fork_server.process is not lost


def test_a_worker_leaves_nothing_for_the_next(validator: SnapshotValidator) -> None:
    """One upload is not background for another."""
    treaty = "<https://data.example/t> a <https://w3id.org/uphold/ontology#{}> ."
    both = Upload(treaty.format("Treaty") + treaty.format("Declaration"), "text/turtle")

    def shapes(result: ValidationResult) -> set[str]:
        return {result["shape"].rpartition("/")[2] for result in result.report["results"]}

    assert "vocabulary-disjoint" in shapes(validator.validate(both))
    for kind in ("Treaty", "Declaration"):
        assert "vocabulary-disjoint" not in shapes(validator.validate(Upload(treaty.format(kind), "text/turtle")))


def test_a_closed_validator_has_no_process(tiny: Settings) -> None:
    """Its fork server and a busy worker end with it."""
    validator = SnapshotValidator(current(tiny.state), tiny)
    assert validator.validate(SHORT).report["conforms"]
    wait_until_idle(validator)
    assert validator.fork_server
    assert validator.fork_server.process
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(validator.validate, LONG)
        worker = busy_worker(validator)
        validator.close()
        assert validator.fork_server.process.poll() is not None
        with pytest.raises(ValidationLimitExceeded):
            lost.result(60)
    assert ended(worker)


def test_uploads_are_validated_against_a_new_snapshot_at_once(
    tmp_path: Path, app_client: Callable[[Settings], AbstractContextManager[FlaskClient]], tiny: Settings
) -> None:
    """The report has the words of its rules, and the workers of the old one are gone."""
    files = Path(shutil.copytree(tiny.files, tmp_path / "files"))
    state = Path(shutil.copytree(tiny.state, tmp_path / "state", symlinks=True))
    settings = Settings(files=files, state=state)

    def validated(client: FlaskClient) -> tuple[str, str]:
        reply = client.post("/validate", data=MARKUP, content_type="text/turtle")
        (message,) = {r["message"] for r in reply.get_json()["results"] if r["shape"].endswith("/labels-markup")}
        return reply.headers["Uphold-Snapshot"], message

    with app_client(settings) as client:
        manager = client.application.extensions["uphold"]
        assert not manager.open_snapshot.validator.fork_server  # nobody has sent anything
        first, message = validated(client)
        old = manager.open_snapshot.validator.fork_server.process
        rules = files / "shapes" / "labels.ttl"
        text = rules.read_text("utf-8")
        assert message in text
        rules.unlink()
        rules.write_text(text.replace(message, "Another sentence."), "utf-8")
        second = build(settings).id
        assert validated(client) == (second, "Another sentence.")
        assert first != second
        assert old.poll() is not None


def test_a_worker_validates_several_small_uploads(validator: SnapshotValidator) -> None:
    """One after the other; a large one ends it, and so do errors of the worker, but not of an upload."""
    (kept,) = {each.worker.pid for each in validator.idle}
    for _ in range(3):
        assert validator.validate(SHORT).report["conforms"]
    with pytest.raises(BodySyntaxError):
        validator.validate(Upload("<a>", "text/turtle"))
    assert [each.worker.pid for each in validator.idle] == [kept]
    assert validator.validate(LARGER).report["conforms"]
    assert validator.idle == []
    assert ended(kept)


@pytest.mark.parametrize("aged", [{"uploads": 100}, {"began": 0.0}])
def test_a_worker_is_replaced_before_it_is_old(validator: SnapshotValidator, aged: dict[str, Any]) -> None:
    """By a new one, for the next upload."""
    (old,) = validator.idle
    for name, value in aged.items():
        setattr(old, name, value)
    assert validator.validate(SHORT).report["conforms"]
    assert ended(old.worker.pid)


def test_an_idle_worker_that_ends_costs_nobody_an_upload(validator: SnapshotValidator) -> None:
    """The next one goes to another."""
    (idle,) = validator.idle
    os.kill(idle.worker.pid, signal.SIGKILL)
    assert ended(idle.worker.pid)
    assert validator.validate(SHORT).report["conforms"]


def test_each_upload_has_its_own_limit_of_processor_time(validator: SnapshotValidator) -> None:
    """What earlier ones took does not count."""
    (kept,) = validator.idle
    before = resource.prlimit(kept.worker.pid, resource.RLIMIT_CPU)[0]
    until = time.monotonic() + 20
    while resource.prlimit(kept.worker.pid, resource.RLIMIT_CPU)[0] <= before and time.monotonic() < until:
        kept.uploads = 0
        assert validator.validate(SHORT).report["conforms"]
    assert resource.prlimit(kept.worker.pid, resource.RLIMIT_CPU)[0] > before
