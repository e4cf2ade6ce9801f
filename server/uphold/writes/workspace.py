"""Workspace: all graphs of the current data in one process, where a change is staged before it is accepted.

Staging makes a change, derives what follows from it, validates what it can affect and names the snapshot that it leads
to. Then the change is kept or undone. Each step costs what the change costs, apart from the digests of changed graphs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from uphold.build.description_changes import Description
from uphold.rdf.graphs import as_triples, graphs_of, in_graph, read_lines
from uphold.rdf.sources import Files, graph_name
from uphold.rdf.stores import renewed
from uphold.rules.compiled import compile_rules
from uphold.rules.incremental import Derivation
from uphold.snapshots.change import Change, Step
from uphold.snapshots.identity import canonical, identity_of
from uphold.snapshots.steps import parsed
from uphold.validation.background import Background, in_order, with_iris
from uphold.validation.changes import SUBCLASS
from uphold.validation.coverage import describe
from uphold.validation.report import Report
from uphold.writes.graph_lines import GraphLines

__all__ = ["Counts", "Lines", "Staged", "Workspace", "node", "placed"]

Lines = Mapping[str, tuple[set[str], set[str]]]
"""The lines that a change removes from each graph, and those that it adds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What identifies a snapshot: its id, and its numbers of quads, triples and triples of each graph, with digests."""

    id: str
    quads: int
    triples: int
    graphs: dict[str, int]
    digests: dict[str, str]


@dataclass(frozen=True, slots=True)
class Staged:
    """A change that has been made, and can be kept or undone: its report, its lines, and the snapshot it leads to.

    `requested` has the graphs that the client changes, `lines` those and what follows from them.
    """

    report: Report
    requested: Lines
    lines: Lines
    counts: Counts

    @property
    def change(self) -> Change:
        """The change as N-Quads."""
        return Change(*(as_n_quads({name: pair[at] for name, pair in self.lines.items()}) for at in (0, 1)))


@dataclass(slots=True)
class Made:
    """A change that was made, with that of the union of all graphs, and the counts before it."""

    lines: Lines
    union: tuple[list[ox.Triple], list[ox.Triple]]
    counts: Counts


class Workspace:
    """The current data: by graph, as a union with compiled shapes, and the lines of the graphs that change."""

    def __init__(self, quads: Collection[ox.Quad], files: Files, counts: Counts, prefixes: Mapping[str, str]) -> None:
        self.base, self.counts, self.prefixes = files.base, counts, dict(prefixes)
        self.store = ox.Store()
        self.store.bulk_extend(quads)
        shapes = [quad.triple for quad in quads if quad.graph_name == graph_name(self.base, "shapes")]
        self.background = Background((with_iris(quad.triple) for quad in quads), shapes, self.base)
        self.derivation = Derivation(compile_rules(files), quads)
        self.description = Description(graphs_of(quads), self.base, prefixes)
        self.following = {f"{self.base}graph/{name}" for name in ("derived", "catalogue", "void")}
        """The graphs that follow from others."""
        self.known: dict[str, GraphLines] = {}
        self.made: Made | None = None

    def graph(self, name: str) -> GraphLines:
        """The lines of a graph."""
        if name not in self.known:
            written = self.store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=node(name)) or b""
            self.known[name] = GraphLines(name, read_lines(written))
        return self.known[name]

    def difference(self, name: str, content: set[str]) -> tuple[set[str], set[str]]:
        """The lines that a graph loses and gains with new contents, whose blank nodes may have any labels."""
        return self.graph(name).difference(canonical({name: content})[name])

    def stage(self, requested: Lines, sent: Collection[ox.Triple] = ()) -> Staged:
        """Change graphs; `sent` are the statements that the report counts. Nothing may be staged before."""
        lines = self.with_consequences(requested) if requested else {}
        results = self.apply(lines)
        results |= self.background.about_terms(triples(pair[1] for pair in requested.values()))
        contents_of = describe(sent, self.background.store, self.background.compiled, self.base)
        return Staged(Report(in_order(results), contents_of), requested, lines, self.counts)

    def with_consequences(self, requested: Lines) -> Lines:
        """The change of the source graphs, with what follows from it and how both change the description of the data.

        Raises `RuleFailed`.
        """
        removed, added = sources(requested)
        derived, of_rules = self.derivation.change(removed, added), graph_name(self.base, "derived")
        removed += [placed(triple, of_rules) for triple in derived.removed]
        added += [placed(triple, of_rules) for triple in derived.added]
        described = self.description.change(self.store, removed, added)
        return by_graph([*removed, *described.removed], [*added, *described.added])

    def apply(self, lines: Lines) -> set[Any]:
        """Make a change; the value is what the data newly violate."""
        before, union = self.counts, self.change_graphs(lines)
        results = self.background.results_of_change(*union)
        self.counts = self.counted(lines, len(union[1]) - len(union[0]))
        self.made = Made(lines, union, before)
        return results

    def change_graphs(self, lines: Lines) -> tuple[list[ox.Triple], list[ox.Triple]]:
        """Change the store and the lines of graphs; the value is that of `change_store`."""
        union = self.change_store(lines)
        for name, (removed, added) in lines.items():
            self.graph(name).change(removed, added)
        return union

    def change_store(self, lines: Lines) -> tuple[list[ox.Triple], list[ox.Triple]]:
        """Change the store; the value is what the union of all graphs loses and gains, with IRIs for blank nodes."""
        for name in lines:
            self.graph(name)  # as it was
        removed, added = (self.as_quads({name: pair[at] for name, pair in lines.items()}) for at in (0, 1))
        for quad in removed:
            self.store.remove(quad)
        self.store.extend(added)
        gone = {with_iris(quad.triple) for quad in removed if not any(self.holders(quad))}
        new = {with_iris(quad.triple) for quad in added}
        return [*gone], [triple for triple in new if ox.Quad(*triple) not in self.background.store]

    def holders(self, quad: ox.Quad) -> Iterator[ox.Quad]:
        """The graphs that have a statement."""
        return self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object)

    def as_quads(self, graphs: Mapping[str, set[str]]) -> list[ox.Quad]:
        """Lines as quads of the store."""
        return [placed(triple, node(name)) for name, some in graphs.items() for triple in as_triples(some)]

    def counted(self, lines: Lines, more: int) -> Counts:
        """What identifies the data after a change that adds so many triples to the union."""
        sizes, digests = dict(self.counts.graphs), dict(self.counts.digests)
        for name in lines:
            size = len(self.graph(name))
            if size:
                sizes[name], digests[name] = size, self.graph(name).digest()
            else:
                sizes.pop(name, None)
                digests.pop(name, None)
        quads = sum(sizes.values())
        return Counts(identity_of(digests), quads, self.counts.triples + more, dict(sorted(sizes.items())), digests)

    def follow(self, steps: Sequence[Step], counts: Counts | None = None) -> None:
        """Make changes that were accepted elsewhere; `counts` are those after them, which else are counted."""
        for step in steps:
            lines = by_graph(parsed(step.change.removed), parsed(step.change.added))
            self.with_consequences({name: pair for name, pair in lines.items() if name not in self.following})
            union = self.change_graphs(lines)
            self.background.change(*union)
            self.made = Made(lines, union, self.counts)
            if counts is None:
                self.counts = self.counted(lines, len(union[1]) - len(union[0]))
            self.keep()
        self.counts = counts or self.counts

    def warm(self) -> None:
        """Prepare what the first write needs."""
        self.background.warm()

    def renew(self) -> None:
        """Free the memory of statements that changes have removed; it takes as long as loading them."""
        self.store = renewed(self.store)
        self.background.renew()
        self.derivation.work.renew()

    def keep(self) -> None:
        """Keep the change that was made."""
        if self.made and any(triple.predicate.value == SUBCLASS for some in self.made.union for triple in some):
            self.background.compiled = self.background.compile()
        self.derivation.keep()
        self.description.keep()
        self.made = None

    def undo(self) -> None:
        """Undo the change that was staged, if there is one."""
        self.derivation.undo()
        self.description.undo()
        if self.made is None:
            return
        made, self.made = self.made, None
        self.change_graphs({name: (added, removed) for name, (removed, added) in made.lines.items()})
        gone, new = made.union
        self.background.change(new, gone)
        self.counts = made.counts


def sources(lines: Lines) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """The removed and the added statements of lines, as quads."""
    removed, added = (
        [quad for name, pair in lines.items() for quad in parsed(as_n_quads({name: pair[at]}))] for at in (0, 1)
    )
    return removed, added


def by_graph(removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> Lines:
    """The removed and added lines of each graph."""
    gone, new = graphs_of(removed), graphs_of(added)
    return {name: (gone.get(name, set()), new.get(name, set())) for name in sorted({*gone, *new})}


def placed(triple: ox.Triple, graph: ox.NamedNode | ox.DefaultGraph) -> ox.Quad:
    """A triple in a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def node(name: str) -> ox.NamedNode | ox.DefaultGraph:
    """The graph with a name in the store."""
    return ox.NamedNode(name) if name else ox.DefaultGraph()


def triples(parts: Iterable[set[str]]) -> list[ox.Triple]:
    """The statements of lines."""
    return [triple for some in parts for triple in as_triples(some)]


def as_n_quads(graphs: Mapping[str, Iterable[str]]) -> bytes:
    """Lines as sorted N-Quads."""
    lines = sorted(line for name, some in graphs.items() for line in in_graph(some, name))
    return "".join(f"{line}\n" for line in lines).encode()
