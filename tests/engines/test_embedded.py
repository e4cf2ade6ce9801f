"""The embedded engine answers within limits, and no query costs more than its worker."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from uphold.engines.interface import Dataset
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import (
    ClientDisconnected,
    LimitExceeded,
    MemoryLimitExceeded,
    NotAcceptable,
    QueryForbidden,
    QuerySyntaxError,
    QueryTimeout,
    ServerBusy,
)
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (?c != ?f && ?f != ?i) }"
GREEDY = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i"
DEEP_TERM = "ASK { FILTER (" + " || ".join(f"?x = {n}" for n in range(12_000)) + ") }"
HOSTILE = {
    "cross product": ENDLESS,
    "order by over a cross product": GREEDY,
    "path between unbound ends": "SELECT (COUNT(*) AS ?n) WHERE { ?a (<urn:x>|!<urn:y>)* ?b . ?b (!<urn:z>)* ?c }",
    "string doubling": "SELECT ?z WHERE { BIND ('aaaaaaaa' AS ?x0) "
    + " ".join(f"BIND (CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(30))
    + " BIND (STRLEN(?x30) AS ?z) }",
    "long chain of alternatives": DEEP_TERM,
    "many branches": "SELECT * WHERE { " + " UNION ".join("{ ?s ?p ?o }" for _ in range(5_000)) + " }",
    "long path": "PREFIX : <urn:x> ASK { ?s " + "/".join([":"] * 50_000) + " ?o }",
    "many expressions": "SELECT " + " ".join(f"(1 AS ?x{n})" for n in range(10_000)) + " {}",
    "annotations in one another": "ASK { ?s ?p ?o " + "{| ?p ?o " * 99 + "|}" * 99 + " }",
    "EXISTS in EXISTS": "ASK { " + "FILTER EXISTS { ?s ?p ?o " * 90 + "}" * 90 + " }",
    "many patterns": "SELECT * WHERE { " + " ".join(f"?s{n} ?p{n} ?s{n + 1} ." for n in range(600)) + " }",
}


@pytest.fixture(scope="module")
def engine(tiny: Settings) -> Iterator[EmbeddedEngine]:
    """An engine with tight limits."""
    tight = Settings(
        files=tiny.files,
        state=tiny.state,
        query_timeout=1.5,
        query_memory_mb=500,
        query_workers=2,
        query_queue_timeout=1.0,
    )
    made = EmbeddedEngine(current(tight.state), tight)
    yield made
    made.close()


def ask(engine: EmbeddedEngine, text: str) -> bool:
    """The answer to an ASK query."""
    return bool(json.loads(engine.query(text, accept="application/sparql-results+json").read())["boolean"])


def rows(engine: EmbeddedEngine, text: str, dataset: Dataset | None = None) -> list[str]:
    """The lines of a CSV answer, without the head."""
    return engine.query(text, accept="text/csv", dataset=dataset).read().decode().splitlines()[1:]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_gets_an_answer_or_a_clean_error(engine: EmbeddedEngine, name: str) -> None:
    """It ends by its deadline or its memory, and a simple query right after is answered."""
    began = time.monotonic()
    with suppress(LimitExceeded):
        engine.query(HOSTILE[name], accept="text/csv").read()
    assert time.monotonic() - began < 6
    assert ask(engine, "ASK { ?s ?p ?o }")


def test_a_query_past_its_deadline_says_how_long_it_had(engine: EmbeddedEngine) -> None:
    """A caller may ask for less time, never for more."""
    with pytest.raises(QueryTimeout, match=r"0\.2 s"):
        engine.query(ENDLESS, accept="text/csv", deadline=0.2)
    with pytest.raises(QueryTimeout, match=r"1\.5 s"):
        engine.query(ENDLESS, accept="text/csv", deadline=60)


def test_a_query_out_of_memory_says_how_much_it_had(tiny: Settings) -> None:
    """The kernel's limit ends the worker; the server reports the limit. On a busy machine that takes a while."""
    patient = Settings(files=tiny.files, state=tiny.state, query_memory_mb=500)
    engine = EmbeddedEngine(current(patient.state), patient, workers=1)
    with pytest.raises(MemoryLimitExceeded, match="500 MB"):
        engine.query(HOSTILE["string doubling"], accept="text/csv")
    engine.close()


def test_when_all_workers_are_taken_a_query_waits_only_so_long(engine: EmbeddedEngine) -> None:
    """The third of three endless queries gets an error that says when to try again."""
    errors: list[str] = []

    def run() -> None:
        try:
            engine.query(ENDLESS, accept="text/csv")
        except LimitExceeded as error:
            errors.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    with pytest.raises(ServerBusy):
        engine.query("ASK {}", accept="application/sparql-results+json")
    for thread in threads:
        thread.join()
    assert errors == ["query-timeout"] * 2


def test_an_answer_that_nobody_reads_on_is_stopped(engine: EmbeddedEngine) -> None:
    """Closing an answer frees its place at once."""
    for _ in range(4):
        answer = engine.query("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", accept="text/csv")
        next(answer.chunks)
        answer.chunks.close()
    assert ask(engine, "ASK { ?s ?p ?o }")


def test_a_worker_killed_while_idle_costs_nobody_an_answer(engine: EmbeddedEngine) -> None:
    """The next query gets another worker."""
    assert ask(engine, "ASK {}")
    for worker in list(engine.pool.workers):
        os.kill(worker.pid, signal.SIGKILL)
        assert select.select([worker.channel], [], [], 5)[0]
    assert ask(engine, "ASK { ?s ?p ?o }")


def test_service_is_refused_before_any_request(engine: EmbeddedEngine) -> None:
    """No query calls another server: a listening socket hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(QueryForbidden):
            engine.query(f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}", accept="text/csv")
        assert rows(engine, f"SELECT * FROM <{address}> {{ ?s ?p ?o }}") == []
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_file_named_by_from_is_an_empty_graph(engine: EmbeddedEngine) -> None:
    """FROM names graphs of the data set; it reads no file."""
    assert rows(engine, "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }") == []


def test_the_default_graph_holds_each_triple_once(engine: EmbeddedEngine) -> None:
    """The default graph is the union of the named ones, as a set: what two graphs say is counted once."""
    twice = "SELECT (COUNT(*) AS ?n) { { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } } }"
    assert rows(engine, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == rows(engine, twice)


def test_a_blank_node_is_the_same_node_in_the_default_graph_and_in_its_own(engine: EmbeddedEngine) -> None:
    """A query may walk from one to the other."""
    path = "{ ?shape <http://www.w3.org/ns/shacl#sparql> ?rule . GRAPH ?g { ?rule ?p ?o } FILTER (ISBLANK(?rule)) }"
    assert rows(engine, f"SELECT (COUNT(*) > 0 AS ?some) {path}") == ["true"]


def test_a_dataset_given_with_the_request_comes_before_the_query_s_own(engine: EmbeddedEngine) -> None:
    """SPARQL 1.1 Protocol, 2.1.4."""
    graphs = rows(engine, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert len(graphs) > 1
    only = Dataset(default=(graphs[0],))
    size = rows(engine, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graphs[0]}> {{ ?s ?p ?o }} }}")
    assert rows(engine, f"SELECT (COUNT(*) AS ?n) FROM <{graphs[1]}> {{ ?s ?p ?o }}", only) == size


def test_a_form_that_does_not_fit_the_query_is_refused_with_those_that_do(engine: EmbeddedEngine) -> None:
    """A graph is not CSV."""
    with pytest.raises(NotAcceptable, match="text/turtle"):
        engine.query("CONSTRUCT WHERE { ?s ?p ?o }", accept="text/csv")


def test_a_query_that_does_not_parse_is_reported_with_line_and_column(engine: EmbeddedEngine) -> None:
    """Both count from 1."""
    with pytest.raises(QuerySyntaxError) as caught:
        engine.query("SELECT ?s WHERE {\n  ?s ?p }", accept="text/csv")
    assert caught.value.line == 2
    assert caught.value.column


def test_lost_workers_are_replaced_at_once(engine: EmbeddedEngine) -> None:
    """A query right after others that cost their workers, all of them, does not wait for a process to start."""
    losing = [threading.Thread(target=lambda: suppressed(engine)) for _ in range(2)]
    for thread in losing:
        thread.start()
    for thread in losing:
        thread.join()
    began = time.monotonic()
    assert ask(engine, "ASK { ?s ?p ?o }")
    assert time.monotonic() - began < 0.2


def test_a_lost_fork_server_is_restarted(tiny: Settings) -> None:
    """Its workers end with it, and the next query gets one from a new fork server."""
    engine = EmbeddedEngine(current(tiny.state), tiny)
    assert ask(engine, "ASK { ?s ?p ?o }")
    (worker,) = engine.pool.workers
    assert engine.fork_server.process
    engine.fork_server.process.kill()
    assert select.select([worker.channel], [], [], 5)[0]
    assert ask(engine, "ASK { ?s ?p ?o }")
    engine.close()


def test_a_query_that_nobody_waits_for_any_more_is_stopped(engine: EmbeddedEngine) -> None:
    """Long before its deadline."""
    began = time.monotonic()
    with pytest.raises(ClientDisconnected):
        engine.query(ENDLESS, accept="text/csv", wanted=lambda: time.monotonic() - began < 0.3)
    assert time.monotonic() - began < 1.0


def test_pages_have_workers_of_their_own(engine: EmbeddedEngine) -> None:
    """Endless queries of others delay no page, and both return rows in the same order."""
    pages = engine.beside(workers=1)
    everything = "SELECT * { ?s ?p ?o }"
    assert rows(pages, everything) == rows(engine, everything)
    endless = [threading.Thread(target=lambda: suppressed(engine)) for _ in range(2)]
    for thread in endless:
        thread.start()
    began = time.monotonic()
    assert ask(pages, "ASK { ?s ?p ?o }")
    assert time.monotonic() - began < 0.5
    for thread in endless:
        thread.join()
    pages.close()
    assert ask(engine, "ASK { ?s ?p ?o }")


def suppressed(engine: EmbeddedEngine) -> None:
    """Run an endless query to its deadline."""
    with suppress(LimitExceeded):
        engine.query(ENDLESS, accept="text/csv", deadline=1.0)


def test_a_query_past_the_queue_is_refused_at_once(tiny: Settings) -> None:
    """With one running and one waiting, the third does not wait."""
    narrow = Settings(
        files=tiny.files,
        state=tiny.state,
        query_timeout=1.5,
        query_workers=1,
        query_queue_size=1,
        query_queue_timeout=5.0,
    )
    engine = EmbeddedEngine(current(narrow.state), narrow)
    codes: list[str] = []

    def run() -> None:
        try:
            engine.query(ENDLESS, accept="text/csv")
        except LimitExceeded as error:
            codes.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    with pytest.raises(ServerBusy, match="1 queries are waiting"):
        engine.query("ASK {}", accept="text/csv")
    assert time.monotonic() - began < 0.2
    for thread in threads:
        thread.join()
    assert codes == ["query-timeout"] * 2
    assert ask(engine, "ASK {}")
    engine.close()
