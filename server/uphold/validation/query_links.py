"""Links: how a triple that matches a pattern of a query leads to focus nodes.

A pattern is linked to $this by the patterns that are matched together with it and share variables with it. A changed
triple that matches the pattern can only change the results for the nodes that these patterns then bind to $this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lark import Token, Tree

from uphold.sparql.parser import ParsedQuery
from uphold.validation.paths import Path
from uphold.validation.query_groups import (
    THIS,
    child,
    direct_variables,
    exists_in,
    group_of,
    selects_all,
    variables,
)
from uphold.validation.query_patterns import Names, Pattern, PatternReader

__all__ = ["Link", "links"]

TAKEN = ("?near", "?far")
"""The variables that `changes` adds to the patterns of a link."""


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


def links(query: ParsedQuery) -> Iterator[Link]:
    """The links of all triple patterns of a query."""
    linking = Linking(PatternReader(query))
    yield from linking.select(child(query.tree, "select_query"), {name: next(linking.reader.new) for name in TAKEN}, [])


@dataclass(frozen=True, slots=True)
class Linking:
    """Links the patterns of one query.

    A variable that has another meaning than outside a group gets a new name in it, so that it links nothing.
    """

    reader: PatternReader

    def select(self, select: Tree[Token], names: Names, outer: list[Pattern]) -> Iterator[Link]:
        """The links in a query or subquery; `outer` are the patterns outside that are matched with each row of it."""
        group = group_of(select)
        yield from self.group(group, names, outer, {THIS})
        for part in select.children:
            if part is not child(select, "where_clause"):
                for exists in exists_in(part):
                    yield from self.exists(exists, names, [], {THIS})

    def group(self, group: Tree[Token], names: Names, outer: list[Pattern], seen: set[str]) -> Iterator[Link]:
        """The links in a group; `seen` are the variables that have values from outside in it."""
        own = [pattern for block in blocks(group) for pattern in self.reader.block(block, names)]
        together = outer + own
        yield from (linked(pattern, together) for pattern in own)
        for part in group.children:
            match part:
                case Tree(data="group"):
                    yield from self.group(part, names, together, {THIS})
                case Tree(data="optional"):
                    yield from self.group(group_of(part), names, together, {THIS})
                case Tree(data="graph"):
                    yield from self.group(group_of(part), self.hidden(part, names, set()), [], set())
                case Tree(data="sub_select"):
                    yield from self.select(part, self.hidden(part, names, selected(part)), together)
                case Tree(data="filter"):
                    for exists in exists_in(part):
                        yield from self.exists(exists, names, together, seen | bound(group))
                case Tree(data="bind"):
                    for exists in exists_in(part):
                        yield from self.exists(exists, names, [], {THIS})

    def exists(self, exists: Tree[Token], names: Names, outer: list[Pattern], seen: set[str]) -> Iterator[Link]:
        """The links in EXISTS."""
        yield from self.group(group_of(exists), self.hidden(exists, names, seen), outer, seen)

    def hidden(self, part: Tree[Token], names: Names, seen: set[str]) -> Names:
        """The names in a part of the query in which only some variables mean what they mean outside."""
        return {**names, **{name: next(self.reader.new) for name in sorted(variables(part) - seen)}}


def blocks(group: Tree[Token]) -> list[Tree[Token]]:
    """The blocks of triples of a group, without those of the groups in it."""
    return [part for part in group.children if isinstance(part, Tree) and part.data == "triples_block"]


def bound(group: Tree[Token]) -> set[str]:
    """The variables that the blocks of a group bind."""
    return {name for block in blocks(group) for name in variables(block)}


def selected(select: Tree[Token]) -> set[str]:
    """Variables that have the same value inside and outside a subquery."""
    return bound(group_of(select)) if selects_all(select) else direct_variables(child(select, "select_clause"))


def linked(pattern: Pattern, together: Iterable[Pattern]) -> Link:
    """The pattern with the patterns that connect it with ?this."""
    others, reached = [each for each in together if each != pattern], set(pattern.variables)
    connected: list[Pattern] = []
    while more := [each for each in others if each.variables & reached and each not in connected]:
        connected += more
        reached |= {name for each in more for name in each.variables}
    return Link(pattern, tuple(connected) if THIS in reached else None)
