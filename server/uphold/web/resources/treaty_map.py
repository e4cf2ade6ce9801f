"""Treaty map: the status of each jurisdiction in a treaty at the end of a year, as one component for all pages.

The result of the question treaty-map-changes has every year; the browser draws other years from it without a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request

from uphold.assets.vendor import OUTLINES, VENDOR
from uphold.assets.world_map import World, load
from uphold.web.http.request_parameters import read_number
from uphold.web.rendering.question_results import QuestionResult

__all__ = ["WorldMap", "world_map"]

LAST_YEAR = 9999
MOST_NAMES = 12
"""The number of names of a status beside the map; the table has all."""
KINDS = {
    "party": "party",
    "signatory": "signed only",
    "signatory stale": "signed only, from an old or undated source",
    "neither": "no act on record",
    "neither stale": "no act on record, from an old or undated source",
    "uncertain": "uncertain",
    "uncertain stale": "uncertain, from an old or undated source",
    "unknown": "not known",
}
"""Statuses with their labels, in the order of the legend; hatched where stale."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class WorldMap:
    """The map of a treaty at the end of a year: outlines, and the result that colours them."""

    world: World
    answer: QuestionResult
    treaty: str
    year: int
    years: tuple[int, int]

    @cached_property
    def states(self) -> list[Row]:
        """The row of each jurisdiction as of the year, if it has one by then."""
        return [*{row["jurisdiction"]: row for row in self.answer if row["year"] <= self.year}.values()]

    @cached_property
    def everyone(self) -> dict[str, Row]:
        """The latest row of each jurisdiction on the map by M49 code, for its name and address."""
        return {row["m49"]: row for row in self.answer if row["m49"] in self.world.outlines}

    @property
    def elsewhere(self) -> list[Row]:
        """The latest row of each jurisdiction without an outline."""
        found = {row["jurisdiction"]: row for row in self.answer if row["m49"] not in self.world.outlines}
        return [*found.values()]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The status of each jurisdiction in the year, as a key of `KINDS`; empty before adoption of the treaty."""
        return {row["jurisdiction"]: kind(row) for row in self.states}

    @property
    def words(self) -> Mapping[str, str]:
        """The labels of the statuses, in the order of the legend."""
        return KINDS

    @property
    def most_names(self) -> int:
        """The number of names of a status beside the map."""
        return MOST_NAMES

    def named(self, wanted: str) -> list[str]:
        """The jurisdictions on the map with a status."""
        drawn = {row["jurisdiction"] for row in self.everyone.values()}
        return [iri for iri, found in self.kinds.items() if found == wanted and iri in drawn]


def kind(row: Row) -> str:
    """The status in a row, as a key of `KINDS`."""
    return f"{row['status']} stale" if row["stale"] else str(row["status"])


def world_map(answer: QuestionResult, treaty: str) -> WorldMap | None:
    """The map of a treaty by its key and its treaty-map-changes, in the requested year, else in the last one.

    None without installed outlines, or without data on the treaty. Raises `InvalidParameter` for an invalid year.
    """
    world = load(VENDOR / OUTLINES)
    if world is None or not answer.rows:
        return None
    first, last = min(row["year"] for row in answer), int(answer.rows[0]["asOf"][:4])
    fields = {"year": [value for value in request.args.getlist("year") if value]}
    year = min(last, max(first, read_number(fields, "year", LAST_YEAR) or last))
    return WorldMap(world, answer, treaty, year, (first, last))
