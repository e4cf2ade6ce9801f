"""Query forms: queries without their constants, so that what is found out about one holds for others like it."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NamedTuple

from uphold.sparql.lexer import COMMENT, IRI, STRING

__all__ = ["MOST_CHARACTERS", "QueryForm", "form_of", "may_change"]

MOST_CHARACTERS = 4_000_000
"""Limit on the known orders of one process together."""

MOST_TEXT = 32_000
MOST_FILLED = 100_000
"""Limit on a query in its order, where a constant may be repeated."""

NAME = rf"(?:{IRI}|[\w-]*+:[\w-]++)"
TERM = rf"(?:{NAME}|{STRING}(?:@[\w-]+|\^\^{NAME})?|[+-]?[0-9]+)"
NAMES = re.compile(rf"(?:{NAME}\s*+)++")
CONSTANTS = re.compile(
    rf"(?=[VP<\"'#0-9])(?:"  # most characters begin none of these
    rf"(?P<before>\bVALUES\s*+[?$]\w++\s*+\{{\s*+)(?P<terms>(?:{TERM}\s*+)++)(?=\}})"
    rf"|(?P<declared>\bPREFIX\s*+[\w.-]*+:\s*+{IRI})|(?P<iri>{IRI})|(?P<string>{STRING})|(?P<comment>{COMMENT})"
    rf"|(?<![\w.:?$@%])(?P<number>[0-9]++)(?![\w.:]))",
    re.IGNORECASE,
)
SEVERAL = re.compile(r"[.;,]\s*+[^\s}]")
"""What is between two triple patterns."""

PLACES = re.compile(r"<:([0-9]*)>|\":([0-9]+)\"|(?<![\w.:?$@%])9{9}([0-9]+)(?![\w.:])")


class QueryForm(NamedTuple):
    """A query with numbered places for its constants, and the constants."""

    text: str
    constants: tuple[str, ...]

    def filled(self, text: str) -> str:
        """A text with the constants at their places."""
        return "".join(self.pieces(text))

    def in_order(self, order: str) -> str:
        """The query in an order that was found for its form; empty if that is its own, or if it became too long."""
        if order == self.text:
            return ""
        pieces = self.pieces(order)
        return "".join(pieces) if sum(map(len, pieces)) <= MOST_FILLED else ""

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text between its places, and the constants."""
        found, at = list[str](), 0
        for place in PLACES.finditer(text):
            number = place[place.lastindex or 0]
            found += [text[at : place.start()], self.constants[int(number)] if number else ""]
            at = place.end()
        return [*found, text[at:]]


def form_of(text: str, vocabulary: Container[str]) -> QueryForm:
    """The form of a query, without comments; properties and classes of the vocabulary are not constants.

    The terms of VALUES for one variable are one constant, an IRI if all of them are IRIs, else a literal. If there are
    several, an empty place follows.
    """
    constants: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found["comment"]:
            return " "
        if found["declared"] or (found["iri"] and found["iri"][1:-1] in vocabulary):
            return found[0]
        number = len(constants)
        constants.append(found["terms"] or found[0])
        if found["number"]:
            return f"999999999{number}"
        named = found["iri"] or (found["terms"] and NAMES.fullmatch(found["terms"]))
        mark = f"<:{number}>" if named else f'":{number}"'
        several = found["terms"] and len(re.findall(TERM, found["terms"])) > 1
        return f"{found['before'] or ''}{mark}{' <:>' if several else ''}"

    return QueryForm(CONSTANTS.sub(place, text), tuple(constants))


def may_change(text: str) -> bool:
    """Whether `join_order` may change a query: quick, and right about each one that it would change."""
    lower = text.lower()
    body = lower.partition("{")[2]
    if len(text) > MOST_TEXT or "\\u" in lower:  # the engine replaces such escapes before it reads a query
        return False
    return (
        "{" in body
        or SEVERAL.search(body) is not None
        or "bind" in body
        or "values" in body
        or ("filter" in body and "=" in body)
    )
