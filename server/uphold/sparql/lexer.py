"""The lexer: splits a query into tokens, without a grammar and without recursion.

The engine's parser has no tokens: it accepts `SERVICESILENT<x>{}` and `1SERVICE<x>{}` as SERVICE clauses, and reads `<`
as the beginning of an IRI or as a comparison by its context. So names are split here exactly as their characters allow,
SERVICE is searched for at every offset, and a query with two different readings is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from uphold.errors import QuerySyntaxError

__all__ = [
    "BASE",
    "COMMENT",
    "ESCAPE",
    "INNER",
    "IRI",
    "STRING",
    "Token",
    "calls_service",
    "keywords",
    "line_column",
    "scan",
    "unescaped",
]

COMMENT = r"\#[^\r\n]*+"
CODE = r"(?:[0-9A-CEFa-cef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})"
ESCAPE = rf"\\(?:[tbnrf\"'\\]|u{CODE}|U0000{CODE}|U00(?:10|0[1-9A-Fa-f])[0-9A-Fa-f]{{4}})"
STRING = (
    rf"(?:\"{{3}}(?:\"{{0,2}}(?:[^\"\\]|{ESCAPE}))*+\"{{3}}|'{{3}}(?:'{{0,2}}(?:[^'\\]|{ESCAPE}))*+'{{3}}"
    rf"|\"(?:[^\"\\\r\n]|{ESCAPE})*+\"|'(?:[^'\\\r\n]|{ESCAPE})*+')"
)
"""Valid escapes only: with an invalid one, the engine reads three quotation marks as two strings."""
IRI = r"<(?:[^\x00-\x20<>\"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>"
BASE = (
    r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    r"\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
INNER = rf"{BASE}_0-9\u00b7\u0300-\u036f\u203f\u2040"
TOKEN = re.compile(
    rf"""
      (?P<skip> \s++ | {COMMENT} )
    | (?P<string> {STRING} )
    | (?P<unclosed> ["'] )
    | (?P<open> < (?! {IRI} ) < | [({{\[] ) | (?P<close> >> | [)}}\]] )
    | (?P<iri> {IRI} )
    | (?P<variable> [?$] [{INNER}]++ )
    | (?P<name> (?: [{BASE}] [{INNER}.-]*+ )? : (?: [{INNER}.:%-] | \\. )*+ | _: [{INNER}.-]*+ )
    | (?P<word> [{BASE}] [{INNER}.-]*+ )
    | (?P<number> [0-9][0-9.]*+ )
    | (?P<prefixing> [!^+-] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
OPERANDS = frozenset({"string", "close", "iri", "variable", "name", "word", "number"})
PUNCTUATION = r" \t\r\n(){}\[\]<>\"'|^`\\,;?$\#/*+=!&@~"
GAP = rf"(?:[ \t\r\n]|{COMMENT})*+"
SERVICE = re.compile(r"service", re.IGNORECASE)
CLAUSE = re.compile(
    rf"""service {GAP} (?: \Z | (?: silent {GAP} )? (?: \Z |
      (?: [?$] [^{PUNCTUATION}]*+
        | < [^\x00-\x20<>]*+ (?: > | \Z )
        | [^{PUNCTUATION}:]*+ (?: : (?: \\. | [^{PUNCTUATION}] )*+ | \Z ) )
      {GAP} (?: \Z | \{{ ) ) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
CODED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
UNCLOSED = "The string that begins here is not closed, or has an invalid escape sequence."
UNDECIDED = (
    "This may be an IRI or a comparison: write a space after the < of a comparison, or use a prefix for the IRI."
)
WINDOW = 300
"""Characters inspected after SERVICE; a text that may still be a clause after them counts as one."""


class Token(NamedTuple):
    """A token: its kind, text and place, its depth, and the number of prefix operators that end with it."""

    kind: str
    text: str
    start: int
    depth: int
    pile: int

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.start + len(self.text)


def scan(text: str) -> Iterator[Token]:
    """The tokens of a query, space and comments included.

    Raises `QuerySyntaxError` for an unclosed string, or if an IRI cannot be distinguished from a comparison.
    """
    brackets: list[str] = []
    pile = 0
    before = ""
    for found in TOKEN.finditer(text):
        kind, part = found.lastgroup or "other", found.group()
        if kind == "unclosed":  # continuing would scan the rest repeatedly
            raise QuerySyntaxError(UNCLOSED, *line_column(text, found.start()))
        compared = (before in OPERANDS and brackets[-1:] == ["("]) or text[found.start() - 1 : found.start()] == "<"
        if kind == "iri" and compared and is_doubtful(part):
            raise QuerySyntaxError(UNDECIDED, *line_column(text, found.start()))
        if kind == "open":
            brackets.append(part)
        elif kind == "close" and brackets:
            brackets.pop()
        if kind != "skip":
            pile = pile + 1 if kind == "prefixing" else 0
            before = kind
        yield Token(kind, part, found.start(), len(brackets), pile)


def is_doubtful(iri: str) -> bool:
    """Whether a seeming IRI would, if it were a comparison, contain the beginning of a string, comment or bracket."""
    return re.match(r"<[A-Za-z][A-Za-z0-9+.-]*://", iri) is None and any(char in iri for char in "'#()[]")


def keywords(text: str) -> Iterator[str]:
    """The bare words of a query in lower case."""
    return (token.text.lower() for token in scan(text) if token.kind == "word")


def calls_service(text: str) -> bool:
    """Whether the query may have a SERVICE clause."""
    places = [found.start() for found in SERVICE.finditer(text)]
    places = [place for place in places if CLAUSE.match(text, place, place + WINDOW)]
    if not places:
        return False
    before = ""
    tokens = scan(text)
    token = next(tokens)
    for place in places:
        while token.end <= place:
            before = before if token.kind == "skip" else token.text.lower()
            token = next(tokens)
        if not hides(token, place, before):
            return True
    return False


def hides(token: Token, place: int, before: str) -> bool:
    """Whether the word SERVICE at a place is only part of a string, comment, IRI, variable or name."""
    if token.kind in ("skip", "string", "iri", "variable"):
        return True
    if token.kind != "name":
        return False
    inside = token.text[: place - token.start]
    return before in ("graph", "from", "named") or (":" in inside and "." not in inside.partition(":")[2])


def unescaped(text: str) -> str:
    """The text with every code point escape replaced by its character (SPARQL 1.1 Query, 19.2)."""
    return CODED.sub(character, text) if "\\u" in text or "\\U" in text else text


def character(found: re.Match[str]) -> str:
    """The character of an escape; the escape itself if it is invalid."""
    number = int(found[1] or found[2], 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number <= 0x10FFFF else found[0]


def line_column(text: str, place: int) -> tuple[int, int]:
    """Line and column of an offset in a text, both from 1."""
    return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
