"""Reading: a query as the tokens of SPARQL 1.1, and where a reader of them had to stop.

Only queries that the engine has refused are read here, to tell where and why; `grammar` knows what may follow what.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, NoReturn

from uphold.sparql.lexer import BASE, COMMENT, ESCAPE, INNER, IRI, STRING

__all__ = ["END", "Reader", "Stop", "Token"]

LOOSE = STRING.replace(ESCAPE, r"\\.")
"""A string in which a backslash escapes anything: `expressions` says which escapes there are none."""

LOCAL = rf"(?: [{INNER}:] | %[0-9A-Fa-f]{{2}} | \\[^\s\w] )"
TOKEN = re.compile(
    rf"""
      (?P<skip> [ \t\r\n]++ | {COMMENT} )
    | (?P<string> {LOOSE} )
    | (?P<unclosed> ["'] )
    | (?P<iri> {IRI} )
    | (?P<variable> [?$] [{INNER}]++ )
    | (?P<node> _: [{INNER}.]* [{INNER}] )
    | (?P<name> (?: [{BASE}] (?: [{INNER}.-]{{0,99}} [{INNER}-] )?+ )? : (?: {LOCAL} (?: \.* (?: {LOCAL} | - ) )*+ )?+ )
    | (?P<language> @ [A-Za-z]+ (?: - [A-Za-z0-9]+ )* )
    | (?P<number> (?: [0-9]+ (?: \. [0-9]+ )? | \. [0-9]+ ) (?: [eE] [+-]? [0-9]+ )? )
    | (?P<word> [{BASE}_] [{INNER}]*+ )
    | (?P<symbol> && | \|\| | != | <= | >= | \^\^ | << | >> | {{\| | \|}} | . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token: its kind, its text as it stands, its place, and the text in capitals where it is a word."""

    kind: str
    text: str
    start: int
    word: str


END = "end"


class Stop(Exception):
    """What cannot stand where it stands: the token, what could, and in which part of the query."""

    def __init__(self, reason: str, token: Token, expected: Iterable[str] = (), within: str = "") -> None:
        super().__init__(reason)
        self.reason, self.token, self.expected, self.within = reason, token, tuple(expected), within


def split(text: str) -> Iterator[Token]:
    """The tokens of a query, up to a string that is not closed."""
    for found in TOKEN.finditer(text):
        if found.lastgroup != "skip":
            yield Token(found.lastgroup or "symbol", found.group(), found.start(), found.group().upper())
        if found.lastgroup == "unclosed":  # reading on would read the rest again and again
            return


class Reader:
    """Goes through the tokens of a query, one at a time, and knows which brackets are open."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self.prefixes = set(prefixes)
        self.tokens = [*split(text), Token(END, "", len(text), "")]
        self.at = 0
        self.open: list[Token] = []
        self.within = ""

    @property
    def now(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    @property
    def last(self) -> Token:
        """The token just read."""
        return self.tokens[max(0, self.at - 1)]

    def after(self, steps: int = 1) -> Token:
        """A token further on."""
        return self.tokens[max(0, min(self.at + steps, len(self.tokens) - 1))]

    def stop(self, *expected: str, reason: str = "unexpected", token: Token | None = None) -> NoReturn:
        """Stop at the token that comes next."""
        if self.now.kind == "unclosed":
            raise Stop("unclosed", self.now)
        raise Stop(reason, token or self.now, expected, self.within)

    def read(self) -> Token:
        """Go past the token that comes next."""
        token = self.now
        if token.kind != END:
            self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        """Whether one of these words or symbols comes next."""
        return self.now.kind in ("word", "symbol") and self.now.word in texts

    def takes(self, *texts: str) -> bool:
        """Go past one of these words or symbols, if it comes next."""
        found = self.sees(*texts)
        self.at += found
        return found

    def needs(self, text: str, *others: str) -> None:
        """Go past this word or symbol; `others` could have come in its place."""
        if not self.takes(text):
            self.stop(text, *others)

    def opens(self, bracket: str) -> None:
        """Go past an opening bracket."""
        token = self.now
        self.needs(bracket)
        self.open.append(token)

    def closes(self, bracket: str, *others: str) -> None:
        """Go past the bracket that closes the one opened last."""
        self.needs(bracket, *others)
        self.open.pop()

    def is_iri(self) -> bool:
        """Whether an IRI comes next, whole or with a prefix."""
        return self.now.kind in ("iri", "name")

    def iri(self, *others: str) -> None:
        """Go past an IRI; stops at a prefix that nobody declared."""
        if not self.is_iri():
            self.stop("an IRI", *others)
        if self.now.kind == "name" and self.now.text.partition(":")[0] not in self.prefixes:
            self.stop(reason="prefix")
        self.read()

    def variable(self, *others: str) -> Token:
        """Go past a variable."""
        if self.now.kind != "variable":
            self.stop("a variable", *others)
        return self.read()
