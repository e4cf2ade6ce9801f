"""Template: the quads of an update, filled with the solutions of its pattern (SPARQL 1.1 Update, 3.1.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pyoxigraph as ox

from uphold.sparql.lexer import scan
from uphold.validation.upload import check_terms

__all__ = ["Template", "moved", "read_template"]

Slot = Callable[[Sequence[Any], dict[str, ox.BlankNode]], Any]


class Template:
    """Quads that may have variables, as IRIs that start with a mark."""

    def __init__(self, quads: Iterable[ox.Quad], mark: str) -> None:
        self.quads, self.mark = list(quads), mark

    @property
    def has_blank_nodes(self) -> bool:
        """Whether each solution makes new nodes."""
        return any(isinstance(term, ox.BlankNode) for quad in self.quads for term in quad)

    def filled(self, rows: Iterable[Sequence[Any]], places: Mapping[str, int]) -> set[ox.Quad]:
        """The quads for all solutions, where each variable has its place.

        A quad with an unbound variable, or with a term where RDF allows none, is left out.
        """
        slots = [[self.slot(term, places) for term in quad] for quad in self.quads]
        found = set()
        for row in rows:
            nodes: dict[str, ox.BlankNode] = {}
            for parts in slots:
                subject, predicate, value, graph = (part(row, nodes) for part in parts)
                if value is None or not isinstance(graph, ox.NamedNode | ox.DefaultGraph):
                    continue
                if isinstance(subject, ox.NamedNode | ox.BlankNode) and isinstance(predicate, ox.NamedNode):
                    found.add(ox.Quad(subject, predicate, value, graph))
        return found

    def slot(self, term: Any, places: Mapping[str, int]) -> Slot:
        """What a term of the template is in a solution."""
        if isinstance(term, ox.NamedNode) and term.value.startswith(self.mark):
            place = places.get(term.value.removeprefix(self.mark))
            return (lambda row, _: row[place]) if place is not None else lambda _, __: None
        if isinstance(term, ox.BlankNode):
            return lambda _, nodes: nodes.setdefault(term.value, ox.BlankNode())
        return lambda _, __: term

    def within(self, graph: ox.NamedNode | ox.DefaultGraph) -> Template:
        """The template whose quads without a graph are in this one."""
        return Template((into(quad, graph) for quad in self.quads), self.mark)


def read_template(text: str, prologue: str, prefixes: Mapping[str, str], base: str) -> Template:
    """The template that a group in braces is; the engine has accepted it.

    Each variable is replaced by an IRI, so that the engine reads the group as data. Raises `UnsafeBody` for terms that
    are not RDF 1.1, and IRIs that are unsafe in pages or programs.
    """
    mark = f"urn:uuid:{uuid4()}:"
    data = "".join(f"<{mark}{each.text[1:]}>" if each.kind == "variable" else each.text for each in scan(text))
    store = ox.Store()
    store.update(f"{prologue} INSERT DATA {data}", base_iri=base, prefixes=dict(prefixes))
    for quad in store:
        check_terms(quad.triple)
    return Template(store, mark)


def into(quad: ox.Quad, graph: ox.NamedNode | ox.DefaultGraph) -> ox.Quad:
    """The quad in this graph if it is in the default graph."""
    if isinstance(quad.graph_name, ox.DefaultGraph):
        return ox.Quad(quad.subject, quad.predicate, quad.object, graph)
    return quad


def moved(quads: Iterable[ox.Quad], graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[ox.Quad]:
    """The quads in another graph."""
    return (ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
