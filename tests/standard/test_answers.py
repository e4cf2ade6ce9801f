"""Answers are those of the standard: of our engine, and of others about the same data with a real default graph."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins import sparql

from tests.standard.cases import BASE, CASES, DATA, Case, Found, key
from uphold.build import canonical, union_of
from uphold.catalogue import graph_counts
from uphold.engines.embedded import EmbeddedEngine
from uphold.settings import Settings
from uphold.snapshot import METADATA, Snapshot

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    """The engine about the data of the cases."""
    folder = tmp_path_factory.mktemp("snapshot")
    quads = ox.Dataset(ox.parse(path=str(DATA), format=ox.RdfFormat.TRIG))
    lines, union = canonical(quads), union_of(quads)
    (folder / "data.nq").write_bytes(lines)
    (folder / "union.nt").write_bytes(union)
    (folder / "with-union.nq").write_bytes(lines + union)
    (folder / "search").mkdir()
    told = {"id": "0", "created": "", "base": BASE, "quads": len(quads), "graphs": graph_counts(quads), "prefixes": {}}
    (folder / METADATA).write_text(json.dumps(told), "utf-8")
    made = EmbeddedEngine(Snapshot.open(folder), Settings(), workers=1)
    yield made
    made.close()


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
    """What Comunica gives for each case."""
    node = shutil.which("node")
    if not (node and (HERE / "node_modules").is_dir()):
        pytest.skip("Comunica is not installed: `make compared` does that")
    task = {"trig": DATA.read_text("utf-8"), "base": BASE, "queries": [case.query for case in CASES]}
    run = subprocess.run(
        [node, HERE / "comunica.mjs"], input=json.dumps(task).encode(), capture_output=True, check=True
    )
    return dict(zip([case.name for case in CASES], json.loads(run.stdout), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_our_answer_is_that_of_the_standard(engine: EmbeddedEngine, case: Case) -> None:
    """Each solution is there as often as it should be."""
    if case.variables:
        answer = json.loads(engine.query(case.query, accept="application/sparql-results+json").read())
        rows = answer["results"]["bindings"]
        assert case.solutions({n: key(from_json(t)) for n, t in row.items()} for row in rows) == case.expected
    elif isinstance(case.expected, bool):
        answer = engine.query(case.query, accept="application/sparql-results+json").read()
        assert json.loads(answer)["boolean"] == case.expected
    else:
        answer = engine.query(case.query, accept="application/n-triples").read()
        found = ox.parse(answer, format=ox.RdfFormat.N_TRIPLES)
        assert Counter({(key(q.subject), key(q.predicate), key(q.object)) for q in found}) == case.expected


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # what rdflib says of its own use of it
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rdflib_agrees_where_the_case_says_nothing_else(rdflib_data: rdflib.Dataset, case: Case) -> None:
    """And departs where it says so."""
    assert (rdflib_answer(rdflib_data, case) == case.expected) == ("rdflib" not in case.departures)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_comunica_agrees_where_the_case_says_nothing_else(comunica: dict[str, Any], case: Case) -> None:
    """And departs where it says so."""
    assert (comunica_answer(comunica[case.name], case) == case.expected) == ("comunica" not in case.departures)


def test_each_case_has_a_section() -> None:
    """The standard decides it, so it says where."""
    assert [case.name for case in CASES if not case.comments[0][0].isdigit()] == []
    assert len(CASES) > 80


def rdflib_answer(data: rdflib.Dataset, case: Case) -> Found | str:
    """What rdflib gives, or its error."""
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
