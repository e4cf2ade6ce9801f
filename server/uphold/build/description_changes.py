"""Changes of the data set description: what a change of the data changes in the graphs `catalogue` and `void`.

The counts of each graph and of the union of all are kept; only the partitions with other counts are stated again
(`recount`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyoxigraph as ox

from uphold.build.dataset_description import instances, listing, once
from uphold.build.quad_view import QuadView, graph_of, in_graph
from uphold.build.recount import count_objects_again, recounted
from uphold.build.void import Counted, ShortNames, Tally, describe, facts_of, number, place_of
from uphold.rdf.graphs import Graphs, as_triples

__all__ = ["Description", "DescriptionChange"]

DATASET = ox.NamedNode("http://www.w3.org/ns/dcat#Dataset")
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
Quads = frozenset[ox.Quad]


class DescriptionChange(NamedTuple):
    """The quads that leave the graphs `catalogue` and `void`, and those that come into them."""

    removed: Quads
    added: Quads


class Description:
    """The description of a data set that changes, whose graphs `catalogue` and `void` are complete.

    The catalogues and data services are those that graph `catalogue` has at the beginning.
    """

    def __init__(self, graphs: Graphs, base: str, prefixes: Mapping[str, str]) -> None:
        self.base, self.names = base, ShortNames(prefixes)
        self.catalogue, self.contents = f"{base}graph/catalogue", f"{base}graph/void"
        self.whole = instances(graphs[self.catalogue], "Catalog")
        self.services = instances(graphs[self.catalogue], "DataService")
        facts = {name: facts_of(lines) for name, lines in graphs.items() if name != self.contents}
        self.sizes = Counter({name: len(lines) for name, lines in graphs.items()})
        self.tallies = {name: Tally(each, ranges=False) for name, each in facts.items() if name}
        self.tallies[base] = Tally(once(facts), ranges=True)
        self.previous = self.sizes, self.tallies

    def keep(self) -> None:
        """Keep the last change."""
        self.previous = self.sizes, self.tallies

    def undo(self) -> None:
        """Take back the last change, unless it is kept."""
        self.sizes, self.tallies = self.previous

    def change(self, store: ox.Store, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> DescriptionChange:
        """The change of the description that a change of other quads brings, derived ones too.

        The store has the data before the change. Graph `void`, and what a build adds to graph `catalogue`, must not be
        in the change. `undo` takes it back.
        """
        removed, added = set(removed), set(added)
        gone = frozenset(quad for quad in removed - added if quad in store)
        new = frozenset(quad for quad in added if quad not in store)
        self.previous = self.sizes, self.tallies
        if not gone | new:
            return DescriptionChange(frozenset(), frozenset())
        before, sizes = QuadView(store, self.contents), resized(self.sizes, gone, new)
        listed = self.listed(before, QuadView(store, self.contents, gone, new), gone | new, sizes)
        gone, new, sizes = gone | listed.removed, new | listed.added, resized(sizes, *listed)
        after = QuadView(store, self.contents, gone, new)
        changed = self.by_data_set(gone | new)
        counts = {
            name: recounted(self.tally(name), triples, self.graph(name), before, after)
            for name, triples in changed.items()
        }
        tallies = {name: tally for name, (tally, _) in counts.items() if name == self.base or sizes[name]}
        parts = {name: which for name, (_, which) in counts.items()}
        old = self.stated({name: self.tallies[name] for name in parts if name in self.tallies}, parts)
        sizes[self.contents] += len(self.stated(tallies, parts)) - len(old)
        sums = difference(self.sums(self.sizes), self.sums(sizes), self.catalogue)
        after = QuadView(store, self.contents, gone | sums.removed, new | sums.added)
        for name, triples in self.by_data_set(gone | new | sums.removed | sums.added).items():
            if name in tallies:
                count_objects_again(tallies[name], triples, self.graph(name), before, after)
        void = difference(old, self.stated(tallies, parts), self.contents)
        self.sizes = sizes
        self.tallies = {
            name: each for name, each in {**self.tallies, **tallies}.items() if name == self.base or sizes[name]
        }
        return DescriptionChange(listed.removed | sums.removed | void.removed, listed.added | sums.added | void.added)

    def graph(self, name: str) -> str | None:
        """The graph of a data set; None for the union of all."""
        return None if name == self.base else name

    def tally(self, name: str) -> Tally:
        """The counts of a data set, which may be new."""
        return self.tallies.get(name) or Tally([], ranges=name == self.base)

    def by_data_set(self, quads: Quads) -> dict[str, set[ox.Triple]]:
        """The statements of each graph with a name but `void`, and of the union."""
        found: dict[str, set[ox.Triple]] = {self.base: {quad.triple for quad in quads}, self.catalogue: set()}
        for quad in quads:
            if graph_of(quad):
                found.setdefault(graph_of(quad), set()).add(quad.triple)
        return found

    def stated(self, tallies: Mapping[str, Tally], parts: Mapping[str, set[Counted]]) -> set[str]:
        """What graph `void` states of some partitions, and of the data sets that have them."""
        return {
            line
            for name, tally in tallies.items()
            for line in describe(name, tally, place_of(name, self.base), self.names, parts[name])
        }

    def sums(self, sizes: Counter[str]) -> set[str]:
        """The sizes that depend on how much is said of the others."""
        every = {name: sizes[name] for name in (self.catalogue, self.contents)}
        every |= dict.fromkeys(self.whole, sizes.total())
        return {number(name, "triples", size) for name, size in every.items()}

    def listed(self, before: QuadView, after: QuadView, quads: Quads, sizes: Counter[str]) -> DescriptionChange:
        """The change of what the catalogue says of graphs, except for the sums."""
        names = {graph_of(quad) for quad in quads} | {
            quad.subject.value
            for quad in quads
            if quad.object == DATASET and graph_of(quad) == self.catalogue and isinstance(quad.subject, ox.NamedNode)
        }
        old, now = (
            {line for name in names - {""} for line in self.entry(name, view, all_sizes)}
            for view, all_sizes in ((before, self.sizes), (after, sizes))
        )
        return difference(old, now, self.catalogue)

    def entry(self, name: str, view: QuadView, sizes: Counter[str]) -> set[str]:
        """What the catalogue says of one graph; nothing if it is empty."""
        if not sizes[name]:
            return set()
        is_described = view.has(ox.NamedNode(name), TYPE, DATASET, self.catalogue)
        size = set() if name in (self.catalogue, self.contents) else {number(name, "triples", sizes[name])}
        return size | listing(name, self.whole, self.services if is_described else None)


def resized(sizes: Counter[str], gone: Iterable[ox.Quad], new: Iterable[ox.Quad]) -> Counter[str]:
    """The sizes of graphs after a change."""
    found = Counter(sizes)
    found.update(map(graph_of, new))
    found.subtract(map(graph_of, gone))
    return found


def difference(old: set[str], now: set[str], graph: str) -> DescriptionChange:
    """The change from some statements of a graph to others."""
    removed, added = (frozenset(in_graph(as_triples(lines), graph)) for lines in (old - now, now - old))
    return DescriptionChange(removed, added)
