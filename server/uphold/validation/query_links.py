"""Links: how a triple that matches a pattern of a query leads to focus nodes.

A pattern is linked to $this by the patterns that are matched together with it and share variables with it. A changed
triple that matches the pattern can only change the results for the nodes that these patterns then bind to $this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from lark import Token, Tree

from uphold.sparql.parser import Node, ParsedQuery, subtrees
from uphold.validation.paths import EMPTY, Path, Step
from uphold.validation.query_groups import (
    THIS,
    child,
    direct_variables,
    exists_in,
    group_of,
    selects_all,
    variable,
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


class Scope(NamedTuple):
    """Where a part of a query is: the names of variables, those that have values from outside, and what GRAPH names."""

    names: Names
    seen: frozenset[str]
    graph: str | None = None

    def within(self) -> Scope:
        """The scope of a group that is evaluated by itself and then joined."""
        return self._replace(seen=frozenset((THIS,)))


def links(query: ParsedQuery) -> Iterator[Link]:
    """The links of all triple patterns of a query."""
    linking = Linking(PatternReader(query))
    scope = Scope({name: next(linking.reader.new) for name in TAKEN}, frozenset((THIS,)))
    yield from linking.select(child(query.tree, "select_query"), scope, [])


@dataclass(frozen=True, slots=True)
class Linking:
    """Links the patterns of one query.

    A variable that has another meaning than outside a group gets a new name in it, so that it links nothing.
    """

    reader: PatternReader

    def select(self, select: Tree[Token], scope: Scope, outer: list[Pattern]) -> Iterator[Link]:
        """The links in a query or subquery; `outer` are the patterns outside that are matched with each row of it."""
        monotonic = not outer and not any(map(aggregates, subtrees(select)))
        yield from self.group(group_of(select), scope.within(), outer, monotonic=monotonic)
        for part in select.children:
            if part is not child(select, "where_clause"):
                yield from self.expression(part, scope)

    def group(
        self, group: Tree[Token], scope: Scope, outer: list[Pattern], *, monotonic: bool = False
    ) -> Iterator[Link]:
        """The links in a group. In a `monotonic` group, each solution more is a result more."""
        matched = [self.always(part, scope) for part in parts(group)]
        together = [*outer, *chain(*matched)]
        for part, own in zip(parts(group), matched, strict=True):
            if part.data == "triples_block":
                yield from (linked(pattern, together) for pattern in own)
        for at, part in enumerate(parts(group)):
            match part:
                case Tree(data="group"):
                    yield from self.group(part, scope.within(), together)
                case Tree(data="optional"):
                    # What follows may have matched without it: only what precedes is matched with it.
                    yield from self.group(group_of(part), scope.within(), [*outer, *chain(*matched[:at])])
                case Tree(data="graph"):
                    yield from self.group(group_of(part), self.in_graph(part, scope), together)
                case Tree(data="sub_select"):
                    yield from self.select(part, self.hidden(part, scope, selected(part)), together)
                case Tree(data="filter"):
                    yield from self.filter(part, group, scope, together, monotonic=monotonic)
                case Tree(data="bind"):
                    yield from self.expression(part, scope)

    def filter(
        self, part: Tree[Token], group: Tree[Token], scope: Scope, together: list[Pattern], *, monotonic: bool
    ) -> Iterator[Link]:
        """The links in a filter of a group."""
        outside = {*scope.seen}.union(*(variables(each) for each in parts(group) if each is not part))
        for exists in exists_in(part):
            found = self.exists(exists, scope._replace(seen=scope.seen | bound(group)), together)
            is_whole = monotonic and exists in part.children
            yield from plain(exists, [*found], outside) if is_whole and is_plain(exists) else found

    def expression(self, part: Node, scope: Scope) -> Iterator[Link]:
        """The links in an expression that is evaluated where not all patterns have matched."""
        for exists in exists_in(part):
            yield from self.exists(exists, scope.within(), [])

    def exists(self, exists: Tree[Token], scope: Scope, outer: list[Pattern]) -> Iterator[Link]:
        """The links in EXISTS."""
        yield from self.group(group_of(exists), self.hidden(exists, scope, scope.seen), outer)

    def always(self, part: Tree[Token], scope: Scope) -> list[Pattern]:
        """The patterns that each solution of a part of a group matches: those of blocks of triples, in GRAPH too."""
        if part.data == "triples_block":
            return self.reader.block(part, scope.names, scope.graph)
        inner = parts(group_of(part)) if part.data == "graph" else []
        return [each for one in inner for each in self.always(one, self.in_graph(part, scope))]

    def in_graph(self, part: Tree[Token], scope: Scope) -> Scope:
        """The scope in a GRAPH part."""
        name = next(each for each in part.children[1:] if isinstance(each, Token))
        is_variable = name.type == "VAR"
        text = scope.names.get(variable(name), variable(name)) if is_variable else f"<{self.reader.iri(name)}>"
        return scope.within()._replace(graph=text)

    def hidden(self, part: Tree[Token], scope: Scope, seen: Collection[str]) -> Scope:
        """The scope in a part of the query in which only some variables mean what they mean outside."""
        new = {name: next(self.reader.new) for name in sorted(variables(part).difference(seen))}
        return scope._replace(names={**scope.names, **new})


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
    """The variables that the blocks of a group bind, in GRAPH too."""
    graphs = (bound(group_of(part)) for part in parts(group) if part.data == "graph")
    return {name for block in blocks(group) for name in variables(block)}.union(*graphs)


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
