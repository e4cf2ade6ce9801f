"""Draft: changes of a workspace's store by one request, which its later operations see, and which are taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from uphold.engines.oxigraph.store import UNNAMED
from uphold.errors import BodyTooLarge, GraphProtected
from uphold.journal.graph_protection import BUILT
from uphold.rdf.graphs import graphs_of
from uphold.settings import Settings
from uphold.validation.upload import check_terms
from uphold.writes.workspace import Lines, Workspace, node

__all__ = ["Draft"]


RESERVED = "history"
"""The last segment of a path below /graphs that names no graph, but the history of one."""


class Draft:
    """What a request has changed so far: quads that the store had before, and quads that it did not have."""

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self.workspace, self.settings = workspace, settings
        self.store = workspace.store
        self.removed: set[ox.Quad] = set()
        self.added: set[ox.Quad] = set()

    def quads(self, graph: str) -> set[ox.Quad]:
        """The statements of a graph."""
        return set(self.store.quads_for_pattern(None, None, None, node(graph)))

    def has(self, graph: str) -> bool:
        """Whether a graph has a statement: a graph without one does not exist."""
        return next(self.store.quads_for_pattern(None, None, None, node(graph)), None) is not None

    def names(self) -> list[str]:
        """The names of all graphs with statements, without the unnamed one; the store also lists empty ones."""
        names = [graph.value for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode)]
        return [name for name in names if self.has(name)]

    def is_built(self, graph: str) -> bool:
        """Whether a build makes a graph from the project's files."""
        home = f"{self.workspace.base}graph/"
        return graph.startswith(home) and graph.removeprefix(home) in BUILT

    def change(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> None:
        """Remove statements, then add others; raises what `check_terms` raises, `GraphProtected` or `BodyTooLarge`.

        Blank nodes keep their labels.
        """
        for quad in as_stored(removed):
            if quad in self.store:
                self.store.remove(quad)
                move(quad, self.added, self.removed)
        graphs = set()
        for quad in as_stored(added):
            if quad not in self.store:
                check_terms(quad.triple)
                graphs.add(quad.graph_name)
                self.store.add(quad)
                move(quad, self.removed, self.added)
        for graph in graphs:
            self.check_name(graph)
        if len(self.added) > self.settings.upload_max_triples:
            raise BodyTooLarge(self.settings.upload_max_triples, "triples")

    def check_name(self, graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> None:
        """Raise `GraphProtected` for a name that no graph can have here, or what `check_terms` raises."""
        if isinstance(graph, ox.NamedNode):
            check_terms(ox.Triple(graph, graph, graph))
            home, name = f"{self.workspace.base}graph/", graph.value
            if graph == UNNAMED or (name.startswith(home) and name.rpartition("/")[2] == RESERVED):
                raise GraphProtected(f"{graph.value} cannot name a graph here.")

    def finish(self) -> Lines:
        """Make the store what it was, and return what the request removes from each graph and adds to it.

        Labels of blank nodes are canonical ones.
        """
        gone, new = graphs_of(self.removed), graphs_of(self.added)
        self.take_back()  # first: a workspace reads the lines of a graph from the store
        changes = {name: (gone.get(name, set()), new.get(name, set())) for name in sorted({*gone, *new})}
        return {name: pair for name, pair in self.canonical(changes) if any(pair)}

    def canonical(self, changes: Lines) -> Iterator[tuple[str, tuple[set[str], set[str]]]]:
        """The same changes: labels of blank nodes follow from the whole graph, if it has any."""
        for name, (removed, added) in changes.items():
            graph = self.workspace.graph(name)
            if graph.nameless or any("_:" in line for line in added):
                yield name, self.workspace.difference(name, (graph.lines - removed) | added)
            else:
                yield name, (removed, added)

    def take_back(self) -> None:
        """Make the store what it was."""
        for quad in self.added:
            self.store.remove(quad)
        self.store.extend(self.removed)
        self.added, self.removed = set(), set()


def move(quad: ox.Quad, source: set[ox.Quad], target: set[ox.Quad]) -> None:
    """Note a quad, unless that is the opposite of what was noted before."""
    if quad in source:
        source.remove(quad)
    else:
        target.add(quad)


def as_stored(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """The quads as the engine keeps them: numbers and times by their value, so that 01 and 1 are one statement.

    The digest of a graph follows from what the engine returns; a change of 01 to 1 would be one of the digest only.
    """
    store = ox.Store()
    store.extend(quads)
    return iter(store)
