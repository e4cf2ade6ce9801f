"""Grouping: rows and nodes of documents in order, in groups, and each once, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from uphold.web.rendering.page_context import nodes

__all__ = ["Row", "each_once", "first", "grouped", "id_of", "in_order", "nodes_at"]

Row = Mapping[str, Any]


def fold(value: Any) -> Any:
    """A value to sort by; capitals do not count."""
    return value.casefold() if isinstance(value, str) else value


def first(rows: Iterable[Row]) -> Row | None:
    """The first row; None without any."""
    return next(iter(rows), None)


def in_order(rows: Iterable[Row], column: str, *, reverse: bool = False) -> list[Row]:
    """The rows by a column; those without a value come last, and ties stay as they were."""
    every = [*rows]
    known = [row for row in every if row.get(column) is not None]
    return [
        *sorted(known, key=lambda row: fold(row[column]), reverse=reverse),
        *(row for row in every if row.get(column) is None),
    ]


def grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    """The rows by their value in a column, in the order of these values."""
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
    """The IRI of a node of a document, which may be the IRI alone."""
    return str(node["id"]) if isinstance(node, Mapping) else str(node)


def nodes_at(values: Iterable[Any], key: str) -> list[Any]:
    """What the nodes of a document have under a key, each thing once; a node that is an IRI alone has nothing."""
    found = [each for value in values if isinstance(value, Mapping) for each in nodes(value.get(key))]
    once: dict[str, Any] = {}
    for each in found:
        once.setdefault(id_of(each), each)
    return [*once.values()]
