"""The requirements of DCAT-AP 3.0.1 on the classes that a catalogue has or may have, as a table: dcat-ap.csv.

A row is one property of one class: `section` is its anchor in https://semiceu.github.io/DCAT-AP/releases/3.0.1, `least`
and `most` its cardinality, `range` the class or datatype of its values, `literal`, or `temporal`: the specification's
Temporal Literal. A value must state its class, as in the shapes that SEMIC publishes; nothing is inferred.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, PROV, RDF, RDFS, SKOS, TIME, XSD

TABLE = Path(__file__).with_name("dcat-ap.csv")
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": str(DCAT),
    "dcatap": "http://data.europa.eu/r5r/",
    "dcterms": str(DCTERMS),
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": str(FOAF),
    "locn": "http://www.w3.org/ns/locn#",
    "odrl": str(ODRL2),
    "prov": str(PROV),
    "rdfs": str(RDFS),
    "skos": str(SKOS),
    "spdx": "http://spdx.org/rdf/terms#",
    "time": str(TIME),
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": str(XSD),
}
TEMPORAL = (XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth)
Fault = tuple[str, str, str]
"""The section, the node, and what is wrong: `too few`, `too many` or `range`."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the table."""

    section: str
    kind: rdflib.URIRef
    property: rdflib.URIRef
    least: int
    most: int | None
    range: str

    def admits(self, value: Any, graph: rdflib.Graph) -> bool:
        """Whether a value is in the range."""
        if self.range == "literal":
            return isinstance(value, rdflib.Literal)
        if self.range == "temporal":
            return isinstance(value, rdflib.Literal) and value.datatype in TEMPORAL
        if self.range.startswith("xsd:"):
            return isinstance(value, rdflib.Literal) and value.datatype == term(self.range) and not value.ill_typed
        return not isinstance(value, rdflib.Literal) and (value, RDF.type, term(self.range)) in graph


def term(name: str) -> rdflib.URIRef:
    """The IRI of a name with a prefix."""
    prefix, _, local = name.partition(":")
    return rdflib.URIRef(PREFIXES[prefix] + local)


def requirements() -> list[Requirement]:
    """The rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            Requirement(
                row["section"],
                term(row["class"]),
                term(row["property"]),
                int(row["least"] or 0),
                int(row["most"]) if row["most"] else None,
                row["range"],
            )
            for row in csv.DictReader(file)
        ]


def faults(graph: rdflib.Graph) -> set[Fault]:
    """What of the graph does not meet the requirements."""
    return {(row.section, str(node), fault) for row in requirements() for node, fault in faults_of(row, graph)}


def faults_of(row: Requirement, graph: rdflib.Graph) -> Iterator[tuple[Any, str]]:
    """The nodes that do not meet one requirement."""
    for node in graph.subjects(RDF.type, row.kind):
        values = list(graph.objects(node, row.property))
        if len(values) < row.least:
            yield node, "too few"
        if row.most is not None and len(values) > row.most:
            yield node, "too many"
        if not all(row.admits(value, graph) for value in values):
            yield node, "range"
