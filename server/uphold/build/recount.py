"""Recounts: the counts of a data set after a change, from those before it.

A changed statement changes the counts of its own terms. One that gives a thing another type changes those of every
statement about the thing, and, where the types of values are counted, of every statement that has it as a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pyoxigraph as ox

from uphold.build.quad_view import QuadView
from uphold.build.void import Counted, Tally, datatype_of

__all__ = ["count_objects_again", "recounted"]

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


class Part:
    """A graph, or the union of all if it is None, in a view; `ranges` says whether types of values are counted."""

    def __init__(self, view: QuadView, graph: str | None) -> None:
        self.view, self.graph, self.ranges = view, graph, graph is None
        self.known: dict[Any, list[str]] = {}

    def has(self, subject: Any = None, predicate: Any = None, value: Any = None) -> bool:
        """Whether there is a statement."""
        return self.view.has(subject, predicate, value, self.graph)

    def types(self, node: Any) -> list[str]:
        """The types of a node as N-Triples writes them."""
        if isinstance(node, ox.Literal):
            return []
        if node not in self.known:
            found = self.view.triples(node, TYPE, None, self.graph)
            self.known[node] = [str(each.object) for each in found if isinstance(each.object, ox.NamedNode)]
        return self.known[node]

    def affected(self, changed: Iterable[ox.Triple]) -> set[ox.Triple]:
        """The statements whose counts the changed ones change."""
        changed = set(changed)
        found = {each for each in changed if self.has(each.subject, each.predicate, each.object)}
        for thing in {each.subject for each in changed if each.predicate == TYPE}:
            found |= self.view.triples(thing, None, None, self.graph)
            if self.ranges:
                found |= self.view.triples(None, None, thing, self.graph)
        return found

    def counted(self, triple: ox.Triple) -> Iterator[Counted]:
        """What a statement counts for, as in `Tally`."""
        predicate, value = str(triple.predicate), triple.object
        yield "properties", predicate
        if triple.predicate == TYPE and isinstance(value, ox.NamedNode):
            yield "instances", str(value)
            if isinstance(triple.subject, ox.NamedNode):
                yield "classes", str(value)
        for kind in self.types(triple.subject):
            yield "used", (kind, predicate)
            if self.ranges and isinstance(value, ox.Literal):
                yield "datatypes", (kind, predicate, datatype_of(str(value)))
            elif self.ranges:
                yield from (("links", (kind, predicate, other)) for other in self.types(value))


def recounted(
    tally: Tally, changed: set[ox.Triple], graph: str | None, before: QuadView, after: QuadView
) -> tuple[Tally, set[Counted]]:
    """The counts after a change of some statements, except those of objects, and which of them are others."""
    tally, old, new = tally.copied(), Part(before, graph), Part(after, graph)
    difference: Counter[Counted] = Counter()
    for part, sign in ((old, -1), (new, 1)):
        for triple in part.affected(changed):
            for counted in part.counted(triple):
                difference[counted] += sign
    for (name, key), number in difference.items():
        getattr(tally, name)[key] += number
    for name, key in difference:
        present = tally.instances if name == "classes" else getattr(tally, name)
        if not present[key]:
            del getattr(tally, name)[key]
            if name == "instances":
                tally.classes.pop(key, None)
        elif name == "instances":
            tally.classes[key] += 0  # a class with nameless instances only has a partition too
    for subject in {triple.subject for triple in changed}:
        step = new.has(subject) - old.has(subject)
        tally.subjects += step
        tally.entities += step if isinstance(subject, ox.NamedNode) else 0
    return tally, {("classes", key) if name == "instances" else (name, key) for name, key in difference}


def count_objects_again(
    tally: Tally, changed: set[ox.Triple], graph: str | None, before: QuadView, after: QuadView
) -> None:
    """Correct the number of different objects after a change of some statements."""
    old, new = Part(before, graph), Part(after, graph)
    tally.objects += sum(new.has(value=each) - old.has(value=each) for each in {triple.object for triple in changed})
