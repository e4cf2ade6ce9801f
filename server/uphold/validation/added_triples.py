"""Added triples: the statements of an uploaded graph that are not in the background.

A statement that is already in the background changes nothing. Blank nodes are compared by all their statements: two
nodes with the same statements count as the same node.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

import pyoxigraph as ox

__all__ = ["Nameless", "additions", "is_nameless"]

Signed = tuple[object, object, object]
Numbers = dict[frozenset[tuple[object, object]], int]


class Nameless:
    """The statements about blank nodes in a data set, with numbers instead of the nodes."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        found = [triple for triple in triples if is_nameless(triple)]
        self.numbers: Numbers = {}
        signs = signatures(found, self.numbers)
        self.signed = {sign(triple, signs) for triple in found}


def additions(data_graph: Collection[ox.Triple], background: ox.Store, nameless: Nameless) -> set[ox.Triple]:
    """The triples of `data_graph` that are not in the background, whose blank nodes are in `nameless`."""
    lacking, own = set[ox.Triple](), list[ox.Triple]()
    for triple in data_graph:
        if is_nameless(triple):
            own.append(triple)
        elif ox.Quad(*triple) not in background:
            lacking.add(triple)
    if not own:
        return lacking
    signs = signatures(own, dict(nameless.numbers))
    lacking |= {triple for triple in own if sign(triple, signs) not in nameless.signed}
    by_subject: dict[object, list[ox.Triple]] = defaultdict(list)
    for triple in own:
        by_subject[triple.subject].append(triple)
    waiting = [term for triple in lacking for term in (triple.subject, triple.object) if isinstance(term, ox.BlankNode)]
    while waiting:  # the parts of a new statement are new, even if another node has an equal part
        for triple in by_subject.get(waiting.pop(), ()):
            if triple not in lacking:
                lacking.add(triple)
                waiting += [triple.object] if isinstance(triple.object, ox.BlankNode) else []
    return lacking


def is_nameless(triple: ox.Triple) -> bool:
    """Whether a triple has a blank node."""
    return isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode)


def sign(triple: ox.Triple, signs: dict[object, int]) -> Signed:
    """A triple with numbers instead of blank nodes."""
    return signs.get(triple.subject, triple.subject), triple.predicate, signs.get(triple.object, triple.object)


def signatures(triples: Iterable[ox.Triple], numbers: Numbers) -> dict[object, int]:
    """A number for each blank node, equal for nodes with the same statements; none for nodes in a cycle.

    `numbers` is shared by the compared graphs. A node gets its number after the nodes that it points to, without
    recursion, so that long lists are safe.
    """
    said: dict[object, list[tuple[object, object]]] = defaultdict(list)
    holders: dict[object, list[object]] = defaultdict(list)
    waits: Counter[object] = Counter()
    nodes = set[object]()
    for triple in triples:
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        nodes |= {term for term in (subject, value) if isinstance(term, ox.BlankNode)}
        if isinstance(subject, ox.BlankNode):
            said[subject].append((predicate, value))
            if isinstance(value, ox.BlankNode):
                holders[value].append(subject)
                waits[subject] += 1
    found: dict[object, int] = {}
    ready = [node for node in nodes if not waits[node]]
    while ready:
        node = ready.pop()
        content = frozenset((predicate, found.get(value, value)) for predicate, value in said[node])
        found[node] = numbers.setdefault(content, len(numbers))
        for holder in holders[node]:
            waits[holder] -= 1
            if not waits[holder]:
                ready.append(holder)
    return found
