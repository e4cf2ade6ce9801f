"""Routes: property paths as trees, and their properties that follow from the text (SPARQL 1.1 Query, 9 and 18.4).

A path is read into a tree: `("step", text)` for a property or a negated set of them, `("^", path)`, `("/", a, b)`,
`("|", a, b, …)`, and `("*", path)`, `("+", path)`, `("?", path)`.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from lark import Token, Tree

from uphold.sparql.parser import Node, subtrees

__all__ = ["Route", "alternatives", "is_chain", "is_link", "read_route", "stays_in_graph", "steps", "zero_lengths"]

Route = tuple[Any, ...]
STEPS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS", "A", "VAR"})


def read_route(path: Node) -> Route:
    """The route of a predicate in the tree."""
    found: dict[int, Route] = {}

    def of(part: Node) -> Route:
        return ("step", str(part)) if isinstance(part, Token) else found[id(part)]

    for part in reversed(list(subtrees(path)) if isinstance(path, Tree) else []):  # inner ones first
        inner = [of(each) for each in part.children if isinstance(each, Tree) or each.type in STEPS]
        match part.data:
            case "alternatives":
                found[id(part)] = ("|", *inner)
            case "sequence":
                found[id(part)] = reduce(lambda left, right: ("/", left, right), inner)
            case "inverse" | "inverse_property":
                found[id(part)] = ("^", inner[0])
            case "repeated":
                found[id(part)] = (str(part.children[1]), inner[0])
            case "negated_set":
                found[id(part)] = negated(inner)
            case _:  # in brackets
                found[id(part)] = inner[0]
    return of(path)


def negated(properties: list[Route]) -> Route:
    """A negated set; a set with both directions is an alternative of two sets (18.2.2.3)."""
    sets = [[each for each in properties if (each[0] == "^") == inverse] for inverse in (False, True)]
    found: list[Route] = [("step", f"!({'|'.join(text_of(each) for each in one)})") for one in sets if one]
    return found[0] if len(found) == 1 else ("|", *found)


def text_of(one: Route) -> str:
    """A property in a negated set as text."""
    return f"^{one[1][1]}" if one[0] == "^" else str(one[1])


def is_chain(route: Route) -> bool:
    """Whether it has only properties, `/` and `^`, which the engine treats as triple patterns (18.2.2.4)."""
    if route[0] == "step":
        return not route[1].startswith("!")
    return route[0] in ("/", "^") and all(map(is_chain, route[1:]))


def is_link(route: Route) -> bool:
    """Whether it is one property, in either direction, which connects two nodes at most once."""
    return is_chain(route) if route[0] == "step" else route[0] == "^" and is_link(route[1])


def stays_in_graph(route: Route) -> bool:
    """Whether the engine finds it between variables once per graph, even if the graph is a variable.

    It does for triples and for `*` and `?`. For `+` between two nodes it counts first steps. For `|` and negated sets
    this is not proven.
    """
    sign, *inner = route
    return sign in ("*", "?") or is_chain(route) or (sign in ("/", "^") and all(map(stays_in_graph, inner)))


def zero_lengths(route: Route) -> int:
    """The number of solutions of a path from a term that is not a node of the graph; each ends at that term.

    `*` and `?` have one, since they return sets (ALP and ZeroOrOnePath); `|` adds. `/` has none: it joins two paths by
    a variable (18.4), and between variables a zero-length path only matches nodes of the graph.
    """
    sign, *inner = route
    counts = [zero_lengths(path) for path in inner if sign != "step"]
    match sign:
        case "step" | "/":
            return 0
        case "*" | "?":
            return 1
        case "+":
            return min(1, counts[0])
    return sum(counts)


def alternatives(route: Route, most: int) -> list[Route]:
    """Paths without `|` outside `*`, `+` and `?` whose solutions together are those of this path.

    Alternatives are a union of multisets (18.4), and joins and inverses distribute over it. At most `most` + 1 paths
    are returned.
    """
    sign, *inner = route
    if sign == "|":
        found = [path for each in inner for path in alternatives(each, most)]
    elif sign == "^":
        found = [("^", path) for path in alternatives(inner[0], most)]
    elif sign == "/":
        lefts, rights = (alternatives(each, most) for each in inner)
        found = [("/", left, right) for left in lefts for right in rights]
    else:
        return [route]
    return found[: most + 1]


def steps(route: Route) -> str:
    """A path as text."""
    sign, *inner = route
    if sign == "step":
        return str(inner[0])
    if sign in ("*", "+", "?"):
        return f"({steps(inner[0])}){sign}"
    return f"^({steps(inner[0])})" if sign == "^" else sign.join(f"({steps(path)})" for path in inner)
