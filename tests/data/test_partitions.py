"""What graph `void` states is what a query over the data counts: nothing missing, nothing too much, no number wrong.

Each kind of statement is two files in `partitions/`: what is stated of all data sets, and what is counted in one.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path

import pytest

from uphold.build.void import ShortNames
from uphold.engines.interface import Dataset
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.settings import CANONICAL_BASE as BASE

HERE = Path(__file__).parent / "partitions"
KINDS = sorted(path.name.removesuffix(".stated.rq") for path in HERE.glob("*.stated.rq"))
OF_THE_UNION_ALONE = {"ranges"}


Row = tuple[str, ...]


def rows(engine: EmbeddedEngine, query: str, dataset: Dataset | None = None) -> list[Row]:
    """The rows of an answer."""
    text = engine.query(query, accept="text/csv", dataset=dataset).read().decode("utf-8")
    return [tuple(row) for row in csv.reader(io.StringIO(text))][1:]


def data_sets(engine: EmbeddedEngine) -> dict[str, list[str]]:
    """The graphs that make up each data set: they do not overlap, and all but `void` are the whole."""
    graphs = [
        name for (name,) in rows(engine, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } FILTER (?g != graph:void) }")
    ]
    return {**{graph: [graph] for graph in graphs}, BASE: graphs}


def test_no_kind_is_lost() -> None:
    """The test below would pass on an empty folder."""
    assert KINDS == ["class-properties", "classes", "figures", "properties", "ranges"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stated_is_what_is_counted(kind: str, project_engine: EmbeddedEngine) -> None:
    """Of every graph and of all together."""
    stated: dict[str, list[Row]] = defaultdict(list)
    for name, *row in rows(project_engine, (HERE / f"{kind}.stated.rq").read_text("utf-8")):
        stated[name].append(tuple(row))
    counted = {
        name: rows(project_engine, (HERE / f"{kind}.counted.rq").read_text("utf-8"), Dataset(default=tuple(graphs)))
        for name, graphs in data_sets(project_engine).items()
        if kind not in OF_THE_UNION_ALONE or name == BASE
    }
    assert counted[BASE]
    assert set(stated) <= set(counted)
    for name, found in counted.items():
        assert sorted(stated[name]) == sorted(found), name


def test_the_sizes_of_the_graphs_and_of_their_union_are_stated(project_engine: EmbeddedEngine) -> None:
    """Here graph `void` counts too."""
    graphs = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    union = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    stated = rows(project_engine, "SELECT ?set ?n { GRAPH graph:catalogue { ?set void:triples ?n } }")
    assert sorted(stated) == sorted([*rows(project_engine, graphs), (BASE, *rows(project_engine, union)[0])])


def test_a_partition_is_named_after_what_it_counts(project_engine: EmbeddedEngine) -> None:
    """And found at the address that its name begins with."""
    query = f"""SELECT ?class ?property {{
      GRAPH graph:void {{ ?part void:class ?class ; void:propertyPartition ?inner . ?inner void:property ?property }}
      FILTER (?inner = <{BASE}.well-known/void#places/classes/uphold:State/uphold:inRegion>) }}"""
    assert rows(project_engine, query) == [(f"{BASE}ontology#State", f"{BASE}ontology#inRegion")]


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://schema.org/name", "schema:name"),
        ("http://www.w3.org/2001/XMLSchema#date", "xsd:date"),
        ("http://example.org/name", "http%3A%2F%2Fexample.org%2Fname"),
        ("https://schema.org/docs/name", "https%3A%2F%2Fschema.org%2Fdocs%2Fname"),
        ("https://schema.org/a%20name", "schema:a%2520name"),
        ("https://schema.org/naïve", "schema:na%C3%AFve"),
    ],
)
def test_a_term_has_a_short_name_that_is_its_own(iri: str, name: str) -> None:
    """With the prefix when what is left is one word, else as a whole; so no two terms share a partition."""
    names = ShortNames(
        {"schema": "https://schema.org/", "xsd": "http://www.w3.org/2001/XMLSchema#", "w3": "http://www.w3.org/"}
    )
    assert names[f"<{iri}>"] == name
