"""An index of triples by subject and by predicate: what the compiler reads shapes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from uphold.errors import UnsupportedShape

__all__ = ["RDF", "SH", "Node", "TripleIndex", "rdf", "sh"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SH = "http://www.w3.org/ns/shacl#"
Node = ox.NamedNode | ox.BlankNode | ox.Literal


def rdf(name: str) -> ox.NamedNode:
    """A term of RDF."""
    return ox.NamedNode(f"{RDF}{name}")


def sh(name: str) -> ox.NamedNode:
    """A term of SHACL."""
    return ox.NamedNode(f"{SH}{name}")


FIRST, REST, NIL = rdf("first"), rdf("rest"), rdf("nil")


class TripleIndex:
    """The triples of a graph, each once, in the order in which they were given."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._by_subject: dict[Node, dict[ox.NamedNode, list[Node]]] = defaultdict(lambda: defaultdict(list))
        self._by_predicate: dict[ox.NamedNode, list[tuple[Node, Node]]] = defaultdict(list)
        for subject, predicate, value in dict.fromkeys(triples):
            if isinstance(subject, ox.Triple) or isinstance(value, ox.Triple):
                raise UnsupportedShape(f"The shapes have a triple term with {predicate}, which is not supported.")
            self._by_subject[subject][predicate].append(value)
            self._by_predicate[predicate].append((subject, value))

    @property
    def predicates(self) -> Iterable[ox.NamedNode]:
        """All predicates."""
        return self._by_predicate.keys()

    def properties(self, subject: Node) -> list[tuple[ox.NamedNode, Node]]:
        """The predicates and objects of a subject."""
        said = self._by_subject.get(subject, {})
        return [(predicate, value) for predicate, values in said.items() for value in values]

    def pairs(self, predicate: ox.NamedNode) -> list[tuple[Node, Node]]:
        """The subjects and objects of a predicate."""
        return self._by_predicate.get(predicate, [])

    def objects(self, subject: Node, predicate: ox.NamedNode) -> list[Node]:
        """The values of a property."""
        said = self._by_subject.get(subject)
        return said.get(predicate, []) if said else []

    def value(self, subject: Node, predicate: ox.NamedNode) -> Node | None:
        """One value of a property, if it has any."""
        return next(iter(self.objects(subject, predicate)), None)

    def text(self, subject: Node, predicate: ox.NamedNode, default: str = "") -> str:
        """The IRI or text of one value of a property."""
        value = self.value(subject, predicate)
        return default if value is None else value.value

    def reachable(self, node: Node, predicate: ox.NamedNode) -> Iterator[Node]:
        """A node, and what a property leads to from it, directly and indirectly."""
        found, waiting = {node}, [node]
        while waiting:
            node = waiting.pop()
            yield node
            new = [value for value in self.objects(node, predicate) if value not in found]
            found.update(new)
            waiting += new

    def members(self, head: Node) -> list[Node]:
        """The members of a list."""
        heads = [*self.reachable(head, REST)]
        if heads[-1] != NIL or any(len(self.objects(each, REST)) != 1 for each in heads[:-1]):
            raise UnsupportedShape(f"{head} is not a list: it branches, or it has no end.")
        return [first for each in heads if (first := self.value(each, FIRST)) is not None]
