"""Shared fixtures. Policy: the smallest data set that suffices (`tiny`), real components, no mocks."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.journal.postgresql import Cluster, programs
from uphold.app import create_app
from uphold.build.pipeline import build, inputs_digest
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.rdf.sources import FOLDERS, Files
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot

TINY = Path(__file__).parent / "tiny"
THIRD_PARTY_WARNINGS = (
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning",  # raised by rdflib's JSON-LD parser
)
START_SECONDS = 60
SERVER_FILES = shutil.ignore_patterns("server-*", "serving-*", "metrics-*")  # written by running servers


@pytest.fixture(scope="session")
def tiny(pytestconfig: pytest.Config) -> Settings:
    """Settings with a built snapshot of the tiny data set: three jurisdictions, nine calls."""
    return built_once(Settings(files=TINY, state=shared_state(pytestconfig, "tiny")))


@pytest.fixture
def tiny_copy(tiny: Settings, tmp_path: Path) -> Settings:
    """Settings for a built copy of the tiny data set that a test may change."""
    return copied(tiny, tmp_path)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL cluster, started when the first test needs it."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: Debian has it in postgresql")
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def client(tiny: Settings) -> Iterator[FlaskClient]:
    """A client of the app on the tiny data set."""
    with open_app(tiny) as made:
        yield made


@pytest.fixture(scope="session")
def app_client() -> Callable[[Settings], AbstractContextManager[FlaskClient]]:
    """A function that opens a client of an app with other settings."""
    return open_app


@pytest.fixture(scope="session")
def served(tiny: Settings) -> Iterator[str]:
    """The address of a real `uphold serve` server on the tiny data set."""
    with running_server(tiny) as address:
        yield address


@pytest.fixture(scope="session")
def project_settings(pytestconfig: pytest.Config) -> Settings:
    """Settings with a built snapshot of the project's own data."""
    return built_once(Settings(state=shared_state(pytestconfig, "project")))


@pytest.fixture(scope="session")
def project(project_settings: Settings) -> Snapshot:
    """The snapshot of the project's own data."""
    return Snapshot.open((project_settings.state / "current").resolve())


@pytest.fixture(scope="session")
def project_engine(project: Snapshot, project_settings: Settings) -> Iterator[EmbeddedEngine]:
    """An engine for the project's own data."""
    engine = EmbeddedEngine(project, project_settings, workers=1)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def project_client(project_settings: Settings) -> Iterator[FlaskClient]:
    """A client of the app on the project's own data."""
    with open_app(project_settings) as made:
        yield made


@pytest.fixture(scope="session")
def project_address(project_settings: Settings) -> Iterator[str]:
    """The address of a real single-process server on the project's own data; its first responses are slow."""
    with running_server(dataclasses.replace(project_settings, server_processes=1)) as address:
        yield address


def shared_state(config: pytest.Config, name: str) -> Path:
    """A state folder in pytest's cache, shared by all test processes and later runs."""
    if config.cache is None:
        pytest.fail("run pytest with its cache provider, which stores the builds for tests")
    return config.cache.mkdir("state") / name


def copied(settings: Settings, folder: Path) -> Settings:
    """Settings for copies of the files and the state in this folder; a build of them has nothing to do."""
    files = folder / "files"
    for name in FOLDERS:
        shutil.copytree(settings.files / name, files / name)
    state = shutil.copytree(settings.state, folder / "state", symlinks=True, ignore=SERVER_FILES)
    return Settings(files=files, state=state)


def built_once(settings: Settings) -> Settings:
    """The settings, built unless any test process or `uphold build` has built the same inputs with the same code."""
    built_from = settings.state / "built-from"
    with settings.state.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = inputs_digest(Files(settings.files, settings.base))
        if not built_from.exists() or built_from.read_text("ascii") != digest:
            shutil.rmtree(settings.state, ignore_errors=True)
            copy_build(digest, settings.state)
            build(settings)
            built_from.write_text(digest, "ascii")
    return settings


def copy_build(digest: str, state: Path) -> None:
    """Copy the snapshot that `uphold build` made of the same inputs, if any: a build then has nothing to do."""
    made = Settings().state
    memory = made / "builds" / digest
    if memory.exists():
        snapshot = Path("snapshots", memory.read_text("ascii"))
        with suppress(OSError):  # it may have been removed since
            shutil.copytree(made / snapshot, state / snapshot)
            (state / "builds").mkdir()
            shutil.copy(memory, state / "builds" / digest)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make long`."""
    parser.addoption("--long", action="store_true", help="repeat with more seeds, fonts and examples")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests marked `one_in`: with every case in a long run, else with one in so many."""
    for mark in metafunc.definition.iter_markers("one_in"):
        number, names, cases = mark.args
        metafunc.parametrize(names, cases if metafunc.config.getoption("long") else cases[::number], **mark.kwargs)


def pytest_configure(config: pytest.Config) -> None:
    """Treat warnings as errors, except those that only a library can fix."""
    config.addinivalue_line("markers", "one_in(number, names, cases): one case in so many, with --long all")
    for line in THIRD_PARTY_WARNINGS:
        config.addinivalue_line("filterwarnings", line)


class WholeClient(FlaskClient):
    """A client that reads each response to its end and closes it, as a server does."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Make a request."""
        return super().open(*args, **{"buffered": True, **options})


@contextmanager
def open_app(settings: Settings) -> Iterator[FlaskClient]:
    """A test client of an app with these settings; stops its workers on exit."""
    app = create_app(settings)
    app.test_client_class = WholeClient
    try:
        yield app.test_client()
    finally:
        app.extensions["uphold"].close()


QUIET = {"UPHOLD_WARM_UP_SECONDS": "0", "PYTHONWARNINGS": ""}
"""The environment of a server in tests: it renders no pages in advance, which would take time from the tests."""


@contextmanager
def running_server(settings: Settings) -> Iterator[str]:
    """A server in a separate process, on a port that was free at the time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = ["--files", str(settings.files), "--state", str(settings.state), "--port", str(port)]
    command = [sys.executable, "-m", "uphold.cli", "serve", *flags]
    changed = {
        f"UPHOLD_{name.upper()}": str(getattr(settings, name))
        for name, default, _ in Settings.described()
        if getattr(settings, name) != default
    }
    log = settings.state / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **QUIET, **changed})
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; fail with its log when it does not."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text('utf-8', 'replace')}")
