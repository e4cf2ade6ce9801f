"""Data sets: the data set of a query in a worker, with one real default graph (SPARQL 1.1 Query, 13.2).

The default graph of a query that names several graphs is their merge, a set of triples. The engine instead searches one
graph after the other, and finds a triple once for each graph that has it. So several graphs are merged into a separate
store, unless they are all graphs: the engine's own union of them is that set if no two graphs share a triple. Otherwise
the store has their merge as its default graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple, cast

import pyoxigraph as ox
from cachetools import LRUCache

from uphold.engines.oxigraph.join_order import ordered
from uphold.engines.oxigraph.query_form import MOST_CHARACTERS, QueryForm, form_of, may_change
from uphold.engines.oxigraph.store import apply
from uphold.snapshots.change import Step
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.statistics import Statistics

__all__ = ["Chosen", "Data", "Refusal", "overlap_query", "terms_in"]

MERGE_LIMIT = 500_000
"""Limit on the triples merged for one query; copying 200,000 takes about a second."""

MOST_KNOWN = 1_000
UNION: dict[str, Any] = {"use_default_graph_as_union": True}
NOTHING = ox.Store()
"""An empty store, for evaluating constants."""


class Refusal(Exception):
    """The reason why a query is not answered, a remedy, and the place in its text."""

    def __init__(self, detail: str, remedy: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail)
        self.remedy, self.line, self.column = remedy, line, column


class Chosen(NamedTuple):
    """The data set of a query: its store, the engine's arguments for its graphs, and its graphs.

    A default graph of None is the union of all graphs.
    """

    store: ox.Store
    arguments: dict[str, Any]
    default: tuple[ox.NamedNode | ox.DefaultGraph | None, ...]
    named: tuple[str, ...]

    def has_node(self, term: Any, graph: str | None) -> bool:
        """Whether a term is a node of a named graph, or of the default graph for None."""
        graphs = self.default if graph is None else (ox.NamedNode(graph),)
        found = [self.store.quads_for_pattern(None, None, term, name) for name in graphs]
        if not isinstance(term, ox.Literal):
            found += [self.store.quads_for_pattern(term, None, None, name) for name in graphs]
        return any(next(quads, None) is not None for quads in found)


class Data:
    """The store of a snapshot, and cached facts about it."""

    def __init__(self, store: ox.Store, snapshot: Snapshot, statistics: Statistics | None = None) -> None:
        self.store, self.snapshot = store, snapshot
        self.union = ox.DefaultGraph() if snapshot.shares_triples else None
        self.everything = tuple(name for name in snapshot.graphs if name)
        self.merged: tuple[Any, ox.Store] | None = None
        self.known: dict[tuple[str, ...], bool] = {}
        self.statistics = statistics or Statistics.read(snapshot.statistics)
        self.vocabulary = self.statistics.vocabulary
        self.orders: LRUCache[str, str] = LRUCache(MOST_CHARACTERS, getsizeof=len)

    def after(self, steps: Iterable[Step], snapshot: Snapshot) -> Data:
        """The data of a later snapshot; the store is changed. What is known of joins stays."""
        union = bool(self.union)
        for step in steps:
            union = apply(self.store, step.change, union=union)
        changed = Data(self.store, snapshot, self.statistics)
        changed.orders, changed.union = self.orders, ox.DefaultGraph() if union else None
        return changed

    def whole(self) -> dict[str, Any]:
        """The engine's arguments for all graphs; the unnamed one has a name in the store, which is not given away."""
        arguments: dict[str, Any] = {} if self.union else dict(UNION)
        if "" in self.snapshot.graphs:
            arguments["named_graphs"] = [ox.NamedNode(name) for name in self.everything]
        return arguments

    @cached_property
    def all_graphs(self) -> Chosen:
        """The data set of all graphs."""
        return Chosen(self.store, self.whole(), (self.union,), self.everything)

    def choose(self, dataset: dict[str, list[str]] | None) -> Chosen:
        """The data set with these graphs; raises `Refusal` if they are too large to merge.

        A repeated graph is in the data set once, and a graph that the snapshot does not have is empty.
        """
        if dataset is None:
            return self.all_graphs
        default, named = (tuple(dict.fromkeys(dataset[kind])) for kind in ("default", "named"))
        filled = tuple(iri for iri in default if iri in self.snapshot.graphs)
        within = {"named_graphs": [ox.NamedNode(iri) for iri in named]}
        if len(filled) > 1:
            if len(filled) == len(self.snapshot.graphs):
                whole = {"default_graph": [self.union]} if self.union else UNION
                return Chosen(self.store, whole | within, (self.union,), named)
            merged = ox.DefaultGraph()
            return Chosen(self.merge(filled, named), {"default_graph": [merged]} | within, (merged,), named)
        graphs = tuple(map(ox.NamedNode, filled or default))
        return Chosen(self.store, {"default_graph": list(graphs)} | within, graphs, named)

    def merge(self, default: tuple[str, ...], named: tuple[str, ...]) -> ox.Store:
        """A store with the merge of some graphs as its default graph; the last one is cached.

        A blank node is the same node in all graphs of a snapshot, so the merge does not rename any.
        """
        key = (frozenset(default), frozenset(named))
        if self.merged and self.merged[0] == key:
            return self.merged[1]
        size = sum(self.snapshot.graphs.get(iri, 0) for iri in (*default, *named))
        if size > MERGE_LIMIT:
            raise Refusal(
                f"The query needs a merge of graphs with {size:,} triples; at most {MERGE_LIMIT:,} are merged.",
                "Name one graph, or none: without FROM and default-graph-uri, the default graph is the union of all.",
            )
        store = ox.Store()
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in self.quads(default))
        store.bulk_extend(self.quads(named))
        self.merged = (key, store)
        return store

    def quads(self, graphs: Iterable[str]) -> Iterator[ox.Quad]:
        """The quads of some graphs."""
        for iri in graphs:
            yield from self.store.quads_for_pattern(None, None, None, ox.NamedNode(iri))

    def query(self, text: str, chosen: Chosen | None, prefixes: dict[str, str]) -> Any:
        """The engine's result for a query on a data set, or on none; raises what the engine raises."""
        store, arguments = (chosen.store, chosen.arguments) if chosen else (NOTHING, {})
        return store.query(text, base_iri=self.snapshot.base, prefixes=prefixes, **arguments)

    def join_order(self, form: QueryForm) -> str:
        """The form of a query with its joins in a good order."""
        if (known := self.orders.get(form.text)) is None:
            known = self.orders[form.text] = ordered(form.text, self.statistics, self.snapshot.prefixes)
        return known

    def in_order(self, text: str) -> str:
        """A query with its joins in a good order; empty if it has one."""
        if not may_change(text):
            return ""
        form = form_of(text, self.vocabulary)
        return form.in_order(self.join_order(form))

    def terms(self, declared: str, texts: Iterable[str], prefixes: dict[str, str]) -> list[Any]:
        """The terms that the engine parses from these texts, with the BASE and PREFIX lines in `declared`."""
        return terms_in(declared, texts, self.snapshot.base, prefixes)

    def overlap(self, declared: str, one: str, other: str, prefixes: dict[str, str]) -> bool:
        """Whether two paths connect the same two nodes somewhere in the union of all graphs."""
        key = (declared, one, other)
        if key not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[key] = bool(self.query(overlap_query(declared, one, other), self.choose(None), prefixes))
        return self.known[key]


def terms_in(declared: str, texts: Iterable[str], base: str, prefixes: Mapping[str, str]) -> list[Any]:
    """The terms that the engine parses from these texts, with the BASE and PREFIX lines in `declared`."""
    query = f"{declared} SELECT ?term {{ VALUES ?term {{ {' '.join(texts)} }} }}"
    found = cast("ox.QuerySolutions", NOTHING.query(query, base_iri=base, prefixes=dict(prefixes)))
    return [row["term"] for row in found]


def overlap_query(declared: str, one: str, other: str) -> str:
    """The query whether two paths connect the same two nodes."""
    return f"{declared} ASK {{ ?from {one} ?to . ?from {other} ?to }}"
