"""Faster scans return what rdflib returns."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql import CUSTOM_EVALS

from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.validation.shacl import to_rdflib

TEXT = r"""
@prefix : <https://data.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:a a :Kind , owl:Class ; :knows :a , :b , _:c .
:a :says "one"@en , "one"@de , "one" , "01"^^xsd:integer , "no day"^^xsd:date .
:b a :Kind ; :says "a \"line\"\r\n and \\ another\u0085 \u2028." , "1"^^xsd:integer , true , 1.50 ; :b :b .
_:c a :Other ; :knows _:c ; :says "1"^^xsd:boolean , ""@en-GB , ""^^:kind .
"""
QUERIES = [
    "SELECT DISTINCT $this ?value { ?thing ?value ?other }",
    "SELECT DISTINCT ?value { ?thing ?value ?other }",
    "SELECT DISTINCT * { ?thing ?value ?other }",
    "SELECT DISTINCT ?other { ?thing a ?other }",
    "SELECT DISTINCT ?absent { ?thing a ?other }",
    "SELECT DISTINCT ?thing { ?thing ?value ?thing }",
    "SELECT DISTINCT ?thing { ?thing ?thing ?thing }",
    "SELECT DISTINCT ?value { $this ?value ?other }",
    "SELECT DISTINCT $this ?value { ?thing ?value $this }",
    "SELECT DISTINCT ?other { ?thing :knows+ ?other }",
    "SELECT DISTINCT ?other { :a :knows ?other . ?other a ?kind }",
    "SELECT DISTINCT ?other { _:any :knows ?other }",
    "SELECT DISTINCT ?value { ?thing ?value ?other FILTER (?other = 1) }",
    "SELECT ?value ?other { { SELECT DISTINCT ?value { ?thing ?value ?other } } ?value ?any ?other }",
    "SELECT ?thing { ?thing :knows ?known { SELECT DISTINCT ?known { ?known a ?kind } } }",
    "SELECT DISTINCT ?value { ?thing ?value ?other } LIMIT 100",
    "SELECT (COUNT(DISTINCT ?value) AS ?n) { ?thing ?value ?other }",
    "SELECT ?thing { ?thing a :Kind FILTER EXISTS { SELECT DISTINCT ?thing { ?thing :knows ?other } } }",
]


def graph() -> rdflib.Graph:
    """The graph that is queried."""
    return to_rdflib(ox.parse(TEXT, format=ox.RdfFormat.TURTLE))


@pytest.mark.parametrize("query", QUERIES)
def test_rdflib_returns_the_same_rows_in_more_time(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many of each, whatever is bound before."""
    scanned, this = graph(), {"this": rdflib.URIRef("https://data.example/a")}
    plain = rdflib.Graph(store=scanned.store, identifier=scanned.identifier)
    text = f"PREFIX : <https://data.example/>\n{query}"
    found = [sorted(map(repr, scanned.query(text, initBindings=this))) for _ in range(2)]
    assert CUSTOM_EVALS
    monkeypatch.setattr("rdflib.plugins.sparql.evaluate.CUSTOM_EVALS", {})
    expected = sorted(map(repr, plain.query(text, initBindings=this)))
    assert found == [expected, expected]


def test_a_graph_is_what_was_read(tiny: Settings) -> None:
    """Term by term and in the lexical forms that were sent, blank nodes aside."""
    quads = ox.parse(path=str(current(tiny.state).data), format=ox.RdfFormat.N_QUADS)
    for triples in ({quad.triple for quad in quads}, {q.triple for q in ox.parse(TEXT, format=ox.RdfFormat.TURTLE)}):
        read = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        found = canonical(to_rdflib(read))
        read.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        assert found == read


def canonical(found: rdflib.Graph) -> ox.Dataset:
    """The graph with blank nodes named for where they are."""
    quads = ox.Dataset(ox.parse(found.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES))
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return quads
