"""Walks from changed triples to focus nodes, along the patterns that link them in a query."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import pyoxigraph as ox

from uphold.validation.paths import EMPTY, Step
from uphold.validation.query_groups import THIS
from uphold.validation.query_links import Link
from uphold.validation.query_patterns import Pattern

__all__ = ["Engine", "LinkWalk", "chunks"]

MOST_AT_ONCE = 1000
"""Terms in one VALUES block."""
SAMPLE = 1000
"""Triples from which the number of solutions of a pattern is estimated."""
Engine = Callable[[str], Iterable[Any]]
"""Runs a SELECT query; each row returns the term of a variable by its name."""


class LinkWalk:
    """Looks up what a query has as ?this where it reads changed triples.

    `graph` is a graph that holds the changed triples. Without one they are written into the queries, which cannot name
    blank nodes: triples with blank nodes then lead nowhere. `numbers` has how many subjects an object of a predicate
    has, as far as that is known.
    """

    def __init__(self, query: Engine, graph: str | None = None, numbers: dict[str, float] | None = None) -> None:
        self.query = query
        self.graph = graph
        self.known_numbers: dict[str, float] = {} if numbers is None else numbers

    def to_focus(self, link: Link, predicate: str, changed: list[ox.Triple]) -> set[Any] | None:
        """The terms to which the patterns of a link lead from triples with a predicate; None if that can be all."""
        if link.others is None:
            return None
        path = link.path
        steps = path.steps() if path is not None else [Step(EMPTY, predicate, EMPTY, forward=True)]
        return {term for step in steps if step.predicate == predicate for term in self.from_step(link, step, changed)}

    def in_order(self, patterns: Iterable[Pattern], known: set[str]) -> Iterator[Pattern]:
        """The patterns in an order for the engine, which follows that of the text.

        Next is always one that shares a variable with those before it, if there is one, with the fewest solutions.
        """
        left = list(patterns)
        while left:
            best = min(left, key=lambda each: (each.variables.isdisjoint(known), self.solutions(each, known)))
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

    def from_step(self, link: Link, step: Step, changed: list[ox.Triple]) -> Iterator[Any]:
        """The terms, where the triples match one step of a pattern's path."""
        start, end = link.pattern.subject, link.pattern.object
        pairs = [(t.subject, t.object) if step.forward else (t.object, t.subject) for t in changed]
        if start == THIS and step.before == EMPTY and not (self.graph and link.others):
            yield from (near for near, _ in pairs)
            return
        lines, names = [], []
        for term, path, name in ((start, step.before, "?near"), (end, step.after.reversed, "?far")):
            if path == EMPTY and term.startswith("?"):
                names.append(term)
                continue
            names.append(name)
            lines.append(f"FILTER ({name} = {term})" if path == EMPTY else f"{term} {path.sparql} {name} .")
        lines += [pattern.text for pattern in self.in_order(link.others or (), {start, end, *names})]
        if self.graph:  # the engine would order the patterns as if the changed triples were many
            lines = [line if line.startswith("FILTER") else f"LATERAL {{ {line} }}" for line in lines]
        for block in self.blocks(step, names, pairs):
            text = f"SELECT DISTINCT {THIS} WHERE {{ {block} {' '.join(lines)} }}"
            yield from (row["this"] for row in self.query(text))

    def blocks(self, step: Step, names: list[str], pairs: list[tuple[Any, Any]]) -> Iterator[str]:
        """Patterns that bind two variables to the ends of changed triples, as one step of a path goes through them."""
        if self.graph is not None:
            near, far = names if step.forward else reversed(names)
            yield f"GRAPH <{self.graph}> {{ {near} <{step.predicate}> {far} }}"
            return
        for some in chunks([pair for pair in pairs if not any(isinstance(t, ox.BlankNode) for t in pair)]):
            yield f"VALUES ({' '.join(names)}) {{ {' '.join(f'({near} {far})' for near, far in some)} }}"


def is_known(term: str, known: Collection[str]) -> bool:
    """Whether a term, or the value of a variable, is known."""
    return not term.startswith("?") or term in known


def chunks(terms: Iterable[Any]) -> Iterator[list[Any]]:
    """The terms in lists that are short enough for one query."""
    listed = list(terms)
    for start in range(0, len(listed), MOST_AT_ONCE):
        yield listed[start : start + MOST_AT_ONCE]
