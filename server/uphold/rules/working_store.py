"""The working store of the rules: the statements that rules read or derive, and when each of them exists.

A rule sees the source graphs and what earlier rules derive. So the store has a graph for each *level*: level 0 is the
union of the source graphs, level n what rule n derives and nothing before it. A statement is in one level only, since
the engine would otherwise find it twice. The source graphs are in it by their own names too, for GRAPH.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from uuid import uuid4

import pyoxigraph as ox

from uphold.rdf.stores import renewed
from uphold.rules.compiled import FOCUS, Rules

__all__ = ["WorkingStore", "in_graph"]

PRIVATE = f"urn:uphold:rules:{uuid4().hex}:"
"""Begins the names of graphs that only this store has; nobody can write into them, because nobody knows it."""
GONE = ox.NamedNode(f"{PRIVATE}gone")
"""Statements that have left a level: the way from them to a key may need them."""
KEYS = ox.NamedNode(f"{PRIVATE}keys")
KEY_PATTERN = f"GRAPH {KEYS} {{ {KEYS} {KEYS} ?this }}"

Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph


class WorkingStore:
    """Holds the statements by graph and by level; everything that is done to it can be undone."""

    def __init__(self, rules: Rules, quads: Iterable[ox.Quad]) -> None:
        self.rules = rules
        self.store = ox.Store()
        self.levels = [ox.NamedNode(f"{PRIVATE}level:{number}") for number in range(len(rules.rules) + 1)]
        self.numbers = {level.value: number for number, level in enumerate(self.levels)}
        self.visible: list[list[Graph]] = [
            [
                self.levels[0],
                *(self.levels[at + 1] for at, other in enumerate(rules.rules[:number]) if other.feeds(rule)),
            ]
            for number, rule in enumerate(rules.rules)
        ]
        """For each rule the levels with statements that it may read."""
        self.done: list[tuple[ox.Quad, bool]] = []
        self.scratch = {GONE, KEYS}
        kept = [quad for quad in quads if self.is_read(quad)]
        self.store.bulk_extend(kept)
        self.store.bulk_extend(in_graph(quad.triple, self.levels[0]) for quad in kept)

    def renew(self) -> None:
        """Free the memory of removed statements."""
        self.store = renewed(self.store)

    def is_read(self, quad: ox.Quad) -> bool:
        """Whether a rule may read a quad of the data set, or derives its statement."""
        predicates = self.rules.predicates
        in_sources = getattr(quad.graph_name, "value", "") not in self.rules.not_read
        return in_sources and (predicates is None or quad.predicate.value in predicates)

    def add(self, quad: ox.Quad) -> bool:
        """Add a quad; whether it is new."""
        if quad in self.store:
            return False
        self.store.add(quad)
        self.done.append((quad, True))
        return True

    def remove(self, quad: ox.Quad) -> bool:
        """Remove a quad; whether there was one."""
        if quad not in self.store:
            return False
        self.store.remove(quad)
        self.done.append((quad, False))
        return True

    def undo(self) -> None:
        """Undo everything since the last `commit`."""
        for quad, added in reversed(self.done):
            (self.store.remove if added else self.store.add)(quad)
        self.done = []

    def commit(self) -> None:
        """Keep what has been done."""
        self.done = []

    def in_sources(self, triple: ox.Triple) -> bool:
        """Whether a source graph has a statement."""
        found = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return any(not getattr(quad.graph_name, "value", "").startswith(PRIVATE) for quad in found)

    def level_of(self, triple: ox.Triple) -> int | None:
        """The level of a statement."""
        found = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        names = (getattr(quad.graph_name, "value", "") for quad in found)
        return next((self.numbers[name] for name in names if name in self.numbers), None)

    def place(self, triple: ox.Triple, now: int | None, level: int | None) -> None:
        """Move a statement from one level to another; None is no level."""
        if now == level:
            return
        if now is not None:
            self.remove(in_graph(triple, self.levels[now]))
            self.store.add(in_graph(triple, GONE))
        if level is not None:
            self.add(in_graph(triple, self.levels[level]))

    def note(self, name: str, triple: ox.Triple) -> None:
        """Note a changed statement for queries, under a name for its graph."""
        graph = ox.NamedNode(self.noted(name))
        self.scratch.add(graph)
        self.store.add(in_graph(triple, graph))

    def noted(self, name: str) -> str:
        """The IRI of the graph in which changed statements are noted."""
        return f"{PRIVATE}changed:{name}"

    def clear(self) -> None:
        """Remove what was only needed to find out what a change affects."""
        for graph in self.scratch:
            self.store.remove_graph(graph)

    def ways(self, number: int, text: str) -> Iterable[Any]:
        """Run a SELECT query on what a rule sees, and on what it saw."""
        return cast(ox.QuerySolutions, self.store.query(text, default_graph=[*self.visible[number], GONE]))

    def solutions(self, number: int, keys: Iterable[Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """The solutions of a rule that can be divided, for some keys or all."""
        select = self.rules.rules[number].select or ""
        if keys is None:
            text = select.replace(FOCUS, "")
        else:
            text = select.replace(FOCUS, KEY_PATTERN)
            self.store.clear_graph(KEYS)
            self.store.extend(ox.Quad(KEYS, KEYS, key, KEYS) for key in keys)
        rows = self.store.query(text, default_graph=self.visible[number])
        return (tuple(row) for row in cast(ox.QuerySolutions, rows))

    def constructed(self, number: int) -> Iterable[ox.Triple]:
        """The statements of a rule that cannot be divided."""
        mine = [graph for graph in self.store.named_graphs() if not str(graph).startswith(f"<{PRIVATE}")]
        rule = self.rules.rules[number]
        rows = self.store.query(rule.construct, default_graph=self.visible[number], named_graphs=mine)
        return cast(ox.QueryTriples, rows)


def in_graph(triple: ox.Triple, graph: ox.NamedNode) -> ox.Quad:
    """A statement in a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
