"""Rewriting: rewrites queries that the engine would answer wrongly, so that it answers by SPARQL 1.1 Query.

Each rewriting has the same solutions by the definitions of section 18:

- `GRAPH ?g { P }` is the union, over the graphs of the data set, of P in that graph joined with ?g as its name (18.6).
  The engine joins ?g with the triple patterns of P instead. That is the same if P has only triple patterns without ?g
  (`is_plain`); else P is written once for each graph, and joined with the name by VALUES.
- `GRAPH <g> { P }` has no solutions if the data set has no such graph (18.6); the engine evaluates P nevertheless.
- MINUS has no effect if its sides share no variable (8.3.3). In EXISTS, the engine compares them by the variables that
  have a value outside, too, so such a MINUS gets no solutions.
- Property paths are rewritten in `paths`, default graphs in `datasets`.

A query that cannot be rewritten is refused (`Refusal`), never answered wrongly.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from lark import Token

from uphold.engines.oxigraph.datasets import Chosen, Data, Refusal
from uphold.engines.oxigraph.paths import Evaluator, Exists, Paths
from uphold.sparql.constraints import in_tokens
from uphold.sparql.lexer import line_column, unescaped
from uphold.sparql.outline import Block, GraphClause, GroupPattern, Outline, start_of
from uphold.sparql.parser import UnexpectedTokenError, parse
from uphold.sparql.routes import is_chain, stays_in_graph

__all__ = ["rewrite", "rewrite_on"]

MOST_COPIES = 300
MOST_TEXT = 400_000
STARS = ("SELECT", "DISTINCT", "REDUCED", "DESCRIBE")
NOT_TRIPLES = frozenset({"SELECT", "MINUS", "SERVICE", "LATERAL", "GRAPH"})
TOO_MANY = (
    "Name the graphs with FROM NAMED, write GRAPH with an IRI, or leave only triple patterns in the"
    " group: move the rest after it."
)


def rewrite(
    text: str, dataset: dict[str, list[str]] | None, data: Data, prefixes: dict[str, str]
) -> tuple[str, Chosen]:
    """The query rewritten so that the engine answers it correctly, and its data set; raises `Refusal`.

    `dataset` has the graphs of the request, which override those of the query.
    """
    outline = outline_of(text, prefixes)
    declared = outline.text[: outline.declared]
    if dataset is None and outline.dataset:
        iris = data.terms(declared, (str(name) for _, name in outline.dataset), prefixes)
        found = [(named, iri.value) for (named, _), iri in zip(outline.dataset, iris, strict=True)]
        dataset = {kind: [iri for named, iri in found if named == (kind == "named")] for kind in ("default", "named")}
    chosen = data.choose(dataset)
    return corrected(outline, chosen, data, prefixes), chosen


def rewrite_on(text: str, chosen: Chosen, evaluator: Evaluator, prefixes: dict[str, str]) -> str:
    """A query without a data set of its own, rewritten for the chosen one; raises `Refusal`."""
    return corrected(outline_of(text, prefixes), chosen, evaluator, prefixes)


def outline_of(text: str, prefixes: dict[str, str]) -> Outline:
    """The outline of a query as the engine reads it; raises `Refusal`."""
    plain = unescaped(text)  # as the engine does before parsing
    outline = outlined(plain)
    if "\\" in plain and (wrong := in_tokens(outline.tokens, set(prefixes))):  # the engine may read it as two strings
        raise uncertain(plain, wrong.token)
    return outline


def corrected(outline: Outline, chosen: Chosen, evaluator: Evaluator, prefixes: dict[str, str]) -> str:
    """The text of a query that the engine answers correctly on a data set; raises `Refusal`."""
    rewriting = Rewriting(outline, chosen, evaluator, prefixes)
    try:
        return rewriting.text()
    except Refusal:
        named = without_blank_nodes(outline, rewriting.mark)
        if named == outline.text:
            raise
        with suppress(UnexpectedTokenError, Refusal):
            return Rewriting(Outline(parse(named)), chosen, evaluator, prefixes).text()
        raise


@lru_cache(maxsize=8)  # a table that may contain triples is queried twice
def outlined(text: str) -> Outline:
    """The outline of a query; raises `Refusal`."""
    try:
        return Outline(parse(text))
    except UnexpectedTokenError as problem:
        raise uncertain(text, problem.token) from problem


def uncertain(text: str, token: Token) -> Refusal:
    """The refusal of a query that the engine and the grammar may read differently."""
    detail = "The query is ambiguous from about here."
    remedy = "Separate its parts with spaces, as in the examples."
    return Refusal(detail, remedy, *line_column(text, start_of(token)))


class Rewriting(Paths):
    """Rewrites a query for a data set."""

    def text(self) -> str:
        """The rewritten query, or the same text if nothing had to change; raises `Refusal`."""
        return self.group(self.outline.root, None)

    def group(self, group: GroupPattern, graph: str | None) -> str:
        """A group in a graph, None for the default graph."""
        parts, at = [], group.start
        for part in sorted(group.parts, key=lambda each: each.start):
            outer = self.exists
            if isinstance(part, GroupPattern) and part.role == "EXISTS":
                self.exists = outer or Exists(part, graph, self.nodes(group))
            if self.exists and isinstance(part, GroupPattern) and self.subtracts_nothing(group, part):
                content = self.nothing(part)
            else:
                content = self.part(part, graph)
            parts += [self.raw(at, part.start), content]
            self.exists = outer
            at = part.end
        return "".join([*parts, self.raw(at, group.end)])

    def subtracts_nothing(self, group: GroupPattern, part: GroupPattern) -> bool:
        """Whether a part of a group is a MINUS that has no variable of what is before it."""
        if part.role != "MINUS":
            return False
        before, after = set[str](), set[str]()
        for token in self.outline.tokens_in(group):
            if token.type == "VAR" and start_of(token) < part.end:
                (before if start_of(token) < part.start else after).add(token[1:])
        return before.isdisjoint(after)

    def part(self, part: Block | GraphClause | GroupPattern, graph: str | None) -> str:
        """A part of a group."""
        if isinstance(part, GroupPattern):
            return self.group(part, graph)
        if isinstance(part, GraphClause):
            return self.clause(part)
        return self.block(part, graph)

    def clause(self, clause: GraphClause) -> str:
        """A GRAPH clause."""
        name, group = clause.name, clause.group
        if name.type != "VAR":
            (term,) = self.terms(str(name))
            if term.value in self.chosen.named:
                return self.raw(clause.start, group.start) + self.group(group, term.value)
            return self.raw(clause.start, clause.end) if is_plain(group, strictly=True) else self.nothing(group)
        used = any(t.type == "VAR" and t[1:] == name[1:] for t in self.outline.tokens_in(group))
        if is_plain(group, strictly=self.exists is not None) and not used:
            return self.raw(clause.start, clause.end)
        if not self.chosen.named:
            return self.nothing(group, f"VALUES {name} {{ }}")
        outer = self.suffix
        copies = []
        for iri in self.chosen.named:
            self.copies += 1
            self.suffix = f"{self.mark}{self.copies}"
            content = self.group(group, iri)
            self.size += len(content)
            if self.copies > MOST_COPIES or self.size > MOST_TEXT:
                count = len(self.chosen.named)
                detail = f"This would have to be repeated for each of {count} graphs, which makes the query too long."
                raise self.refusal(detail, TOO_MANY, name)
            copies.append(f"{{ GRAPH <{iri}> {content} VALUES {name} {{ <{iri}> }} }}")
        self.suffix = outer
        return f"{{ {' UNION '.join(copies)} }}"

    def nothing(self, group: GroupPattern, more: str = "") -> str:
        """A group with the variables of another one, but without solutions."""
        return f"{{ {self.raw(group.start, group.end)} {more} FILTER (false) }}"

    def block(self, block: Block, graph: str | None) -> str:
        """A block of triple patterns, with groups after it for paths that the engine evaluates wrongly."""
        for pair in block.unnamed:
            self.replaced(None, pair, graph)
        unchanged: list[str] = []
        groups: list[str] = []
        for subject in block.subjects:
            term = subject.term
            if term.kind == "blank" and len(subject.pairs) > 1:
                term = replace(term, kind="other")  # one node in several patterns
            news = [self.replaced(term, pair, graph) for pair in subject.pairs]
            end = subject.pairs[-1].value.end if subject.pairs else subject.term.end
            if not any(news):
                unchanged.append(self.raw(subject.term.start, end))
                continue
            groups += [new for new in news if new]
            left = [pair for pair, new in zip(subject.pairs, news, strict=True) if not new]
            if left:
                said = (f"{' '.join(p.path)} {self.raw(p.value.start, p.value.end)}" for p in left)
                unchanged.append(f"{self.raw(subject.term.start, subject.term.end)} {' ; '.join(said)}")
        if not groups:
            return self.raw(block.start, block.end)
        return " ".join([*(f"{pattern} ." for pattern in unchanged), *groups])


def without_blank_nodes(outline: Outline, mark: str) -> str:
    """The query with variables instead of blank nodes in patterns, which act as variables (4.1.4, 18.3).

    They begin with `mark`, which is not in the query. Returns the same text if a `*` would select or count them too.
    """
    if any(one.type in STARS and other == "*" for one, other in pairwise(outline.tokens)):
        return outline.text
    parts, at = [], 0
    names = {label: f"?{mark}{number}" for number, label in enumerate(outline.labels)}
    for block in outline.blocks(outline.root):
        inside = outline.tokens_in(block)
        if any(token in ("<<", "<<(", "{|", "~") for token in inside):
            continue
        alone = {subject.term.start for subject in block.subjects if not subject.pairs}
        done: list[list[str]] = []  # the patterns of each bracket, inner ones first
        writing: list[list[str]] = [[]]
        for before, token, after in zip([None, *inside], inside, [*inside[1:], None], strict=False):
            gap = outline.text[start_of(token) + len(token) : start_of(after) if after else block.end]
            if token.type == "LSQB":
                name = f"?{mark}at{start_of(token)}"
                if after and after == "]":
                    writing[-1].append(name)
                    continue
                if start_of(token) in alone:
                    writing.append(writing[-1])
                else:
                    writing[-1].append(name)
                    writing.append([])
                writing[-1] += [name, gap or " "]
            elif token.type == "RSQB":
                if before and before != "[" and (closed := writing.pop()) is not writing[-1]:
                    done.append(closed)
                writing[-1].append(gap)
            else:
                writing[-1] += [names.get(token, token), gap]
        main = "".join(writing[0]).rstrip().removesuffix(".")
        parts += [outline.text[at : block.start], " . ".join([main, *map("".join, done)]), " "]
        at = block.end
    return "".join([*parts, outline.text[at:]])


def is_plain(group: GroupPattern, *, strictly: bool) -> bool:
    """Whether each solution of a group comes from one of its triple patterns, and its parts share their variables.

    Every pattern then binds the variable of a GRAPH clause around it to the same graph, as 18.6 requires. Paths between
    variables are allowed if they stay in one graph, but not `strictly`, as in EXISTS, which substitutes values.
    """
    if group.words & NOT_TRIPLES:
        return False
    binds = False
    for part in group.parts:
        if isinstance(part, GroupPattern):
            if not is_plain(part, strictly=strictly or part.role == "EXISTS"):
                return False
            binds = binds or part.role == "GROUP"
        elif isinstance(part, Block):
            kinds = [(pair, {pair.value.kind}) for pair in part.unnamed]
            kinds += [(pair, {pair.value.kind, each.term.kind}) for each in part.subjects for pair in each.pairs]
            for pair, ends in kinds:
                walks = not strictly and "constant" not in ends and stays_in_graph(pair.route)
                if not (walks or is_chain(pair.route)):
                    return False
            binds = True
    return binds
