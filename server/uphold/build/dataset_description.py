"""Dataset description: completes the catalogue with the counts that only a build knows.

Each graph is described by hand in a `metadata.ttl`; the build adds its number of triples, lists it in the catalogue
and under each data service, and counts its classes and properties in graph `void`. Graph `void` does not count itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from uphold.build.void import ShortNames, Tally, count_objects, describe, facts_of, number
from uphold.errors import UnreadableSource
from uphold.rdf.graphs import Graphs, objects

__all__ = ["complete", "graph_counts"]

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
DCAT = "http://www.w3.org/ns/dcat#"
SUBSET = "http://rdfs.org/ns/void#subset"


def complete(graphs: Graphs, base: str, prefixes: Mapping[str, str]) -> None:
    """Add graph `void`, and add the list of graphs with their sizes to graph `catalogue`.

    Each statement should be in one graph only. Raises `UnreadableSource` for a graph that no metadata.ttl describes.
    """
    place, contents = f"{base}graph/catalogue", f"{base}graph/void"
    catalogue = graphs[place]
    described = instances(catalogue, "Dataset")
    whole, services = instances(catalogue, "Catalog"), instances(catalogue, "DataService")
    names = sorted({*graphs, contents})
    for name in names:
        if name not in described:
            raise UnreadableSource(f"No metadata.ttl describes the graph <{name}> as a dcat:Dataset.")
    for name in names:
        for catalog in whole:
            catalogue |= {f"<{catalog}> <{DCAT}dataset> <{name}> .", f"<{catalog}> <{SUBSET}> <{name}> ."}
        catalogue |= {f"<{service}> <{DCAT}servesDataset> <{name}> ." for service in services}
    short, sets = ShortNames(prefixes), [*names, *whole]
    facts = {name: facts_of(lines) for name, lines in graphs.items()}
    facts[place] = facts_of(catalogue | sizes(graphs, place, sets, contents, 0))
    tallies = {name: Tally(each, ranges=False) for name, each in facts.items()}
    everything = Tally(list(chain(*facts.values())), ranges=True)
    size = len(partitions(tallies, everything, base, short))
    graphs[place] = catalogue | sizes(graphs, place, sets, contents, size)
    facts[place] = facts_of(graphs[place])
    tallies[place].objects = count_objects(facts[place])  # the only count that depends on which numbers the sizes are
    everything.objects = count_objects(chain(*facts.values()))
    graphs[contents] = partitions(tallies, everything, base, short)


def instances(lines: Iterable[str], kind: str) -> list[str]:
    """The IRIs of the instances of this class of DCAT."""
    found = (subject for subject, value in objects(lines, TYPE) if value == f"<{DCAT}{kind}>")
    return sorted(subject[1:-1] for subject in found if subject.startswith("<"))


def sizes(graphs: Graphs, catalogue: str, sets: list[str], contents: str, size: int) -> set[str]:
    """The number of triples of each of `sets`, including these statements; a set that is not a graph is the union."""
    counts = {name: len(lines) for name, lines in graphs.items()}
    counts[catalogue] += len(sets)
    counts[contents] = size
    total = sum(counts.values())
    return {number(each, "triples", counts.get(each, total)) for each in sets}


def partitions(tallies: Mapping[str, Tally], everything: Tally, base: str, names: ShortNames) -> set[str]:
    """Graph `void`: the counts of each graph and of their union, without graph `void` itself."""
    place = f"{base}.well-known/void#"
    found = set(describe(base, everything, f"{place}all", names))
    for graph, tally in tallies.items():
        found.update(describe(graph, tally, f"{place}{graph.removeprefix(f'{base}graph/')}", names))
    return found


def graph_counts(graphs: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The number of triples in each graph, by the graph's IRI."""
    return {name: len(lines) for name, lines in sorted(graphs.items())}
