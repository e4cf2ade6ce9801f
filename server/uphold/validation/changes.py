"""Changes: what a change can affect, so that a validation costs what the change costs.

A changed triple affects a focus node if a rule reads the triple for it (`rules.Read`), or if it makes the node a
target. For an added triple the way to the focus node is looked up in the data with the change, for a removed one in the
data without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pyoxigraph as ox

from uphold.validation.link_walk import Engine, LinkWalk, chunks
from uphold.validation.paths import EMPTY, Path
from uphold.validation.query_links import Link
from uphold.validation.query_patterns import Pattern
from uphold.validation.rules import Compiled, Read, Rule
from uphold.validation.shape_graph import Targets

__all__ = ["Engine", "Nodes", "affected", "chunks", "engine_of", "only_targets", "text_of", "values"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
Nodes = dict[Rule, set[str] | None]
"""For each rule the IRIs of the focus nodes to validate; None for all its targets."""


def engine_of(store: ox.Store) -> Engine:
    """The engine that runs SELECT queries on a store."""

    def select(text: str) -> Iterable[Any]:
        return cast(ox.QuerySolutions, store.query(text))

    return select


def affected(
    compiled: Compiled,
    triples: Iterable[ox.Triple],
    query: Engine,
    *,
    added: bool = True,
    numbers: dict[str, float] | None = None,
) -> Nodes:
    """The rules and focus nodes that can have new results because these triples were added, or are to be removed.

    The nodes need not be targets. `numbers` is what `LinkWalk` knows of the data.
    """
    found: dict[Rule, set[str] | None] = defaultdict(set)
    by_predicate: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        by_predicate[triple.predicate.value].append(triple)
    ways = Ways(by_predicate, query, added=added, numbers=numbers)
    for predicate, changed in by_predicate.items():
        for rule, read in (*compiled.reads(predicate), *compiled.reads(None)):
            if found[rule] is None:
                continue
            nodes = ways.to_focus(read, predicate)
            if nodes is None:
                found[rule] = None
            else:
                found[rule] |= nodes  # type: ignore[operator] # it is not None here
        for rule, nodes in new_targets(compiled, predicate, changed):
            if found[rule] is not None:
                found[rule] |= nodes  # type: ignore[operator] # it is not None here
    if SUBCLASS in by_predicate:  # the instances of the class become targets and values of other classes
        return dict.fromkeys(compiled.rules)
    return {  # where literals can be targets, all: the nodes here are IRIs
        rule: None if rule.targets.can_be_literals else nodes
        for rule, nodes in found.items()
        if rule.targets.can_be_literals or nodes is None or nodes
    }


def new_targets(compiled: Compiled, predicate: str, changed: list[ox.Triple]) -> Iterator[tuple[Rule, set[str]]]:
    """The nodes that triples of one predicate make targets."""
    if predicate == RDF_TYPE:
        by_class: dict[str, set[str]] = defaultdict(set)
        for triple in changed:
            by_class[text_of(triple.object)] |= named(triple.subject)
        for kind, nodes in by_class.items():
            for rule in compiled.rules_for_class(kind):
                yield rule, nodes
    for rule in compiled.rules_for_subjects_of(predicate):
        yield rule, {iri for triple in changed for iri in named(triple.subject)}
    for rule in compiled.rules_for_objects_of(predicate):
        yield rule, {iri for triple in changed for iri in named(triple.object)}


class Ways:
    """Looks up the focus nodes from which rules reach changed triples; each way once."""

    def __init__(
        self, changed: Mapping[str, list[ox.Triple]], query: Engine, *, added: bool, numbers: dict[str, float] | None
    ) -> None:
        self.changed = changed
        self.query = query
        self.walk = LinkWalk(query, numbers=numbers)
        self.added = added
        self.known: dict[tuple[Read, str], set[str] | None] = {}
        self.known_matches: dict[tuple[str, frozenset[str] | None], list[ox.Triple]] = {}

    def to_focus(self, read: Read, predicate: str) -> set[str] | None:
        """The focus nodes for which a rule reads the changed triples with a predicate; None if that can be all."""
        if (read, predicate) not in self.known:
            matching = self.matches(predicate, read.objects)
            if not matching or (read.link is not None and self.added and self.is_harmless(read.link)):
                nodes: set[str] | None = set()
            elif read.link is not None:
                found = self.walk.to_focus(read.link, predicate, matching)
                nodes = None if found is None else {iri for term in found for iri in named(term)}
            else:
                nodes = self.on_path(read.path, [t.subject if read.forward else t.object for t in matching])
            self.known[read, predicate] = nodes
        return self.known[read, predicate]

    def matches(self, predicate: str, objects: frozenset[str] | None) -> list[ox.Triple]:
        """The changed triples with a predicate and one of some objects."""
        if objects is None:
            return self.changed[predicate]
        if (predicate, objects) not in self.known_matches:
            some = [triple for triple in self.changed[predicate] if text_of(triple.object) in objects]
            self.known_matches[predicate, objects] = some
        return self.known_matches[predicate, objects]

    def on_path(self, path: Path, ends: Iterable[Any]) -> set[str]:
        """The nodes from which a path leads to one of these terms."""
        if path == EMPTY:
            return {iri for term in ends for iri in named(term)}
        return {
            iri
            for some in chunks({*ends})
            for row in self.query(
                f"SELECT DISTINCT ?this WHERE {{ {values('?near', some)} ?this {path.sparql} ?near }}"
            )
            for iri in named(row["this"])
        }

    def is_harmless(self, link: Link) -> bool:
        """Whether added triples that match a pattern can have no new results."""
        return link.hides or (bool(link.alone) and self.holds_anyway(link.alone))

    def holds_anyway(self, patterns: Sequence[Pattern]) -> bool:
        """Whether an EXISTS has a solution with unchanged subjects only; False where that is not easily said."""
        names = {pattern.subject for pattern in patterns}
        if not all(name.startswith("?") for name in names) or not all(map(has_one_step, patterns)):
            return False
        changed = {triple.subject for triples in self.changed.values() for triple in triples}
        rows = self.query(f"SELECT * WHERE {{ {' '.join(pattern.text for pattern in patterns)} }}")
        return any(changed.isdisjoint(row[name[1:]] for name in names) for row in rows)


def has_one_step(pattern: Pattern) -> bool:
    """Whether each solution of a pattern is one triple with its subject."""
    path = pattern.path
    return path is not None and all(
        part.kind == "predicate" for part in (path.parts if path.kind == "alternative" else (path,))
    )


def only_targets(compiled: Compiled, nodes: Mapping[Rule, set[str] | None], query: Engine) -> Nodes:
    """The nodes without those that are not targets of the rule."""
    every = {iri for some in nodes.values() if some for iri in some}
    instances: dict[str, set[str]] = defaultdict(set)
    subjects: dict[str, set[str]] = defaultdict(set)
    objects: dict[str, set[str]] = defaultdict(set)
    for some in chunks(sorted(every)):
        these = values("?this", map(ox.NamedNode, some))
        for row in query(f"SELECT ?this ?type WHERE {{ {these} ?this a ?type }}"):
            instances[text_of(row["type"])].add(row["this"].value)
        for row in query(f"SELECT DISTINCT ?this ?p WHERE {{ {these} ?this ?p ?o }}"):
            subjects[row["p"].value].add(row["this"].value)
        if compiled.has_objects_of:
            for row in query(f"SELECT DISTINCT ?this ?p WHERE {{ {these} ?s ?p ?this }}"):
                objects[row["p"].value].add(row["this"].value)
    known: dict[Targets, set[str]] = {}

    def among(targets: Targets) -> set[str]:
        if targets not in known:
            known[targets] = every & {node.value for node in targets.nodes}
            known[targets].update(
                *(instances[sub] for kind in targets.classes for sub in compiled.classes[kind]),
                *(subjects[name] for name in targets.subjects_of),
                *(objects[name] for name in targets.objects_of),
            )
        return known[targets]

    kept = {rule: None if some is None else some & among(rule.targets) for rule, some in nodes.items()}
    return {rule: some for rule, some in kept.items() if some is None or some}


def values(name: str, terms: Iterable[Any]) -> str:
    """A VALUES block; blank nodes, which a query cannot name, are left out."""
    return f"VALUES {name} {{ {' '.join(str(term) for term in terms if not isinstance(term, ox.BlankNode))} }}"


def named(term: Any) -> set[str]:
    """The IRI of a term; none for a literal or blank node."""
    return {term.value} if isinstance(term, ox.NamedNode) else set()


def text_of(term: Any) -> str:
    """The IRI, label or text of a term."""
    return str(getattr(term, "value", term))
