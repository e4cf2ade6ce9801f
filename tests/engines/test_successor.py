"""A changed snapshot is served by a fork of the process that has loaded the one before, as if it had been loaded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.processes import ended, runs
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.engines.processes.client import SHARED
from uphold.errors import SnapshotNotFound
from uphold.settings import Settings
from uphold.snapshots.change import Change, Step
from uphold.snapshots.snapshot import METADATA, Snapshot, current
from uphold.snapshots.steps import quads_of, write_step

GRAPHS = ("urn:g:a", "urn:g:b", "")


def in_graphs(graphs: dict[str, set[str]]) -> bytes:
    """The statements of some graphs as N-Quads."""
    lines = [f"{line} <{name}> .\n" if name else f"{line} .\n" for name, some in graphs.items() for line in some]
    return "".join(sorted(lines)).encode()


def written(folder: Path, graphs: dict[str, set[str]], base: Snapshot) -> Snapshot:
    """A snapshot on disk with these graphs."""
    folder.mkdir(parents=True)
    (folder / "search").symlink_to(base.search)
    (folder / "data.nq").write_bytes(in_graphs(graphs))
    (folder / "union.nt").write_bytes(in_graphs({"": set().union(*graphs.values())}))
    filled = {name: len(some) for name, some in graphs.items() if some}
    quads, triples = sum(filled.values()), len(set().union(*graphs.values()))
    made = replace(base, id=folder.name, folder=folder, graphs=filled, quads=quads, triples=triples)
    metadata = {name: value for name, value in asdict(made).items() if name != "folder"}
    (folder / METADATA).write_text(json.dumps(metadata), "utf-8")
    return Snapshot.open(folder)


def rows(engine: EmbeddedEngine, query: str) -> list[tuple[str, ...]]:
    """The sorted rows of a query."""
    found = json.loads(engine.query(query, accept="application/sparql-results+json").read())
    return sorted(tuple(row[name]["value"] for name in sorted(row)) for row in found["results"]["bindings"])


def text(engine: EmbeddedEngine, query: str) -> bytes:
    """The result of a query as it is sent, in the order of the engine."""
    return engine.query(query, accept="text/csv").read()


QUERIES = (
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?s ?p ?o FROM <urn:g:a> { ?s ?p ?o }",
    "SELECT ?s ?p ?o FROM <urn:g:a> FROM <urn:g:b> { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT DISTINCT ?g { GRAPH ?g { } }",
)


def change(chance: random.Random, graphs: dict[str, set[str]]) -> tuple[dict[str, set[str]], Change]:
    """A few statements less and more, some of which are in another graph too; now and then a graph ends or begins."""
    after = {name: set(some) for name, some in graphs.items()}
    for name in GRAPHS:
        some = sorted(after[name])
        after[name] -= set(some if chance.random() < 0.1 else chance.sample(some, min(len(some), 3)))
        numbers = [chance.randrange(30) for _ in range(chance.randrange(4))]
        after[name] |= {f"<urn:s:{n % 5}> <urn:p:{n % 3}> <urn:o:{n}>" for n in numbers}
    removed = {name: graphs[name] - after[name] for name in GRAPHS}
    added = {name: after[name] - graphs[name] for name in GRAPHS}
    return after, Change(in_graphs(removed), in_graphs(added))


@pytest.mark.parametrize("shared", [False, True])
def test_a_successor_answers_as_if_its_data_had_been_loaded(
    tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """Over many changes of three graphs, one of them unnamed, which come to share statements."""
    if shared:
        monkeypatch.setenv(SHARED, str(tmp_path))
    chance, base = random.Random(5), current(tiny.state)  # noqa: S311 not for secrets
    graphs: dict[str, set[str]] = {name: set() for name in GRAPHS}
    before = written(tmp_path / "snapshots" / f"{0:064x}", graphs, base)
    sharing = 0
    with ExitStack() as stack:
        engine = stack.enter_context(closing(EmbeddedEngine(before, tiny)))
        assert rows(engine, QUERIES[0]) == []
        for number in range(1, 7):
            graphs, made = change(chance, graphs)
            whole = written(tmp_path / "whole" / f"{number:064x}", graphs, base)
            sharing += whole.shares_triples
            snapshot = changed(before, whole, number, made)
            engine = stack.enter_context(closing(engine.successor(snapshot, [Step(snapshot.id, made)])))
            assert engine.fork_server.process is None
            with closing(EmbeddedEngine(whole, tiny)) as loaded:
                for query in QUERIES:
                    assert rows(engine, query) == rows(loaded, query), (number, query)
            with closing(EmbeddedEngine(snapshot, replace(tiny, query_memory_mb=999))) as again:
                assert again.order() == engine.order()
                for query in QUERIES:
                    assert text(again, query) == text(engine, query), (number, query)
    assert 0 < sharing < 6


def changed(built: Snapshot, whole: Snapshot, entry: int, made: Change) -> Snapshot:
    """The snapshot that writes have made of a built one: its folder has the metadata only."""
    folder = built.folder.with_name(whole.id)
    folder.mkdir()
    found = replace(whole, folder=folder, built_on=built.id, first_entry=1, entry=entry)
    metadata = {name: value for name, value in asdict(found).items() if name != "folder"}
    (folder / METADATA).write_text(json.dumps(metadata), "utf-8")
    write_step(found, made)
    return Snapshot.open(folder)


def test_the_data_of_a_written_snapshot_are_those_of_the_built_one_with_all_steps(
    tiny: Settings, tmp_path: Path
) -> None:
    """Read without an engine."""
    chance, base = random.Random(6), current(tiny.state)  # noqa: S311 not for secrets
    graphs: dict[str, set[str]] = {name: set() for name in GRAPHS}
    built = written(tmp_path / "snapshots" / f"{0:064x}", graphs, base)
    for number in range(1, 6):
        graphs, made = change(chance, graphs)
        snapshot = changed(built, written(tmp_path / "whole" / f"{number:064x}", graphs, base), number, made)
        expected = ox.Dataset(ox.parse(in_graphs(graphs), format=ox.RdfFormat.N_QUADS))
        assert {*quads_of(snapshot)} == {*expected}
    (tmp_path / "steps" / built.id / "3").unlink()
    with pytest.raises(SnapshotNotFound, match="missing"):
        quads_of(snapshot)


@pytest.fixture
def pair(tiny: Settings, tmp_path: Path) -> Iterator[Callable[[], tuple[EmbeddedEngine, EmbeddedEngine]]]:
    """An engine, and a function that makes its successor with one more statement."""
    base = current(tiny.state)
    graphs = {"urn:g:a": {"<urn:s> <urn:p> <urn:o>"}}
    first = written(tmp_path / f"{1:064x}", graphs, base)
    second = written(tmp_path / f"{2:064x}", {**graphs, "urn:g:b": {"<urn:s> <urn:p> <urn:new>"}}, base)
    with ExitStack() as stack:
        engine = stack.enter_context(closing(EmbeddedEngine(first, tiny)))

        def succeed() -> tuple[EmbeddedEngine, EmbeddedEngine]:
            made = engine.successor(second, [Step(second.id, Change(added=b"<urn:s> <urn:p> <urn:new> <urn:g:b> .\n"))])
            return engine, stack.enter_context(closing(made))

        yield succeed


COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def test_the_engine_before_is_not_disturbed(pair: Callable[[], tuple[EmbeddedEngine, EmbeddedEngine]]) -> None:
    """Workers of both work side by side, each on its data, also those that are forked later."""
    engine, successor = pair()
    assert rows(engine, COUNT) == [("1",)]
    assert rows(successor, COUNT) == [("2",)]
    for worker in list(engine.pool.workers):
        worker.kill()
    assert rows(engine, COUNT) == [("1",)]
    assert engine.order() != successor.order()


def test_a_successor_outlives_the_process_that_it_was_forked_from(
    pair: Callable[[], tuple[EmbeddedEngine, EmbeddedEngine]],
) -> None:
    """The first process ends with its last client; its workers end with it, those of the successor do not."""
    engine, successor = pair()
    assert rows(engine, COUNT) == [("1",)]
    assert rows(successor, COUNT) == [("2",)]
    (old,), (new,) = engine.pool.workers, successor.pool.workers
    process = engine.fork_server.process
    assert process
    engine.close()
    assert ended(old.pid)
    assert process.wait(5) is not None
    assert runs(new.pid)
    assert rows(successor, COUNT) == [("2",)]
    successor.close()
    assert ended(new.pid)


def test_without_the_process_before_the_data_are_loaded(
    pair: Callable[[], tuple[EmbeddedEngine, EmbeddedEngine]], tiny: Settings
) -> None:
    """It was lost."""
    engine, _ = pair()
    assert engine.fork_server.process
    engine.fork_server.wait_until_loaded()
    engine.fork_server.process.kill()
    engine.fork_server.process.wait()
    _, successor = pair()
    assert successor.fork_server.process
    assert rows(successor, COUNT) == [("2",)]


def test_a_lost_successor_is_loaded(pair: Callable[[], tuple[EmbeddedEngine, EmbeddedEngine]]) -> None:
    """It has no process to be forked from any more."""
    _, successor = pair()
    assert rows(successor, COUNT) == [("2",)]
    successor.fork_server.control.close()
    for worker in list(successor.pool.workers):
        assert ended(worker.pid)
    assert rows(successor, COUNT) == [("2",)]
    assert successor.fork_server.process
