"""Added triples: the statements of an uploaded graph that are not in the background.

A statement that is already in the background changes nothing. Blank nodes are compared by all their statements: two
nodes with the same statements count as the same node.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import rdflib
from rdflib.term import BNode, Node

__all__ = ["additions", "is_nameless"]

Triple = tuple[Node, Node, Node]
Signed = tuple[Node | int, Node, Node | int]


def additions(data_graph: rdflib.Graph, background: rdflib.Graph) -> set[Triple]:
    """The triples of `data_graph` that are not in `background`."""
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
    while waiting:  # the parts of a new statement are new, even if another node has an equal part
        for triple in data_graph.triples((waiting.pop(), None, None)):
            if triple not in lacking:
                lacking.add(triple)
                waiting += [triple[2]] if isinstance(triple[2], BNode) else []
    return lacking


def is_nameless(triple: Triple) -> bool:
    """Whether a triple has a blank node."""
    return isinstance(triple[0], BNode) or isinstance(triple[2], BNode)


def sign(triple: Triple, signs: dict[Node, int]) -> Signed:
    """A triple with numbers instead of blank nodes."""
    subject, predicate, value = triple
    return signs.get(subject, subject), predicate, signs.get(value, value)


def signatures(graph: rdflib.Graph, numbers: dict[frozenset[tuple[Node, Node | int]], int]) -> dict[Node, int]:
    """A number for each blank node, equal for nodes with the same statements; none for nodes in a cycle.

    `numbers` is shared by the compared graphs. A node gets its number after the nodes that it points to, without
    recursion, so that long lists are safe.
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
