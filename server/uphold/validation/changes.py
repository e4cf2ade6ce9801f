"""Changes: what a change can affect, so that a validation costs what the change costs.

A changed triple affects a focus node if a rule reads the triple for it (`rules.Read`), or if it makes the node a
target. For an added triple the way to the focus node is looked up in the data with the change, for a removed one in the
data without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import pyoxigraph as ox

from uphold.validation.paths import EMPTY, Path, Step
from uphold.validation.query_links import Link
from uphold.validation.query_patterns import Pattern
from uphold.validation.rules import Compiled, Read, Rule
from uphold.validation.shape_graph import Targets

__all__ = ["Engine", "Nodes", "affected", "chunks", "engine_of", "only_targets", "text_of", "values"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
MOST_AT_ONCE = 1000
"""Terms in one VALUES block."""
SAMPLE = 1000
"""Triples from which the number of solutions of a pattern is estimated."""
Engine = Callable[[str], Iterable[Any]]
"""Runs a SELECT query; each row returns the term of a variable by its name."""
Nodes = dict[Rule, set[str] | None]
"""For each rule the IRIs of the focus nodes to validate; None for all its targets."""


def engine_of(store: ox.Store) -> Engine:
    """The engine that runs SELECT queries on a store."""

    def select(text: str) -> Iterable[Any]:
        return cast(ox.QuerySolutions, store.query(text))

    return select


def affected(compiled: Compiled, triples: Iterable[ox.Triple], query: Engine, *, added: bool = True) -> Nodes:
    """The rules and focus nodes that can have new results because these triples were added, or are to be removed.

    The nodes need not be targets.
    """
    found: dict[Rule, set[str] | None] = defaultdict(set)
    by_predicate: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        by_predicate[triple.predicate.value].append(triple)
    ways = Ways(by_predicate, query, added=added)
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

    def __init__(self, changed: Mapping[str, list[ox.Triple]], query: Engine, *, added: bool) -> None:
        self.changed = changed
        self.query = query
        self.added = added
        self.known: dict[tuple[Read, str], set[str] | None] = {}
        self.known_numbers: dict[str, float] = {}
        self.known_matches: dict[tuple[str, frozenset[str] | None], list[ox.Triple]] = {}

    def to_focus(self, read: Read, predicate: str) -> set[str] | None:
        """The focus nodes for which a rule reads the changed triples with a predicate; None if that can be all."""
        if (read, predicate) not in self.known:
            matching = self.matches(predicate, read.objects)
            if not matching or (read.link is not None and self.added and self.is_harmless(read.link)):
                nodes: set[str] | None = set()
            elif read.link is not None:
                nodes = self.along(read.link, predicate, matching)
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

    def in_order(self, patterns: Iterable[Pattern], known: set[str]) -> Iterator[Pattern]:
        """The patterns, next always the one with the fewest solutions; the engine follows the order of the text."""
        left = list(patterns)
        while left:
            best = min(left, key=lambda pattern: self.solutions(pattern, known))
            left.remove(best)
            known = known | best.variables
            yield best

    def solutions(self, pattern: Pattern, known: Collection[str]) -> float:
        """About how many solutions a pattern has where the values of some variables are known."""
        if is_known(pattern.subject, known):
            return 0 if is_known(pattern.object, known) else 1
        if not is_known(pattern.object, known) or pattern.path is None or pattern.path.kind != "predicate":
            return SAMPLE
        return self.subjects_of_an_object(pattern.path.sparql)

    def subjects_of_an_object(self, predicate: str) -> float:
        """How many subjects an object of a predicate has, in a sample."""
        if predicate not in self.known_numbers:
            rows = [row["o"] for row in self.query(f"SELECT ?o WHERE {{ ?s {predicate} ?o }} LIMIT {SAMPLE}")]
            self.known_numbers[predicate] = len(rows) / max(1, len(set(rows)))
        return self.known_numbers[predicate]

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
        lines += [pattern.text for pattern in self.in_order(link.others or (), {start, end, *names})]
        found = set()
        for some in chunks([pair for pair in pairs if not any(isinstance(t, ox.BlankNode) for t in pair)]):
            rows = " ".join(f"({near} {far})" for near, far in some)
            text = f"SELECT DISTINCT ?this WHERE {{ VALUES ({' '.join(names)}) {{ {rows} }} {' '.join(lines)} }}"
            found |= {iri for row in self.query(text) for iri in named(row["this"])}
        return found


def is_known(term: str, known: Collection[str]) -> bool:
    """Whether a term, or the value of a variable, is known."""
    return not term.startswith("?") or term in known


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
