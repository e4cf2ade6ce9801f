"""What all tests share. Policy: the smallest data that will do (`tiny`), the real parts, no stand-ins."""

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

from uphold.app import create_app
from uphold.build.pipeline import build, inputs_digest
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.rdf.sources import FOLDERS, Files
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot

TINY = Path(__file__).parent / "tiny"
NOT_OURS = (
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning",  # rdflib's own JSON-LD parser makes one
)
START_SECONDS = 60
OF_SERVERS = shutil.ignore_patterns("server-*", "serving-*", "metrics-*")  # what running servers write into a state


@pytest.fixture(scope="session")
def tiny(pytestconfig: pytest.Config) -> Settings:
    """Settings with a built snapshot of the tiny data set: three jurisdictions, nine calls."""
    return built_once(Settings(files=TINY, state=shared_state(pytestconfig, "tiny")))


@pytest.fixture
def tiny_copy(tiny: Settings, tmp_path: Path) -> Settings:
    """Settings for a copy of the tiny data set that a test may change; the copy is built already."""
    return copied(tiny, tmp_path)


@pytest.fixture(scope="session")
def client(tiny: Settings) -> Iterator[FlaskClient]:
    """A client of the app on the tiny data set."""
    with open_app(tiny) as made:
        yield made


@pytest.fixture(scope="session")
def app_client() -> Callable[[Settings], AbstractContextManager[FlaskClient]]:
    """Opens a client of an app with settings of a test's own."""
    return open_app


@pytest.fixture(scope="session")
def served(tiny: Settings) -> Iterator[str]:
    """The address of a real server on the tiny data set, as `uphold serve` starts it."""
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
    """The address of a real server on the project's own data, of one process, whose first answers cost most."""
    with running_server(dataclasses.replace(project_settings, server_processes=1)) as address:
        yield address


def shared_state(config: pytest.Config, name: str) -> Path:
    """A state folder in pytest's cache, which all test processes share, also those of later runs."""
    if config.cache is None:
        pytest.fail("run pytest with its cache provider: what is built for tests is stored there")
    return config.cache.mkdir("state") / name


def copied(settings: Settings, folder: Path) -> Settings:
    """Settings for copies of the files and of the state, in this folder; a build finds that nothing has changed."""
    files = folder / "files"
    for name in FOLDERS:
        shutil.copytree(settings.files / name, files / name)
    state = shutil.copytree(settings.state, folder / "state", symlinks=True, ignore=OF_SERVERS)
    return Settings(files=files, state=state)


def built_once(settings: Settings) -> Settings:
    """The settings; their files are built unless they have been, with the same code, by any test process or by hand."""
    built_from = settings.state / "built-from"
    with settings.state.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = inputs_digest(Files(settings.files, settings.base))
        if not built_from.exists() or built_from.read_text("ascii") != digest:
            shutil.rmtree(settings.state, ignore_errors=True)
            take_over(digest, settings.state)
            build(settings)
            built_from.write_text(digest, "ascii")
    return settings


def take_over(digest: str, state: Path) -> None:
    """Copy what `uphold build` made of the same inputs, if it did: a build then finds that nothing has changed."""
    made = Settings().state
    memory = made / "builds" / digest
    if memory.exists():
        snapshot = Path("snapshots", memory.read_text("ascii"))
        with suppress(OSError):  # it may have been removed since
            shutil.copytree(made / snapshot, state / snapshot)
            (state / "builds").mkdir()
            shutil.copy(memory, state / "builds" / digest)


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option for what `make long` runs."""
    parser.addoption("--long", action="store_true", help="repeat with more seeds, fonts and examples")


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but for those that a library raises and only it can mend."""
    for line in NOT_OURS:
        config.addinivalue_line("filterwarnings", line)


class WholeClient(FlaskClient):
    """A client that reads each answer to its end and closes it, as a server does."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Make a request."""
        return super().open(*args, **{"buffered": True, **options})


@contextmanager
def open_app(settings: Settings) -> Iterator[FlaskClient]:
    """A test client of an app with these settings, and the end of its workers."""
    app = create_app(settings)
    app.test_client_class = WholeClient
    try:
        yield app.test_client()
    finally:
        app.extensions["uphold"].close()


@contextmanager
def running_server(settings: Settings) -> Iterator[str]:
    """A server in its own process, on a port that was free a moment ago."""
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
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **changed, "PYTHONWARNINGS": ""}
        )
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
