"""Updates: splits the text of a SPARQL 1.1 Update request into its operations, with the lexer and without the engine.

The engine's own grammar lacks a prologue between operations (SPARQL 1.1 Query, 19.8, rule 29), and its update has no
data set with all graphs as the default graph; so each operation is evaluated alone, as `writes.update` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from uphold.errors import QueryForbidden, QuerySyntaxError
from uphold.sparql.lexer import Token, line_column, scan

__all__ = ["Data", "Manage", "Modify", "Statement", "Text", "names_graphs", "split"]

NAMES = ("iri", "name")
NO_LOAD = "Fetch the document yourself, and send it with INSERT DATA or with a PUT or POST of a graph."
VERBS = ("INSERT", "DELETE", "WITH", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD")


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a request, and the offset where it starts there."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Data:
    """INSERT DATA or DELETE DATA, with quads in braces (SPARQL 1.1 Update, 3.1.1 and 3.1.2)."""

    inserts: bool
    quads: Text


@dataclass(frozen=True, slots=True)
class Modify:
    """DELETE and INSERT by a pattern; each group is in braces (SPARQL 1.1 Update, 3.1.3).

    The names of graphs are as the request writes them.
    """

    with_graph: str | None
    deletes: Text | None
    inserts: Text | None
    using: tuple[str, ...]
    using_named: tuple[str, ...]
    where: Text


@dataclass(frozen=True, slots=True)
class Manage:
    """An operation on whole graphs, with its verb in lower case (SPARQL 1.1 Update, 3.1.5 and 3.2).

    A graph is a name as the request writes it, or `default`, `named` or `all`. `source` is that of COPY, MOVE and ADD.
    """

    verb: str
    silent: bool
    target: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """An operation, its text, and the declarations before it in the request."""

    operation: Data | Modify | Manage
    text: Text
    prologue: str


def split(text: str) -> list[Statement]:
    """The operations of a request; raises `QuerySyntaxError`, or `QueryForbidden` for LOAD.

    Whatever is in braces is not read here.
    """
    return Reader(text).request()


class Reader:
    """Reads the tokens of a request one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [token for token in scan(text) if token.kind != "skip"]
        self.tokens.append(Token("end", "", len(text), 0, 0))
        self.at = 0
        self.prologue: list[str] = []
        self.labels: set[str] = set()
        """Labels of blank nodes in the data so far."""

    def request(self) -> list[Statement]:
        """All operations: rule 29, Update."""
        found: list[Statement] = []
        while True:
            self.read_prologue()
            if self.token.kind == "end":
                return found
            first = self.token.start
            operation = self.operation()
            text = self.text[first : self.tokens[self.at - 1].end]
            found.append(Statement(operation, Text(text, first), " ".join(self.prologue)))
            if self.token.kind == "end":
                return found
            self.expect(";")

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def fault(self, *expected: str) -> QuerySyntaxError:
        """The error for the next token."""
        place = line_column(self.text, self.token.start)
        found = self.token.text[:40]
        stands = f"`{found}` is not allowed here" if found else "The update ends here"
        either = " or ".join(filter(None, [", ".join(expected[:-1]), expected[-1]]))
        return QuerySyntaxError(f"{stands}; expected: {either}.", *place, remedy="Fix it at the line and column given.")

    def takes(self, *words: str) -> str:
        """The next token in lower case if it is one of these words, which is read; else the empty text."""
        found = self.token.text.lower()
        if found not in words or self.token.kind not in ("word", "other"):
            return ""
        self.at += 1
        return found

    def expect(self, *words: str) -> str:
        """Like `takes`, but raises `QuerySyntaxError` for another token."""
        found = self.takes(*words)
        if not found:
            raise self.fault(*(word.upper() for word in words))
        return found

    def read_prologue(self) -> None:
        """Declarations: rule 4."""
        while word := self.takes("base", "prefix", "version"):
            kinds = {"base": ["iri"], "version": ["string"]}.get(word, ["name", "iri"])
            declared = [word, *(self.one(kind) for kind in kinds)]
            self.prologue += declared if word != "version" else []

    def one(self, *kinds: str) -> str:
        """The text of the next token, which has one of these kinds."""
        if self.token.kind not in kinds:
            raise self.fault(*({"iri": "an IRI", "name": "a prefixed name"}.get(kind, kind) for kind in kinds))
        self.at += 1
        return self.tokens[self.at - 1].text

    def group(self) -> Text:
        """A group in braces, whose end is the token at the same depth."""
        first = self.token
        if first.text != "{":
            raise self.fault("{")
        while self.token.depth >= first.depth:
            self.at += 1
            if self.token.kind == "end":
                line, column = line_column(self.text, first.start)
                raise QuerySyntaxError(
                    f"The update ends here; the {{ at line {line}, column {column} is not closed.",
                    *line_column(self.text, len(self.text)),
                    remedy="Close it with }.",
                )
        self.at += 1
        return Text(self.text[first.start : self.tokens[self.at - 1].end], first.start)

    def operation(self) -> Data | Modify | Manage:
        """One operation: rule 30, Update1."""
        place = self.token.start
        word = self.takes("load", *(verb.lower() for verb in VERBS))
        match word:
            case "load":
                raise QueryForbidden(
                    "LOAD is not accepted: this server fetches nothing.", *line_column(self.text, place), remedy=NO_LOAD
                )
            case "":
                raise self.wrong_start()
            case "insert" | "delete":
                if self.takes("data"):
                    return self.data(inserts=word == "insert")
                if word == "delete" and self.takes("where"):
                    both = self.deleted()
                    return Modify(None, both, None, (), (), both)
                return self.modify(None, word)
            case "with":
                return self.modify(self.one(*NAMES), self.expect("delete", "insert"))
            case _:
                return self.manage(word)

    def deleted(self) -> Text:
        """A group of statements to delete, which has no blank nodes (SPARQL 1.1 Query, 19.8, notes 7 and 11)."""
        first = self.at
        found = self.group()
        for token in self.tokens[first : self.at]:
            if token.text == "[" or token.text.startswith("_:"):
                raise QuerySyntaxError(
                    f"{token.text} is a blank node, and DELETE cannot name one.",
                    *line_column(self.text, token.start),
                    remedy="Find the node with a variable: DELETE { ?node … } WHERE { ?node … }.",
                )
        return found

    def data(self, *, inserts: bool) -> Data:
        """Data, which share no label of a blank node with other data of the request (SPARQL 1.1 Query, 19.6)."""
        first = self.at
        quads = self.group() if inserts else self.deleted()
        labels = {each.text: each for each in self.tokens[first : self.at] if each.text.startswith("_:")}
        for label, token in labels.items():
            if label in self.labels:
                raise QuerySyntaxError(
                    f"The blank node {label} is in the data of an operation before, where it is another node.",
                    *line_column(self.text, token.start),
                    remedy="Write both operations as one, or choose another label.",
                )
        self.labels |= labels.keys()
        return Data(inserts, quads)

    def wrong_start(self) -> QuerySyntaxError:
        """The error for something else than an operation."""
        if self.token.text.lower() in ("select", "ask", "construct", "describe"):
            place = line_column(self.text, self.token.start)
            return QuerySyntaxError(
                "The text is a query; only updates are accepted here.", *place, remedy="Send it to /sparql."
            )
        return self.fault(*VERBS)

    def modify(self, with_graph: str | None, word: str) -> Modify:
        """DELETE and INSERT by a pattern, after the first word: rule 41."""
        deletes = self.deleted() if word == "delete" else None
        inserts = self.group() if word == "insert" or self.takes("insert") else None
        using: tuple[list[str], list[str]] = [], []
        while self.takes("using"):
            using[bool(self.takes("named"))].append(self.one(*NAMES))
        if not self.takes("where"):
            raise self.fault("USING", "WHERE")
        return Modify(with_graph, deletes, inserts, tuple(using[0]), tuple(using[1]), self.group())

    def manage(self, verb: str) -> Manage:
        """An operation on whole graphs, after its verb: rules 32 to 37."""
        silent = bool(self.takes("silent"))
        if verb in ("clear", "drop"):
            if several := self.takes("default", "named", "all"):
                return Manage(verb, silent, several)
            self.expect("graph", "default", "named", "all")
            return Manage(verb, silent, self.one(*NAMES))
        if verb == "create":
            self.expect("graph")
            return Manage(verb, silent, self.one(*NAMES))
        source = self.graph_or_default()
        self.expect("to")
        return Manage(verb, silent, self.graph_or_default(), source)

    def graph_or_default(self) -> str:
        """A graph of COPY, MOVE or ADD: rule 45."""
        if self.takes("default"):
            return "default"
        self.takes("graph")
        return self.one(*NAMES)


def names_graphs(statements: Iterable[Statement]) -> bool:
    """Whether an operation has USING, USING NAMED or WITH, which excludes graphs of the protocol (2.2.3)."""
    operations = [each.operation for each in statements]
    return any(isinstance(one, Modify) and (one.with_graph or one.using or one.using_named) for one in operations)
