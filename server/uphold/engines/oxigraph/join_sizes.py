"""Join sizes: how many solutions a triple pattern has for each solution that it is joined with, by statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from lark import Token, Tree

from uphold.engines.oxigraph.group_elements import Names, trees, variable
from uphold.snapshots.statistics import PropertyCounts, Statistics
from uphold.sparql.parser import Node, ParsedQuery, leaves, subtrees
from uphold.sparql.routes import Route, read_route

__all__ = ["Sizes"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
UNKNOWN = PropertyCounts(10_000, 1_000, 1_000)
REPEATED = 10
"""How many steps a path with `*` or `+` is expected to find for one."""


class PathSize(NamedTuple):
    """The expected solutions of a path between two variables, from a subject, and to an object."""

    all: float
    forward: float
    back: float


class Sizes:
    """The expected sizes of the triple patterns of one query."""

    def __init__(self, query: ParsedQuery, statistics: Statistics, prefixes: Mapping[str, str]) -> None:
        """For a parsed form; `prefixes` are those that it need not declare."""
        self.statistics = statistics
        declared = (leaves(part) for part in subtrees(trees(query.tree)[0]) if part.data == "prefix")
        self.prefixes = {**prefixes, **{name[:-1]: iri[1:-1] for _, name, iri in declared}}
        self.total = sum(each.triples for each in statistics.properties.values()) or UNKNOWN.triples

    def of(self, subject: Node, verb: Node, value: Node) -> Callable[[Names], float]:
        """The expected solutions of a triple pattern, if these variables have values."""
        size, start, end = self.path(verb), variable(subject), variable(value)
        if self.iri(leaves(verb)) == RDF_TYPE and not end:
            size = size._replace(back=self.statistics.classes.get(self.iri(leaves(value)), 0))

        def expected(bound: Names) -> float:
            if start and start not in bound:
                return size.all if end and end not in bound else size.back
            return size.forward if end and end not in bound else min(1, size.forward * size.back / max(1, size.all))

        return expected

    def path(self, verb: Node) -> PathSize:
        """The expected solutions of a property, a path, or a variable in its place."""
        tokens = leaves(verb)
        if tokens[0].type == "VAR":
            return PathSize(self.total, REPEATED, REPEATED * REPEATED)
        return self.route(read_route(verb.children[0] if isinstance(verb, Tree) else verb))

    def route(self, route: Route) -> PathSize:
        """The expected solutions of a path."""
        sign, *inner = route
        if sign == "step":
            counts = self.property(inner[0])
            return PathSize(
                counts.triples, counts.triples / max(1, counts.subjects), counts.triples / max(1, counts.objects)
            )
        sizes = [self.route(each) for each in inner]
        match sign:
            case "^":
                (one,) = sizes
                return PathSize(one.all, one.back, one.forward)
            case "/":
                one, other = sizes
                return PathSize(one.all * other.forward, one.forward * other.forward, one.back * other.back)
            case "|":
                return PathSize(*map(sum, zip(*sizes, strict=True)))
        (one,) = sizes
        every = one.all if sign == "+" else self.total  # any node is connected with itself by a zero-length path
        return PathSize(every * REPEATED, 1 + one.forward * REPEATED, 1 + one.back * REPEATED)

    def property(self, step: str) -> PropertyCounts:
        """The counts of a property; one that does not occur has none, and a negated set is unknown."""
        if step.startswith("!"):
            return UNKNOWN
        iri = RDF_TYPE if step == "a" else self.expanded(step)
        if not self.statistics.properties or not iri:
            return UNKNOWN
        return self.statistics.properties.get(iri, PropertyCounts(0, 0, 0))

    def iri(self, tokens: list[Token]) -> str:
        """The IRI that these tokens are; empty if they are something else."""
        (token, *more) = tokens
        if more:
            return ""
        return RDF_TYPE if token.type == "A" else self.expanded(token)

    def expanded(self, name: str) -> str:
        """A full IRI, from an IRI or a prefixed name; empty if it is neither, or relative."""
        if name.startswith("<"):
            return name[1:-1] if ":" in name else ""
        prefix, colon, local = name.partition(":")
        return f"{self.prefixes[prefix]}{local}" if colon and prefix in self.prefixes and "\\" not in local else ""
