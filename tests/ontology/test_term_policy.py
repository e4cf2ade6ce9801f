"""The policy of docs/terms.md holds, and its queries find and rewrite uses of deprecated terms."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDF, SKOS, Literal, URIRef

IRI = URIRef("https://w3id.org/uphold/ontology")
TERM_STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
STATUSES = {"stable", "testing", "archaic"}  # of the SemWeb Vocab Status ontology; `unstable` is not used here
MINE = "https://w3id.org/uphold/graph/partner/example/calls"
EXAMPLE = f"""
@prefix : <https://partner.example/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix graph: <https://w3id.org/uphold/graph/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix outcome: <https://w3id.org/uphold/id/outcome/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .
graph:ontology {{
  uphold:oldest owl:deprecated true ; dcterms:isReplacedBy uphold:old .
  uphold:old owl:deprecated true ; dcterms:isReplacedBy uphold:new .
  uphold:Old owl:deprecated true ; dcterms:isReplacedBy uphold:New ; rdfs:subClassOf uphold:Wide .
  outcome:old owl:deprecated true ; dcterms:isReplacedBy outcome:new ; skos:inScheme :scheme .
  :scheme skos:hasTopConcept outcome:old .
  uphold:split owl:deprecated true ; dcterms:isReplacedBy uphold:left , uphold:right .
  uphold:gone owl:deprecated true .
  uphold:unused owl:deprecated true ; dcterms:isReplacedBy uphold:new .
}}
<{MINE}> {{
  :a a uphold:Old , uphold:Kept ; uphold:old "1" , "2"@en ; uphold:oldest 3 ; uphold:outcome outcome:old .
  :b uphold:split :c ; uphold:gone :d ; uphold:kept [ uphold:old "4" ] .
}}
graph:partner\\/other {{ :e uphold:old "5" }}
"""
FOUND = [
    (MINE, "gone", "", "1"),
    (MINE, "old", "new", "3"),
    (MINE, "oldest", "old", "1"),
    (MINE, "split", "left right", "1"),
    (MINE, "Old", "New", "1"),
    (MINE, "outcome/old", "outcome/new", "1"),
    ("https://w3id.org/uphold/graph/partner/other", "old", "new", "1"),
]
REWRITTEN = """
@prefix : <https://partner.example/> .
@prefix outcome: <https://w3id.org/uphold/id/outcome/> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .
:a a uphold:New , uphold:Kept ; uphold:new "1" , "2"@en , 3 ; uphold:outcome outcome:new .
:b uphold:split :c ; uphold:gone :d ; uphold:kept [ uphold:new "4" ] .
"""
FAULTS = {
    "deprecated, and its status does not say so": ':t owl:deprecated true ; skos:changeNote "0.2.0: unused."@en ; '
    'vs:term_status "stable" .',
    "archaic, and not deprecated": ':t vs:term_status "archaic" .',
    "deprecated without a reason": ':t owl:deprecated true ; vs:term_status "archaic" .',
    "replaced, and not deprecated": ':t dcterms:isReplacedBy :u ; vs:term_status "stable" .',
    "replaced by a term that is not declared": ':t owl:deprecated true ; vs:term_status "archaic" ; '
    'skos:changeNote "0.2.0: misnamed."@en ; dcterms:isReplacedBy :nowhere .',
    "replaced by itself": ':t owl:deprecated true ; vs:term_status "archaic" ; skos:changeNote "0.2.0: x."@en ; '
    "dcterms:isReplacedBy :t .",
}


def faults(graph: rdflib.Graph) -> list[str]:
    """What the policy forbids in an ontology, with the term."""
    found = []
    declared = set(graph.subjects(RDF.type))
    for term in sorted({*graph.subjects(TERM_STATUS), *graph.subjects(OWL.deprecated)}, key=str):
        deprecated = (term, OWL.deprecated, Literal(True)) in graph
        archaic = (term, TERM_STATUS, Literal("archaic")) in graph
        concept = (term, RDF.type, SKOS.Concept) in graph
        successors = set(graph.objects(term, DCTERMS.isReplacedBy))
        if (deprecated != archaic and not concept) or (successors and not deprecated):
            found.append(f"{term}: status")
        if deprecated and not any(
            re.match(r"\d+\.\d+\.\d+: ", str(note)) for note in graph.objects(term, SKOS.changeNote)
        ):
            found.append(f"{term}: reason")
        if not successors <= declared or term in graph.transitive_objects(
            next(iter(successors), None), DCTERMS.isReplacedBy
        ):
            found.append(f"{term}: successor")
    return found


def queries(root: Path) -> list[str]:
    """The queries of the page, in their order."""
    return re.findall(r"```sparql\n(.*?)```", (root / "docs" / "terms.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture
def store() -> ox.Store:
    """Graphs that use terms of an ontology of which some are deprecated."""
    found = ox.Store()
    found.load(EXAMPLE.encode(), format=ox.RdfFormat.TRIG)
    return found


def test_the_ontology_keeps_the_policy(ontology: rdflib.Graph) -> None:
    """Statuses, deprecations and successors are as docs/terms.md says."""
    assert {str(status) for status in ontology.objects(None, TERM_STATUS)} <= STATUSES
    assert faults(ontology) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_breach_of_the_policy_is_noticed(name: str) -> None:
    """Each of these is found, and a deprecation as the policy wants it is not."""
    head = """@prefix : <https://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix dcterms: <http://purl.org/dc/terms/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix vs: <http://www.w3.org/2003/06/sw-vocab-status/ns#> . :t a owl:Class . :u a owl:Class . """
    right = """:t owl:deprecated true ; vs:term_status "archaic" ; skos:changeNote "0.2.0: misnamed."@en ;
        dcterms:isReplacedBy :u ."""
    assert faults(rdflib.Graph().parse(data=head + right, format="turtle")) == []
    assert faults(rdflib.Graph().parse(data=head + FAULTS[name], format="turtle")) != []


def test_uses_of_deprecated_terms_are_found(root: Path, store: ox.Store) -> None:
    """In each graph, with successors and numbers of uses; the ontology's own statements do not count."""
    rows = store.query(queries(root)[0], use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    found = []
    for row in rows:
        graph, term, uses, successors = (str(getattr(value, "value", "")) for value in row)
        found.append((graph, short(term), " ".join(sorted(map(short, successors.split()))), uses))
    assert sorted(found) == sorted(FOUND)


def short(iri: str) -> str:
    """An IRI without the project's base."""
    return iri.removeprefix(f"{IRI}#").removeprefix("https://w3id.org/uphold/id/")


def test_uses_of_deprecated_terms_are_rewritten(root: Path, store: ox.Store) -> None:
    """Property, class and concept become their last successors; a split or lost term and all else stay."""
    triples = store.query(queries(root)[1], use_default_graph_as_union=True)
    assert isinstance(triples, ox.QueryTriples)
    found = rdflib.Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    expected = rdflib.Graph().parse(data=REWRITTEN, format="turtle")
    assert found.isomorphic(expected)


def test_nothing_deprecated_is_used(root: Path, ontology: rdflib.Graph) -> None:
    """No file of the project names a deprecated term, but for the ontology."""
    names = {f"uphold:{str(term).partition('#')[2]}" for term in ontology.subjects(OWL.deprecated, Literal(True))}
    files = [path for folder in ("queries", "shapes") for path in (root / folder).rglob("*") if path.is_file()]
    files += [*(root / "data").rglob("*.ttl"), root / "data" / "context.jsonld"]
    used = {name for path in files for name in re.findall(r"\buphold:\w+", path.read_text("utf-8"))}
    assert files
    assert names & used == set()


def test_each_version_has_its_release_notes(root: Path, ontology: rdflib.Graph) -> None:
    """The page begins with the ontology's version, and says "unreleased" as long as the changelog does."""
    version = str(ontology.value(IRI, OWL.versionInfo))
    notes = re.findall(r"^## (\S+) - (\S+)$", (root / "docs" / "ontology-releases.md").read_text("utf-8"), re.MULTILINE)
    changes = re.findall(r"^## \[(\S+)\] - (\S+)$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert notes[0][0] == version
    assert set(notes) <= set(changes)
