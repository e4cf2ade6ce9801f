"""Join order: rewrites queries whose joins the engine would evaluate in the order of the text.

The engine orders the triple patterns of a group by the number of solutions that it expects. It does not go into the
parts of a join: after an OPTIONAL or a BIND, in a group, a UNION or a subquery beside other patterns, and in EXISTS,
it joins whole relations. In an OPTIONAL it does not consider which variables have values.

Each rewriting has the same solutions by the definitions of section 18 of SPARQL 1.1 Query:

- Join is commutative and associative (18.5), so joined patterns can come in another order.
- A pattern P can come before an OPTIONAL, MINUS or BIND after A if each variable that P shares with that clause has a
  value in every solution of A. Then the clause has the same effect before and after the join with P.
- `A LATERAL { P }` evaluates P for each solution of A, with its values in place of the variables. For triple patterns
  that is Join(A, P); for a group, if its expressions only use variables that it always binds itself. The engine keeps
  the order of LATERAL.
- A FILTER that requires one IRI says where to begin (`join_filters`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lark import Token, Tree

from uphold.engines.oxigraph.group_elements import (
    COMPLEX,
    JOINED,
    NONE,
    Element,
    GroupElements,
    Names,
    binds_of,
    inner_group,
    is_subquery,
    labels,
    last_of,
    trees,
)
from uphold.engines.oxigraph.join_filters import implied_values
from uphold.engines.oxigraph.join_items import Item, Patterns, fixed, in_order, smallest
from uphold.engines.oxigraph.join_moves import given_by, joined_first, names_of_all, settled
from uphold.engines.oxigraph.join_sizes import Sizes
from uphold.snapshots.statistics import Statistics
from uphold.sparql.outline import span, start_of
from uphold.sparql.parser import Node, UnexpectedTokenError, leaves, parse, subtrees

__all__ = ["ordered"]

CHANGING = frozenset({"RAND", "UUID", "STRUUID", "BNODE"})
"""Functions with a new value for each solution: a query with one of them keeps its order."""

MOST_ELEMENTS = 100


def ordered(text: str, statistics: Statistics, prefixes: Mapping[str, str]) -> str:
    """A query, or the form of one, with its joins in a good order for data with these statistics.

    It is the same text if it has a good order. The engine must accept the query; `prefixes` are those that it need not
    declare. The order depends on nothing else, so each process finds the same.
    """
    try:
        query = parse(text)
    except UnexpectedTokenError:
        return text
    if any(part.data in ("service", "lateral") for part in subtrees(query.tree)):
        return text
    if any(token.upper() in CHANGING for token in query.tokens if token.type.startswith("FUNCTION_0")):
        return text
    if any(part.data == "minus" for found in outermost(query.tree, "exists") for part in subtrees(found)):
        return text  # the engine compares its sides with the variables that have a value outside EXISTS, too
    ordering = Ordering(text, Sizes(query, statistics, prefixes))
    try:
        new = ordering.form(last_of(query.tree), free=True)
    except RecursionError:
        return text
    return f"{text[: extent(last_of(query.tree))[0]]}{new}" if ordering.changed else text


class Ordering:
    """Writes a query again, group by group.

    A group is `free` if the engine orders its joins; `bound` has the variables with values from outside.
    """

    def __init__(self, text: str, sizes: Sizes) -> None:
        self.text, self.groups = text, GroupElements()
        self.patterns = Patterns(text, sizes, self.groups)
        self.changed = False

    def form(self, form: Tree[Token], *, free: bool) -> str:
        """A query or subquery."""
        start, end = extent(form)
        where = next((part for part in trees(form) if part.data == "where_clause"), None)
        if where is None:
            return self.text[start:end]  # DESCRIBE without a pattern, or CONSTRUCT WHERE
        group = last_of(where)
        values = [part for part in trees(last_of(form)) if part.data == "values"]
        if values and (written := self.with_values(form, group, values[0])):
            end = span(values[0])[0]
        else:
            written = self.group(group, free=free and not values)
        return f"{self.text[start : span(group)[0]]}{written}{self.text[span(group)[1] : end]}"

    def with_values(self, form: Tree[Token], group: Tree[Token], values: Tree[Token]) -> str:
        """The group of a query with the VALUES after it, empty if they cannot come into it.

        VALUES are joined after grouping (18.2.4.3).
        """
        if is_subquery(group) or any(part.data in ("aggregate", "group_clause") for part in subtrees(form)):
            return ""
        elements = self.groups.of(group)
        data = self.groups.element(values)
        said = names_of_all(each for each in elements if each.kind == "filter")
        placed = self.settled([*elements, data])
        if not (said & data.names <= binds_of(elements) and data in joined_first(placed)[0]):
            return ""
        self.changed = True
        return f"{{ {self.elements(placed, NONE, free=True)} }}"

    def group(self, group: Tree[Token], *, free: bool, bound: Names = NONE) -> str:
        """A group in braces."""
        if is_subquery(group):
            return f"{{ {self.form(trees(group)[0], free=free)} }}"
        elements = self.groups.of(group)
        if len(elements) > MOST_ELEMENTS:
            return self.patterns.raw(group)
        placed = self.settled(elements, bound)
        return f"{{ {self.elements(placed, bound, free=free)} }}"

    def settled(self, elements: Sequence[Element], bound: Names = NONE) -> list[Element]:
        """The elements where they are evaluated, with the VALUES that filters imply if these can come first.

        What has a value from outside cannot get one from VALUES.
        """
        placed = settled(elements)
        for each in implied_values(elements):
            more = settled([*placed, each])
            if each in joined_first(more)[0] and not each.names & bound:
                placed = more
        self.changed = self.changed or placed != elements
        return placed

    def elements(self, placed: Sequence[Element], bound: Names, *, free: bool) -> str:
        """The content of a group: what is joined first, then the other elements in their order, then its filters."""
        first, rest = joined_first(placed)
        beside = {id(each): bound | names_of_all(other for other in first if other is not each) for each in first}
        known = bound | names_of_all(first)
        for each in rest:
            beside[id(each)] = known
            known |= given_by(each)
        loops = [each for each in (*first, *rest) if self.groups.is_substitutable(each, beside[id(each)])]
        free = free and all(each.kind not in JOINED or each in loops for each in rest)
        parts = [self.join(first, loops, beside, bound, free=free)]
        for each in rest:
            here = beside[id(each)]
            match each.kind:
                case "optional":
                    parts.append(f"OPTIONAL {self.group(inner_group(each), free=False, bound=here)}")
                case "minus":
                    parts.append(f"MINUS {self.group(inner_group(each), free=free)}")
                case "bind":
                    parts.append(self.expression(each, here))
                case _ if each in loops:
                    parts.append(self.chain(self.items([each]), here, after=True))
                case _:
                    parts.append(self.apart(each, here, free=False))
        parts += [self.expression(each, known) for each in placed if each.kind == "filter"]
        return "\n".join(part for part in parts if part)

    def join(
        self,
        first: Sequence[Element],
        loops: Sequence[Element],
        beside: Mapping[int, Names],
        bound: Names,
        *,
        free: bool,
    ) -> str:
        """The elements that a group joins first: those that cannot follow LATERAL, and a chain of the others.

        The engine goes into the first one, but not into two.
        """
        if free and all(each.kind in ("plain", "values") for each in first):
            return self.side_by_side(first, bound)
        heads = [each for each in first if each not in loops]
        free = free and len(heads) <= 1
        parts = [self.apart(each, beside[id(each)], free=free) for each in heads]
        later = self.items([each for each in first if each in loops], free=free and len(first) == 1)
        return "\n".join([*parts, self.chain(later, bound | names_of_all(heads), after=bool(heads))])

    def side_by_side(self, elements: Sequence[Element], bound: Names) -> str:
        """VALUES and triple patterns that the engine orders: of those that it expects to be alike, it takes the first.

        It knows the form of a pattern, but not the statistics of its property or class.
        """
        values = [each for each in elements if each.kind == "values"]
        plain = [each for each in elements if each.kind == "plain"]
        items = self.items(plain)
        placed = [item for item, _ in in_order(items, bound | binds_of(values))]
        if placed == items or any(labels(part) for each in plain for part in each.parts):
            return " ".join(map(self.patterns.unchanged, elements))
        self.changed = True
        texts = [item.text(NONE).removesuffix(".") for item in placed]
        return " ".join([*map(self.patterns.unchanged, values), *(f"{text} ." for text in texts)])

    def apart(self, each: Element, beside: Names, *, free: bool) -> str:
        """VALUES, a subquery or a group that cannot follow LATERAL.

        A group whose expressions could use values from outside stays as it is: with LATERAL in it, the engine would use
        them.
        """
        if each.kind == "values":
            return self.patterns.unchanged(each)
        if self.groups.leaks(each, beside):
            return self.text[span(each.parts[0])[0] : span(each.parts[-1])[1]]
        return self.nested(each, beside, free=free)

    def items(self, elements: Sequence[Element], *, free: bool = False) -> list[Item]:
        """The items of a chain: triple patterns and groups."""
        plain = [each for each in elements if each.kind == "plain"]
        patterns = [pattern for each in plain for pattern in self.patterns.of(each)]
        if len(patterns) > MOST_ELEMENTS:
            text = " ".join(map(self.patterns.unchanged, plain))
            patterns = [Item(binds_of(plain), smallest(patterns), fixed(text))]
        return [*patterns, *(self.item(each, free=free) for each in elements if each.kind in COMPLEX)]

    def item(self, each: Element, *, free: bool) -> Item:
        """A group, UNION or GRAPH clause."""
        sizes = [smallest(self.within(part)) for part in each.parts]
        return Item(
            each.names,
            lambda bound: sum(size(bound) for size in sizes),
            lambda bound: self.nested(each, bound, free=free),
        )

    def within(self, part: Tree[Token]) -> list[Item]:
        """The items in a group or GRAPH clause."""
        elements = self.groups.of(part if part.data == "group" else last_of(part))
        if any(each.kind == "values" for each in elements):
            return [Item(NONE, lambda _: 1, fixed(""))]
        return self.items([each for each in elements if each.kind in JOINED and each.kind != "subquery"])

    def chain(self, left: Sequence[Item], bound: Names, *, after: bool) -> str:
        """Items, each evaluated for each solution of those before: the next is the one with the fewest solutions."""
        texts: list[str] = []
        for item, known in in_order(left, bound):
            text = item.text(known)
            texts.append(f"LATERAL {{ {text} }}" if texts or after else text)
            self.changed = self.changed or len(texts) > 1 or after
        return "\n".join(texts)

    def nested(self, each: Element, bound: Names, *, free: bool) -> str:
        """A group, UNION, GRAPH clause or subquery."""
        if each.kind == "graph":
            group = inner_group(each)
            return f"{self.text[span(each.parts[0])[0] : span(group)[0]]}{self.group(group, free=free, bound=bound)}"
        return " UNION ".join(self.group(group, free=free, bound=bound) for group in each.parts)

    def expression(self, each: Element, bound: Names) -> str:
        """A FILTER or BIND, with the groups of EXISTS in it."""
        (part,) = each.parts
        start, end = span(part)
        pieces = []
        for found in outermost(part, "exists"):
            group = last_of(found)
            pieces += [self.text[start : span(group)[0]], self.group(group, free=False, bound=bound)]
            start = span(group)[1]
        return "".join([*pieces, self.text[start:end]])


def outermost(node: Node, name: str) -> Iterator[Tree[Token]]:
    """The outermost subtrees of a name, in the order of the text."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Tree):
            if part.data == name:
                yield part
            else:
                pending.extend(reversed(part.children))


def extent(form: Tree[Token]) -> tuple[int, int]:
    """The start and end of a query, whose last subtree may be empty."""
    tokens = leaves(form)
    return start_of(tokens[0]), start_of(tokens[-1]) + len(tokens[-1])
