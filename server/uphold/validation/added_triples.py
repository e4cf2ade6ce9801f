"""Additions: which statements of a graph that someone brings the background does not have yet.

A statement that the background has changes nothing, whoever sends it. Blank nodes have no names to compare, so they are
compared by all that their own graph says of them: two nodes that say the same are taken for the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import rdflib
from rdflib.term import BNode, Node

__all__ = ["additions", "is_nameless"]

Triple = tuple[Node, Node, Node]
Signed = tuple[Node | int, Node, Node | int]


def additions(data_graph: rdflib.Graph, background: rdflib.Graph) -> set[Triple]:
    """The triples of `data_graph` that `background` lacks."""
    lacking = set[Triple]()
    nameless = list[Triple]()
    for triple in data_graph:
        if is_nameless(triple):
            nameless.append(triple)
        elif triple not in background:
            lacking.add(triple)
    if nameless:
        numbers: dict[frozenset[tuple[Node, Node | int]], int] = {}
        signs = signatures(background, numbers)
        had = {sign(triple, signs) for triple in background if is_nameless(triple)}
        signs = signatures(data_graph, numbers)
        lacking |= {triple for triple in nameless if sign(triple, signs) not in had}
    waiting = [term for triple in lacking for term in (triple[0], triple[2]) if isinstance(term, BNode)]
    while waiting:  # what belongs to a new statement is new, though something else has a part that says the same
        for triple in data_graph.triples((waiting.pop(), None, None)):
            if triple not in lacking:
                lacking.add(triple)
                waiting += [triple[2]] if isinstance(triple[2], BNode) else []
    return lacking


def is_nameless(triple: Triple) -> bool:
    """Whether a triple has a blank node."""
    return isinstance(triple[0], BNode) or isinstance(triple[2], BNode)


def sign(triple: Triple, signs: dict[Node, int]) -> Signed:
    """A triple with the numbers of its blank nodes."""
    subject, predicate, value = triple
    return signs.get(subject, subject), predicate, signs.get(value, value)


def signatures(graph: rdflib.Graph, numbers: dict[frozenset[tuple[Node, Node | int]], int]) -> dict[Node, int]:
    """A number for each blank node, the same for those of which the same is said; none for those in a circle.

    `numbers` is shared by graphs that are compared. Each node is numbered once those that it points to are, without
    recursion, so that a long list does no harm.
    """
    said: dict[Node, list[tuple[Node, Node]]] = defaultdict(list)
    holders: dict[Node, list[Node]] = defaultdict(list)
    waits: Counter[Node] = Counter()
    nodes = set[Node]()
    for subject, predicate, value in graph:
        nodes |= {term for term in (subject, value) if isinstance(term, BNode)}
        if isinstance(subject, BNode):
            said[subject].append((predicate, value))
            if isinstance(value, BNode):
                holders[value].append(subject)
                waits[subject] += 1
    found: dict[Node, int] = {}
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
