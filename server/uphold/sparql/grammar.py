"""Grammar: what may follow what in a query of SPARQL 1.1; reads a query up to the first token that may not.

The engine answers whatever it can parse; this is asked only where it could not, because it then names another place.
"""

from __future__ import annotations

from uphold.sparql.patterns import Patterns
from uphold.sparql.reading import END, Token

__all__ = ["Grammar"]

ENDS = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")


class Grammar(Patterns):
    """Reads a query."""

    def query(self) -> None:
        """Read all of it."""
        self.prologue()
        if self.sees("SELECT"):
            self.select()
        elif self.takes("CONSTRUCT"):
            self.construct()
        elif self.takes("DESCRIBE"):
            self.describe()
        elif self.takes("ASK"):
            self.body()
        else:
            self.stop("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", reason="form")
        self.within = "after the query"
        if self.now.kind == "word" and self.now.word in ENDS:
            self.stop(reason="late")
        if self.now.kind != END:
            self.stop(*ENDS, reason="rest")

    def prologue(self) -> None:
        """Read BASE and PREFIX."""
        while self.sees("BASE", "PREFIX"):
            self.within = f"in {self.now.word}"
            if self.read().word == "PREFIX":
                if self.now.kind != "name" or not self.now.text.endswith(":"):
                    self.stop("a prefix that ends with a colon", reason="declaration")
                self.prefixes.add(self.read().text[:-1])
            if self.now.kind != "iri":
                self.stop("an IRI in < >", reason="declaration")
            self.read()
        self.within = ""

    def select(self) -> None:
        """Read SELECT with its pattern, here or inside a group."""
        first = self.read()
        self.within = "after SELECT"
        self.takes("DISTINCT", "REDUCED")
        outer, self.aggregated = self.aggregated, False
        star, plain = self.now, list[Token]()
        if not self.takes("*"):
            plain = self.projection()
            star = first
        self.body(grouped_star=star if star is not first else None, plain=plain)
        self.aggregated = outer

    def projection(self) -> list[Token]:
        """Read what SELECT gives; the variables among it that are no expressions."""
        if not (self.now.kind == "variable" or self.sees("(")):
            self.stop("a variable", "*", "(", reason="projection")
        plain: list[Token] = []
        named: set[str] = set()
        while self.now.kind == "variable" or self.sees("("):
            if self.now.kind == "variable":
                variable = self.read()
                plain.append(variable)
            else:
                self.opens("(")
                self.expression()
                self.needs("AS", "an operator")
                variable = self.variable()
                self.closes(")")
            if variable.text[1:] in named:
                self.stop(reason="twice", token=variable)
            named.add(variable.text[1:])
        return plain

    def construct(self) -> None:
        """Read a template and its pattern, or the short form."""
        self.within = "in CONSTRUCT"
        if self.sees("{"):
            self.opens("{")
            self.triples(template=True)
            self.closes("}")
        self.body()

    def describe(self) -> None:
        """Read DESCRIBE."""
        self.within = "after DESCRIBE"
        if not self.takes("*"):
            if not (self.now.kind == "variable" or self.is_iri()):
                self.stop("a variable", "an IRI", "*")
            while self.now.kind == "variable" or self.is_iri():
                self.iri() if self.is_iri() else self.read()
        self.body(needed=False)

    def body(self, *, needed: bool = True, grouped_star: Token | None = None, plain: list[Token] | None = None) -> None:
        """Read what follows the form: data set, pattern and solution modifiers."""
        while self.takes("FROM"):
            self.takes("NAMED")
            self.iri("NAMED")
        if needed or self.sees("WHERE", "{"):
            if not self.takes("WHERE") and not self.sees("{"):
                self.stop("WHERE", "{", *(["a variable", "("] if plain else []), reason="where")
            self.group()
        keys = self.modifiers()
        if grouped_star and keys is not None:
            self.stop(reason="star", token=grouped_star)
        if self.aggregated or keys is not None:
            for variable in plain or []:
                if variable.text[1:] not in (keys or ()):
                    self.stop(reason="ungrouped", token=variable)

    def modifiers(self) -> set[str] | None:
        """Read the solution modifiers; the variables of GROUP BY, or None without it."""
        self.within = "after the pattern"
        keys = None
        if self.takes("GROUP"):
            self.needs("BY")
            keys = self.keys()
        if self.takes("HAVING"):
            self.constraint()
            while self.sees("("):
                self.constraint()
        if self.takes("ORDER"):
            self.needs("BY")
            self.orders()
        while self.sees("LIMIT", "OFFSET"):
            self.within = f"after {self.read().word}"
            if self.now.kind != "number" or not self.now.text.isdigit():
                self.stop("a number")
            self.read()
        if self.takes("VALUES"):
            self.data()
        return keys

    def keys(self) -> set[str]:
        """Read what GROUP BY groups by; the variables that it names."""
        self.within = "in GROUP BY"
        found: set[str] = set()
        first = self.at
        while self.now.kind == "variable" or self.sees("(") or self.is_call():
            if self.now.kind == "variable":
                found.add(self.read().text[1:])
            elif self.sees("("):
                self.opens("(")
                self.expression()
                if self.takes("AS"):
                    found.add(self.variable().text[1:])
                self.closes(")", "AS", "an operator")
            else:
                self.constraint()
        if self.at == first:
            self.stop("a variable", "(")
        return found

    def orders(self) -> None:
        """Read what ORDER BY orders by."""
        self.within = "in ORDER BY"
        first = self.at
        while self.now.kind == "variable" or self.sees("(", "ASC", "DESC") or self.is_call():
            if self.takes("ASC", "DESC"):
                self.bracketed()
            elif self.now.kind == "variable":
                self.read()
            else:
                self.constraint()
        if self.at == first:
            self.stop("a variable", "ASC", "DESC", "(")

    def is_call(self) -> bool:
        """Whether a call of a function comes next."""
        return self.is_iri() or (self.now.kind == "word" and self.now.word not in ENDS and self.after().text == "(")
