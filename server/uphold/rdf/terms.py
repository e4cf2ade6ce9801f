"""Terms: IRIs and literals for pages and JSON documents, with their short names and labels.

Nothing here queries the engine; the caller (`serving.resources`) supplies the labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

__all__ = ["LANGUAGE", "Label", "Names", "Term", "best_label", "iri_term", "literal_term", "read_term"]

LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
STRING = "http://www.w3.org/2001/XMLSchema#string"
LANGUAGE = "en"
WELL_KNOWN = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One RDF term: `kind` is iri, literal or blank; `language` and `datatype` are empty if absent."""

    kind: str
    value: str
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A label and its language, which is empty if unknown."""

    text: str
    language: str = ""


class Names:
    """Short names of IRIs: `uphold:Treaty`, `treaty:opsc`."""

    def __init__(self, base: str, prefixes: dict[str, str]) -> None:
        self.base = base
        self.prefixes = {**WELL_KNOWN, **prefixes, "uphold": f"{base}ontology#", "graph": f"{base}graph/"}
        self.longest_first = sorted(self.prefixes.items(), key=lambda item: (-len(item[1]), item[0]))

    def short(self, iri: str) -> str:
        """The IRI as a prefixed name, or the IRI itself."""
        for prefix, start in self.longest_first:
            if iri.startswith(start) and len(iri) > len(start) and "/" not in iri[len(start) :]:
                return f"{prefix}:{iri[len(start) :]}"
        return iri

    def local(self, iri: str) -> str:
        """The part of an IRI after its last # or /."""
        name = iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]
        return name or iri


def read_term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
    """A pyoxigraph term as a `Term`."""
    if isinstance(term, ox.NamedNode):
        return Term("iri", term.value)
    if isinstance(term, ox.BlankNode):
        return Term("blank", term.value)
    if isinstance(term, ox.Literal):
        datatype = "" if term.datatype.value in (STRING, LANG_STRING) else term.datatype.value
        return Term("literal", term.value, term.language or "", datatype)
    return Term("literal", str(term))


def iri_term(iri: str) -> str:
    """The IRI in SPARQL syntax; raises `ValueError` when it is not an absolute IRI (RFC 3987)."""
    return str(ox.NamedNode(iri))


def literal_term(text: str) -> str:
    """The text as a SPARQL string literal."""
    return str(ox.Literal(text))


def best_label(found: Iterable[tuple[int, Label]], wanted: str = LANGUAGE) -> Label | None:
    """The best of some (rank, label): in the wanted language, else in English, else without a language, else any.

    Ties go to the lowest rank.
    """
    order = [wanted.lower(), LANGUAGE, ""]

    def worth(item: tuple[int, Label]) -> tuple[int, int, str, str]:
        rank, label = item
        language = label.language.lower()
        stem = language if language in order else language.split("-")[0]
        return order.index(stem) if stem in order else len(order), rank, language, label.text

    return min(found, key=worth, default=(0, None))[1]
