"""A query may call the endpoints on the list with SERVICE; the engine joins what they answer, and calls none itself."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from uphold.build.writing import write_index
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import QueryForbidden, QuerySyntaxError, QueryTimeout, ServiceFailed, ServiceForbidden
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

if TYPE_CHECKING:
    from tests.engines.conftest import Endpoint

HIDDEN = sorted((Path(__file__).parents[1] / "sparql" / "queries").glob("service-*.rq"))
SHAPES = sorted((Path(__file__).parent / "federated").glob("*.rq"))
BLANK = re.compile(r"<BlankNode value=\w+>")
NOBODY = "http://127.0.0.1:9/sparql"
Start = Callable[..., EmbeddedEngine]


@pytest.fixture(scope="module")
def start(tiny: Settings) -> Iterator[Start]:
    """Starts an engine that may call some endpoints, or returns one that may call the same; closes them."""
    with ExitStack() as stack:

        @cache
        def engine(*allowed: str, **more: Any) -> EmbeddedEngine:
            given = {"service_allowlist": " ".join(allowed), "service_private_networks": "127.0.0.1", **more}
            made = EmbeddedEngine(
                current(tiny.state), Settings(files=tiny.files, state=tiny.state, query_workers=1, **given)
            )
            stack.callback(made.close)
            return made

        yield engine


def rows(engine: EmbeddedEngine, text: str, **options: Any) -> list[dict[str, Any]]:
    """The solutions of a query."""
    found = json.loads(engine.query(text, accept="application/sparql-results+json", **options).read())
    return list(found["results"]["bindings"])


def solutions(names: str, *rows: dict[str, Any]) -> str:
    """What an endpoint answers."""
    return json.dumps({"head": {"vars": names.split()}, "results": {"bindings": rows}})


def test_a_query_joins_its_own_data_with_those_of_another_server(served: str, start: Start) -> None:
    """The other one is a whole server with the same data, so each call is found to have the label that it has."""
    other = f"{served}/sparql"
    joined = (
        f"SELECT ?call ?label {{ ?call a uphold:CallToAction SERVICE <{other}> {{ ?call skos:prefLabel ?label }} }}"
    )
    alone = "SELECT ?call ?label { ?call a uphold:CallToAction ; skos:prefLabel ?label }"
    engine = start(other)
    found, wanted = (sorted(json.dumps(row, sort_keys=True) for row in rows(engine, text)) for text in (joined, alone))
    assert len(wanted) == 9
    assert found == wanted


@pytest.fixture(scope="module")
def own_service(tiny: Settings) -> ox.Store:
    """The same data in a store of the engine that calls other endpoints itself."""
    quads = list(ox.parse(path=str(current(tiny.state).data), format=ox.RdfFormat.N_QUADS))
    store = ox.Store()
    store.bulk_extend(quads)
    store.bulk_extend(ox.Quad(*quad.triple) for quad in quads)
    return store


@pytest.mark.parametrize("case", SHAPES, ids=lambda case: case.stem)
def test_the_rows_are_those_of_the_engines_own_service(
    served: str, start: Start, tiny: Settings, own_service: ox.Store, case: Path
) -> None:
    """Wherever the clause is in the query; the other server has the same data."""
    text = case.read_text("utf-8").replace("ENDPOINT", f"{served}/sparql").replace("NOBODY", NOBODY)
    snapshot = current(tiny.state)
    wanted = own_service.query(text, base_iri=snapshot.base, prefixes=snapshot.prefixes)
    assert isinstance(wanted, ox.QuerySolutions)
    names = [variable.value for variable in wanted.variables]
    content = start(f"{served}/sparql", NOBODY).query(text, accept="application/sparql-results+json").read()
    found = ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    assert {variable.value for variable in found.variables} == set(names)
    wanted_rows, found_rows = (rows_as_text(rows, names) for rows in (wanted, found))
    assert found_rows == wanted_rows
    assert bool(found_rows) == (case.stem != "no-solutions")


def test_a_graph_is_made_from_what_another_server_says(served: str, start: Start) -> None:
    """CONSTRUCT, with the endpoint as a prefixed name and an aggregate on the other side."""
    text = f"""PREFIX other: <{served}/>
        CONSTRUCT {{ <urn:calls> <urn:number> ?n }} WHERE {{
          SERVICE other:sparql {{ SELECT (COUNT(?call) AS ?n) {{ ?call a uphold:CallToAction }} }} }}"""
    answer = start(f"{served}/sparql").query(text, accept="application/n-triples").read()
    assert answer == b'<urn:calls> <urn:number> "9"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'


def test_an_endpoint_that_is_not_on_the_list_is_refused_by_name(endpoint: Endpoint, start: Start) -> None:
    """Before any request, also to the others, and also with SILENT or within another clause."""
    engine = start(endpoint.address)
    listed, other = f"SERVICE <{endpoint.address}>", "SERVICE SILENT <http://other.example/sparql> { ?s ?p ?o }"
    for clauses in (f"{listed} {{ ?s ?p ?o }} {other}", f"{listed} {{ {other} }}"):
        with pytest.raises(ServiceForbidden, match=r"may not call the endpoint http://other\.example/sparql"):
            rows(engine, f"SELECT * {{ {clauses} }}")
    assert endpoint.requests == []


@pytest.mark.parametrize("index", ["memory", "disk"])
def test_no_query_calls_what_is_not_on_the_list(tiny: Settings, tmp_path: Path, index: str) -> None:
    """However it hides the clause, and also over an index on disk: a listener hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        state = Path(shutil.copytree(tiny.state, tmp_path / "state", symlinks=True))
        settings = replace(tiny, state=state, service_allowlist="http://one.example/")
        if index == "disk":
            write_index(current(state).folder, unnamed=False, union=False)
            settings = replace(settings, in_memory_max_quads=0)
        with closing(EmbeddedEngine(current(state), settings)) as engine:
            assert rows(engine, "SELECT * { ?s ?p ?o } LIMIT 1")
            for case in HIDDEN:
                text = case.read_text("utf-8")
                if text.startswith("# expects: query-forbidden"):
                    with pytest.raises((QueryForbidden, QuerySyntaxError)):
                        rows(engine, text.replace(":9/", f":{port}/"))
        with pytest.raises(TimeoutError):
            listener.accept()


def test_more_clauses_than_may_be_are_refused(endpoint: Endpoint, start: Start) -> None:
    """The limit is on the clauses of a query."""
    engine = start(endpoint.address, service_max_calls=2)
    clause = f"SERVICE <{endpoint.address}> {{ ?s ?p ?o }} "
    endpoint.answers(solutions("s p o"))
    assert rows(engine, f"SELECT * {{ {clause * 2} }}") == []
    with pytest.raises(ServiceForbidden, match="3 SERVICE clauses; at most 2"):
        rows(engine, f"SELECT * {{ {clause * 3} }}")


def test_equal_clauses_are_requested_once(endpoint: Endpoint, start: Start) -> None:
    """Not once for each row, nor for each clause."""
    endpoint.answers(solutions("x", {"x": {"type": "literal", "value": "a"}}))
    clause = f"SERVICE <{endpoint.address}> {{ ?s ?p ?x }}"
    assert len(rows(start(endpoint.address), f"SELECT * {{ ?a a uphold:CallToAction {clause} {clause} }}")) == 9
    assert len(endpoint.requests) == 1


def test_every_kind_of_term_arrives_as_it_is(endpoint: Endpoint, start: Start) -> None:
    """With language and datatype, with every character, and unbound where it is."""
    sent = [
        {"x": {"type": "uri", "value": "http://example.org/é?service=1#a"}},
        {"x": {"type": "literal", "value": "\"'\\ \n\t\r\b\f \\u0041 {} é 🦆"}},
        {"x": {"type": "literal", "value": "Dienst", "xml:lang": "de-at"}},
        {"x": {"type": "literal", "value": "1", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}},
        {"x": {"type": "literal", "value": "SERVICE <http://127.0.0.1/> { ?s ?p ?o } \\SERVICE"}},
        {},
    ]
    endpoint.answers(solutions("x", *sent))
    found = rows(start(endpoint.address), f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?x }} }}")
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, sent))


def test_a_blank_node_stays_one_and_distinct(endpoint: Endpoint, start: Start) -> None:
    """The same within one answer, another one in the next, though the labels are alike."""
    node, iri = {"type": "bnode", "value": "b0"}, {"type": "uri", "value": "urn:a"}
    endpoint.answers(solutions("x y", {"x": node, "y": node}, {"x": iri}, {}))
    text = f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?x ?p ?y }} SERVICE <{endpoint.address}> {{ ?z ?q ?y }} }}"
    endpoint.reply = alternating(
        endpoint, solutions("x y", {"x": node, "y": node}, {"x": iri}, {}), solutions("z", {"z": node})
    )
    found = rows(start(endpoint.address), text)
    first = next(row for row in found if "y" in row)
    assert first["x"] == first["y"] != first["z"]
    assert first["x"]["type"] == first["z"]["type"] == "bnode"
    assert {"x": iri, "z": first["z"]} in found
    assert {"z": first["z"]} in found


def test_a_pattern_without_variables_counts_its_solutions(endpoint: Endpoint, start: Start) -> None:
    """There may be several that bind nothing."""
    endpoint.answers(solutions("", {}, {}))
    assert rows(start(endpoint.address), f"SELECT * {{ SERVICE <{endpoint.address}> {{ <urn:a> ?p <urn:b> }} }}") == [
        {},
        {},
    ]


def test_two_large_answers_are_joined_within_the_time(endpoint: Endpoint, start: Start) -> None:
    """By hash, not each row with each."""
    many = [{"x": {"type": "literal", "value": str(number)}} for number in range(20_000)]
    endpoint.answers(solutions("x", *many))
    one, two = (f"SERVICE <{endpoint.address}> {{ ?{name} ?p ?x }}" for name in "ab")
    found = rows(start(endpoint.address), f"SELECT (COUNT(*) AS ?n) {{ {one} {two} }}")
    assert found[0]["n"]["value"] == "20000"


@pytest.mark.parametrize(
    "answer",
    [
        *("", "<html/>", "[]", "{}", '{"head": {}, "boolean": true}', "[" * 100_000),
        *(solutions("x", {"x": term}) for term in ("a", {}, {"type": "uri"}, {"type": "triple", "value": {}})),
        solutions("x", {"x": {"type": "uri", "value": "http://a> } SERVICE <http://b> {"}}),
        solutions("x", {"x": {"type": "uri", "value": "relative"}}),
        solutions("x", {"x": {"type": "literal", "value": "a", "xml:lang": "en . ?s"}}),
        solutions("x", {"x": {"type": "literal", "value": "a", "datatype": "not an iri"}}),
        solutions("x", {"x": {"type": "literal", "value": 1}}),
        *(solutions(names) for names in ("x x", "?x", "x)", "x}")),
    ],
)
def test_what_is_not_an_answer_is_never_part_of_a_query(endpoint: Endpoint, start: Start, answer: str) -> None:
    """It is reported as a fault of the endpoint; with SILENT the query continues with one empty solution."""
    endpoint.answers(answer)
    engine = start(endpoint.address)
    with pytest.raises(ServiceFailed, match="did not answer with SPARQL results") as caught:
        rows(engine, f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?x }} }}")
    assert caught.value.status == 502
    assert rows(engine, f"SELECT * {{ SERVICE SILENT <{endpoint.address}> {{ ?s ?p ?x }} }}") == [{}]


def test_an_endpoint_that_is_too_slow_has_its_own_time(endpoint: Endpoint, start: Start) -> None:
    """The setting limits it; the deadline of the query does so too."""
    endpoint.reply = lambda _: time.sleep(1)
    engine = start(endpoint.address, service_timeout=0.2)
    with pytest.raises(ServiceFailed, match="did not answer in time"):
        rows(engine, f"SELECT * {{ SERVICE <{endpoint.address}> {{ ?s ?p ?x }} }}")
    assert rows(engine, f"SELECT * {{ SERVICE SILENT <{endpoint.address}> {{ ?s ?p ?x }} }}") == [{}]
    with pytest.raises(QueryTimeout):
        rows(engine, f"SELECT * {{ SERVICE SILENT <{endpoint.address}> {{ ?s ?p ?x }} }}", deadline=0.1)


def test_a_fault_after_a_clause_is_reported_at_its_line(endpoint: Endpoint, start: Start) -> None:
    """The answer replaces the clause, and what follows stays where it was."""
    endpoint.answers(solutions("x"))
    text = f"SELECT * {{\n SERVICE <{endpoint.address}> {{\n ?s ?p ?x }}\n ?s ?p }}"
    with pytest.raises(QuerySyntaxError) as caught:
        rows(start(endpoint.address), text)
    assert (caught.value.line, caught.value.column) == (4, 8)


def rows_as_text(found: ox.QuerySolutions, names: list[str]) -> list[str]:
    """The rows in one order, with blank nodes without their labels, which mean nothing."""
    return sorted(BLANK.sub("[]", str([row[name] for name in names])) for row in found)


def alternating(endpoint: Endpoint, *answers: str) -> Callable[[Any], None]:
    """Answers in turn."""
    given = iter(answers)

    def reply(request: Any) -> None:
        endpoint.answers(next(given))
        once, endpoint.reply = endpoint.reply, reply
        once(request)

    return reply
