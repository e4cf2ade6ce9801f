"""VALUES blocks: parses the response of another endpoint strictly and writes it as a SPARQL group.

The group replaces the SERVICE clause. The RDF library checks and writes every term, so no text of a response ever
becomes part of a query.
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
    """The solutions of a SPARQL JSON document as a group; raises `ValueError` if it is invalid."""
    try:
        found = json.loads(content)
        names, rows = found["head"]["vars"], found["results"]["bindings"]
        if len({ox.Variable(name) for name in names}) < len(names):  # rejects invalid names
            raise ValueError("a variable is listed twice")
        return Group(names, rows).text()
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError("the document has no solutions") from problem


class Group:
    """Solutions as VALUES.

    VALUES cannot have blank nodes: if a variable has some, their labels are in a separate column, and BNODE turns equal
    labels into the same node. The labels are new, so they match no others.
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
        """The columns of a variable with blank nodes: other terms, and labels."""
        return [f"?{self.mark}{kind}{self.names.index(name)}" for kind in ("value", "label")]

    def shown(self, name: str) -> str:
        """The SELECT expression of a variable."""
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
    """A term as SPARQL; raises `ValueError` if it is invalid."""
    if term is None:
        return "UNDEF"
    kind, value = term["type"], term["value"]
    if not isinstance(value, str):
        raise ValueError("the value of a term is not a string")
    if kind == "uri":
        return plain(str(ox.NamedNode(value)))
    if kind not in ("literal", "typed-literal"):  # older endpoints use the second
        raise ValueError(f"{kind!r} is not a term type")
    if LANGUAGE in term:
        ox.Literal(value, language=term[LANGUAGE])  # checks both
        return f"{plain(str(ox.Literal(value)))}@{term[LANGUAGE]}"
    datatype = term.get("datatype")
    return plain(str(ox.Literal(value, datatype=ox.NamedNode(datatype)) if datatype else ox.Literal(value)))


def plain(term: str) -> str:
    """The same term without a literal word SERVICE, so that no response can call another endpoint."""
    return KEYWORD.sub(lambda found: f"\\u{ord(found[0][0]):04X}{found[0][1:]}", term)
