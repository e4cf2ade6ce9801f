"""Views of a data set in a store: as it is, or as a change would leave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyoxigraph as ox

__all__ = ["QuadView", "graph_of", "in_graph"]


class QuadView:
    """The quads of a store without some, and with others; those of one graph are in no union."""

    def __init__(
        self, store: ox.Store, hidden: str, gone: frozenset[ox.Quad] = frozenset(), new: Iterable[ox.Quad] = ()
    ) -> None:
        self.store, self.hidden, self.gone = store, hidden, gone
        self.new = ox.Store()
        self.new.extend(new)

    def quads(self, subject: Any, predicate: Any, value: Any, graph: str | None) -> Iterator[ox.Quad]:
        """The quads of a graph (the unnamed one is empty), or of the union if that is None, which fit."""
        place = None if graph is None else name_of(graph)
        for store in (self.store, self.new):
            for quad in store.quads_for_pattern(subject, predicate, value, place):
                if (graph is not None or graph_of(quad) != self.hidden) and (
                    store is self.new or quad not in self.gone
                ):
                    yield quad

    def triples(self, subject: Any, predicate: Any, value: Any, graph: str | None) -> set[ox.Triple]:
        """Their statements, each once."""
        return {quad.triple for quad in self.quads(subject, predicate, value, graph)}

    def has(self, subject: Any, predicate: Any, value: Any, graph: str | None) -> bool:
        """Whether there is one."""
        if graph is None or subject is None or predicate is None or value is None:
            return next(self.quads(subject, predicate, value, graph), None) is not None
        quad = ox.Quad(subject, predicate, value, name_of(graph))
        return quad in self.new or (quad in self.store and quad not in self.gone)


def graph_of(quad: ox.Quad) -> str:
    """The IRI of a quad's graph, which is empty for the unnamed one."""
    return getattr(quad.graph_name, "value", "")


def name_of(graph: str) -> ox.NamedNode | ox.DefaultGraph:
    """The graph with an IRI, which is empty for the unnamed one."""
    return ox.NamedNode(graph) if graph else ox.DefaultGraph()


def in_graph(triples: Iterable[ox.Triple], graph: str) -> set[ox.Quad]:
    """Statements in a graph."""
    return {ox.Quad(each.subject, each.predicate, each.object, name_of(graph)) for each in triples}
