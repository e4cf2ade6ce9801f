"""Patch: carries out an RDF Patch on a draft (https://afs.github.io/rdf-delta/rdf-patch.html).

A row is one line. A label of a blank node is that of the data, as downloads have it, else it is a new node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from uphold.errors import BodySyntaxError, BodyTooLarge, GraphProtected
from uphold.sparql.lexer import BASE, INNER, IRI, STRING
from uphold.writes.draft import Draft
from uphold.writes.workspace import node, placed

__all__ = ["MEDIA_TYPE", "carry_out"]

MEDIA_TYPE = "application/rdf-patch"
NAME = rf"(?:_:[{INNER}.-]+|(?:[{BASE}](?:[{INNER}.-]*[{INNER}-])?)?:(?:[{INNER}.:%-]|\\[^\s\w])*)"
LITERAL = rf"{STRING}(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^(?:{IRI}|{NAME}))?"
TERM = rf"(?:{IRI}|{LITERAL}|{NAME}|[+-]?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?|[A-Za-z]\w*)"
ROW = re.compile(rf"[ \t]*(?:(?P<code>[A-Z]+)(?P<terms>(?:[ \t]+{TERM})*)[ \t]*\.)?[ \t]*(?:\#.*)?\r?")
TERMS = re.compile(rf"[ \t]+({TERM})")
LABEL = re.compile(r"<(_:[^<>]+)>")
ROWS = "H, TX, TC, TA, PA, PD, A, D"
SIZES = {"H": (2,), "TX": (0,), "TC": (0,), "TA": (0,), "PA": (2,), "PD": (1,), "A": (3, 4), "D": (3, 4)}
"""The numbers of terms that each row may have. PA and PD may also name a graph, which has no prefixes here."""


def carry_out(text: str, draft: Draft, graph: str | None = None) -> None:
    """Carry out a patch on a draft; with a graph, triples are in that, and the patch may change no other.

    To delete an absent statement or to add a present one is no error. An aborted transaction changes nothing. Raises
    `BodySyntaxError` with the line of a wrong row, `GraphProtected`, `BodyTooLarge`, and what `Draft.change` raises.
    """
    rows = Rows(text)
    rows.read()
    if len(rows.changes) > draft.settings.upload_max_triples:
        raise BodyTooLarge(draft.settings.upload_max_triples, "rows")
    wanted: dict[ox.Quad, bool] = {}
    for (line, adds, _), quad in zip(rows.changes, rows.quads(), strict=True):
        if isinstance(quad.graph_name, ox.DefaultGraph):
            quad = placed(quad.triple, node(graph or ""))  # noqa: PLW2901
        elif graph is not None and quad.graph_name != node(graph):
            raise GraphProtected(f"Line {line} changes {quad.graph_name}; the request is for another graph.")
        if isinstance(quad.graph_name, ox.BlankNode):
            raise BodySyntaxError("A blank node names a graph; the name of a graph must be an IRI.", line)
        wanted[quad] = adds
    draft.change([quad for quad, adds in wanted.items() if not adds], [quad for quad, adds in wanted.items() if adds])


class Rows:
    """The rows of a patch: the line of each change, whether it adds, and its quad in TriG."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.changes: list[tuple[int, bool, str]] = []
        self.prefixes: dict[str, str] = {}
        self.begun: tuple[int, int] | None = None
        """The line of a transaction that is open, and the number of changes before it."""

    def read(self) -> None:
        """Read all rows; raises `BodySyntaxError`."""
        for number, line in enumerate(self.text.split("\n"), 1):
            found = ROW.fullmatch(line)
            if not found:
                raise BodySyntaxError(f"This is not a row of RDF Patch: {line.strip()[:80]!r}.", number, 1)
            if code := found["code"]:
                terms = TERMS.findall(found["terms"])
                if code not in SIZES:
                    raise BodySyntaxError(f"There is no row {code[:20]}; the rows are {ROWS}.", number, 1)
                if len(terms) not in SIZES[code]:
                    raise BodySyntaxError(f"The row {code} has {len(terms)} terms.", number, 1)
                self.row(code, terms, number)
        if self.begun:
            raise BodySyntaxError("The transaction that begins here has no end (TC or TA).", self.begun[0], 1)

    def row(self, code: str, terms: list[str], number: int) -> None:
        """Read a row."""
        match code:
            case "TX":
                if self.begun:
                    raise BodySyntaxError("A transaction begins within another.", number, 1)
                self.begun = (number, len(self.changes))
            case "TC" | "TA":
                if not self.begun:
                    raise BodySyntaxError(f"There is no transaction that {code} could end.", number, 1)
                if code == "TA":
                    del self.changes[self.begun[1] :]
                self.begun = None
            case "PA":
                self.prefixes[prefix_of(terms[0])] = f"<{terms[1][1:-1]}>"
            case "PD":
                self.prefixes.pop(prefix_of(terms[0]), None)
            case "A" | "D":
                expanded = [self.expanded(term, number) for term in terms]
                quad = " ".join(expanded[:3])
                self.changes.append((number, code == "A", f"{expanded[3]} {{ {quad} }}" if terms[3:] else f"{quad} ."))

    def expanded(self, term: str, number: int) -> str:
        """A term in TriG, with the IRI of its prefix in place of that; raises `BodySyntaxError` for an unknown one."""
        if term.isalnum() and term[0].isalpha() and term not in ("true", "false"):
            raise BodySyntaxError(f"The word {term[:80]} is not a term.", number, 1)
        if label := LABEL.fullmatch(term):
            return label[1]
        if term[0] == "<":
            return term
        start = term.rfind("^^") + 2 if term[0] in "\"'" and term[-1] not in "\"'" and "^^" in term else 0
        if term[0] in "\"'" and (not start or term[start] == "<"):
            return term
        prefix, colon, local = term[start:].partition(":")
        if not colon or prefix == "_":
            return term
        if prefix not in self.prefixes:
            raise BodySyntaxError(f"The prefix {prefix}: is not declared by a row PA before.", number, 1)
        local = re.sub(r"\\(.)", r"\1", local)
        return f"{term[:start]}{self.prefixes[prefix][:-1]}{local}>"

    def quads(self) -> Iterator[ox.Quad]:
        """The quads of the changes; raises `BodySyntaxError` with the line of the patch."""
        written = "\n".join(quad for _, _, quad in self.changes)
        try:
            yield from ox.parse(written, format=ox.RdfFormat.TRIG, rename_blank_nodes=False)
        except SyntaxError as problem:
            line = self.changes[min(problem.lineno or 1, len(self.changes)) - 1][0]
            detail = re.sub(r"^Parser error at line \d+ .*?: ", "", problem.msg)
            raise BodySyntaxError(detail, line) from problem


def prefix_of(term: str) -> str:
    """The prefix that PA or PD names, as a string or with a colon."""
    return term[1:-1] if term[0] in "\"'" else term.rstrip(":")
