"""Expressions: reads the expressions and the graph patterns of SPARQL 1.1, and stops at what cannot stand there."""

from __future__ import annotations

import re

from uphold.sparql.reading import Reader, Token

__all__ = ["AGGREGATES", "FUNCTIONS", "Expressions"]

FUNCTIONS = {
    **dict.fromkeys(("NOW", "RAND", "UUID", "STRUUID"), (0, 0)),
    **dict.fromkeys(
        (
            *("STR", "LANG", "DATATYPE", "BOUND", "IRI", "URI", "ABS", "CEIL", "FLOOR", "ROUND", "STRLEN", "UCASE"),
            *("LCASE", "ENCODE_FOR_URI", "YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ"),
            *("MD5", "SHA1", "SHA256", "SHA384", "SHA512", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC"),
            *("ISTRIPLE", "SUBJECT", "PREDICATE", "OBJECT", "LANGDIR", "HASLANG", "HASLANGDIR"),
        ),
        (1, 1),
    ),
    **dict.fromkeys(
        (
            *("LANGMATCHES", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "STRLANG", "STRDT"),
            *("SAMETERM", "ADJUST"),
        ),
        (2, 2),
    ),
    **dict.fromkeys(("SUBSTR", "REGEX"), (2, 3)),
    **dict.fromkeys(("IF", "TRIPLE", "STRLANGDIR"), (3, 3)),
    **dict.fromkeys(("CONCAT", "COALESCE"), (0, 100_000)),
    "BNODE": (0, 1),
    "REPLACE": (3, 4),
}
"""The functions of SPARQL 1.1 and those of 1.2 that the engine knows, with how many values each takes."""

AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")
BAD_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\(?![tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
VALUE = ("a value", "a variable", "(")


class Expressions(Reader):
    """Reads expressions."""

    aggregated = False

    def group(self) -> None:
        """Read a group in braces."""
        raise NotImplementedError

    def expression(self) -> None:
        """Read values joined by || and &&."""
        self.comparison()
        while self.takes("||", "&&"):
            self.comparison()

    def comparison(self) -> None:
        """Read a sum, and what it is compared with."""
        self.sum()
        if self.takes(*COMPARISONS):
            self.sum()
        elif self.sees("IN") or (self.sees("NOT") and self.after().word == "IN"):
            self.takes("NOT")
            self.read()
            self.values()

    def sum(self) -> None:
        """Read terms joined by the signs of arithmetic."""
        self.term()
        while self.takes("+", "-", "*", "/"):
            self.term()

    def term(self) -> None:
        """Read one value with its signs."""
        while self.takes("!", "+", "-"):
            pass
        if self.sees("("):
            self.bracketed()
        elif self.now.kind == "variable" or self.is_truth():
            self.read()
        elif self.is_iri():
            self.iri()
            if self.sees("("):
                self.values()
        elif self.now.kind in ("string", "number"):
            self.literal()
        elif self.sees("<<"):
            self.quoted()
        else:
            self.call()

    def call(self) -> None:
        """Read a call of a function that has a name of its own."""
        name = self.now
        if self.sees("EXISTS") or (self.sees("NOT") and self.after().word == "EXISTS"):
            self.takes("NOT")
            self.read()
            self.group()
        elif name.kind == "word" and name.word in AGGREGATES:
            self.aggregate()
        elif name.kind == "word" and name.word in FUNCTIONS:
            self.read()
            found, (least, most) = self.values(), FUNCTIONS[name.word]
            if not least <= found <= most:
                wanted = str(least) if least == most else f"{least} to {most}"
                self.stop(wanted, str(found), reason="arity", token=name)
        else:
            self.stop(*VALUE, reason="value")

    def aggregate(self) -> None:
        """Read an aggregate."""
        name = self.read()
        self.aggregated = True
        self.opens("(")
        self.takes("DISTINCT")
        if not (name.word == "COUNT" and self.takes("*")):
            self.expression()
        if name.word == "GROUP_CONCAT" and self.takes(";"):
            self.needs("SEPARATOR")
            self.needs("=")
            if self.now.kind != "string":
                self.stop("a string")
            self.read()
        if self.sees(","):
            self.stop(")", reason="aggregate", token=name)
        self.closes(")")

    def values(self) -> int:
        """Read values in brackets, and tell how many."""
        self.opens("(")
        count = 0
        self.takes("DISTINCT")
        while not self.sees(")"):
            self.expression()
            count += 1
            if not self.takes(","):
                break
        self.closes(")", ",", "an operator")
        return count

    def bracketed(self) -> None:
        """Read an expression in brackets."""
        self.opens("(")
        self.expression()
        self.closes(")", "an operator")

    def constraint(self) -> None:
        """Read what a FILTER or HAVING asks."""
        if self.sees("("):
            self.bracketed()
        elif self.is_iri():
            self.iri()
            self.values()
        elif self.now.kind == "word":
            self.call()
        else:
            self.stop("(", "a function", reason="constraint")

    def is_truth(self) -> bool:
        """Whether true or false comes next, which are written in small letters."""
        return self.now.text in ("true", "false")

    def literal(self) -> None:
        """Read a literal."""
        token = self.read()
        if token.kind != "string":
            return
        if BAD_ESCAPE.search(token.text):
            self.stop(reason="escape", token=token)
        if self.now.kind == "language":
            self.read()
        elif self.takes("^^"):
            self.iri()

    def quoted(self) -> Token:
        """Pass a triple term, which is not looked into."""
        depth = 0
        first = self.now
        while self.now.kind != "end":
            depth += self.sees("<<") - self.sees(">>")
            self.read()
            if not depth:
                break
        return first
