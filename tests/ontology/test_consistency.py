"""The ontology contradicts neither itself nor the data; the check fails where there is a contradiction."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib import OWL, RDF

from uphold.rdf.csv_tables import Context, table_to_jsonld

ERROR = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")  # how owlrl marks a contradiction
PREFIXES = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <https://example.org/> .
"""
ROWS = 6  # of each table, spread over its length: enough for every column, few enough to close in seconds
CONTRADICTIONS = {
    "a call that is a petition": ":x a uphold:CallToAction , uphold:Petition .",
    "a signature that is a ratification": ":x a uphold:Signature , uphold:Ratification .",
    "a state that is a territory": ":x a uphold:State , uphold:Territory .",
    "an acceptance that is an accession": ":x a uphold:Acceptance , uphold:Accession .",
    "a treaty that has performed an act": ":act uphold:by :x . :x a uphold:Treaty .",
    "a petition that is part of a petition, as calls are": ":x a uphold:Petition ; uphold:partOf :y .",
}
CLASSES_OF_THINGS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?thing ?class WHERE {
  { ?thing a ?narrow } UNION { ?p rdfs:domain ?narrow . ?thing ?p [] } UNION { ?p rdfs:range ?narrow . [] ?p ?thing }
  ?narrow rdfs:subClassOf* ?class FILTER (!isLiteral(?thing))
}
"""
EXCLUSIONS = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT ?one ?other WHERE { ?one owl:disjointWith ?other }
"""


def contradictions(graph: rdflib.Graph) -> list[str]:
    """What the OWL 2 RL rules find contradictory in the graph; the graph is left as it was."""
    closed = rdflib.Graph()
    closed += graph
    closure = owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics,
        axiomatic_triples=False,
        datatype_axioms=False,
        improved_datatypes=False,  # they would stay, and change how every later test reads literals
    )
    closure.expand(closed)
    return sorted(str(text) for text in closed.objects(None, ERROR))


def excluded(store: ox.Store) -> list[tuple[str, str, str]]:
    """The things of two disjoint classes, with these, counting what subclasses, domains and ranges imply."""
    classes: dict[str, set[str]] = {}
    for thing, kind in pairs(store, CLASSES_OF_THINGS):
        classes.setdefault(thing, set()).add(kind)
    exclusions = pairs(store, EXCLUSIONS)
    return sorted(
        (thing, one.partition("#")[2], other.partition("#")[2])
        for thing, kinds in classes.items()
        for one, other in exclusions
        if one in kinds and other in kinds
    )


def pairs(store: ox.Store, query: str) -> list[tuple[str, str]]:
    """The rows of a query for two things, as text."""
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    return [(str(row[0]).strip("<>"), str(row[1]).strip("<>")) for row in rows]


def sample(path: Path, context: Context) -> rdflib.Graph:
    """Some rows of one table, first and last among them, as a graph."""
    records = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    head, rows = records[0], [record for record in records[1:] if any(record)]
    chosen = sorted({round(place * (len(rows) - 1) / (ROWS - 1)) for place in range(ROWS)}) if rows else []
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([head, *(rows[place] for place in chosen)])
    document = table_to_jsonld(path, text.getvalue(), context)
    quads = ox.parse(document, format=ox.RdfFormat.JSON_LD)
    triples = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=triples, format="nt")


@pytest.fixture(scope="module")
def context(root: Path) -> Context:
    """The JSON-LD context of the tables."""
    path = root / "data" / "context.jsonld"
    return Context.read(path, path.read_text(encoding="utf-8"))


def test_the_ontology_is_consistent(ontology: rdflib.Graph) -> None:
    """The OWL 2 RL rules find no contradiction in the ontology with its schemes and alignments."""
    assert contradictions(ontology) == []


def test_the_ontology_is_consistent_with_data(ontology: rdflib.Graph, root: Path, context: Context) -> None:
    """Nor do they find one once rows of every table are added."""
    graph = rdflib.Graph()
    graph += ontology
    for path in sorted((root / "data").rglob("*.csv")):
        graph += sample(path, context)
    assert contradictions(graph) == []


def test_no_thing_is_of_two_classes_that_exclude_each_other(root: Path, context: Context) -> None:
    """In all of the data, a thing's own types and those that its properties imply can be true together."""
    store = ox.Store()
    for path in sorted([*(root / "ontology").glob("*.ttl"), *(root / "data").rglob("*.ttl")]):
        store.extend(ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True))
    for path in sorted((root / "data").rglob("*.csv")):
        document = table_to_jsonld(path, path.read_text(encoding="utf-8"), context)
        store.extend(ox.parse(document, format=ox.RdfFormat.JSON_LD, rename_blank_nodes=True))
    assert excluded(store) == []


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_found(root: Path, name: str) -> None:
    """The check fails when the data say what the ontology excludes."""
    graph = rdflib.Graph().parse(root / "ontology" / "uphold.ttl")
    graph.parse(data=PREFIXES + CONTRADICTIONS[name], format="turtle")
    assert contradictions(graph) != []


def test_a_contradiction_between_classes_is_found_in_all_data(root: Path) -> None:
    """The check over all data fails for a thing that is, by type and by use, of two classes that exclude each other."""
    store = ox.Store()
    store.load((root / "ontology" / "uphold.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    assert excluded(store) == []
    store.load((PREFIXES + ":act uphold:by :x . :x a uphold:Treaty .").encode(), format=ox.RdfFormat.TURTLE)
    assert excluded(store) == [("https://example.org/x", "Instrument", "Jurisdiction")]


def test_an_ontology_that_contradicts_itself_is_found() -> None:
    """A small ontology in which a thing is of two disjoint classes is flagged, and without the axiom it is not."""
    text = PREFIXES + ":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :C a owl:Class . :x a :B , :C ."
    graph = rdflib.Graph().parse(data=text, format="turtle")
    assert contradictions(graph) == []
    example = rdflib.Namespace("https://example.org/")
    assert contradictions(graph.add((example.A, OWL.disjointWith, example.C))) != []
    assert (example.x, RDF.type, example.A) not in graph, "the graph given is left as it was"
