"""Dataset description: completes the catalogue with the counts that only a build knows.

Each graph is described by hand in a `metadata.ttl`; the build adds its number of triples, lists it in the catalogue
and under each data service, and counts its classes and properties in graph `void`. Graph `void` does not count itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from uphold.build.void import ShortNames, Tally, describe
from uphold.errors import UnreadableSource
from uphold.rdf.sources import graph_name

__all__ = ["complete", "graph_counts"]

VOID_TRIPLES = ox.NamedNode("http://rdfs.org/ns/void#triples")
DCAT_DATASET = ox.NamedNode("http://www.w3.org/ns/dcat#Dataset")
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
CATALOG = ox.NamedNode("http://www.w3.org/ns/dcat#Catalog")
LISTS = ox.NamedNode("http://www.w3.org/ns/dcat#dataset")
SERVICE = ox.NamedNode("http://www.w3.org/ns/dcat#DataService")
SERVES = ox.NamedNode("http://www.w3.org/ns/dcat#servesDataset")
SUBSET = ox.NamedNode("http://rdfs.org/ns/void#subset")
INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")


def complete(quads: ox.Dataset, base: str, prefixes: Mapping[str, str]) -> None:
    """Add graph `void`, and add the list of graphs with their sizes to graph `catalogue`.

    Raises `UnreadableSource` for a graph that no metadata.ttl describes.
    """
    catalogue, contents = graph_name(base, "catalogue"), graph_name(base, "void")
    described = instances(quads, DCAT_DATASET, catalogue)
    whole, services = instances(quads, CATALOG, catalogue), instances(quads, SERVICE, catalogue)
    graphs = {quad.graph_name for quad in quads if isinstance(quad.graph_name, ox.NamedNode)}
    names = sorted({*graphs, contents}, key=str)
    for name in names:
        if name not in described:
            raise UnreadableSource(f"No metadata.ttl describes the graph {name} as a dcat:Dataset.")
    for name in names:
        for catalog in whole:
            quads.add(ox.Quad(catalog, LISTS, name, catalogue))
            quads.add(ox.Quad(catalog, SUBSET, name, catalogue))
        for service in services:
            quads.add(ox.Quad(service, SERVES, name, catalogue))
    short = ShortNames(prefixes)
    sets = [*names, *whole]
    supposed = sizes(quads, catalogue, sets, contents, 0)
    size = sum(1 for _ in partitions([*quads, *supposed], base, short))  # values may still change, their number cannot
    for quad in sizes(quads, catalogue, sets, contents, size):
        quads.add(quad)
    for quad in list(partitions(quads, base, short)):
        quads.add(quad)


def instances(quads: ox.Dataset, kind: ox.NamedNode, graph: ox.NamedNode) -> list[ox.NamedNode]:
    """The IRIs that this graph states to be of this class."""
    found = (q.subject for q in quads.quads_for_graph_name(graph) if q.predicate == TYPE and q.object == kind)
    return [subject for subject in found if isinstance(subject, ox.NamedNode)]


def sizes(
    quads: ox.Dataset, catalogue: ox.NamedNode, sets: list[ox.NamedNode], contents: ox.NamedNode, size: int
) -> list[ox.Quad]:
    """The number of triples of each of `sets`, including these statements; a set that is not a graph is the union."""
    counts = Counter(quad.graph_name for quad in quads)
    counts[catalogue] += len(sets)
    counts[contents] = size
    union = len({quad.triple for quad in quads}) + len(sets) + size
    return [
        ox.Quad(each, VOID_TRIPLES, ox.Literal(str(counts.get(each, union)), datatype=INTEGER), catalogue)
        for each in sets
    ]


def partitions(quads: Iterable[ox.Quad], base: str, names: ShortNames) -> Iterator[ox.Quad]:
    """Graph `void`: the counts of each graph and of their union, without graph `void` itself."""
    graphs: dict[ox.NamedNode, set[ox.Triple]] = defaultdict(set)
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs[quad.graph_name].add(quad.triple)
    contents, place = graph_name(base, "void"), f"{base}.well-known/void#"
    for graph, triples in graphs.items():
        start = f"{place}{graph.value.removeprefix(f'{base}graph/')}"
        for triple in describe(graph, Tally(triples, ranges=False), start, names):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, contents)
    union = Tally(set[ox.Triple]().union(*graphs.values()), ranges=True)
    for triple in describe(ox.NamedNode(base), union, f"{place}all", names):
        yield ox.Quad(triple.subject, triple.predicate, triple.object, contents)


def graph_counts(quads: ox.Dataset) -> dict[str, int]:
    """The number of triples in each graph, by the graph's IRI."""
    counts = Counter(quad.graph_name.value for quad in quads)
    return dict(sorted(counts.items()))
