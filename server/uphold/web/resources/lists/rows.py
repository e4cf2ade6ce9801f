"""List rows: a list as a request asks for it, with the choices that narrow its rows, their order and its addresses."""

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
    """An answer of which a page shows some rows."""

    shown: Sequence[Row] = ()

    @property
    def rows(self) -> list[Row]:
        """The rows that the page shows."""
        return [*self.shown]


class Listing:
    """A list as a request asks for it: its rows, the choices that narrow it, and the links from one to the next."""

    def __init__(self, kind: str, made: ListPage, things: Sequence[Thing], number: int) -> None:
        """Raises `InvalidParameter` for a field without such a value, `ResourceNotFound` for a page after the last."""
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
        self.last = check_last(kind, number, len(self.division.rows), ROWS_ON_A_PAGE)  # number 0 stands for all pages
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
        """Whether the question finds words."""
        return "text" in self.answer.question.parameters

    @property
    def parameters(self) -> dict[str, str]:
        """The values for the question before any choice: the reader's language, and the words."""
        known = manager().questions[self.made.question].parameters
        return {name: text for name, text in (("lang", self.language), ("text", self.words)) if name in known and text}

    def iri(self, row: Mapping[str, Any]) -> str:
        """The IRI of the thing that a row is about."""
        return str(row[self.made.columns[0].column])

    @cached_property
    def chosen(self) -> list[tuple[Facet, str]]:
        """The facets of which a value is chosen, each with it."""
        chosen = self.division.chosen
        return [(facet, chosen[facet.name]) for facet in self.made.facets if facet.name in chosen]

    @cached_property
    def choices(self) -> list[tuple[Facet, list[FacetValue]]]:
        """The facets that can narrow the list, each with its values."""
        found = [(facet, self.division.choices(facet)) for facet in self.made.facets]
        return [
            (facet, choices) for facet, choices in found if len(choices) > 1 or any(each.chosen for each in choices)
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page, or of all pages, in order."""
        order = self.sort or self.made.sort
        rows = [dict(row) for row in (sort_rows(self.division.rows, order) if order else self.division.rows)]
        return rows[(self.number - 1) * ROWS_ON_A_PAGE : self.number * ROWS_ON_A_PAGE] if self.number else rows

    @property
    def count(self) -> int:
        """How many things are found."""
        return len({self.iri(row) for row in self.division.rows})

    @cached_property
    def untold(self) -> list[Thing]:
        """The things of the whole list of which no row tells."""
        if self.words or self.chosen:
            return []
        told = {self.iri(row) for row in self.found}
        return [thing for thing in self.things if thing.iri not in told]

    @property
    def others(self) -> list[Thing]:
        """The same, on the last page, where they stand."""
        return [] if 0 < self.number < self.last else self.untold

    @property
    def unnamed(self) -> set[str]:
        """The IRIs whose names the page needs and the rows do not tell."""
        offered = {choice.value for _, choices in self.choices for choice in choices if not choice.name}
        offered |= {value for facet, value in self.chosen if not self.division.name(facet, value)}
        return {value for value in offered if value.startswith(f"{open_snapshot().snapshot.base}id/")}

    def order(self, column: ListColumn) -> tuple[str, str]:
        """What a heading says of the order (as `aria-sort` has it), and the order that it leads to."""
        now = self.sort or self.made.sort
        if now.removeprefix("-") == column.sort:
            return ("descending", column.sort) if now.startswith("-") else ("ascending", f"-{column.sort}")
        return "", f"-{column.sort}" if column.is_figure else column.sort

    def link(self, **changes: str) -> str:
        """The address of this list with changes, from its first page."""
        return link(self.fields, **changes)

    @cached_property
    def applied(self) -> dict[str, str]:
        """The parameters of the question that leave the rows that the choices leave."""
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
        """The choices that the question leaves aside, by their headings."""
        asked = {facet.name: self.made.asks.get(facet.name, {facet.name: ""}) for facet, _ in self.chosen}
        left = [facet.label for facet, _ in self.chosen if not asked[facet.name].keys() <= self.applied.keys()]
        return [*left, *(["the words"] if self.words and not self.finds_itself else [])]

    @cached_property
    def part(self) -> Part:
        """The answer that the question gives, with the rows of this page."""
        return Part(self.answer.question, {name: [text] for name, text in self.applied.items()}, self.rows)

    def address(self, suffix: str) -> str:
        """The address of the list as data, with every choice, and in the language that the page is in."""
        chosen = link({**self.fields, "lang": self.language}).removesuffix("?")
        return f"{request.script_root}{snapshot_prefix()}/doc/{self.kind}.{suffix}{chosen}"

    @property
    def further(self) -> list[QuestionResult]:
        """The other questions of which the list has columns."""
        return [ask(other.question) for other in self.made.joined]

    @property
    def pictures(self) -> list[QuestionResult]:
        """Questions with charts of the same things, asked with the parameters that they share."""
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
    """The one value of a field of the request, or nothing; raises `InvalidParameter`."""
    values = [value for value in request.args.getlist(name) if value]
    if len(values) > 1:
        raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
    return values[0] if values else ""


def read_words(made: ListPage) -> str:
    """The words that are looked for; raises `InvalidParameter` for too many."""
    words = read_field("q").strip() if made.find else ""
    if len(words) > LONGEST:
        raise InvalidParameter(f"q has {len(words)} characters; it may have {LONGEST}.")
    return words


def read_sort(made: ListPage) -> str:
    """The order asked for, as the API writes it; raises `InvalidParameter` for a column that there is not."""
    sort, known = read_field("sort"), [column.sort for column in made.columns if column.sort]
    if sort and sort.removeprefix("-") not in known:
        raise InvalidParameter(
            f"sort is {sort[:80]!r}; this list has the orders {', '.join(known)}, each also with a minus."
        )
    return sort


def joined(rows: Sequence[Row], others: Sequence[JoinedColumns]) -> Iterator[Row]:
    """The rows with the columns of other questions, where these are there."""
    found = [(other, values_of(other)) for other in others]
    for row in rows:
        more: Row = {}
        for other, values in found:
            more |= values.get(tuple(row.get(name) for name in other.on), {})
        yield {**row, **more}


def values_of(other: JoinedColumns) -> dict[tuple[Any, ...], Row]:
    """The columns of another question by the values on which they are joined; several values become a list."""
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
