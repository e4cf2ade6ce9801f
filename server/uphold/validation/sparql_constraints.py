"""SPARQL-based constraints (SHACL 1.0, 5): their queries, and how a changed triple leads to focus nodes.

A triple pattern of the query is linked to $this by the patterns that share variables with it. A changed triple that
matches the pattern can only change the results for the nodes that these patterns then bind to $this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import rdflib
from rdflib.namespace import SH
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.term import Node, Variable

from uphold.errors import UnsupportedShape
from uphold.validation.paths import Path, of_query

__all__ = ["Constraint", "Link", "read_constraint"]

SELECT_OF_THIS = re.compile(r"(SELECT\s[^{}]*[$?]this\b[^{}]*\bWHERE\s*\{)", re.IGNORECASE)
THIS = Variable("this")
CONJUNCTIVE = ("SelectQuery", "Project", "Distinct", "Filter", "Join", "Extend", "Group", "AggregateJoin", "OrderBy")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern: its path (None for a variable) and its ends as SPARQL text."""

    subject: str
    path: Path | None
    object: str

    @property
    def text(self) -> str:
        """The pattern in SPARQL."""
        return f"{self.subject} {self.path.sparql if self.path else '?any'} {self.object} ."

    @property
    def variables(self) -> set[str]:
        """The variables at its ends."""
        return {end for end in (self.subject, self.object) if end.startswith("?")}


@dataclass(frozen=True, slots=True)
class Link:
    """A triple pattern with the patterns that lead from it to ?this; None if there is no such way."""

    pattern: Pattern
    others: tuple[Pattern, ...] | None

    @property
    def path(self) -> Path | None:
        """The path of the pattern."""
        return self.pattern.path

    @property
    def objects(self) -> frozenset[str] | None:
        """The one object that the pattern matches, if it is an IRI."""
        end = self.pattern.object
        return frozenset((end[1:-1],)) if end.startswith("<") else None


@dataclass(frozen=True, slots=True)
class Constraint:
    """The query of a constraint, in which `{focus}` stands for the pattern that binds ?this, and its links."""

    select: str
    message: str | None
    links: tuple[Link, ...]


def read_constraint(graph: rdflib.Graph, node: Node, shape: str) -> Constraint:
    """The constraint at a node of a shapes graph; raises `UnsupportedShape` for all but a SELECT that can be parsed."""
    text = graph.value(node, SH.select)
    if text is None:
        raise UnsupportedShape(f"{shape} has sh:sparql without sh:select, which is not supported.")
    prefixes = "".join(
        f"PREFIX {graph.value(each, SH.prefix)}: <{graph.value(each, SH.namespace)}>\n"
        for ontology in graph.objects(node, SH.prefixes)
        for each in sorted(graph.objects(ontology, SH.declare), key=lambda each: str(graph.value(each, SH.prefix)))
    )
    try:
        algebra = translateQuery(parseQuery(prefixes + str(text))).algebra
    except Exception as problem:
        raise UnsupportedShape(f"The query of {shape} cannot be parsed: {problem}") from problem
    groups = [([read_pattern(each) for each in triples(part)], sure) for part, sure in parts(algebra, certain=True)]
    certain = [pattern for group, sure in groups if sure for pattern in group]
    select = SELECT_OF_THIS.sub(r"\1 {focus}", prefixes + str(text))
    messages = [*graph.objects(node, SH.message)]
    return Constraint(
        select,
        str(messages[0]) if messages else None,
        tuple(linked(pattern, certain if sure else certain + group) for group, sure in groups for pattern in group),
    )


def linked(pattern: Pattern, certain: Iterable[Pattern]) -> Link:
    """The pattern with the patterns that connect it with ?this: certain ones, and those beside it in an EXISTS."""
    others, reached = [each for each in certain if each != pattern], set(pattern.variables)
    connected: list[Pattern] = []
    while more := [each for each in others if each.variables & reached and each not in connected]:
        connected += more
        reached |= {name for each in more for name in each.variables}
    return Link(pattern, tuple(connected) if "?this" in reached else None)


def parts(part: Any, *, certain: bool) -> Iterator[tuple[Any, bool]]:
    """All parts of a query with triples, and whether every solution matches them."""
    if isinstance(part, (list, tuple)):
        for each in part:
            yield from parts(each, certain=certain)
    elif getattr(part, "name", None) in ("BGP", "TriplesBlock"):
        yield part, certain
    elif hasattr(part, "items"):
        for key, value in part.items():
            yield from parts(value, certain=certain and part.name in CONJUNCTIVE and key in ("p", "p1", "p2"))


def triples(part: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The triples of a part; inside EXISTS, rdflib's parser leaves them as one flat list per subject."""
    for row in part.triples:
        for at in range(0, len(row), 3):
            yield tuple(row[at : at + 3])


def read_pattern(triple: tuple[Any, Any, Any]) -> Pattern:
    """A triple pattern of rdflib's algebra."""
    subject, path, object_ = triple
    read = None if isinstance(path, Variable) else of_query(path)
    return Pattern(term(subject), read, term(object_))


def term(node: Any) -> str:
    """A term or variable in SPARQL; a blank node of a query is a variable."""
    if isinstance(node, rdflib.BNode):
        return f"?blank{abs(hash(node))}"
    return f"?{node}" if isinstance(node, Variable) else str(node.n3())
