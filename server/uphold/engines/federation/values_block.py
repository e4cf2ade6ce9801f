"""Solutions: what another endpoint answered, read as strictly as possible and written as a SPARQL group.

The group takes the place of the SERVICE clause that was answered. Every term is checked and written by the RDF library,
so no text of an answer ever becomes part of a query.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pyoxigraph as ox

__all__ = ["as_group"]

KEYWORD = re.compile("service", re.IGNORECASE)
LANGUAGE = "xml:lang"


def as_group(content: bytes) -> str:
    """The solutions of a SPARQL JSON document as a group; raises `ValueError` when it is not such a document."""
    try:
        found = json.loads(content)
        names, rows = found["head"]["vars"], found["results"]["bindings"]
        if len({ox.Variable(name) for name in names}) < len(names):  # which refuses what is no name
            raise ValueError("a variable is named twice")
        return Group(names, rows).text()
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError("the document does not hold solutions") from problem


class Group:
    """Solutions that are written as VALUES.

    VALUES takes no blank nodes: where a variable has some, their labels stand in a column of their own, and BNODE makes
    nodes of them, the same node of the same label. The labels are new, so they meet no others.
    """

    def __init__(self, names: list[str], rows: list[dict[str, dict[str, Any]]]) -> None:
        self.names, self.rows = names, rows
        self.with_nodes = {name for row in rows for name, term in row.items() if term["type"] == "bnode"} & set(names)
        self.mark = f"n{uuid4().hex}"
        self.labels: dict[str, str] = {}

    def text(self) -> str:
        """The group, on one line; VALUES in a SELECT is joined by hash and not row by row."""
        columns = " ".join(column for name in self.names for column in self.columns(name))
        rows = " ".join(
            f"({' '.join(cell for name in self.names for cell in self.cells(name, row))})" for row in self.rows
        )
        values = f"VALUES ({columns}) {{ {rows} }}"
        shown = " ".join(map(self.shown, self.names))
        return f"{{ SELECT {shown} {{ {values} }} }}" if shown else f"{{ {values} }}"

    def columns(self, name: str) -> list[str]:
        """The columns of a variable."""
        return self.hidden(name) if name in self.with_nodes else [f"?{name}"]

    def hidden(self, name: str) -> list[str]:
        """The columns of a variable that has blank nodes: other terms, and labels."""
        return [f"?{self.mark}{kind}{self.names.index(name)}" for kind in ("value", "label")]

    def shown(self, name: str) -> str:
        """What is selected of a variable."""
        if name not in self.with_nodes:
            return f"?{name}"
        value, label = self.hidden(name)
        return f"(COALESCE({value}, BNODE({label})) AS ?{name})"

    def cells(self, name: str, row: dict[str, dict[str, Any]]) -> list[str]:
        """The cells of a variable in a row."""
        term = row.get(name)
        if name not in self.with_nodes:
            return [write(term)]
        if term is None or term["type"] != "bnode":
            return [write(term), "UNDEF"]
        label = self.labels.setdefault(str(term["value"]), f"{self.mark}x{len(self.labels)}")
        return ["UNDEF", f'"{label}"']


def write(term: dict[str, Any] | None) -> str:
    """A term as SPARQL; raises `ValueError` for what is none."""
    if term is None:
        return "UNDEF"
    kind, value = term["type"], term["value"]
    if not isinstance(value, str):
        raise ValueError("the value of a term is not a text")
    if kind == "uri":
        return plain(str(ox.NamedNode(value)))
    if kind not in ("literal", "typed-literal"):  # the second is what older endpoints say
        raise ValueError(f"{kind!r} is not a kind of term")
    if LANGUAGE in term:
        ox.Literal(value, language=term[LANGUAGE])  # checks both
        return f"{plain(str(ox.Literal(value)))}@{term[LANGUAGE]}"
    datatype = term.get("datatype")
    return plain(str(ox.Literal(value, datatype=ox.NamedNode(datatype)) if datatype else ox.Literal(value)))


def plain(term: str) -> str:
    """The same term without the word SERVICE in plain letters: what an endpoint answers can never call another."""
    return KEYWORD.sub(lambda found: f"\\u{ord(found[0][0]):04X}{found[0][1:]}", term)
