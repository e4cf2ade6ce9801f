"""Grouping: sorts, groups and deduplicates rows and document nodes for pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from uphold.web.rendering.page_context import nodes

__all__ = ["Row", "each_once", "first", "grouped", "id_of", "in_order", "nodes_at"]

Row = Mapping[str, Any]


def fold(value: Any) -> Any:
    """A case-insensitive sort key."""
    return value.casefold() if isinstance(value, str) else value


def first(rows: Iterable[Row]) -> Row | None:
    """The first row; None if there is none."""
    return next(iter(rows), None)


def in_order(rows: Iterable[Row], column: str, *, reverse: bool = False) -> list[Row]:
    """The rows sorted by a column; empty cells last, ties in the given order."""
    every = [*rows]
    known = [row for row in every if row.get(column) is not None]
    return [
        *sorted(known, key=lambda row: fold(row[column]), reverse=reverse),
        *(row for row in every if row.get(column) is None),
    ]


def grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """The rows by their value in a column, sorted by it."""
    found: dict[Any, list[Row]] = {}
    for row in in_order(rows, column):
        found.setdefault(row.get(column), []).append(row)
    return found


def each_once(rows: Iterable[Row], column: str) -> list[Row]:
    """The first row with each value of a column."""
    found: dict[Any, Row] = {}
    for row in rows:
        found.setdefault(row[column], row)
    return [*found.values()]


def id_of(node: Any) -> str:
    """The IRI of a document node, which may be just an IRI."""
    return str(node["id"]) if isinstance(node, Mapping) else str(node)


def nodes_at(values: Iterable[Any], key: str) -> list[Any]:
    """The distinct nodes under a key of document nodes; a node that is just an IRI has none."""
    found = [each for value in values if isinstance(value, Mapping) for each in nodes(value.get(key))]
    once: dict[str, Any] = {}
    for each in found:
        once.setdefault(id_of(each), each)
    return [*once.values()]
