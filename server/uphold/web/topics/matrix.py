"""Progress matrix: the reviewed jurisdictions by indicator, with ratings, calls and findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from uphold.errors import InvalidParameter
from uphold.web.http.request_context import open_snapshot
from uphold.web.rendering.grouping import grouped
from uphold.web.rendering.page_context import reader_language
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.rendering.render import show, view
from uphold.web.resources.class_pages import PUBLISHED
from uphold.web.resources.view_models.jurisdictions import TREATY_OF_INDICATOR as TREATIES

__all__ = ["matrix"]

STATUSES = ("party", "signatory", "neither", "uncertain", "unknown")
NAMED = ("calls", "findings")
"""Columns that count the resources that name an indicator."""
SORTS = ("name", "calls", "findings")
UNKNOWN = "unknown"
NOT_LOOKED_UP: Mapping[str, Any] = {"status": UNKNOWN, "stale": False}
"""The status of a jurisdiction in a treaty without a row in the record."""
PURPOSE = (
    "Each reviewed jurisdiction by the twelve indicators of the progress card: its rating, if known, and the number of "
    "calls and findings that name the indicator."
)
matrix = Blueprint("matrix", __name__)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One jurisdiction: its cells by indicator, its past and current treaty status by indicator, and its totals."""

    jurisdiction: str
    name: str
    cells: Mapping[str, Mapping[str, Any]]
    statuses: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]
    calls: int
    findings: int

    @property
    def has_card(self) -> bool:
        """Whether the report prints its card."""
        return any(cell["cardPrinted"] for cell in self.cells.values())

    def has(self, rating: str, counted: Collection[str]) -> bool:
        """Whether a cell has this rating (a key, or `unknown`) and non-zero counts in these columns."""
        return any(
            rating in ("", key_of(cell["rating"]) if cell["rating"] else UNKNOWN)
            and all(cell[column] for column in counted)
            for cell in self.cells.values()
        )


@dataclass(frozen=True, slots=True)
class MatrixResults:
    """All question results of the page."""

    cells: QuestionResult
    indicators: QuestionResult
    coverage: QuestionResult
    now: QuestionResult
    then: QuestionResult


@view(matrix, "/matrix")
def progress() -> Response:
    """The matrix of one review, filtered and sorted by the query string; raises `InvalidParameter`."""
    choices = read_choices()
    wanted = {name: read(name, offered) for name, offered in choices.items()}
    asked = questions(wanted)
    every = matrix_rows(asked)
    found = sorted((line for line in every if fits(line, wanted)), key=place(wanted["sort"]))
    shown = {line.jurisdiction for line in found}
    answers = {
        "cells": asked.cells.only(jurisdiction=shown),
        "indicators": asked.indicators,
        "coverage": asked.coverage.only(jurisdiction=shown),
        "rounds": ask("review-rounds").only(
            reviewRound=[f"{open_snapshot().snapshot.base}id/review-round/{wanted['round']}"]
        ),
    }
    cells, indicators = answers["cells"], [row["indicator"] for row in asked.indicators]
    values: dict[str, Any] = {
        "goals": grouped(asked.indicators, "goal"),
        "counts": {"all": len(cells), "unrated": sum(not cell["rating"] for cell in cells), **count_named(cells)},
        "counts_of": {iri: count_named(cells.where(indicator=iri)) for iri in indicators},
        "counts_of_lines": {name: sum(bool(getattr(line, name)) for line in found) for name in NAMED},
        "lines": found,
        "of": len(every),
        "choices": choices,
        "wanted": wanted,
        "treaties": TREATIES,
    }
    return show("matrix.html", answers, "Progress matrix", PURPOSE, asked=asked, **values)


def count_named(cells: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The numbers of cells with calls and with findings."""
    every = [*cells]
    return {name: sum(bool(cell[name]) for cell in every) for name in NAMED}


def read_choices() -> dict[str, Mapping[str, str]]:
    """The values of each filter with their names; the first is the default."""
    rounds = sorted(ask("review-rounds"), key=lambda row: row["year"], reverse=True)
    reviewed = {row["iso3"] for row in ask("jurisdictions") if row["firstReviewed"] is not None}
    regions = [row for row in ask("regions", lang=reader_language()) if reviewed & {*row["memberCodes"].split()}]
    statuses = {"": "Any", **{status: status for status in STATUSES}}
    return {
        "round": {key_of(row["reviewRound"]): row["reviewRoundName"] for row in rounds},
        "goal": {"": "All goals", **{key_of(row["goal"]): row["goalName"] for row in ask("indicators")}},
        "region": {"": "All regions", **{key_of(row["region"]): row["regionName"] for row in by_name(regions)}},
        "rating": {
            "": "Any rating",
            **{key_of(row["rating"]): row["ratingName"] for row in ask("ratings")},
            UNKNOWN: "Unknown",
        },
        **dict.fromkeys(TREATIES, statuses),
        "calls": {"": "With or without calls", "yes": "With calls"},
        "findings": {"": "With or without findings", "yes": "With findings"},
        "sort": dict(zip(SORTS, ("Name", "Number of calls", "Number of findings"), strict=True)),
    }


def by_name(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Regions sorted by name."""
    return sorted(rows, key=lambda row: row["regionName"].casefold())


def read(name: str, offered: Collection[str]) -> str:
    """The value of a filter; raises `InvalidParameter` for an unknown value, and for several."""
    values = [value for value in request.args.getlist(name) if value]
    if len(values) > 1:
        raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
    if values and values[0] not in offered:
        raise InvalidParameter(f"{name} is {values[0][:80]!r}; it must be one of {', '.join(filter(None, offered))}.")
    return values[0] if values else next(iter(offered), "")


def questions(wanted: Mapping[str, str]) -> MatrixResults:
    """The question results of the page, in the reader's language."""
    language = reader_language()
    treaties = [*TREATIES.values()]
    return MatrixResults(
        ask("progress-matrix", round=wanted["round"], goal=wanted["goal"], region=wanted["region"], lang=language),
        ask("indicators", goal=wanted["goal"]),
        ask("coverage", round=wanted["round"]),
        ask("treaty-status", treaty=treaties),
        ask("treaty-status", treaty=treaties, asof=PUBLISHED),
    )


def matrix_rows(asked: MatrixResults) -> list[MatrixRow]:
    """A row for each jurisdiction with cells in the results."""
    totals = {row["jurisdiction"]: row for row in asked.coverage}
    now, then = (by_treaty(answer) for answer in (asked.now, asked.then))
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    for row in asked.cells:
        cells.setdefault(row["jurisdiction"], {})[row["indicator"]] = row
    return [
        MatrixRow(
            iri,
            next(iter(own.values()))["jurisdictionName"],
            own,
            {
                name: (then.get((iri, treaty), NOT_LOOKED_UP), now.get((iri, treaty), NOT_LOOKED_UP))
                for name, treaty in TREATIES.items()
            },
            totals[iri]["calls"],
            totals[iri]["findings"],
        )
        for iri, own in cells.items()
    ]


def by_treaty(answer: QuestionResult) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The rows of treaty-status by jurisdiction IRI and treaty key."""
    return {(row["jurisdiction"], key_of(row["treaty"])): row for row in answer}


def fits(line: MatrixRow, wanted: Mapping[str, str]) -> bool:
    """Whether a row matches the filters; the query has applied goal and region already."""
    return line.has(wanted["rating"], [column for column in NAMED if wanted[column]]) and all(
        not wanted[name] or line.statuses[name][1]["status"] == wanted[name] for name in TREATIES
    )


def place(sort: str) -> Any:
    """The sort key of rows: by name, or by descending count and then name."""
    return lambda line: (0 if sort == "name" else -getattr(line, sort), line.name.casefold(), line.jurisdiction)


def key_of(iri: str) -> str:
    """The last part of an IRI."""
    return iri.rpartition("/")[2]
