"""List rows: the requested rows of a list, with their facets, order and addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request

from uphold.errors import InvalidParameter, ResourceNotFound
from uphold.search.query import LONGEST
from uphold.serving.descriptions import Thing
from uphold.web.http.request_context import manager, open_snapshot, snapshot_prefix
from uphold.web.rendering.facets import Division, Facet, FacetValue, find_words, link, sort_rows
from uphold.web.rendering.page_context import reader_language
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.resources.lists.listing import JoinedColumns, ListColumn, ListPage

__all__ = ["Listing", "Row", "check_last", "read_field"]

ROWS_ON_A_PAGE = 100
Row = dict[str, Any]


@dataclass(frozen=True)
class Part(QuestionResult):
    """A result of which a page shows some rows."""

    shown: Sequence[Row] = ()

    @property
    def rows(self) -> list[Row]:
        """The rows that the page shows."""
        return [*self.shown]


class Listing:
    """A requested list: its rows, its facets, and the links that change them."""

    def __init__(self, kind: str, made: ListPage, things: Sequence[Thing], number: int) -> None:
        """Raises `InvalidParameter` for an invalid field, `ResourceNotFound` for a page after the last."""
        self.kind, self.made, self.things, self.number = kind, made, things, number
        self.language, self.words, self.sort = reader_language(), read_words(made), read_sort(made)
        self.answer = ask(made.question, **self.parameters)
        self.answered = [*joined(self.answer.rows, made.joined)]
        self.found = [
            row for row in self.answered if self.iri(row).startswith(f"{open_snapshot().snapshot.base}id/{kind}/")
        ]
        rows = self.found if self.finds_itself else find_words(self.found, made.within, self.words)
        asked = {facet.name: read_field(facet.name) for facet in made.facets}
        allowed = {name: known.choices for name, known in self.answer.question.parameters.items()}
        self.division = Division(rows, made.facets, asked, open_snapshot().snapshot.base, allowed)
        self.last = check_last(kind, number, len(self.division.rows), ROWS_ON_A_PAGE)  # number 0 means all pages
        self.fields = {
            **{facet.name: self.division.key(facet, value) for facet, value in self.chosen},
            **{
                name: text
                for name, text in (("q", self.words), ("sort", self.sort), ("lang", read_field("lang")))
                if text
            },
        }

    @property
    def finds_itself(self) -> bool:
        """Whether the question itself filters by text."""
        return "text" in self.answer.question.parameters

    @property
    def parameters(self) -> dict[str, str]:
        """The question parameters without facets: the reader's language, and the text filter."""
        known = manager().questions[self.made.question].parameters
        return {name: text for name, text in (("lang", self.language), ("text", self.words)) if name in known and text}

    def iri(self, row: Mapping[str, Any]) -> str:
        """The IRI of the resource of a row."""
        return str(row[self.made.columns[0].column])

    @cached_property
    def chosen(self) -> list[tuple[Facet, str]]:
        """The facets with a chosen value, and that value."""
        chosen = self.division.chosen
        return [(facet, chosen[facet.name]) for facet in self.made.facets if facet.name in chosen]

    @cached_property
    def choices(self) -> list[tuple[Facet, list[FacetValue]]]:
        """The facets with several values or a chosen one, with their values."""
        found = [(facet, self.division.choices(facet)) for facet in self.made.facets]
        return [
            (facet, choices) for facet, choices in found if len(choices) > 1 or any(each.chosen for each in choices)
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """The sorted rows of this page, or of all pages."""
        order = self.sort or self.made.sort
        rows = [dict(row) for row in (sort_rows(self.division.rows, order) if order else self.division.rows)]
        return rows[(self.number - 1) * ROWS_ON_A_PAGE : self.number * ROWS_ON_A_PAGE] if self.number else rows

    @property
    def count(self) -> int:
        """The number of resources found."""
        return len({self.iri(row) for row in self.division.rows})

    @cached_property
    def without_rows(self) -> list[Thing]:
        """The resources of the unfiltered list without rows."""
        if self.words or self.chosen:
            return []
        listed = {self.iri(row) for row in self.found}
        return [thing for thing in self.things if thing.iri not in listed]

    @property
    def others(self) -> list[Thing]:
        """The same on the last page, where they are shown."""
        return [] if 0 < self.number < self.last else self.without_rows

    @property
    def unnamed(self) -> set[str]:
        """The IRIs whose names the page needs and the rows lack."""
        offered = {choice.value for _, choices in self.choices for choice in choices if not choice.name}
        offered |= {value for facet, value in self.chosen if not self.division.name(facet, value)}
        return {value for value in offered if value.startswith(f"{open_snapshot().snapshot.base}id/")}

    def order(self, column: ListColumn) -> tuple[str, str]:
        """The `aria-sort` of a heading, and the order of its link."""
        now = self.sort or self.made.sort
        if now.removeprefix("-") == column.sort:
            return ("descending", column.sort) if now.startswith("-") else ("ascending", f"-{column.sort}")
        return "", f"-{column.sort}" if column.is_figure else column.sort

    def link(self, **changes: str) -> str:
        """The address of this list with changes, from its first page."""
        return link(self.fields, **changes)

    @cached_property
    def applied(self) -> dict[str, str]:
        """The question parameters equivalent to the filters."""
        given = dict(self.parameters)
        for facet, value in self.chosen:
            if not value or value in self.made.unlike.get(facet.name, ()):
                continue
            for name, pattern in self.made.asks.get(facet.name, {facet.name: "{}"}).items():
                if name in self.answer.question.parameters:
                    given[name] = pattern.format(self.division.key(facet, value))
        return given

    @property
    def not_applied(self) -> list[str]:
        """The filters that the question ignores, by their headings."""
        asked = {facet.name: self.made.asks.get(facet.name, {facet.name: ""}) for facet, _ in self.chosen}
        left = [facet.label for facet, _ in self.chosen if not asked[facet.name].keys() <= self.applied.keys()]
        return [*left, *(["the words"] if self.words and not self.finds_itself else [])]

    @cached_property
    def part(self) -> Part:
        """The result of the question, with the rows of this page."""
        return Part(self.answer.question, {name: [text] for name, text in self.applied.items()}, self.rows)

    def address(self, suffix: str) -> str:
        """The address of the list as data, with every filter, in the language of the page."""
        chosen = link({**self.fields, "lang": self.language}).removesuffix("?")
        return f"{request.script_root}{snapshot_prefix()}/doc/{self.kind}.{suffix}{chosen}"

    @property
    def further(self) -> list[QuestionResult]:
        """The other questions with columns in the list."""
        return [ask(other.question) for other in self.made.joined]

    @property
    def pictures(self) -> list[QuestionResult]:
        """The questions with charts of the same resources, with the parameters that they share."""
        found = [manager().questions[name] for name in self.made.pictures]
        return [
            QuestionResult(each, {name: [text] for name, text in self.applied.items() if name in each.parameters})
            for each in found
        ]


def check_last(kind: str, number: int, count: int, on_a_page: int) -> int:
    """The number of the last page; raises `ResourceNotFound` for a page after it."""
    last = max(1, -(-count // on_a_page))
    if number > last:
        raise ResourceNotFound(f"page {number} of {kind}, which has {last}")
    return last


def read_field(name: str) -> str:
    """The value of a field of the request, or empty; raises `InvalidParameter` if repeated."""
    values = [value for value in request.args.getlist(name) if value]
    if len(values) > 1:
        raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
    return values[0] if values else ""


def read_words(made: ListPage) -> str:
    """The text filter; raises `InvalidParameter` if it is too long."""
    words = read_field("q").strip() if made.find else ""
    if len(words) > LONGEST:
        raise InvalidParameter(f"q has {len(words)} characters; it may have {LONGEST}.")
    return words


def read_sort(made: ListPage) -> str:
    """The requested order, as in the API; raises `InvalidParameter` for an unknown column."""
    sort, known = read_field("sort"), [column.sort for column in made.columns if column.sort]
    if sort and sort.removeprefix("-") not in known:
        raise InvalidParameter(
            f"sort is {sort[:80]!r}; it must be one of {', '.join(known)}, with a minus for descending order."
        )
    return sort


def joined(rows: Sequence[Row], others: Sequence[JoinedColumns]) -> Iterator[Row]:
    """The rows with the columns of other questions, where they match."""
    found = [(other, values_of(other)) for other in others]
    for row in rows:
        more: Row = {}
        for other, values in found:
            more |= values.get(tuple(row.get(name) for name in other.on), {})
        yield {**row, **more}


def values_of(other: JoinedColumns) -> dict[tuple[Any, ...], Row]:
    """The columns of another question by the values of the join columns; several values become a list."""
    gathered: dict[tuple[Any, ...], dict[str, list[Any]]] = {}
    for row in ask(other.question):
        cells = gathered.setdefault(tuple(row[name] for name in other.on), {name: [] for name in other.columns})
        for name, column in other.columns.items():
            if row[column] is not None and row[column] not in cells[name]:
                cells[name].append(row[column])
    return {
        key: {name: values[0] if len(values) == 1 else values or None for name, values in cells.items()}
        for key, cells in gathered.items()
    }
