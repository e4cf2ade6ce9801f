"""SERVICE clauses: finds those of a query, each with its endpoint and the query for it.

A clause is `SERVICE`, optionally `SILENT`, an endpoint, and a group; this finds the start and end of each. An endpoint
is an IRI or a prefixed name, never a variable, so that all calls of a query are known before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from uphold.errors import QuerySyntaxError, ServiceForbidden
from uphold.sparql.lexer import Token, line_column, scan

__all__ = ["Clause", "find_clauses"]

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Clause:
    """A SERVICE clause: its place in the text, its endpoint, and the query for that endpoint."""

    start: int
    end: int
    endpoint: str
    silent: bool
    query: str


def find_clauses(text: str, base: str, prefixes: Mapping[str, str]) -> list[Clause]:
    """The clauses in the order of the text, including nested ones.

    Raises `ServiceForbidden` for an endpoint that is a variable, `QuerySyntaxError` for an invalid clause.
    """
    reader = Reader(text, base, dict(prefixes))
    found = []
    for at, token in enumerate(reader.tokens):
        word = token.text.lower() if token.kind == "word" else ""
        if word in ("base", "prefix"):
            reader.declare(at, word)
        elif word == "service":
            found.append(reader.clause(at))
    return found


class Reader:
    """The tokens of a query, and the prefixes declared so far."""

    def __init__(self, text: str, base: str, prefixes: dict[str, str]) -> None:
        self.text, self.base, self.prefixes = text, base, prefixes
        self.tokens = [token for token in scan(text) if token.kind != "skip"]

    def look(self, at: int) -> Token:
        """A token; an empty one past the end."""
        return self.tokens[at] if at < len(self.tokens) else Token("", "", len(self.text), 0, 0)

    def declare(self, at: int, word: str) -> None:
        """Read BASE or PREFIX; anything else is left to the parser."""
        first, second = self.look(at + 1), self.look(at + 2)
        if word == "base" and first.kind == "iri":
            self.base = self.absolute(first.text)
        elif word == "prefix" and first.kind == "name" and second.kind == "iri":
            self.prefixes[first.text.removesuffix(":")] = self.absolute(second.text)

    def absolute(self, iri: str) -> str:
        """An IRI reference in angle brackets, resolved against the base."""
        return iri[1:-1] if SCHEME.match(iri[1:]) else urljoin(self.base, iri[1:-1])

    def clause(self, at: int) -> Clause:
        """The clause that begins at a token."""
        start = self.tokens[at].start
        silent = self.look(at + 1).text.lower() == "silent"
        endpoint_at = at + 1 + silent
        endpoint = self.endpoint(endpoint_at, start)
        if self.look(endpoint_at + 1).text != "{":
            raise self.fault(start, "no group in braces follows its endpoint")
        last = self.closing(endpoint_at + 1, start)
        end = self.tokens[last].end
        group = self.text[self.tokens[endpoint_at + 1].start : end]
        return Clause(start, end, endpoint, silent, self.prologue(endpoint_at + 1, last) + "SELECT * WHERE " + group)

    def endpoint(self, at: int, start: int) -> str:
        """The endpoint of a token."""
        kind, token = self.look(at).kind, self.look(at).text
        if kind == "variable":
            raise ServiceForbidden(f"SERVICE has the variable {token} as its endpoint; here it must be an IRI.")
        if kind == "iri":
            return self.absolute(token)
        prefix, _, local = token.partition(":")
        if kind != "name" or prefix not in self.prefixes:
            raise self.fault(start, "its endpoint is neither an IRI nor a name with a declared prefix")
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)

    def closing(self, at: int, start: int) -> int:
        """The token that closes the bracket at a token."""
        outside = self.tokens[at].depth - 1
        for number in range(at, len(self.tokens)):
            if self.tokens[number].depth == outside:
                return number
        raise self.fault(start, "its group is not closed")

    def prologue(self, first: int, last: int) -> str:
        """BASE and the PREFIX lines that the tokens from `first` to `last` need."""
        names = [token.text for token in self.tokens[first:last] if token.kind == "name"]
        used = sorted({name.partition(":")[0] for name in names} & set(self.prefixes))
        return "".join([f"BASE <{self.base}>\n", *(f"PREFIX {name}: <{self.prefixes[name]}>\n" for name in used)])

    def fault(self, start: int, what: str) -> QuerySyntaxError:
        """The error for a clause that begins at this offset."""
        return QuerySyntaxError(f"A SERVICE clause begins here, and {what}.", *line_column(self.text, start))
