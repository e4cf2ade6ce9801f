"""The shapes for download: all rules or those without SPARQL, with the subclasses that the graph itself leaves out."""

from __future__ import annotations

import gzip

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH

from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot

BASE = "https://w3id.org/uphold/"
SHAPES = f"{BASE}shapes/"


def downloaded(snapshot: Snapshot, name: str) -> rdflib.Graph:
    """A download as a graph."""
    return rdflib.Graph().parse(data=gzip.decompress((snapshot.dumps / f"{name}.ttl.gz").read_bytes()))


@pytest.fixture(scope="module")
def snapshot(tiny: Settings) -> Snapshot:
    """A snapshot: ontology and shapes of the tiny data set are the project's own."""
    return Snapshot.open((tiny.state / "current").resolve())


@pytest.fixture(scope="module")
def full(snapshot: Snapshot) -> rdflib.Graph:
    """All rules."""
    return downloaded(snapshot, "shapes")


@pytest.fixture(scope="module")
def core(snapshot: Snapshot) -> rdflib.Graph:
    """The rules without SPARQL."""
    return downloaded(snapshot, "shapes-core")


def graph_of(snapshot: Snapshot, name: str) -> rdflib.Graph:
    """A named graph of a snapshot."""
    store = ox.Store()
    store.bulk_load(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS)
    triples = store.query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{BASE}graph/{name}> {{ ?s ?p ?o }} }}")
    assert isinstance(triples, ox.QueryTriples)
    return rdflib.Graph().parse(data=triples.serialize(format=ox.RdfFormat.N_TRIPLES), format="nt")


def rules(graph: rdflib.Graph) -> set[rdflib.URIRef]:
    """The named shapes of a graph."""
    kinds = (SH.NodeShape, SH.PropertyShape)
    return {s for kind in kinds for s in graph.subjects(RDF.type, kind) if isinstance(s, rdflib.URIRef)}


def test_all_rules_are_there_with_the_subclasses(snapshot: Snapshot, full: rdflib.Graph) -> None:
    """The download has what the graph `shapes` has, and the superclasses that the ontology and its alignments state."""
    with_ontology = downloaded(snapshot, "ontology")
    superclasses = set(with_ontology.subject_objects(RDFS.subClassOf))
    shapes = graph_of(snapshot, "shapes")
    assert set(full.subject_objects(RDFS.subClassOf)) == superclasses
    assert len(superclasses) > 50
    assert list(shapes.triples((None, RDFS.subClassOf, None))) == []
    assert len(full) == len(shapes) + len(superclasses)
    assert rules(full) == rules(shapes)


def test_the_core_file_has_every_rule_without_sparql_as_it_is(full: rdflib.Graph, core: rdflib.Graph) -> None:
    """A rule is left out if and only if it has sh:sparql, in itself or in a part."""
    with_sparql = set()
    for bearer in full.subjects(SH.sparql):
        while not isinstance(bearer, rdflib.URIRef):
            bearer = next(full.subjects(None, bearer))  # noqa: PLW2901
        with_sparql.add(bearer)
    assert len(with_sparql) > 10
    assert rules(core) == rules(full) - with_sparql
    for rule in rules(core):
        of_core, of_full = (description(graph, rule) - with_sparql_members(with_sparql) for graph in (core, full))
        assert of_core == of_full, rule
    assert set(core.subject_objects(RDFS.subClassOf)) == set(full.subject_objects(RDFS.subClassOf))


def description(graph: rdflib.Graph, node: rdflib.term.Node) -> set[tuple[str, ...]]:
    """What a graph says of a node: paths of properties from it to terms with a name."""
    found: set[tuple[str, ...]] = set()
    for predicate, value in graph.predicate_objects(node):
        if isinstance(value, rdflib.BNode):
            found |= {(str(predicate), *path) for path in description(graph, value)}
        else:
            found.add((str(predicate), value.n3()))
    return found


def with_sparql_members(left_out: set[rdflib.URIRef]) -> set[tuple[str, ...]]:
    """The statements that list a rule which the core file leaves out."""
    return {(str(SH.property), rule.n3()) for rule in left_out}


def test_the_core_file_has_no_trace_of_sparql(core: rdflib.Graph) -> None:
    """Neither constraints nor prefixes for them, nor a mention of a rule that is not there."""
    for predicate in (SH.sparql, SH.select, SH.ask, SH.prefixes, SH.declare, SH.namespace, SH.validator):
        assert (None, predicate, None) not in core
    assert (None, RDF.type, SH.SPARQLConstraint) not in core
    mentioned = {term for term in core.objects() if isinstance(term, rdflib.URIRef) and term.startswith(SHAPES)}
    assert {term for term in mentioned if (term, None, None) not in core} == set()


def test_every_part_of_a_rule_belongs_to_one(full: rdflib.Graph, core: rdflib.Graph) -> None:
    """No blank node is left over from a rule that was left out."""
    for graph in (full, core):
        parts = {node for node in graph.subjects() if isinstance(node, rdflib.BNode)}
        assert parts == {node for node in graph.objects() if isinstance(node, rdflib.BNode)}
        assert (rdflib.URIRef(SHAPES), RDF.type, OWL.Ontology) in graph


def test_the_downloads_of_shapes_are_where_downloads_are_listed(snapshot: Snapshot) -> None:
    """With their checksums."""
    sums = (snapshot.dumps / "SHA256SUMS").read_text("ascii")
    assert "  shapes.ttl.gz\n" in sums
    assert "  shapes-core.ttl.gz\n" in sums
