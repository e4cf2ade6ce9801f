"""Paths: rewrites property paths that the engine evaluates wrongly (SPARQL 1.1 Query, 9 and 18.4).

- A zero-length path connects a constant in the query with itself, even if no triple has it (9.3, and 18.4: ALP,
  ZeroOrOnePath). Nothing else can match; so the pattern has the solutions of VALUES with that constant.
- In EXISTS, bound variables are replaced by their values (18.6), so the same holds if an outer variable is bound to a
  term that no triple has. The engine matches the path, then compares; so a zero-length path is queried separately.
- Alternatives are a union (18.4), but the engine drops repeated solutions; if two of them can find the same, or one of
  several steps can, they are written as UNION.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any, NamedTuple, Protocol

from lark import Token

from uphold.engines.oxigraph.datasets import Chosen, Refusal
from uphold.sparql.lexer import line_column
from uphold.sparql.outline import Block, GroupPattern, Outline, PropertyValue, TermPosition, start_of
from uphold.sparql.routes import Route, alternatives, is_chain, is_link, steps, zero_lengths

__all__ = ["Evaluator", "Exists", "Paths"]

MOST_ALTERNATIVES = 50
NIL = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>"
APART = "Write each alternative as a separate pattern, joined by UNION, with variables instead of blank nodes."
UNNAMED = "Write a variable instead of the blank node, with separate patterns about it."


class Exists(NamedTuple):
    """The outermost EXISTS around a place: its group, its graph, and the outer variables bound to its nodes."""

    group: GroupPattern
    graph: str | None
    nodes: frozenset[str]


class Evaluator(Protocol):
    """Evaluates parts of a query, as `Data` does."""

    def terms(self, declared: str, texts: Iterable[str], prefixes: dict[str, str]) -> list[Any]:
        """The terms that the engine parses from these texts, with the BASE and PREFIX lines in `declared`."""

    def overlap(self, declared: str, one: str, other: str, prefixes: dict[str, str]) -> bool:
        """Whether two paths connect the same two nodes somewhere in the union of all graphs."""


class Paths:
    """The text of a query on a data set, with its rewritten paths."""

    def __init__(self, outline: Outline, chosen: Chosen, data: Evaluator, prefixes: dict[str, str]) -> None:
        self.outline, self.chosen, self.data, self.prefixes = outline, chosen, data, prefixes
        self.declared = outline.text[: outline.declared]
        self.labels = [token for token in outline.tokens if token.type == "BLANK_NODE"]
        self.mark = "_in"
        while self.mark in outline.text:
            self.mark += "_"
        self.suffix = ""
        self.exists: Exists | None = None
        self.copies = self.size = 0

    def raw(self, start: int, end: int) -> str:
        """The original text, with the blank node labels of the current copy."""
        if not self.suffix:
            return self.outline.text[start:end]
        parts, at = [], start
        for label in self.labels:
            place = start_of(label)
            if start <= place < end:
                parts += [self.outline.text[at:place], label, self.suffix]
                at = place + len(label)
        return "".join([*parts, self.outline.text[at:end]])

    def replaced(self, subject: TermPosition | None, pair: PropertyValue, graph: str | None) -> str:
        """The group that replaces a triple pattern; empty if the engine evaluates it correctly."""
        if len(pair.path) == 1:
            return ""
        route = pair.route
        if is_chain(route):
            return ""
        if count := zero_lengths(route):
            for here, there in ((subject, pair.value), (pair.value, subject)):
                if here and here.kind == "constant" and not self.chosen.has_node(self.term(here), graph):
                    return self.staying(here, there, count, pair.path[0])
            if any(self.may_be_strange(term, graph) for term in (subject, pair.value)):
                return self.or_staying(subject, pair)
        if not self.counts() or self.are_apart(route):
            return ""
        found = alternatives(route, MOST_ALTERNATIVES)
        ends = self.written(subject), self.written(pair.value)
        if len(found) > MOST_ALTERNATIVES or not all(ends):
            detail = "The alternatives of this path may match the same nodes twice, and each match must be counted."
            raise self.refusal(detail, APART, pair.path[0])
        return f"{{ {' UNION '.join(f'{{ {ends[0]} {steps(each)} {ends[1]} }}' for each in found)} }}"

    def counts(self) -> bool:
        """Whether duplicate solutions matter: not in EXISTS, except in a sub-SELECT, which may count them."""
        return self.exists is None or any(token.type == "SELECT" for token in self.outline.tokens_in(self.exists.group))

    def staying(self, here: TermPosition, there: TermPosition | None, count: int, token: Token) -> str:
        """The solutions of a zero-length path at a term that no triple of the graph has."""
        kind = there.kind if there else "other"
        if there and kind == "variable":
            return f"{{ VALUES {self.written(there)} {{ {' '.join([self.written(here)] * count)} }} }}"
        if there and kind == "constant" and self.term(here) != self.term(there):
            return ""
        if kind == "other":
            raise self.refusal("The path begins or ends at a term that is not in the graph.", UNNAMED, token)
        return f"{{ {' UNION '.join(['{ }'] * count)} }}"

    def may_be_strange(self, term: TermPosition | None, graph: str | None) -> bool:
        """Whether a term is a variable in EXISTS whose outer value may not be a node of the graph."""
        if self.exists is None or term is None or term.kind != "variable":
            return False
        name, group = self.outline.text[term.start + 1 : term.end], self.exists.group
        if name in self.exists.nodes and graph == self.exists.graph:
            return False
        tokens = (token for token in self.outline.tokens if not group.start <= start_of(token) < group.end)
        return any(token.type == "VAR" and token[1:] == name for token in tokens)

    def nodes(self, group: GroupPattern) -> frozenset[str]:
        """The variables that the triple patterns of a group bind to nodes of its graph."""
        blocks = [part for part in group.parts if isinstance(part, Block)]
        said = [(each.term, pair) for block in blocks for each in block.subjects for pair in each.pairs]
        terms = [term for subject, pair in said if is_chain(pair.route) for term in (subject, pair.value)]
        return frozenset(self.outline.text[term.start + 1 : term.end] for term in terms if term.kind == "variable")

    def or_staying(self, subject: TermPosition | None, pair: PropertyValue) -> str:
        """A path in EXISTS, or the zero-length solutions whose ends have outer values."""
        here, there = self.written(subject), self.written(pair.value)
        if not (here and there):
            raise self.refusal(
                "The path begins or ends at a value that may not be a node of the graph.", UNNAMED, pair.path[0]
            )
        branches = [f"{here} {steps(pair.route)} {there}"]
        variables = [text for text in (here, there) if text[0] in "?$"]
        if len(variables) == 1:
            if "[]" not in (here, there):
                return ""  # the other end is a node of the graph
            branches.append(f"FILTER (BOUND({variables[0]}))")
        else:
            branches.append(f"FILTER (sameTerm({here}, {there}))")
            if here[1:] != there[1:]:
                pairs = ((here, there), (there, here))
                branches += [f"{{ FILTER (BOUND({a}) && !BOUND({b})) }} BIND ({a} AS {b})" for a, b in pairs]
        return f"{{ {' UNION '.join(f'{{ {branch} }}' for branch in branches)} }}"

    def are_apart(self, route: Route) -> bool:
        """Whether the alternatives of a path, outside `*`, `+` and `?`, find no solution twice."""
        sign, *inner = route
        if sign in ("step", "*", "+", "?"):
            return True
        if not all(map(self.are_apart, inner)):
            return False
        if sign != "|":
            return True
        return all(map(is_link, inner)) and not any(
            self.data.overlap(self.declared, steps(one), steps(other), self.prefixes)
            for one, other in combinations(inner, 2)
        )

    def refusal(self, detail: str, remedy: str, token: Token) -> Refusal:
        """A refusal with the place of a token."""
        return Refusal(detail, remedy, *line_column(self.outline.text, start_of(token)))

    def written(self, term: TermPosition | None) -> str:
        """A term as repeatable text, or an empty text."""
        if term is None or term.kind == "other":
            return ""
        if term.kind == "blank":
            return "[]"
        text = self.raw(term.start, term.end)
        return NIL if text.startswith("(") else text

    def term(self, term: TermPosition) -> Any:
        """The term of a constant."""
        return self.terms(self.written(term))[0]

    def terms(self, *texts: str) -> list[Any]:
        """The terms of constants."""
        return self.data.terms(self.declared, texts, self.prefixes)
