"""Rows: the result of a SELECT question with typed values, and its output formats.

In JSON a row is an object with one key per column, always all of them, and null for an unbound value. Numbers and
booleans are JSON values, IRIs and dates are strings. CSV and SPARQL JSON are the same as from the engine.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from uphold.errors import InvalidParameter
from uphold.questions.metadata import Column
from uphold.rdf.terms import Term

__all__ = ["Rows", "read_rows", "typed"]

MOST_DIGITS = 300  # about the precision of a JSON number
Cell = Mapping[str, str] | None
"""A term in SPARQL 1.1 Query Results JSON."""


def whole(text: str) -> int:
    """An integer, possibly with a sign or leading zeros; raises `ValueError`."""
    return int(text, 10)


def number(text: str) -> int | float:
    """A decimal that JSON can represent; raises `ValueError`."""
    try:
        found = Decimal(text)
    except InvalidOperation as problem:
        raise ValueError(text) from problem
    if not found.is_finite() or abs(found.adjusted()) > MOST_DIGITS:
        raise ValueError(text)
    return int(found) if found == found.to_integral_value() else float(found)


READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": whole,
    "year": whole,
    "decimal": number,
    "boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}[text],
}


def typed(cell: Cell, column: Column) -> Any:
    """The JSON value of a cell; a value that does not match the column's type stays a string."""
    if cell is None:
        return None
    try:
        return READERS.get(column.type, str)(cell["value"])
    except (ValueError, KeyError):
        return cell["value"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns, and rows with a cell for each."""

    columns: Sequence[Column]
    cells: Sequence[Sequence[Cell]]

    def __len__(self) -> int:
        return len(self.cells)

    def sorted_by(self, keys: Sequence[str]) -> Rows:
        """The rows sorted by these columns, those with a minus in descending order; nulls last, ties unchanged.

        Raises `InvalidParameter` for an unknown column.
        """
        cells = list(self.cells)
        for key in reversed(keys):
            at, down = self.place(key.removeprefix("-"), "sort"), key.startswith("-")
            known = [row for row in cells if row[at] is not None]
            unknown = [row for row in cells if row[at] is None]
            known.sort(key=lambda row: rank(typed(row[at], self.columns[at])), reverse=down)
            cells = [*known, *unknown]
        return replace(self, cells=cells)

    def only(self, names: Sequence[str]) -> Rows:
        """The rows with these columns, in this order; raises `InvalidParameter` for an unknown column."""
        places = [self.place(name, "fields") for name in names]
        columns = [self.columns[at] for at in places]
        return Rows(columns, [[row[at] for at in places] for row in self.cells])

    def part(self, start: int, count: int) -> Rows:
        """At most `count` rows from `start`."""
        return replace(self, cells=self.cells[start : start + count])

    def place(self, name: str, asked_by: str) -> int:
        """The index of the column with this name."""
        names = [column.name for column in self.columns]
        if name not in names:
            raise InvalidParameter(
                f"{asked_by} names {name[:80]!r}, which is not a column; the columns are {', '.join(names)}."
            )
        return names.index(name)

    def as_json(self) -> list[dict[str, Any]]:
        """One object per row."""
        return [
            {column.name: typed(cell, column) for column, cell in zip(self.columns, row, strict=True)}
            for row in self.cells
        ]

    def terms(self) -> Iterator[list[Term | None]]:
        """The cells of each row for pages."""
        for row in self.cells:
            yield [read_cell(cell) if cell is not None else None for cell in row]

    def as_csv(self) -> str:
        """As SPARQL 1.1 Query Results CSV."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows([[shown(cell) for cell in row] for row in self.cells])
        return written.getvalue()

    def as_sparql_json(self) -> str:
        """As SPARQL 1.1 Query Results JSON."""
        names = [column.name for column in self.columns]
        bindings = [
            {name: cell for name, cell in zip(names, row, strict=True) if cell is not None} for row in self.cells
        ]
        return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}, ensure_ascii=False)


def rank(value: Any) -> tuple[int, Any]:
    """The sort key of a value: numbers before strings, strings regardless of case."""
    if isinstance(value, int | float):
        return 0, value
    return 1, (str(value).casefold(), str(value))


def read_cell(cell: Mapping[str, str]) -> Term:
    """A cell as a term."""
    kind = {"uri": "iri", "bnode": "blank"}.get(cell["type"], "literal")
    return Term(kind, cell["value"], cell.get("xml:lang", ""), cell.get("datatype", ""))


def shown(cell: Cell) -> str:
    """A cell in CSV."""
    if cell is None:
        return ""
    return f"_:{cell['value']}" if cell["type"] == "bnode" else cell["value"]


def read_rows(content: bytes, columns: Iterable[Column]) -> Rows:
    """The rows of SPARQL 1.1 Query Results JSON."""
    columns = list(columns)
    bindings = json.loads(content)["results"]["bindings"]
    return Rows(columns, [[binding.get(column.name) for column in columns] for binding in bindings])
