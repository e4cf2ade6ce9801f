"""Dataset description: completes the catalogue with the counts that only a build knows.

Each graph is described by hand in a `metadata.ttl`; the build adds its number of triples, lists it in the catalogue
and under each data service, and counts its classes and properties in graph `void`. Graph `void` does not count itself.

A graph that was written while the server runs may have no description. Then it is a void:Dataset with its counts, in
the catalogue's void:subset: a dcat:Dataset would need a title, a licence and an origin, which only its owner knows. The
unnamed graph has no IRI to be described by; it counts in the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from uphold.build.void import Facts, ShortNames, Tally, count_objects, describe, facts_of, number, place_of
from uphold.errors import UnreadableSource
from uphold.rdf.graphs import Graphs, objects

__all__ = ["complete", "graph_counts", "instances", "listing", "once"]

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
DCAT = "http://www.w3.org/ns/dcat#"
SUBSET = "http://rdfs.org/ns/void#subset"
VOID_DATASET = "http://rdfs.org/ns/void#Dataset"


def complete(graphs: Graphs, base: str, prefixes: Mapping[str, str], written: Collection[str] = ()) -> None:
    """Add graph `void`, and add the list of graphs with their sizes to graph `catalogue`.

    Each statement should be in one graph only, except those of the graphs `written` while the server runs, which need
    no description. Raises `UnreadableSource` for another graph that no metadata.ttl describes.
    """
    place, contents = f"{base}graph/catalogue", f"{base}graph/void"
    catalogue = graphs[place]
    described = instances(catalogue, "Dataset")
    whole, services = instances(catalogue, "Catalog"), instances(catalogue, "DataService")
    names = sorted({*graphs, contents} - {""})
    for name in names:
        if name not in described and name not in written:
            raise UnreadableSource(f"No metadata.ttl describes the graph <{name}> as a dcat:Dataset.")
        catalogue |= listing(name, whole, services if name in described else None)
    short, sets = ShortNames(prefixes), [*names, *whole]
    facts = {name: facts_of(lines) for name, lines in graphs.items()}
    facts[place] = facts_of(catalogue | sizes(graphs, place, sets, contents, 0))
    tallies = {name: Tally(each, ranges=False) for name, each in facts.items() if name}
    tallies[base] = Tally(once(facts), ranges=True)
    size = len(partitions(tallies, base, short))
    graphs[place] = catalogue | sizes(graphs, place, sets, contents, size)
    facts[place] = facts_of(graphs[place])
    tallies[place].objects = count_objects(facts[place])  # the only count that depends on which numbers the sizes are
    tallies[base].objects = count_objects(chain(*facts.values()))
    graphs[contents] = partitions(tallies, base, short)


def listing(name: str, whole: Iterable[str], services: Iterable[str] | None) -> set[str]:
    """What the catalogue says of a graph except its size; `services` is None if nobody has described it."""
    found = {f"<{catalog}> <{SUBSET}> <{name}> ." for catalog in whole}
    if services is None:
        return found | {f"<{name}> {TYPE} <{VOID_DATASET}> ."}
    found |= {f"<{catalog}> <{DCAT}dataset> <{name}> ." for catalog in whole}
    return found | {f"<{service}> <{DCAT}servesDataset> <{name}> ." for service in services}


def once(facts: Mapping[str, Facts]) -> Facts:
    """The statements of all graphs, each once."""
    every = list(chain(*facts.values()))
    different = set(map(tuple, every))
    return every if len(different) == len(every) else list(different)


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


def partitions(tallies: Mapping[str, Tally], base: str, names: ShortNames) -> set[str]:
    """Graph `void`: the counts of each graph and of their union, whose name is `base`, without graph `void` itself."""
    described = (describe(name, tally, place_of(name, base), names) for name, tally in tallies.items())
    return set(chain.from_iterable(described))


def graph_counts(graphs: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The number of triples in each graph, by the graph's IRI."""
    return {name: len(lines) for name, lines in sorted(graphs.items())}
