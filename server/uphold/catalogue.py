"""The catalogue: what the data set says of itself, completed with the counts that only a build knows.

Each graph is described by hand in a `metadata.ttl`; here each gets its number of triples, and the catalogue lists it.
"""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox

from uphold.errors import SourceNotRead
from uphold.sources import graph_name

__all__ = ["complete", "graph_counts"]

VOID_TRIPLES = ox.NamedNode("http://rdfs.org/ns/void#triples")
DCAT_DATASET = ox.NamedNode("http://www.w3.org/ns/dcat#Dataset")
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
CATALOG = ox.NamedNode("http://www.w3.org/ns/dcat#Catalog")
LISTS = ox.NamedNode("http://www.w3.org/ns/dcat#dataset")
SUBSET = ox.NamedNode("http://rdfs.org/ns/void#subset")
INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")


def complete(quads: ox.Dataset, base: str) -> None:
    """Add to graph `catalogue` the size of each graph, and put each on the catalogue's list.

    Raises `SourceNotRead` for a graph that no metadata.ttl describes.
    """
    catalogue = graph_name(base, "catalogue")
    described = {quad.subject for quad in quads.quads_for_graph_name(catalogue) if quad.object == DCAT_DATASET}
    whole = [q.subject for q in quads.quads_for_graph_name(catalogue) if q.predicate == TYPE and q.object == CATALOG]
    names = sorted({quad.graph_name for quad in quads}, key=str)
    for name in names:
        if name not in described:
            raise SourceNotRead(f"No metadata.ttl describes the graph {name} as a dcat:Dataset.")
    for name in names:
        for catalog in whole:
            quads.add(ox.Quad(catalog, LISTS, name, catalogue))
            quads.add(ox.Quad(catalog, SUBSET, name, catalogue))
    counts = Counter(quad.graph_name for quad in quads)
    counts[catalogue] += len(names) + len(whole)
    for name in names:
        quads.add(ox.Quad(name, VOID_TRIPLES, ox.Literal(str(counts[name]), datatype=INTEGER), catalogue))
    for catalog in whole:
        total = ox.Literal(str(counts.total()), datatype=INTEGER)
        quads.add(ox.Quad(catalog, VOID_TRIPLES, total, catalogue))


def graph_counts(quads: ox.Dataset) -> dict[str, int]:
    """The number of triples in each graph, by the graph's IRI."""
    counts = Counter(quad.graph_name.value for quad in quads)
    return dict(sorted(counts.items()))
