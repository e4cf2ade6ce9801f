"""Changes: what a change can affect, so that a validation costs what the change costs.

A changed triple affects a focus node if a rule reads the triple for it (`rules.Read`), or if it makes the node a
target. For an added triple the way to the focus node is looked up in the data with the change, for a removed one in the
data without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import pyoxigraph as ox

from uphold.validation.paths import EMPTY, Path, Step
from uphold.validation.rules import Compiled, Read, Rule
from uphold.validation.shape_graph import Targets
from uphold.validation.sparql_constraints import Link

__all__ = ["Engine", "Nodes", "affected", "chunks", "engine_of", "only_targets", "text_of", "values"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
MOST_AT_ONCE = 1000  # terms in one VALUES block
Engine = Callable[[str], Iterable[Any]]
"""Runs a SELECT query; each row returns the term of a variable by its name."""
Nodes = dict[Rule, set[str] | None]
"""For each rule the IRIs of the focus nodes to validate; None for all its targets."""


def engine_of(store: ox.Store) -> Engine:
    """The engine that runs SELECT queries on a store."""

    def select(text: str) -> Iterable[Any]:
        return cast(ox.QuerySolutions, store.query(text))

    return select


def affected(compiled: Compiled, triples: Iterable[ox.Triple], query: Engine) -> Nodes:
    """The rules and focus nodes that a change of these triples can affect; the nodes need not be targets."""
    found: dict[Rule, set[str] | None] = defaultdict(set)
    by_predicate: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        by_predicate[triple.predicate.value].append(triple)
    ways = Ways(query)
    for predicate, changed in by_predicate.items():
        for rule, read in (*compiled.reads(predicate), *compiled.reads(None)):
            matching = [t for t in changed if read.objects is None or text_of(t.object) in read.objects]
            if not matching or found[rule] is None:
                continue
            nodes = ways.to_focus(read, predicate, matching)
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

    def __init__(self, query: Engine) -> None:
        self.query = query
        self.known: dict[tuple[Path, frozenset[Any]], set[str]] = {}

    def to_focus(self, read: Read, predicate: str, changed: list[ox.Triple]) -> set[str] | None:
        """The focus nodes for which a rule reads these triples; None if that can be all."""
        if read.link is not None:
            return self.along(read.link, predicate, changed)
        near = frozenset(triple.subject if read.forward else triple.object for triple in changed)
        if read.path == EMPTY:
            return {iri for term in near for iri in named(term)}
        if (read.path, near) not in self.known:
            self.known[read.path, near] = {
                iri
                for some in chunks(near)
                for row in self.query(
                    f"SELECT DISTINCT ?this WHERE {{ {values('?near', some)} ?this {read.path.sparql} ?near }}"
                )
                for iri in named(row["this"])
            }
        return self.known[read.path, near]

    def along(self, link: Link, predicate: str, changed: list[ox.Triple]) -> set[str] | None:
        """The focus nodes that the patterns of a SPARQL-based constraint link with the triples; None for all."""
        if link.others is None:
            return None
        found: set[str] = set()
        path = link.path
        for step in path.steps() if path is not None else [Step(EMPTY, predicate, EMPTY, forward=True)]:
            if step.predicate == predicate:
                found |= self.from_step(link, step, changed)
        return found

    def from_step(self, link: Link, step: Step, changed: list[ox.Triple]) -> set[str]:
        """The focus nodes, where the triples match one step of a pattern's path."""
        start, end = link.pattern.subject, link.pattern.object
        pairs = [(t.subject, t.object) if step.forward else (t.object, t.subject) for t in changed]
        if start == "?this" and step.before == EMPTY:
            return {iri for near, _ in pairs for iri in named(near)}
        lines, names = [], []
        for term, path, name in ((start, step.before, "?near"), (end, step.after.reversed, "?far")):
            if path == EMPTY and term.startswith("?"):
                names.append(term)
                continue
            names.append(name)
            lines.append(f"FILTER ({name} = {term})" if path == EMPTY else f"{term} {path.sparql} {name} .")
        lines += [pattern.text for pattern in link.others or ()]
        found = set()
        for some in chunks([pair for pair in pairs if not any(isinstance(t, ox.BlankNode) for t in pair)]):
            rows = " ".join(f"({near} {far})" for near, far in some)
            text = f"SELECT DISTINCT ?this WHERE {{ VALUES ({' '.join(names)}) {{ {rows} }} {' '.join(lines)} }}"
            found |= {iri for row in self.query(text) for iri in named(row["this"])}
        return found


def only_targets(compiled: Compiled, nodes: Mapping[Rule, set[str] | None], query: Engine) -> Nodes:
    """The nodes without those that are not targets of the rule."""
    every = sorted({iri for some in nodes.values() if some for iri in some})
    types: dict[str, set[str]] = defaultdict(set)
    predicates: dict[str, set[str]] = defaultdict(set)
    inverse: dict[str, set[str]] = defaultdict(set)
    for some in chunks(every):
        these = values("?this", map(ox.NamedNode, some))
        for row in query(f"SELECT ?this ?type WHERE {{ {these} ?this a ?type }}"):
            types[row["this"].value].add(text_of(row["type"]))
        for row in query(f"SELECT DISTINCT ?this ?p WHERE {{ {these} ?this ?p ?o }}"):
            predicates[row["this"].value].add(row["p"].value)
        if compiled.has_objects_of:
            for row in query(f"SELECT DISTINCT ?this ?p WHERE {{ {these} ?s ?p ?this }}"):
                inverse[row["this"].value].add(row["p"].value)
    is_target: dict[tuple[Targets, str], bool] = {}

    def holds(targets: Targets, iri: str) -> bool:
        if (targets, iri) not in is_target:
            is_target[targets, iri] = (
                any(types[iri] & compiled.classes[kind] for kind in targets.classes)
                or bool(predicates[iri] & targets.subjects_of or inverse[iri] & targets.objects_of)
                or any(str(node) == iri for node in targets.nodes)
            )
        return is_target[targets, iri]

    kept = {
        rule: None if some is None else {iri for iri in some if holds(rule.targets, iri)}
        for rule, some in nodes.items()
    }
    return {rule: some for rule, some in kept.items() if some is None or some}


def values(name: str, terms: Iterable[Any]) -> str:
    """A VALUES block; blank nodes, which a query cannot name, are left out."""
    return f"VALUES {name} {{ {' '.join(str(term) for term in terms if not isinstance(term, ox.BlankNode))} }}"


def chunks(terms: Iterable[Any]) -> Iterator[list[Any]]:
    """The terms in lists that are short enough for one query."""
    listed = list(terms)
    for start in range(0, len(listed), MOST_AT_ONCE):
        yield listed[start : start + MOST_AT_ONCE]


def named(term: Any) -> set[str]:
    """The IRI of a term; none for a literal or blank node."""
    return {term.value} if isinstance(term, ox.NamedNode) else set()


def text_of(term: Any) -> str:
    """The IRI, label or text of a term."""
    return str(getattr(term, "value", term))
