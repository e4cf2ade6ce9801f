"""Patterns: reads the graph patterns of SPARQL 1.1, and stops at what cannot stand there."""

from __future__ import annotations

from uphold.sparql.expressions import Expressions
from uphold.sparql.reading import END

__all__ = ["PATTERNS", "Patterns"]

PATTERNS = ("OPTIONAL", "MINUS", "GRAPH", "FILTER", "BIND", "VALUES", "SERVICE", "LATERAL")
TERMS = ("variable", "iri", "name", "node", "string", "number")


class Patterns(Expressions):
    """Reads groups, and the triples and clauses in them."""

    def select(self) -> None:
        """Read a SELECT."""
        raise NotImplementedError

    def group(self) -> None:
        """Read a group in braces."""
        outer = self.within
        self.opens("{")
        self.within = "in a group"
        if self.sees("SELECT"):
            self.select()
            if self.takes("VALUES"):
                self.data()
        else:
            self.elements()
        self.within = "in a group"
        self.closes("}", "a pattern")
        self.within = outer

    def elements(self) -> None:
        """Read what a group holds."""
        seen: set[str] = set()
        while not self.sees("}"):
            if self.begins_triple():
                first = self.at
                self.triples()
                seen |= {token.text[1:] for token in self.tokens[first : self.at] if token.kind == "variable"}
            elif self.sees("{"):
                self.group()
                while self.takes("UNION"):
                    self.group()
                self.takes(".")
            elif self.sees(*PATTERNS):
                self.clause(seen)
                self.takes(".")
            else:
                self.stop("a triple pattern", "}", "OPTIONAL", "FILTER", reason="pattern")

    def clause(self, seen: set[str]) -> None:
        """Read what begins with a keyword in a group where these variables are bound already."""
        word = self.read().word
        if word == "FILTER":
            self.constraint()
        elif word == "BIND":
            self.opens("(")
            self.expression()
            self.needs("AS", "an operator")
            variable = self.variable()
            if variable.text[1:] in seen:
                self.stop(reason="bound", token=variable)
            seen.add(variable.text[1:])
            self.closes(")")
        elif word == "VALUES":
            self.data()
        else:
            if word == "SERVICE":
                self.takes("SILENT")
            if word in ("GRAPH", "SERVICE"):
                self.iri("a variable") if self.now.kind != "variable" else self.read()
            self.group()

    def data(self) -> None:
        """Read the block of VALUES."""
        width = None
        if self.sees("("):
            self.opens("(")
            width = 0
            while self.now.kind == "variable":
                self.read()
                width += 1
            self.closes(")", "a variable")
        else:
            self.variable("(")
        self.within = "in VALUES"
        self.opens("{")
        while not self.sees("}"):
            self.datum() if width is None else self.row(width)
        self.closes("}")

    def row(self, width: int) -> None:
        """Read a row of VALUES."""
        first = self.now
        self.opens("(")
        count = 0
        while not self.sees(")"):
            self.datum()
            count += 1
        self.closes(")")
        if count != width:
            self.stop(str(width), str(count), reason="row", token=first)

    def datum(self) -> None:
        """Read one value of VALUES."""
        if self.takes("+", "-") or self.now.kind in ("string", "number"):
            self.literal()
        elif self.is_iri():
            self.iri()
        elif self.sees("<<"):
            self.quoted()
        elif self.is_truth() or self.sees("UNDEF"):
            self.read()
        else:
            self.stop("an IRI", "a literal", "UNDEF", "}", reason="datum")

    def begins_triple(self) -> bool:
        """Whether a term, and so a triple pattern, comes next."""
        return self.now.kind in TERMS or self.is_truth() or self.sees("[", "(", "<<", "+", "-")

    def triples(self, *, template: bool = False) -> None:
        """Read triple patterns, with the dots between them."""
        while self.begins_triple():
            holds_more = self.sees("[", "(") and self.after().text not in ("]", ")")
            self.node()
            if not (holds_more and (self.sees(".", "}", "{") or self.begins_pattern())):
                self.properties()
            if not self.takes("."):
                break
        if self.begins_triple() or (template and not self.sees("}")):
            self.stop(".", ";", "}", reason="triple")

    def begins_pattern(self) -> bool:
        """Whether a word comes next that begins another part of a group."""
        return self.now.kind == "word" and self.now.word in PATTERNS

    def properties(self) -> None:
        """Read properties and their values."""
        self.verb()
        self.objects()
        while self.takes(";"):
            if not self.sees(";", ".", "]", "}", "|}", "{") and not self.begins_pattern():
                self.verb()
                self.objects()

    def objects(self) -> None:
        """Read the values of one property."""
        self.annotated()
        while self.takes(","):
            self.annotated()

    def annotated(self) -> None:
        """Read a value, and what is said of its triple."""
        if not self.begins_triple():
            self.stop("a variable", "an IRI", "a literal", "[", reason="object")
        self.node()
        while self.sees("~", "{|"):
            if self.takes("~"):
                if self.now.kind in ("variable", "iri", "name", "node"):
                    self.node()
            else:
                self.opens("{|")
                self.properties()
                self.closes("|}")

    def verb(self) -> None:
        """Read a property: a variable or a path."""
        if self.now.kind == "variable":
            self.read()
        elif self.is_iri() or self.now.text == "a" or self.sees("^", "!", "("):
            self.path()
        else:
            self.stop("a property", "a", "a variable", reason="verb")

    def path(self) -> None:
        """Read a path."""
        while True:
            while self.takes("^", "!"):
                pass
            if self.sees("("):
                self.opens("(")
                self.path()
                self.closes(")", "|", "/")
            elif self.now.text == "a":
                self.read()
            else:
                self.iri("a", "(", "^")
            self.takes("?", "*", "+")
            if not self.takes("/", "|"):
                break

    def node(self) -> None:
        """Read a term, a collection or a node without a name."""
        if self.sees("["):
            self.opens("[")
            if not self.sees("]"):
                self.properties()
            self.closes("]", ";", ",")
        elif self.sees("("):
            self.opens("(")
            while self.begins_triple():
                self.node()
            self.closes(")", "a value")
        elif self.sees("<<"):
            self.quoted()
        elif self.is_iri():
            self.iri()
        elif self.takes("+", "-") or self.now.kind in ("string", "number"):
            self.literal()
        elif self.now.kind != END:
            self.read()
