"""Guard: what can be told of a query before any parser sees it.

The engine's parser recurses without a limit, and a few kilobytes of nested brackets end its process; so size and depth
are checked here, by a scanner that does not recurse. It knows the tokens of SPARQL 1.1 (section 19.8), not its grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from uphold.errors import QueryNotParsed, QueryRefused, QueryTooDeep, QueryTooLong

__all__ = ["Limits", "inspect"]

TOKEN = re.compile(
    r"""
      (?P<skip> \s+ | \#[^\r\n]* )
    | (?P<string> \"{3} (?: \\. | \"{0,2} [^"\\] )* \"{3} | '{3} (?: \\. | '{0,2} [^'\\] )* '{3}
                | " (?: \\. | [^"\\\r\n] )* " | ' (?: \\. | [^'\\\r\n] )* ' )
    | (?P<unclosed> ["'] )
    | (?P<iri> < [^\x00-\x20<>"{}|^`\\]* > )
    | (?P<name> [?$@:\w] (?: [\w.:%-] | \\. )* )
    | (?P<open> [({\[] ) | (?P<close> [)}\]] ) | (?P<prefixing> [!^+-] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
FORMS = frozenset({"select", "ask", "construct", "describe"})
GRAPH_FORMS = frozenset({"construct", "describe"})
UPDATES = frozenset({"insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may be at the most."""

    max_bytes: int
    max_depth: int


def inspect(text: str, limits: Limits) -> bool:
    """Check a query's size, depth and intent; True when it gives a graph, False when it gives results.

    Raises `QueryTooLong`, `QueryTooDeep`, `QueryRefused` (SERVICE), or `QueryNotParsed` when no query form is in it.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.max_bytes:
        raise QueryTooLong(size, limits.max_bytes)
    if (place := next((at for at, char in enumerate(text) if "\ud800" <= char <= "\udfff"), -1)) >= 0:
        raise QueryNotParsed("The query holds half a surrogate pair, which is no character.", *line_column(text, place))
    words = list(keywords(text, limits.max_depth))
    if "service" in words:
        raise QueryRefused("The query has a SERVICE clause, and this endpoint asks no other one.")
    form = next((word for word in words if word in FORMS), None)
    if form is None:
        what = (
            "an update; /sparql only answers queries"
            if UPDATES & set(words)
            else "no SELECT, ASK, CONSTRUCT or DESCRIBE"
        )
        raise QueryNotParsed(f"The text holds {what}.", 1, 1)
    return form in GRAPH_FORMS


def keywords(text: str, max_depth: int) -> Iterator[str]:
    """The bare words of a query in lower case; raises `QueryTooDeep` when brackets or prefix operators pile up."""
    depth = pile = 0
    for found in TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "skip":
            continue
        if kind == "unclosed":  # scanning on would read the rest again and again
            raise QueryNotParsed("A string that begins here is not closed.", *line_column(text, found.start()))
        pile = pile + 1 if kind == "prefixing" else 0
        depth += (kind == "open") - (kind == "close")
        if max(depth, pile) > max_depth:
            raise QueryTooDeep(max(depth, pile), max_depth)
        if kind == "name" and found.group().isalpha():
            yield found.group().lower()


def line_column(text: str, place: int) -> tuple[int, int]:
    """Line and column of a place in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
