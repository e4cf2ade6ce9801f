"""Links: how a triple that matches a pattern of a query leads to focus nodes.

A pattern is linked to $this by the patterns that are matched together with it and share variables with it. A changed
triple that matches the pattern can only change the results for the nodes that these patterns then bind to $this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lark import Token, Tree

from uphold.sparql.parser import ParsedQuery, subtrees
from uphold.validation.paths import EMPTY, Path, Step
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
    """A triple pattern with the patterns that lead from it to ?this; None if there is no such way.

    `hides` is set if an added triple can only take results away, as in NOT EXISTS. `alone` are the patterns of an
    EXISTS that shares no variable with the rest: once it holds, another triple changes nothing.
    """

    pattern: Pattern
    others: tuple[Pattern, ...] | None
    hides: bool = False
    alone: tuple[Pattern, ...] = ()

    @property
    def path(self) -> Path | None:
        """The path of the pattern."""
        return self.pattern.path

    def objects(self, step: Step) -> frozenset[str] | None:
        """The one object of a triple that the last step of the path matches, if it is an IRI."""
        end = self.pattern.object
        return frozenset((end[1:-1],)) if end.startswith("<") and step.forward and step.after == EMPTY else None


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
        yield from self.group(
            group, names, outer, {THIS}, monotonic=not outer and not any(map(aggregates, subtrees(select)))
        )
        for part in select.children:
            if part is not child(select, "where_clause"):
                for exists in exists_in(part):
                    yield from self.exists(exists, names, [], {THIS})

    def group(
        self, group: Tree[Token], names: Names, outer: list[Pattern], seen: set[str], *, monotonic: bool = False
    ) -> Iterator[Link]:
        """The links in a group; `seen` are the variables that have values from outside in it.

        In a `monotonic` group, each solution more is a result more.
        """
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
                    outside = seen | {name for each in parts(group) if each is not part for name in variables(each)}
                    for exists in exists_in(part):
                        found = self.exists(exists, names, together, seen | bound(group))
                        is_whole = monotonic and exists in part.children
                        yield from plain(exists, [*found], outside) if is_whole and is_plain(exists) else found
                case Tree(data="bind"):
                    for exists in exists_in(part):
                        yield from self.exists(exists, names, [], {THIS})

    def exists(self, exists: Tree[Token], names: Names, outer: list[Pattern], seen: set[str]) -> Iterator[Link]:
        """The links in EXISTS."""
        yield from self.group(group_of(exists), self.hidden(exists, names, seen), outer, seen)

    def hidden(self, part: Tree[Token], names: Names, seen: set[str]) -> Names:
        """The names in a part of the query in which only some variables mean what they mean outside."""
        return {**names, **{name: next(self.reader.new) for name in sorted(variables(part) - seen)}}


def parts(group: Tree[Token]) -> list[Tree[Token]]:
    """The parts of a group."""
    return [part for part in group.children if isinstance(part, Tree)]


def blocks(group: Tree[Token]) -> list[Tree[Token]]:
    """The blocks of triples of a group, without those of the groups in it."""
    return [part for part in parts(group) if part.data == "triples_block"]


def is_plain(exists: Tree[Token]) -> bool:
    """Whether an EXISTS has triples, and filters without another EXISTS, only."""
    return all(
        part.data == "triples_block" or (part.data == "filter" and not any(exists_in(part)))
        for part in parts(group_of(exists))
    )


def plain(exists: Tree[Token], found: Sequence[Link], outside: set[str]) -> Iterator[Link]:
    """The links in an EXISTS that is a whole filter and plain; `outside` are the variables around it."""
    hides = is_negated(exists)
    depends = variables(exists) & outside or len(parts(group_of(exists))) > len(blocks(group_of(exists)))
    alone = () if hides or depends else tuple(link.pattern for link in found)
    yield from (replace(link, hides=hides, alone=alone) for link in found)


def is_negated(exists: Tree[Token]) -> bool:
    """Whether it is NOT EXISTS."""
    return any(isinstance(each, Token) and each.type == "NOT" for each in exists.children)


def aggregates(part: Tree[Token]) -> bool:
    """Whether a part of a query makes it count or group solutions."""
    return part.data in ("aggregate", "group_clause", "having_clause", "sub_select")


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
