"""Group elements: the elements of each group in a query, with their variables.

An element is what SPARQL calls a graph pattern in a group (SPARQL 1.1 Query, 5.2 and 18.2.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lark import Token, Tree

from uphold.sparql.parser import Node, leaves, subtrees
from uphold.sparql.routes import is_chain, read_route

__all__ = [
    "COMPLEX",
    "JOINED",
    "NONE",
    "Element",
    "GroupElements",
    "Names",
    "binds_of",
    "inner_group",
    "is_subquery",
    "labels",
    "last_of",
    "names_of",
    "tree",
    "trees",
    "variable",
]

Names = frozenset[str]
NONE: Names = frozenset()
COMPLEX = frozenset({"group", "union", "graph", "subquery"})
JOINED = COMPLEX | {"plain", "values"}
"""The kinds of element that are joined with the rest of a group."""


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """An element of a group: its kind, its parts in the tree, and its variables.

    `plain` are triple patterns, also in braces or GRAPH; a `union` has several groups, all others one part. `names` has
    all variables that it shares with the group, `binds` those with a value in each of its solutions.
    """

    kind: str
    parts: tuple[Tree[Token], ...]
    names: Names
    binds: Names = NONE
    text: str = ""
    """The text of an element that is not in the query."""


class GroupElements:
    """Reads the elements of the groups of one query, each group once."""

    def __init__(self) -> None:
        self.known: dict[int, list[Element]] = {}

    def of(self, group: Tree[Token]) -> list[Element]:
        """The elements of a group in the order of the text."""
        if id(group) not in self.known:
            self.known[id(group)] = self.read(group)
        return self.known[id(group)]

    def read(self, group: Tree[Token]) -> list[Element]:
        """The elements of a group that was not read before."""
        parts = [part for part in group.children[1:-1] if part != "."]
        found: list[Element] = []
        union: list[Tree[Token]] = []
        for part, after in zip(parts, [*parts[1:], None], strict=False):
            if isinstance(part, Tree):
                union.append(part)
                if not (isinstance(after, Token) and after.type == "UNION"):
                    found.append(self.element(*union))
                    union = []
        return found

    def element(self, *parts: Tree[Token]) -> Element:
        """The element with these parts."""
        part, names = parts[0], names_of(parts)
        kind = "union" if len(parts) > 1 else "subquery" if is_subquery(part) else str(part.data)
        binds = NONE
        match kind:
            case "triples_block":
                kind, binds = "plain", names
            case "values" if not any(token.type == "UNDEF" for token in leaves(part)):
                binds = names
            case "subquery":
                names, binds = self.projected(part)
            case "group" | "union":
                binds = frozenset.intersection(*map(self.binds_of_group, parts))
                kind = "plain" if kind == "group" and self.is_plain(part) else kind
            case "graph":
                binds = self.binds_of_group(last_of(part)) | names_of(part.children[:-1])
                kind = "plain" if self.is_plain(last_of(part)) else kind
            case _:
                pass
        return Element(kind, parts, names, binds)

    def is_plain(self, group: Tree[Token]) -> bool:
        """Whether a group has only triple patterns."""
        return not is_subquery(group) and {each.kind for each in self.of(group)} == {"plain"}

    def binds_of_group(self, group: Tree[Token]) -> Names:
        """The variables with a value in each solution of a group."""
        return self.projected(group)[1] if is_subquery(group) else binds_of(self.of(group))

    def projected(self, group: Tree[Token]) -> tuple[Names, Names]:
        """The variables that a subquery selects, and those of them that always have a value."""
        clause, where, _ = trees(trees(group)[0])
        binds = self.binds_of_group(last_of(where))
        if any(part == "*" for part in clause.children):
            return names_of([where]), binds
        plain = frozenset(part[1:] for part in clause.children if isinstance(part, Token) and part.type == "VAR")
        made = frozenset(leaves(part)[-2][1:] for part in clause.children if tree(part) == "select_expression")
        return plain | made, plain & binds

    def is_substitutable(self, each: Element, others: Names) -> bool:
        """Whether an element can follow LATERAL: its variables take values from those before it, which are in `others`.

        SPARQL does not allow to assign a value to a variable that has one, by BIND or VALUES.
        """
        if each.kind == "plain":
            return True
        if each.kind not in COMPLEX or each.kind == "subquery":
            return False
        if each.kind == "graph" and leaves(each.parts[0])[1].type == "VAR" and not self.is_named_once(each, others):
            return False
        groups = [inner_group(each)] if each.kind == "graph" else each.parts
        return all(self.is_substitutable_group(group, others) for group in groups)

    def leaks(self, each: Element, others: Names) -> bool:
        """Whether an expression in a group uses a variable of `others` that may have no value there.

        It then has none (18.2.1); but the engine may use the value from outside.
        """
        groups = [inner_group(each)] if each.kind == "graph" else each.parts
        return any(self.group_leaks(group, others, NONE) for group in groups)

    def group_leaks(self, group: Tree[Token], others: Names, binds: Names) -> bool:
        """The same for one group, in which these variables have values."""
        if is_subquery(group):
            return False
        for each in self.of(group):
            if each.kind == "bind" and not each.names & others <= binds:
                return True
            if each.kind in ("optional", "minus") and self.group_leaks(inner_group(each), others, binds):
                return True
            if each.kind in COMPLEX and self.leaks(each, others):
                return True
            binds |= each.binds
        return any(not each.names & others <= binds for each in self.of(group) if each.kind == "filter")

    def is_named_once(self, each: Element, others: Names) -> bool:
        """Whether a GRAPH clause has the only place of its variable, and no path that the engine does not join."""
        clause, group = each.parts[0], inner_group(each)
        name = variable(leaves(clause)[1])
        paths = (read_route(part.children[0]) for part in subtrees(group) if part.data == "verb")
        return name not in others | names_of([group]) and all(map(is_chain, paths))

    def is_substitutable_group(self, group: Tree[Token], others: Names) -> bool:
        """Whether values from outside can take the place of variables in a group before it is evaluated."""
        elements = self.of(group)
        binds: Names = NONE
        for each in elements:
            binds |= each.binds
            if each.kind in ("optional", "minus"):
                return False
            if each.kind == "bind" and not each.names & others <= binds:
                return False
            if each.kind == "values" and each.names & others:
                return False
            if each.kind in COMPLEX and not self.is_substitutable(each, others):
                return False
        return all(each.names & others <= binds for each in elements if each.kind == "filter")


def binds_of(elements: Iterable[Element]) -> Names:
    """The variables with a value in each solution of a join."""
    return frozenset().union(*(each.binds for each in elements))


def inner_group(each: Element) -> Tree[Token]:
    """The group of an OPTIONAL, MINUS or GRAPH clause."""
    return last_of(each.parts[0])


def is_subquery(group: Tree[Token]) -> bool:
    """Whether a group is a subquery."""
    return group.data == "group" and tree(group.children[1]) == "sub_select"


def last_of(part: Tree[Token]) -> Tree[Token]:
    """The last subtree of a part, such as the group of a clause."""
    return trees(part)[-1]


def trees(part: Tree[Token]) -> list[Tree[Token]]:
    """The subtrees directly in a part."""
    return [each for each in part.children if isinstance(each, Tree)]


def tree(node: Node) -> str | None:
    """The name of a subtree; None for a token."""
    return str(node.data) if isinstance(node, Tree) else None


def names_of(parts: Iterable[Node]) -> Names:
    """All variables in some parts."""
    return frozenset(token[1:] for part in parts for token in leaves(part) if token.type == "VAR")


def labels(node: Node) -> list[Token]:
    """The labels of blank nodes in a part."""
    return [token for token in leaves(node) if token.type == "BLANK_NODE"]


def variable(node: Node) -> str:
    """The name of a variable; empty for another term."""
    token, *more = leaves(node)
    return token[1:] if token.type == "VAR" and not more else ""
