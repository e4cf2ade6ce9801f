"""Examples: the questions as data, in the convention for examples in SPARQL editors.

Each question is a `sh:SPARQLExecutable`; its query has the default values. The prefixes that queries need not declare
are declared once, on the graph itself, for tools that prepend them to a query.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from uphold.questions.files import Catalogue, Question
from uphold.rdf.sources import graph_name

__all__ = ["as_data"]

DCTERMS, FOAF, OWL = "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/", "http://www.w3.org/2002/07/owl#"
RDF, RDFS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA, SHACL, XSD = "https://schema.org/", "http://www.w3.org/ns/shacl#", "http://www.w3.org/2001/XMLSchema#"


def as_data(questions: Catalogue, base: str) -> Iterator[ox.Quad]:
    """The quads of graph `questions`; none if there are no questions."""
    graph = graph_name(base, "questions")
    for question in questions.values():
        subject = ox.NamedNode(f"{base}id/question/{question.name}")
        for predicate, value in facts(question, base, graph):
            yield ox.Quad(subject, ox.NamedNode(predicate), value, graph)
    prefixes = next((question.prefixes for question in questions.values()), {})
    for prefix, namespace in prefixes.items():
        node = ox.NamedNode(f"{graph.value}#{prefix}")
        yield ox.Quad(graph, ox.NamedNode(f"{SHACL}declare"), node, graph)
        yield ox.Quad(node, ox.NamedNode(f"{SHACL}prefix"), ox.Literal(prefix), graph)
        address = ox.Literal(namespace, datatype=ox.NamedNode(f"{XSD}anyURI"))
        yield ox.Quad(node, ox.NamedNode(f"{SHACL}namespace"), address, graph)


def facts(question: Question, base: str, graph: ox.NamedNode) -> Iterator[tuple[str, ox.NamedNode | ox.Literal]]:
    """The properties and values of one question."""
    form = "Construct" if question.returns_graph else "Select"
    yield f"{RDF}type", ox.NamedNode(f"{SHACL}SPARQLExecutable")
    yield f"{RDF}type", ox.NamedNode(f"{SHACL}SPARQL{form}Executable")
    yield f"{SHACL}{form.lower()}", ox.Literal(question.example)
    yield f"{SHACL}prefixes", graph
    yield f"{RDFS}label", ox.Literal(question.head.summary, language="en")
    yield f"{RDFS}comment", ox.Literal(question.head.summary, language="en")
    if question.head.description:
        yield f"{DCTERMS}description", ox.Literal(question.head.description, language="en")
    for tag in question.head.tags:
        yield f"{SCHEMA}keywords", ox.Literal(tag)
    yield f"{SCHEMA}target", ox.NamedNode(f"{base}sparql")
    yield f"{FOAF}page", ox.NamedNode(f"{base}api/{question.name}")
    yield f"{RDFS}isDefinedBy", graph
    if question.head.deprecated:
        yield f"{OWL}deprecated", ox.Literal("true", datatype=ox.NamedNode(f"{XSD}boolean"))
        yield f"{DCTERMS}isReplacedBy", ox.NamedNode(f"{base}id/question/{question.head.deprecated}")
