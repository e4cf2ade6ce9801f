"""Serialization: writes a few triples as RDF, the same bytes for the same triples.

Turtle is for people, so blank nodes are nested in the statement they belong to; the other formats keep their labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyoxigraph as ox

from uphold.errors import NotRepresentable
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.rdf.xml_output import as_xml

if TYPE_CHECKING:
    import rdflib

__all__ = ["serialize", "write"]

FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
}


def write(triples: Sequence[ox.Triple], media_type: str, prefixes: Mapping[str, str]) -> bytes:
    """The triples in one of `GRAPH_TYPES`; only the prefixes that they use are declared.

    Raises `NotRepresentable` for terms that RDF/XML cannot represent.
    """
    form = GRAPH_TYPES[media_type]
    nested = form == "ttl" and any(isinstance(t.object, ox.BlankNode) for t in triples)
    used = used_prefixes(triples, prefixes)
    if nested:
        return write_nested(triples, used)
    return serialize(triples, FORMATS[form], used)


def serialize(
    statements: Iterable[ox.Triple] | Iterable[ox.Quad], form: ox.RdfFormat, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """The statements in any RDF format; raises `NotRepresentable`."""
    try:
        written = ox.serialize(statements, format=form, prefixes=dict(prefixes or {})) or b""
        return as_xml(written) if form == ox.RdfFormat.RDF_XML else written
    except (OSError, ValueError) as problem:
        raise NotRepresentable(form.media_type, str(problem)) from problem


def used_prefixes(triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> dict[str, str]:
    """The prefixes that an IRI of the triples begins with."""
    iris = {t.value for triple in triples for t in terms(triple) if isinstance(t, ox.NamedNode)}
    return {name: start for name, start in sorted(prefixes.items()) if any(iri.startswith(start) for iri in iris)}


def terms(triple: ox.Triple) -> list[object]:
    """The terms of a triple, and the datatype of a literal object."""
    return [*triple, *([triple.object.datatype] if isinstance(triple.object, ox.Literal) else [])]


def write_nested(triples: Sequence[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """Turtle with blank nodes in brackets."""
    import rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for name, start in prefixes.items():
        graph.bind(name, start)
    for triple in triples:
        graph.add((rdflib_term(triple.subject), rdflib_term(triple.predicate), rdflib_term(triple.object)))
    return graph.serialize(format="turtle", encoding="utf-8")


def rdflib_term(term: object) -> rdflib.term.IdentifiedNode | rdflib.Literal:
    """The same term for rdflib; a blank node keeps its label, by which rdflib sorts."""
    import rdflib

    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if not isinstance(term, ox.Literal):
        raise TypeError(f"{term} is not an RDF 1.1 term")
    datatype = None if term.language else rdflib.URIRef(term.datatype.value)
    datatype = None if datatype == rdflib.XSD.string else datatype
    return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
