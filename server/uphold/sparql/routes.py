"""Routes: what a property path of a query matches, where that can be told from its text (SPARQL 1.1 Query, 9 and 18.4).

A path is read into a tree: `("step", text)` for a property or a negated set of them, `("^", path)`, `("/", a, b)`,
`("|", a, b, …)`, and `("*", path)`, `("+", path)`, `("?", path)`.
"""

from __future__ import annotations

from typing import Any

from uphold.sparql.reading import Token

__all__ = ["Route", "alternatives", "is_chain", "is_link", "read_route", "stays_in_graph", "steps", "zero_lengths"]

Route = tuple[Any, ...]


def read_route(tokens: list[Token]) -> Route:
    """The tree of a path that the grammar has read: `|` binds least, then `/`, then `^`, then `*`, `+` and `?`."""
    return Reader(tokens).alternative()


class Reader:
    """Goes through the tokens of a path."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at = tokens, 0

    def takes(self, *texts: str) -> str:
        """Go past one of these signs if it comes next, and give it."""
        if self.at < len(self.tokens) and self.tokens[self.at].text in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return ""

    def alternative(self) -> Route:
        """Read a path."""
        found = [self.sequence()]
        while self.takes("|"):
            found.append(self.sequence())
        return found[0] if len(found) == 1 else ("|", *found)

    def sequence(self) -> Route:
        """Read what stands between two `|`."""
        found = self.element()
        while self.takes("/"):
            found = ("/", found, self.element())
        return found

    def element(self) -> Route:
        """Read what stands between two `/`."""
        if self.takes("^"):
            return ("^", self.element())
        found = self.primary()
        sign = self.takes("*", "+", "?")
        return (sign, found) if sign else found

    def primary(self) -> Route:
        """Read a property, a negated set, or a path in brackets."""
        if self.takes("("):
            found = self.alternative()
            self.takes(")")
            return found
        if self.takes("!"):
            return self.negated()
        self.at += 1
        return ("step", self.tokens[self.at - 1].text)

    def negated(self) -> Route:
        """Read a negated set; one with both directions is the alternative of two sets (18.2.2.3)."""
        sets: dict[str, list[str]] = {"": [], "^": []}
        bracketed = self.takes("(")
        while True:
            sets[self.takes("^")].append(self.tokens[self.at].text)
            self.at += 1
            if not bracketed or not self.takes("|"):
                break
        self.takes(")")
        found = [("step", f"!({'|'.join(mark + text for text in texts)})") for mark, texts in sets.items() if texts]
        return found[0] if len(found) == 1 else ("|", *found)


def is_chain(route: Route) -> bool:
    """Whether it is made of properties, `/` and `^` alone, which the engine takes for triple patterns (18.2.2.4)."""
    if route[0] == "step":
        return not route[1].startswith("!")
    return route[0] in ("/", "^") and all(map(is_chain, route[1:]))


def is_link(route: Route) -> bool:
    """Whether it is one property, in either direction, which connects two nodes once at the most."""
    return is_chain(route) if route[0] == "step" else route[0] == "^" and is_link(route[1])


def stays_in_graph(route: Route) -> bool:
    """Whether the engine finds it between variables once in each graph, also where the graph is a variable.

    It does so for triples and for `*` and `?`. For `+` between two nodes it counts first steps. Whether it does for `|`
    and negated sets has not been proved.
    """
    sign, *inner = route
    return sign in ("*", "?") or is_chain(route) or (sign in ("/", "^") and all(map(stays_in_graph, inner)))


def zero_lengths(route: Route) -> int:
    """How many solutions a path has that begins at a term which is no node of the graph; each of them ends there.

    `*` and `?` have one, as a set has (ALP and ZeroOrOnePath); `|` adds. `/` has none: it joins two paths by a variable
    (18.4), and between variables a path of no length is about the nodes of the graph.
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
    """Paths without `|` outside `*`, `+` and `?`, whose solutions together are those of this one.

    Alternatives are a union of multisets (18.4), and joins and inverses distribute over it. Of more than `most` only
    the first `most` + 1 are given.
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
