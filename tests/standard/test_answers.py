"""Answers are those of the standard: of our engine, and of others about the same data with a real default graph."""

from __future__ import annotations

import json
import re
import subprocess
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins import sparql

from tests.standard.cases import BASE, CASES, DATA, Case, Found, key
from tests.standard.node import node_command, skip_without_packages
from uphold.build.writing import write_data, write_metadata
from uphold.engines.interface import Dataset
from uphold.engines.oxigraph.datasets import Data, Refusal
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import QueryNotSupported, QuerySyntaxError
from uphold.rdf.graphs import graphs_of
from uphold.settings import Settings
from uphold.snapshots.identity import canonical
from uphold.snapshots.snapshot import Snapshot
from uphold.sparql.guard import Inspected, Limits, inspect

HERE = Path(__file__).parent
CONCERNED: dict[str, list[str]] = tomllib.loads((HERE / "concerned.toml").read_text("utf-8"))
REFUSED: dict[str, dict[str, Any]] = tomllib.loads((HERE / "refused.toml").read_text("utf-8"))


@contextmanager
def engine_of(trig: str, folder: Path) -> Iterator[EmbeddedEngine]:
    """The engine about some data."""
    graphs = canonical(graphs_of(ox.parse(trig, format=ox.RdfFormat.TRIG)))
    write_data(graphs, folder)
    (folder / "search").mkdir()
    write_metadata(graphs, folder, BASE, {})
    with closing(EmbeddedEngine(Snapshot.open(folder), Settings(), workers=1)) as made:
        yield made


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    """The engine about the data of the cases."""
    with engine_of(DATA.read_text("utf-8"), tmp_path_factory.mktemp("snapshot")) as made:
        yield made


@pytest.fixture(scope="module")
def rdflib_data() -> rdflib.Dataset:
    """The data in rdflib, with the union as default graph."""
    data = rdflib.Dataset(default_union=False)
    data.parse(data=DATA.read_text("utf-8"), format="trig")
    for triple in {quad[:3] for quad in data.quads()}:
        data.default_graph.add(triple)
    return data


@pytest.fixture(scope="module")
def comunica() -> dict[str, Any]:
    """What Comunica returns for each case."""
    return comunica_answers(DATA.read_text("utf-8"))


def comunica_answers(trig: str) -> dict[str, Any]:
    """What Comunica returns for each case on some data."""
    skip_without_packages()
    task = {"trig": trig, "base": BASE, "queries": [case.query for case in CASES]}
    run = subprocess.run(
        [*node_command(), HERE / "comunica.mjs"], input=json.dumps(task).encode(), capture_output=True, check=True
    )
    return dict(zip([case.name for case in CASES], json.loads(run.stdout), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_answer_is_that_of_the_standard(engine: EmbeddedEngine, case: Case) -> None:
    """Each solution is there as often as it should be."""
    assert our_answer(engine, case) == case.expected


def our_answer(engine: EmbeddedEngine, case: Case) -> Found:
    """What our engine returns."""
    if case.variables:
        answer = json.loads(engine.query(case.query, accept="application/sparql-results+json").read())
        rows = answer["results"]["bindings"]
        return case.solutions({n: key(from_json(t)) for n, t in row.items()} for row in rows)
    if isinstance(case.expected, bool):
        answer = engine.query(case.query, accept="application/sparql-results+json").read()
        return bool(json.loads(answer)["boolean"])
    answer = engine.query(case.query, accept="application/n-triples").read()
    found = ox.parse(answer, format=ox.RdfFormat.N_TRIPLES)
    return Counter({(key(q.subject), key(q.predicate), key(q.object)) for q in found})


def test_our_answer_is_that_of_comunica_where_no_graphs_share_a_triple(tmp_path: Path) -> None:
    """The engine's union of all graphs is then the default graph, as with the data of a build."""
    trig = re.sub(r"  :s :p :o \.\n(?=  :b :n 2)|  :b :n 2 \.\n(?=  :c)", "", DATA.read_text("utf-8"))
    expected = comunica_answers(trig)
    with engine_of(trig, tmp_path) as engine:
        assert not engine.snapshot.shares_triples
        compared = [case for case in CASES if "comunica" not in case.departures]
        found = {case.name: our_answer(engine, case) for case in compared}
    assert found == {case.name: comunica_answer(expected[case.name], case) for case in compared}
    assert len(compared) > 50


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # what rdflib says of its own use of it
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rdflib_agrees_where_the_case_says_nothing_else(rdflib_data: rdflib.Dataset, case: Case) -> None:
    """And departs from it where the case says so."""
    assert (rdflib_answer(rdflib_data, case) == case.expected) == ("rdflib" not in case.departures)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_comunica_agrees_where_the_case_says_nothing_else(comunica: dict[str, Any], case: Case) -> None:
    """And departs from it where the case says so."""
    assert (comunica_answer(comunica[case.name], case) == case.expected) == ("comunica" not in case.departures)


def test_each_case_has_a_section() -> None:
    """The standard decides it, so it says where."""
    assert [case.name for case in CASES if not case.comments[0][0].isdigit()] == []
    assert len(CASES) > 80


def rdflib_answer(data: rdflib.Dataset, case: Case) -> Found | str:
    """What rdflib returns, or its error."""
    sparql.SPARQL_LOAD_GRAPHS = False
    try:
        result: Any = data.query(case.query, base=BASE)
        if result.type == "ASK":
            return bool(result.askAnswer)
        if result.type == "CONSTRUCT":
            return Counter({tuple(key(from_rdflib(term)) for term in triple) for triple in result})
        rows = [row.asdict() for row in result]
        return case.solutions({name: key(from_rdflib(term)) for name, term in row.items()} for row in rows)
    except Exception as problem:  # noqa: BLE001 whatever it raises is no answer
        return repr(problem)


def comunica_answer(answer: dict[str, Any], case: Case) -> Found | str:
    """What Comunica gave, or its error."""
    if "boolean" in answer:
        return bool(answer["boolean"])
    if "quads" in answer:
        return Counter({tuple(key(from_json(term)) for term in quad) for quad in answer["quads"]})
    if "rows" in answer:
        return case.solutions({n: key(from_json(t)) for n, t in row.items()} for row in answer["rows"])
    return str(answer["error"])


def from_json(term: dict[str, Any]) -> object:
    """A term in SPARQL JSON results, or as Comunica's script writes it."""
    if term["type"] in ("uri", "NamedNode"):
        return ox.NamedNode(term["value"])
    if term["type"] in ("bnode", "BlankNode"):
        return ox.BlankNode(term["value"])
    if language := term.get("xml:lang") or term.get("language"):
        return ox.Literal(term["value"], language=language)
    datatype = term.get("datatype")
    return ox.Literal(term["value"], datatype=ox.NamedNode(datatype) if datatype else None)


def from_rdflib(term: object) -> object:
    """A term of rdflib."""
    if isinstance(term, rdflib.Literal):
        datatype = ox.NamedNode(term.datatype) if term.datatype else None
        return ox.Literal(str(term), language=term.language, datatype=None if term.language else datatype)
    return ox.NamedNode(str(term)) if isinstance(term, rdflib.URIRef) else term and ox.BlankNode(str(term))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_correctly_is_refused(engine: EmbeddedEngine, name: str) -> None:
    """With the place, and what to write instead."""
    case = REFUSED[name]
    with pytest.raises(QueryNotSupported) as caught:
        engine.query(f"PREFIX : <{BASE}>\n{case['query']}", accept="text/csv")
    assert case["remedy"] in caught.value.remedy
    assert "place" not in case or [caught.value.line, caught.value.column] == case["place"]


def test_a_mistake_in_a_query_is_shown_at_its_place(engine: EmbeddedEngine) -> None:
    """In the text that was sent, also where the query would be rewritten."""
    with pytest.raises(QuerySyntaxError) as caught:
        engine.query(f"PREFIX : <{BASE}>\nSELECT * {{ GRAPH ?g {{ VALUES ?x {{ 1 }} }}\n :zz :p* }}", accept="text/csv")
    assert caught.value.line == 3


def test_the_graphs_of_a_request_are_one_default_graph(engine: EmbeddedEngine) -> None:
    """SPARQL 1.1 Protocol, 2.1.4: named twice, or sharing triples, they are one merge; unknown ones are empty."""
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

    def counted(*names: str) -> int:
        dataset = Dataset.of(tuple(f"{BASE}{name}" for name in names), ())
        return int(engine.query(count, accept="text/csv", dataset=dataset).read().split()[1])

    assert counted("g1", "g2") == 11
    assert counted("g1", "g1") == 7
    assert counted("g2", "g1", "g3", "nothing") == 18
    assert counted("nothing") == 0


def test_the_named_graphs_of_a_request_are_those_that_graph_is_about(engine: EmbeddedEngine) -> None:
    """18.6, and the protocol's data set comes before that of the query."""
    query = f"SELECT ?g FROM NAMED <{BASE}g3> {{ GRAPH ?g {{ VALUES ?x {{ 1 }} }} }}"
    dataset = Dataset.of((), (f"{BASE}g1", f"{BASE}nothing", f"{BASE}g1"))
    found = engine.query(query, accept="text/csv", dataset=dataset).read().decode().split()
    assert sorted(found[1:]) == [f"{BASE}g1", f"{BASE}nothing"]


def test_a_merge_that_is_too_large_is_refused(engine: EmbeddedEngine) -> None:
    """With what to write instead; the sizes of graphs are those of the snapshot."""
    large = replace(engine.snapshot, graphs={f"{BASE}{name}": 300_000 for name in ("g1", "g2", "g3")})
    data = Data(ox.Store(), large)
    with pytest.raises(Refusal, match="600,000 triples; at most 500,000") as caught:
        data.choose({"default": [f"{BASE}g1", f"{BASE}g2"], "named": []})
    assert "Name one graph" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "expected"), [(text, word == "yes") for word in CONCERNED for text in CONCERNED[word]]
)
def test_only_queries_that_may_be_concerned_are_read(text: str, *, expected: bool) -> None:
    """All others go to the engine as they are."""
    assert inspect(text, Limits.of(Settings())).may_depart == expected


@pytest.mark.parametrize(
    "piece", ["graph", "graph:", "a*", "(* ", "from ", ":", "?", "graph:a ", "\\u0047", "||", "1*"]
)
def test_no_text_makes_that_slow_in_the_guard(piece: str) -> None:
    """The longest accepted query is inspected in a moment."""
    text = f"SELECT (1 AS ?n) {{ {piece * (190_000 // len(piece))}"
    inspected = Inspected(text, returns_graph=False, volatile=False)
    assert inspected.normal
    began = time.process_time()
    assert inspected.may_depart in (True, False)
    assert time.process_time() - began < 2
