"""Every coined term is tied to a vocabulary that others know, and only to terms that exist there."""

from __future__ import annotations

import rdflib
from rdflib import DC, DCTERMS, FOAF, ORG, OWL, PROV, QB, RDF, RDFS, SDO, SH, SKOS, SOSA, TIME, VANN, XSD, URIRef
from rdflib.namespace import DefinedNamespace

OURS = "https://w3id.org/uphold/"
ELI = "http://data.europa.eu/eli/ontology#"
TIES = (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.closeMatch, SKOS.exactMatch, SKOS.relatedMatch)
CLOSED: list[type[DefinedNamespace]] = [
    DC, DCTERMS, FOAF, ORG, OWL, PROV, QB, RDF, RDFS, SDO, SH, SKOS, SOSA, TIME, VANN, XSD,
]  # fmt: skip
OTHER_TERMS = {  # what we use of vocabularies that the RDF library does not list
    ELI: "LegalResource date_document first_date_entry_in_force id_local in_force jurisdiction",
    "http://purl.org/linked-data/sdmx/2009/attribute#": "obsStatus unitMeasure",
    "http://purl.org/linked-data/sdmx/2009/dimension#": "refArea refPeriod",
    "http://purl.org/linked-data/sdmx/2009/measure#": "obsValue",
    "http://purl.org/ontology/bibo/": "DocumentPart locator",
    "http://www.cidoc-crm.org/cidoc-crm/": "P82a_begin_of_the_begin P82b_end_of_the_end",
    "http://www.w3.org/2003/06/sw-vocab-status/ns#": "term_status",
    "http://www.w3.org/ns/adms#": "status",
    "http://www.w3.org/ns/locn#": "geographicName",
    "http://www.w3.org/ns/oa#": "Annotation hasTarget",
    "https://www.w3.org/ns/activitystreams#": "inReplyTo",
}
DOCUMENTS = (
    "https://creativecommons.org/",
    "https://www.w3.org/TR/",
    "http://publications.europa.eu/resource/authority/language/",
    "http://rdfs.org/ns/void#",
    "http://www.w3.org/ns/dcat#",
)  # named in metadata, never as an alignment


def ties(graph: rdflib.Graph, term: rdflib.term.Node) -> list[rdflib.term.Node]:
    """What others' terms a term is tied to, itself or through a broader term of ours."""
    found = [other for predicate in TIES for other in graph.objects(term, predicate)]
    upper = [one for one in found if str(one).startswith(OURS)]
    return [one for one in found if one not in upper] + [one for broader in upper for one in ties(graph, broader)]


def test_every_class_is_aligned(ontology: rdflib.Graph, classes: set[URIRef]) -> None:
    """A class is tied to another vocabulary, itself or through a broader class."""
    assert [term for term in sorted(classes) if not ties(ontology, term)] == []


def test_every_property_is_aligned(ontology: rdflib.Graph, properties: set[URIRef]) -> None:
    """A property is tied to another vocabulary, itself or through a broader property."""
    assert [term for term in sorted(properties) if not ties(ontology, term)] == []


def test_a_term_without_a_tie_is_noticed() -> None:
    """A class whose only broader class is ours and untied counts as not aligned."""
    lower, upper = URIRef(f"{OURS}ontology#Lower"), URIRef(f"{OURS}ontology#Upper")
    graph = rdflib.Graph().add((lower, RDFS.subClassOf, upper))
    assert ties(graph, lower) == []
    assert ties(graph.add((upper, SKOS.closeMatch, PROV.Entity)), lower) == [PROV.Entity]


def test_only_declared_terms_are_aligned(ontology: rdflib.Graph) -> None:
    """Each of our terms that an alignment speaks of is declared, and a tie joins classes to classes."""
    declared = set(ontology.subjects(RDFS.isDefinedBy))
    aligned = {subject for predicate in TIES for subject in ontology.subjects(predicate)}
    assert {term for term in aligned if str(term).startswith(f"{OURS}ontology#")} - declared == set()
    assert [one for one in ontology.subjects(RDFS.subClassOf) if (one, RDF.type, OWL.Class) not in ontology] == []
    assert [one for one in ontology.subjects(RDFS.subPropertyOf) if (one, RDF.type, OWL.Class) in ontology] == []


def test_every_term_of_others_exists(ontology: rdflib.Graph) -> None:
    """No IRI in the ontology's files names a term that its vocabulary does not have."""
    assert sorted(unknown(ontology)) == []


def test_a_term_that_does_not_exist_is_noticed() -> None:
    """A misremembered term of another vocabulary is found."""
    wrong = URIRef("http://www.w3.org/ns/prov#wasPromisedBy")
    graph = rdflib.Graph().add((URIRef(f"{OURS}ontology#by"), SKOS.closeMatch, wrong))
    assert unknown(graph) == {wrong}


def unknown(graph: rdflib.Graph) -> set[URIRef]:
    """The IRIs of other vocabularies that are not among their terms."""
    known = {URIRef(space + name) for space, names in OTHER_TERMS.items() for name in names.split()}
    iris = {term for triple in graph for term in triple if isinstance(term, URIRef)}
    return {
        iri
        for iri in iris - known
        if not str(iri).startswith((OURS, *DOCUMENTS)) and not any(iri in space for space in CLOSED)
    }


def test_a_treaty_is_described_in_terms_of_eli(ontology: rdflib.Graph) -> None:
    """By the alignments alone it is a legal resource with its local identifier and its entry into force.

    The values are those of the depositary: https://treaties.un.org/Pages/ViewDetails.aspx?src=IND&mtdsg_no=IV-11-c
    """
    treaty, term, eli = URIRef(f"{OURS}id/treaty/opsc"), rdflib.Namespace(f"{OURS}ontology#"), rdflib.Namespace(ELI)
    reference, day = rdflib.Literal("UNTC IV-11-c"), rdflib.Literal("2002-01-18", datatype=XSD.date)
    said = [(RDF.type, term.Treaty), (term.depositaryReference, reference), (term.enteredIntoForce, day)]
    found = set()
    for name, value in said:
        ways = ontology.transitive_objects(value if name == RDF.type else name, TIES[0 if name == RDF.type else 1])
        found |= {(treaty, RDF.type, way) if name == RDF.type else (treaty, way, value) for way in ways}
    assert {
        (treaty, RDF.type, eli.LegalResource),
        (treaty, eli.id_local, reference),
        (treaty, eli.first_date_entry_in_force, day),
    } <= found
