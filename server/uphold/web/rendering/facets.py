"""Faceted filtering: filters, searches and sorts rows, and builds the links for it.

Independent of requests and questions: rows are dictionaries by column, as in `QuestionResult.rows`. A cell is a value,
a list of values, or a text of values with a separator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from uphold.errors import InvalidParameter
from uphold.questions.rows import rank

__all__ = ["NOT_STATED", "Division", "Facet", "FacetValue", "cell_values", "find_words", "link", "sort_rows"]

NOT_STATED = "not-stated"
"""The value in a request for rows without a value."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet of rows: its request field, its heading, and the column with its values.

    `kind` is the kind of resource whose IRIs are shortened to keys; the facet's name by default. `names` is a column
    with the labels of the values, in the same order. `split` separates the values of a cell. With `until`, a column
    with the last day of a period whose first day is in `column`, the values are the years of that period. `words`
    labels values without a name and, as the empty string, rows without a value. Facets with the same `part` refer to
    the same parts of a row, such as the treaty of a demand and the outcome of that demand: their cells have one value
    for each part, in the same order, and a row matches when one part matches all of them.
    """

    name: str
    label: str
    column: str
    kind: str = ""
    names: str = ""
    split: str = ""
    split_names: str = "; "
    until: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    by_value: bool = False
    """Whether values are sorted by themselves, highest first, rather than by number of rows."""
    part: str = ""

    def listed(self, row: Row) -> list[str]:
        """The values of a row as strings, in order; one empty string for a row without any."""
        cell = row.get(self.column)
        return (years(cell, row.get(self.until)) if self.until else cell_values(cell, self.split)) or [""]

    def named(self, row: Row) -> dict[str, str]:
        """The same values with their names; a name is empty when the row has none."""
        values = self.listed(row)
        names = cell_values(row.get(self.names), self.split_names if self.split else "") if self.names else []
        if self.until:
            names = values
        return dict(zip(values, names if len(names) == len(values) else [""] * len(values), strict=True))

    def key(self, value: str, base: str) -> str:
        """The request form of a value: `nzl`, `jurisdiction:nzl`, `uphold:Treaty`, or the value itself."""
        if value.startswith(f"{base}id/"):
            kind, _, key = value.removeprefix(f"{base}id/").partition("/")
            return key if kind == (self.kind or self.name) else f"{kind}:{key}"
        return value.replace(f"{base}ontology#", "uphold:", 1)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet: in the rows, in requests, its name, and the number of rows that it would leave."""

    value: str
    key: str
    name: str
    count: int
    chosen: bool


class Division:
    """Rows filtered by facets; `chosen` has the values that a request chose, as strings by facet name."""

    def __init__(
        self,
        rows: Sequence[Row],
        facets: Iterable[Facet],
        chosen: Mapping[str, str],
        base: str,
        allowed: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`allowed` are values by facet that may be chosen even if no row has them.

        Raises `InvalidParameter` for any other value that no row has.
        """
        self.facets, self.base, self.allowed = tuple(facets), base, allowed or {}
        self.known = {facet.name: self.known_values(rows, facet) for facet in self.facets}
        self.chosen = {
            facet.name: self.find(facet, chosen[facet.name]) for facet in self.facets if chosen.get(facet.name)
        }
        self.all = rows
        self.rows = self.matching()

    def known_values(self, rows: Iterable[Row], facet: Facet) -> dict[str, str]:
        """Every value of a facet with its name; the empty value stands for rows without one."""
        found: dict[str, str] = {}
        for row in rows:
            for value, name in facet.named(row).items():
                found[value] = found.get(value) or name
        return found

    def find(self, facet: Facet, text: str) -> str:
        """The value for a request string; raises `InvalidParameter`."""
        for value in self.known[facet.name]:
            if text in ((value, facet.key(value, self.base)) if value else (NOT_STATED,)):
                return value
        if text in self.allowed.get(facet.name, ()):
            return text
        raise InvalidParameter(f"{facet.name} is {text[:80]!r}, which no item in this list has.")

    def matching(self, without: str = "") -> list[Row]:
        """The rows with every chosen value, ignoring the facet `without`."""
        wanted = [facet for facet in self.facets if facet.name in self.chosen and facet.name != without]
        return [row for row in self.all if all(self.chosen[each.name] in self.found(row, each) for each in wanted)]

    def found(self, row: Row, facet: Facet) -> set[str]:
        """The values of a facet in the parts of a row that match every other chosen value of these parts."""
        others = [each for each in self.facets if each.part and each.part == facet.part and each.name != facet.name]
        others = [each for each in others if each.name in self.chosen]
        wanted = tuple(self.chosen[each.name] for each in others)
        parts = zip_longest(facet.listed(row), *(each.listed(row) for each in others), fillvalue="")
        return {value for value, *rest in parts if tuple(rest) == wanted}

    def choices(self, facet: Facet) -> list[FacetValue]:
        """The values of a facet, each with the number of rows that have it and every other chosen value.

        Values without such rows are left out, and the empty value comes last.
        """
        counted = Counter(value for row in self.matching(facet.name) for value in self.found(row, facet))
        chosen = self.chosen.get(facet.name)
        found = [
            FacetValue(value, self.key(facet, value), self.name(facet, value), counted[value], value == chosen)
            for value in self.known[facet.name]
            if counted[value] or value == chosen
        ]
        if facet.by_value:
            return sorted(found, key=lambda choice: (choice.value != "", rank(choice.value)), reverse=True)
        return sorted(found, key=lambda choice: (not choice.value, -choice.count, rank(choice.name or choice.key)))

    def key(self, facet: Facet, value: str) -> str:
        """The request form of a value of a facet."""
        return facet.key(value, self.base) if value else NOT_STATED

    def name(self, facet: Facet, value: str) -> str:
        """The name of a value, from the facet or the rows; may be empty."""
        if not value:
            return facet.words.get("", "Not stated")
        return facet.words.get(value) or self.known[facet.name].get(value, "")


def cell_values(cell: Any, split: str) -> list[str]:
    """The values of a cell as strings, as in JSON; none for an empty cell."""
    if cell is None or cell == "":
        return []
    if isinstance(cell, list):
        return [text for each in cell for text in cell_values(each, split)]
    if isinstance(cell, bool):
        return ["true" if cell else "false"]
    text = str(cell)
    return [part for part in (text.split(split) if split else [text]) if part]


def years(first: Any, last: Any) -> list[str]:
    """The years from the first day to the last; none when either is not a date."""
    start, end = str(first)[:4], str(last)[:4]
    if not (start.isdecimal() and end.isdecimal() and start <= end):
        return []
    return [str(year) for year in range(int(start), min(int(end), int(start) + 100) + 1)]


def find_words(rows: Sequence[Row], columns: Sequence[str], text: str) -> list[Row]:
    """The rows with the text in one of the columns, ignoring case; all for an empty text."""
    wanted = text.casefold()
    return (
        [row for row in rows if any(wanted in str(row.get(name) or "").casefold() for name in columns)]
        if text
        else [*rows]
    )


def sort_rows(rows: Sequence[Row], key: str) -> list[Row]:
    """The rows sorted by a column, descending after a minus; empty cells last, ties in the given order."""
    name, down = key.removeprefix("-"), key.startswith("-")
    known = [row for row in rows if row.get(name) not in (None, "", [])]
    unknown = [row for row in rows if row.get(name) in (None, "", [])]
    return [*sorted(known, key=lambda row: rank(first(row[name])), reverse=down), *unknown]


def first(cell: Any) -> Any:
    """The first of several values, or the only one."""
    return cell[0] if isinstance(cell, list) else cell


def link(fields: Mapping[str, str], **changes: str) -> str:
    """The query string of these fields with changes; empty fields are left out."""
    return f"?{urlencode({name: value for name, value in {**fields, **changes}.items() if value})}"
