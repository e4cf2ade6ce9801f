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
from rdflib.namespace import OWL, SH
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.term import Node, Variable

from uphold.errors import UnsupportedShape
from uphold.validation.paths import Path, of_query
from uphold.validation.shape_graph import first_message

__all__ = ["Constraint", "Link", "read_constraint"]

SELECT_OF_THIS = re.compile(r"(SELECT\s[^{}]*[$?]this\b[^{}]*\bWHERE\s*\{)", re.IGNORECASE)
THIS = Variable("this")
FOCUS = rdflib.URIRef("urn:uphold:focus-node")
"""Stands for what binds ?this while a query is analysed."""
FORBIDDEN = {
    "Minus": "MINUS", "MinusGraphPattern": "MINUS", "values": "VALUES", "InlineData": "VALUES",
    "ServiceGraphPattern": "SERVICE",
}  # fmt: skip
"""What SHACL excludes from queries with pre-bound variables (appendix A), by rdflib's names."""
NOT_BOUND = {"shapesGraph", "currentShape", "PATH", "message"}
"""Variables that SHACL binds or reads, and the compiler does not."""
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
    texts = [*graph.objects(node, SH.select)]
    if len(texts) != 1:
        raise UnsupportedShape(f"{shape} has sh:sparql without one sh:select, which is not supported.")
    text = prefixes(graph, node, shape) + str(texts[0])
    select = SELECT_OF_THIS.sub(r"\1 {focus}", text)
    algebra = parse(select.replace("{focus}", f"?this {FOCUS.n3()} {FOCUS.n3()} ."), shape)
    if select == text:
        raise UnsupportedShape(f"The query of {shape} does not select $this, which SHACL requires (5.2.1).")
    check(algebra, shape)
    check_scopes(algebra, shape)
    groups = [([read_pattern(each) for each in triples(part)], sure) for part, sure in parts(algebra, certain=True)]
    certain = [pattern for group, sure in groups if sure for pattern in group]
    return Constraint(
        select,
        first_message(graph, node),
        tuple(linked(pattern, certain if sure else certain + group) for group, sure in groups for pattern in group),
    )


def prefixes(graph: rdflib.Graph, node: Node, shape: str) -> str:
    """The prefixes of a query, declared at its sh:prefixes and their owl:imports (5.2.1)."""
    declared = {
        (str(graph.value(each, SH.prefix)), str(graph.value(each, SH.namespace)))
        for start in graph.objects(node, SH.prefixes)
        for ontology in graph.transitive_objects(start, OWL.imports)
        for each in graph.objects(ontology, SH.declare)
    }
    if len(dict(declared)) < len(declared):
        raise UnsupportedShape(f"The query of {shape} has two namespaces for one sh:prefix (SHACL 5.2.1).")
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(declared))


def parse(text: str, shape: str) -> Any:
    """The algebra of a query."""
    try:
        return translateQuery(parseQuery(text)).algebra
    except Exception as problem:
        raise UnsupportedShape(f"The query of {shape} cannot be parsed: {problem}") from problem


def check(part: Any, shape: str) -> None:
    """Raise `UnsupportedShape` for what SHACL excludes from queries, and for variables that are not bound."""
    if isinstance(part, Variable) and str(part) in NOT_BOUND:
        raise UnsupportedShape(f"The query of {shape} uses ${part}, which is not supported.")
    if (name := getattr(part, "name", None)) in FORBIDDEN:
        raise UnsupportedShape(f"The query of {shape} has {FORBIDDEN[name]}, which SHACL does not allow (appendix A).")
    if name == "Extend" and part.var == THIS and "agg" not in str(part.expr):
        raise UnsupportedShape(f"The query of {shape} binds $this, which SHACL does not allow (appendix A).")
    for inner in part.values() if hasattr(part, "items") else part if isinstance(part, (list, tuple, set)) else ():
        check(inner, shape)


def check_scopes(part: Any, shape: str) -> None:
    """Raise `UnsupportedShape` for $this in an expression of a group that does not bind it.

    SHACL binds $this everywhere (appendix A); a pattern for ?this at the beginning of the query binds it in the
    outermost group alone.
    """
    name = getattr(part, "name", None)
    if name in ("Filter", "Extend") and mentions(part.expr) and not binds(part.p):
        raise UnsupportedShape(f"The query of {shape} uses $this in a group that does not bind it: not supported.")
    for key, inner in part.items() if hasattr(part, "items") else ():
        for each in inner if isinstance(inner, (list, tuple)) else (inner,):
            if key != "expr":
                check_scopes(each, shape)


def mentions(part: Any) -> bool:
    """Whether an expression uses $this."""
    inner = part.values() if hasattr(part, "items") else part if isinstance(part, (list, tuple, set)) else ()
    return part == THIS or any(map(mentions, inner))


def binds(part: Any) -> bool:
    """Whether each solution of a part binds $this."""
    match getattr(part, "name", None):
        case "BGP":
            return mentions(part.triples)
        case "Join":
            return binds(part.p1) or binds(part.p2)
        case "LeftJoin":
            return binds(part.p1)
        case "Union":
            return binds(part.p1) and binds(part.p2)
        case "AggregateJoin":
            return binds(part.p)
        case _:
            return "p" in part and binds(part.p) if hasattr(part, "items") else False


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
            if row[at + 1] != FOCUS:
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
