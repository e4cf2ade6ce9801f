"""What the tests of the ontology share: the graph of all its files, and the terms that it coins."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from rdflib import OWL, RDF

NAMESPACE = "https://w3id.org/uphold/ontology#"


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder with the project's files."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def ontology(root: Path) -> rdflib.Graph:
    """All Turtle files of ontology/ as one graph."""
    graph = rdflib.Graph()
    for path in sorted((root / "ontology").glob("*.ttl")):
        graph.parse(path)
    return graph


@pytest.fixture(scope="session")
def classes(ontology: rdflib.Graph) -> set[rdflib.URIRef]:
    """The classes that the ontology coins."""
    return coined(ontology, OWL.Class)


@pytest.fixture(scope="session")
def properties(ontology: rdflib.Graph) -> set[rdflib.URIRef]:
    """The properties that the ontology coins."""
    return coined(ontology, OWL.ObjectProperty) | coined(ontology, OWL.DatatypeProperty)


def coined(graph: rdflib.Graph, kind: rdflib.URIRef) -> set[rdflib.URIRef]:
    """The terms of this kind in the project's own namespace."""
    found = graph.subjects(RDF.type, kind)
    return {term for term in found if isinstance(term, rdflib.URIRef) and term.startswith(NAMESPACE)}
