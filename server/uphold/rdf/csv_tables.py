"""CSV tables: converts CSV files into RDF with the one JSON-LD context, `data/context.jsonld`.

A column is a term of the context, a row is a node, `|` separates the values of a cell, an empty cell has no value. The
rows of a file named like a class (`CallToAction.csv`) have that class, unless their `type` names another one. The
meaning of a column is defined only in the context.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uphold.errors import UnreadableSource

__all__ = ["CONTEXT_NAME", "Context", "table_to_jsonld"]

CONTEXT_NAME = "context.jsonld"
"""The file name of the context in `data/`, and its path below the base."""

SEPARATOR = "|"
SPREADSHEET_MARK = "\ufeff"
NOT_IN_AN_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')


@dataclass(frozen=True, slots=True)
class Context:
    """The JSON-LD context of the columns, and the prefixes for cells and queries."""

    columns: dict[str, Any]
    prefixes: dict[str, str]

    @classmethod
    def read(cls, path: Path, text: str) -> Context:
        """The context in `text`; raises `UnreadableSource` naming `path` when it is invalid."""
        try:
            document = json.loads(text)
            return cls(document["@context"], document["prefixes"])
        except (json.JSONDecodeError, KeyError, TypeError) as problem:
            raise UnreadableSource(f"{path}: not a JSON-LD context with prefixes: {problem}") from problem

    def has(self, column: str) -> bool:
        """Whether `column` is a term for a property, the id or the type; a reverse property cannot be a column."""
        term = self.columns.get(column)
        return term in ("@id", "@type") or (isinstance(term, dict) and "@id" in term)

    def gives_iris(self, column: str) -> bool:
        """Whether the cells of `column` are IRIs."""
        term = self.columns[column]
        return term == "@id" or (isinstance(term, dict) and term.get("@type") == "@id")

    def expand(self, iri: str) -> str:
        """The full IRI of a value in a cell; raises `ValueError` with the reason when it is invalid."""
        prefix, colon, key = iri.partition(":")
        if NOT_IN_AN_IRI.search(iri):
            raise ValueError("has a character that is not allowed in an IRI")
        if not colon or not key:
            raise ValueError("is not an IRI; write it as prefix:key, for example jurisdiction:tha")
        if prefix in ("http", "https", "urn"):
            return iri
        if prefix not in self.prefixes:
            raise ValueError(f"has the prefix {prefix}:, which the context does not declare")
        return self.prefixes[prefix] + key


def table_to_jsonld(path: Path, text: str, context: Context) -> str:
    """The JSON-LD document for the table in `text`.

    Raises `UnreadableSource`, naming file, line and column, for a column that is not in the context, a row with the
    wrong number of cells or without an id, a duplicate id, or a cell that should be an IRI but is not.
    """
    nodes: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    default_type = path.stem if path.stem[:1].isupper() else None
    for line, row in rows(path, text, context):
        node: dict[str, Any] = {
            column: cell_values(path, line, column, cell, context) for column, cell in row.items() if cell
        }
        if default_type and "type" not in node:
            node["type"] = default_type
        identity = row.get("id", "")
        if not identity or SEPARATOR in identity:
            raise UnreadableSource(f"{path}:{line}: a row needs exactly one id.")
        if identity in seen:
            raise UnreadableSource(
                f"{path}:{line}: {identity} is already in line {seen[identity]}; merge the two rows."
            )
        seen[identity] = line
        nodes.append({**node, "id": node["id"][0]})
    return json.dumps({"@context": context.columns, "@graph": nodes}, ensure_ascii=False)


def rows(path: Path, text: str, context: Context) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line it ends on, as trimmed cells by column."""
    reader = csv.reader(io.StringIO(text.removeprefix(SPREADSHEET_MARK), newline=""), strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        for column in columns:
            if not context.has(column):
                raise UnreadableSource(f"{path}:1: the context has no column {column!r}.")
        if len(set(columns)) != len(columns):
            raise UnreadableSource(f"{path}:1: a column occurs twice.")
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(columns):
                raise UnreadableSource(
                    f"{path}:{reader.line_num}: {len(cells)} cells in a table with {len(columns)} columns."
                )
            yield reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    except csv.Error as problem:
        raise UnreadableSource(f"{path}:{reader.line_num}: {problem}") from problem


def cell_values(path: Path, line: int, column: str, cell: str, context: Context) -> list[str]:
    """The values of one cell, as full IRIs if the column has IRIs."""
    values = [value.strip() for value in cell.split(SEPARATOR)]
    if not context.gives_iris(column):
        return values
    expanded = []
    for value in values:
        try:
            expanded.append(context.expand(value))
        except ValueError as problem:
            raise UnreadableSource(f"{path}:{line}, column {column}: {value!r} {problem}.") from problem
    return expanded
