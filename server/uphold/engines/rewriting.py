"""Rewriting: queries that the engine would answer wrongly, in words that it answers as SPARQL 1.1 Query says.

Each rewriting gives the same solutions by the definitions of section 18, so nothing is lost but the fault:

- `GRAPH ?g { P }` is, for each graph of the data set, the join of P in that graph with ?g for its name, together as a
  union (18.6). The engine joins ?g with the triple patterns of P instead. That is the same where P is made of them,
  and ?g is not in P (`is_plain`); else P is written once for each graph, and joined with the name by VALUES.
- `GRAPH <g> { P }` has no solutions where the data set has no such graph (18.6); the engine asks P for them.
- A path of no length joins a term that the query names with itself, though no triple has it (9.3, and 18.4: ALP,
  ZeroOrOnePath). Nothing else can join it; so the pattern has the solutions of VALUES with that term.
- Alternatives are a union (18.4) and the engine drops what two of them find; where two find the same, they are
  written as UNION.

What cannot be rewritten so is refused (`Refusal`), never answered otherwise.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from uphold.engines.datasets import Chosen, Data, Refusal
from uphold.engines.outline import Block, Clause, Group, Outline, Pair, Term
from uphold.engines.reading import Stop, Token
from uphold.engines.routes import Route, alternatives, is_chain, read_route, steps, zero_lengths
from uphold.engines.scanning import line_column

__all__ = ["rewrite"]

MOST_COPIES = 300
MOST_TEXT = 400_000
MOST_ALTERNATIVES = 50
NIL = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>"
NOT_TRIPLES = frozenset({"SELECT", "MINUS", "SERVICE", "LATERAL", "GRAPH"})
TOO_MANY = (
    "Name the graphs that you mean with FROM NAMED, write GRAPH with an IRI, or leave only triple patterns in the"
    " group: what else is in it can stand after it."
)
APART = "Write each alternative as a pattern of its own, joined by UNION, with variables in place of blank nodes."
UNNAMED = "Write a variable in place of the blank node, and the patterns about it apart."


ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def rewrite(
    text: str, dataset: dict[str, list[str]] | None, data: Data, prefixes: dict[str, str], *, names_graphs: bool
) -> tuple[str, Chosen]:
    """The query in words that the engine answers correctly, and the data set that it is about; raises `Refusal`.

    `dataset` names the graphs of the request, which come before those of the query.
    """
    plain = ESCAPE.sub(character, text)  # as the engine does before it reads (19.2)
    if "\\u" in plain.lower():
        raise Refusal("The query has a backslash and a u that name no character.", "Write the character itself.")
    try:
        outline = Outline(plain, prefixes)
    except (Stop, RecursionError) as problem:
        place = line_column(plain, problem.token.start) if isinstance(problem, Stop) else (None, None)
        detail = "From about here the query cannot be read with certainty."
        raise Refusal(detail, "Write it with spaces between its parts, as in the examples.", *place) from problem
    declared = plain[: outline.declared]
    if dataset is None and outline.dataset:
        iris = data.terms(declared, (name.text for _, name in outline.dataset), prefixes)
        found = [(named, iri.value) for (named, _), iri in zip(outline.dataset, iris, strict=True)]
        dataset = {kind: [iri for named, iri in found if named == (kind == "named")] for kind in ("default", "named")}
    chosen = data.choose(dataset, names_graphs=names_graphs)
    return Rewriting(outline, chosen, data, prefixes).text(), chosen


def character(found: re.Match[str]) -> str:
    """The character that an escape names; the escape itself where it names none."""
    number = int(found[1] or found[2], 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else found[0]


class Rewriting:
    """Writes a query anew about a data set."""

    def __init__(self, outline: Outline, chosen: Chosen, data: Data, prefixes: dict[str, str]) -> None:
        self.outline, self.chosen, self.data, self.prefixes = outline, chosen, data, prefixes
        self.declared = outline.text[: outline.declared]
        self.labels = [token for token in outline.tokens if token.kind == "node"]
        self.mark = "_in"
        while self.mark in outline.text:
            self.mark += "_"
        self.suffix = ""
        self.copies = self.size = 0

    def text(self) -> str:
        """The query; the same text when nothing had to change. Raises `Refusal`."""
        return self.group(self.outline.root, None, counted=True)

    def raw(self, start: int, end: int) -> str:
        """Text as it stands, with labels of blank nodes that are those of the present copy."""
        if not self.suffix:
            return self.outline.text[start:end]
        parts, at = [], start
        for label in self.labels:
            if start <= label.start < end:
                parts += [self.outline.text[at : label.start], label.text, self.suffix]
                at = label.start + len(label.text)
        return "".join([*parts, self.outline.text[at:end]])

    def group(self, group: Group, graph: str | None, *, counted: bool) -> str:
        """A group about a graph; `counted` is False where only the existence of solutions matters."""
        counted = counted and group.role != "EXISTS"
        parts, at = [], group.start
        for part in sorted(group.parts, key=lambda each: each.start):
            parts += [self.raw(at, part.start), self.part(part, graph, counted=counted)]
            at = part.end
        return "".join([*parts, self.raw(at, group.end)])

    def part(self, part: Block | Clause | Group, graph: str | None, *, counted: bool) -> str:
        """A part of a group."""
        if isinstance(part, Group):
            return self.group(part, graph, counted=counted)
        if isinstance(part, Clause):
            return self.clause(part, counted=counted)
        return self.block(part, graph, counted=counted)

    def clause(self, clause: Clause, *, counted: bool) -> str:
        """A GRAPH clause."""
        name, group = clause.name, clause.group
        if name.kind != "variable":
            (term,) = self.terms(name.text)
            if term.value in self.chosen.named:
                return self.raw(clause.start, group.start) + self.group(group, term.value, counted=counted)
            return self.raw(clause.start, clause.end) if is_plain(group) else self.nothing(group)
        used = any(t.kind == "variable" and t.text[1:] == name.text[1:] for t in self.outline.tokens_in(group))
        if is_plain(group) and not used:
            return self.raw(clause.start, clause.end)
        if not self.chosen.named:
            return self.nothing(group, f"VALUES {name.text} {{ }}")
        outer = self.suffix
        copies = []
        for iri in self.chosen.named:
            self.copies += 1
            self.suffix = f"{self.mark}{self.copies}"
            content = self.group(group, iri, counted=counted)
            self.size += len(content)
            if self.copies > MOST_COPIES or self.size > MOST_TEXT:
                count = len(self.chosen.named)
                detail = f"This would have to be written out for each of {count} graphs, and the query gets too long."
                raise self.refusal(detail, TOO_MANY, name)
            copies.append(f"{{ GRAPH <{iri}> {content} VALUES {name.text} {{ <{iri}> }} }}")
        self.suffix = outer
        return f"{{ {' UNION '.join(copies)} }}"

    def nothing(self, group: Group, more: str = "") -> str:
        """A group with the variables of another, and without solutions."""
        return f"{{ {self.raw(group.start, group.end)} {more} FILTER (false) }}"

    def block(self, block: Block, graph: str | None, *, counted: bool) -> str:
        """A block of triple patterns, those with paths that the engine has wrong replaced by groups after it."""
        for pair in block.unnamed:
            self.replaced(None, pair, graph, counted=counted)
        kept: list[str] = []
        groups: list[str] = []
        for subject in block.subjects:
            news = [self.replaced(subject.term, pair, graph, counted=counted) for pair in subject.pairs]
            end = subject.pairs[-1].value.end if subject.pairs else subject.term.end
            if not any(news):
                kept.append(self.raw(subject.term.start, end))
                continue
            groups += [new for new in news if new]
            left = [pair for pair, new in zip(subject.pairs, news, strict=True) if not new]
            if left:
                said = (f"{' '.join(t.text for t in p.path)} {self.raw(p.value.start, p.value.end)}" for p in left)
                kept.append(f"{self.raw(subject.term.start, subject.term.end)} {' ; '.join(said)}")
        if not groups:
            return self.raw(block.start, block.end)
        return " ".join([*(f"{pattern} ." for pattern in kept), *groups])

    def replaced(self, subject: Term | None, pair: Pair, graph: str | None, *, counted: bool) -> str:
        """A group in place of a triple pattern; empty where the engine has it right."""
        if len(pair.path) == 1:
            return ""
        route = read_route(pair.path)
        if is_chain(route):
            return ""
        if count := zero_lengths(route):
            for here, there in ((subject, pair.value), (pair.value, subject)):
                if here and here.kind == "constant" and not self.chosen.has_node(self.term(here), graph):
                    return self.staying(here, there, count, pair.path[0])
        if not counted or self.are_apart(route):
            return ""
        found = alternatives(route, MOST_ALTERNATIVES)
        ends = self.written(subject), self.written(pair.value)
        if len(found) > MOST_ALTERNATIVES or not all(ends):
            detail = "Two alternatives of this path find the same here, and each has to be counted."
            raise self.refusal(detail, APART, pair.path[0])
        return f"{{ {' UNION '.join(f'{{ {ends[0]} {steps(each)} {ends[1]} }}' for each in found)} }}"

    def staying(self, here: Term, there: Term | None, count: int, token: Token) -> str:
        """The solutions of a path that ends where it begins, at a term that no triple of the graph has."""
        kind = there.kind if there else "other"
        if there and kind == "variable":
            return f"{{ VALUES {self.written(there)} {{ {' '.join([self.written(here)] * count)} }} }}"
        if there and kind == "constant" and self.term(here) != self.term(there):
            return ""
        if kind == "other":
            raise self.refusal("The path begins or ends at a term that no triple of the graph has.", UNNAMED, token)
        return f"{{ {' UNION '.join(['{ }'] * count)} }}"

    def are_apart(self, route: Route) -> bool:
        """Whether no two alternatives of a path, outside `*`, `+` and `?`, find the same."""
        sign, *inner = route
        if sign in ("step", "*", "+", "?"):
            return True
        if not all(map(self.are_apart, inner)):
            return False
        if sign != "|":
            return True
        return all(map(is_chain, inner)) and not any(
            self.data.overlap(self.declared, steps(one), steps(other), self.prefixes)
            for one, other in combinations(inner, 2)
        )

    def refusal(self, detail: str, remedy: str, token: Token) -> Refusal:
        """A refusal because of what stands at a token."""
        return Refusal(detail, remedy, *line_column(self.outline.text, token.start))

    def written(self, term: Term | None) -> str:
        """A term as text that may be repeated, or nothing."""
        if term is None or term.kind == "other":
            return ""
        text = self.raw(term.start, term.end)
        return NIL if text.startswith("(") else text

    def term(self, term: Term) -> Any:
        """What a constant is."""
        return self.terms(self.written(term))[0]

    def terms(self, *texts: str) -> list[Any]:
        """What constants are."""
        return self.data.terms(self.declared, texts, self.prefixes)


def is_plain(group: Group) -> bool:
    """Whether each solution of a group comes from a triple pattern of it, and its parts share what these bind.

    Every pattern then binds the variable of a GRAPH clause around it to the same graph, as 18.6 asks.
    """
    if group.words & NOT_TRIPLES:
        return False
    binds = False
    for part in group.parts:
        if isinstance(part, Group):
            if not is_plain(part):
                return False
            binds = binds or part.role == "GROUP"
        elif isinstance(part, Block):
            pairs = [*part.unnamed, *(pair for subject in part.subjects for pair in subject.pairs)]
            if not all(len(pair.path) == 1 or is_chain(read_route(pair.path)) for pair in pairs):
                return False
            binds = True
    return binds
