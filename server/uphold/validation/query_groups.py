"""Groups of a query, as `sparql.parser` reads them: what they are made of, and whether they bind $this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from lark import Token, Tree

from uphold.sparql.parser import Node, leaves

__all__ = [
    "THIS", "binds", "child", "direct_variables", "exists_in", "group_of", "selects_all", "selects_this", "variable",
    "variables",
]  # fmt: skip

THIS = "?this"


def variable(token: Token) -> str:
    """A variable, written with a question mark."""
    return f"?{token[1:]}"


def variables(part: Node) -> set[str]:
    """The variables in a part of a query."""
    return {variable(token) for token in leaves(part) if token.type == "VAR"}


def direct_variables(part: Tree[Token]) -> set[str]:
    """The variables in a part of a query, without those of the parts within it."""
    return {variable(each) for each in part.children if isinstance(each, Token) and each.type == "VAR"}


def child(part: Tree[Token], name: str) -> Tree[Token]:
    """The part with this name."""
    return next(each for each in part.children if isinstance(each, Tree) and each.data == name)


def group_of(part: Tree[Token]) -> Tree[Token]:
    """The group of a query, subquery, OPTIONAL, GRAPH or EXISTS."""
    return child(child(part, "where_clause") if part.data in ("select_query", "sub_select") else part, "group")


def selects_this(select: Tree[Token]) -> bool:
    """Whether a query or subquery names $this after SELECT."""
    return THIS in direct_variables(child(select, "select_clause"))


def selects_all(select: Tree[Token]) -> bool:
    """Whether a query or subquery has a star after SELECT."""
    return any(isinstance(each, Token) and each.type == "STAR" for each in child(select, "select_clause").children)


def exists_in(part: Node) -> Iterator[Tree[Token]]:
    """Each EXISTS in a part of a query, without those within another one."""
    if isinstance(part, Tree) and part.data == "exists":
        yield part
    elif isinstance(part, Tree):
        for each in part.children:
            yield from exists_in(each)


def binds(parts: Iterable[Node]) -> bool:
    """Whether each solution of these parts of a group binds $this."""
    parts = list(parts)
    return any(map(binds_alone, parts)) or any(
        all(binds(branch.children) for branch in branches) for branches in unions(parts)
    )


def binds_alone(part: Node) -> bool:
    """Whether each solution of one part of a group, which is not a group, binds $this."""
    match part:
        case Tree(data="triples_block"):
            return THIS in variables(part)
        case Tree(data="graph"):
            return binds(group_of(part).children)
        case Tree(data="sub_select"):
            return selects_this(part) or (selects_all(part) and binds(group_of(part).children))
        case Tree(data="values"):
            return gives_this(part)
    return False


def gives_this(values: Tree[Token]) -> bool:
    """Whether each row of VALUES has a value for $this."""
    names = [variable(token) for token in leaves(values) if token.type == "VAR"]
    if THIS not in names:
        return False
    rows = [part.children[1:-1] for part in values.children if isinstance(part, Tree) and part.data == "row"]
    given = [row[names.index(THIS)] for row in rows] if rows else values.children
    return not any(isinstance(value, Token) and value.type == "UNDEF" for value in given)


def unions(parts: Iterable[Node]) -> list[list[Tree[Token]]]:
    """The groups among the parts of a group, each with those that UNION adds to it."""
    found: list[list[Tree[Token]]] = []
    for before, part in pairwise([None, *parts]):
        if isinstance(part, Tree) and part.data == "group":
            if isinstance(before, Token) and before.type == "UNION":
                found[-1].append(part)
            else:
                found.append([part])
    return found
