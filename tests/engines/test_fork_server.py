"""The processes of a server share one fork server: none takes the workers of another, and the last one ends it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.processes import ended
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.engines.processes.client import SHARED
from uphold.settings import Settings
from uphold.snapshots.snapshot import current


@pytest.fixture
def engines(tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EmbeddedEngine]]:
    """Two engines that share what is loaded; the second finds the fork server of the first."""
    monkeypatch.setenv(SHARED, str(tmp_path))
    with ExitStack() as stack:
        yield [stack.enter_context(closing(EmbeddedEngine(current(tiny.state), tiny))) for _ in range(2)]


def ask(engine: EmbeddedEngine) -> bool:
    """Whether an engine answers."""
    return b"true" in engine.query("ASK { ?s ?p ?o }", accept="application/sparql-results+json").read()


def process(engine: EmbeddedEngine) -> subprocess.Popen[bytes]:
    """The fork server that an engine started."""
    assert engine.fork_server.process
    return engine.fork_server.process


def worker(engine: EmbeddedEngine) -> int:
    """The id of the only worker of an engine."""
    (found,) = engine.pool.workers
    return found.pid


def test_the_second_process_starts_nothing(engines: list[EmbeddedEngine]) -> None:
    """Both get rows in the same order, from workers of their own."""
    first, second = engines
    assert ask(first)
    assert ask(second)
    assert second.fork_server.process is None
    assert worker(first) != worker(second)
    assert first.order() == second.order()


def test_a_client_that_leaves_takes_its_own_workers_only(engines: list[EmbeddedEngine]) -> None:
    """The process that started the fork server leaves; it ends with the other one."""
    first, second = engines
    assert ask(first)
    assert ask(second)
    started, left, kept = process(first), worker(first), worker(second)
    first.close()
    assert ended(left)
    assert ask(second)
    assert worker(second) == kept
    assert started.poll() is None
    second.close()
    assert started.wait(5) == 0
    assert ended(kept)


def test_a_client_cannot_end_the_worker_of_another(engines: list[EmbeddedEngine]) -> None:
    """An order to end a process that is not one's own is ignored."""
    first, second = engines
    assert ask(first)
    assert ask(second)
    second.fork_server.kill(worker(first))
    kept = worker(first)
    assert ask(second)  # after this, the order has been read
    second.fork_server.fork().kill()
    assert ask(first)
    assert worker(first) == kept


def test_a_lost_fork_server_is_started_again_once(engines: list[EmbeddedEngine]) -> None:
    """The first that needs it starts it, and the other one connects to that."""
    first, second = engines
    assert ask(first)
    assert ask(second)
    process(first).kill()
    process(first).wait()
    assert ended(worker(first))
    assert ended(worker(second))
    assert ask(second)
    assert ask(first)
    assert process(second).poll() is None
    assert first.fork_server.process is None


def test_a_fork_server_that_nobody_needs_any_more_is_started_again(
    engines: list[EmbeddedEngine], tiny: Settings
) -> None:
    """The socket of one that has ended is no obstacle."""
    for engine in engines:
        assert ask(engine)
    started = process(engines[0])
    for engine in engines:
        engine.close()
    assert started.wait(5) == 0
    with closing(EmbeddedEngine(current(tiny.state), tiny)) as another:
        assert ask(another)
        assert process(another).poll() is None


def test_other_data_have_another_fork_server(tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So have other limits."""
    monkeypatch.setenv(SHARED, str(tmp_path))
    with ExitStack() as stack:
        for megabytes in (500, 600):
            settings = Settings(files=tiny.files, state=tiny.state, query_memory_mb=megabytes)
            engine = stack.enter_context(closing(EmbeddedEngine(current(tiny.state), settings)))
            assert ask(engine)
            assert process(engine).poll() is None
