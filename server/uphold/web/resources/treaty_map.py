"""Maps: who has joined a treaty by a year, on the outlines of the world; one component for every page that shows it.

The answer to one question, treaty-map-changes, has every year: the browser draws the others from it by itself.
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
"""How many names of a kind stand beside the map; the table has all."""
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
"""What a place can be, in the order of the legend, and in words; hatched where stale."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class WorldMap:
    """The map of a treaty at the end of a year: outlines, and the answer that colours them."""

    world: World
    answer: QuestionResult
    treaty: str
    year: int
    years: tuple[int, int]

    @cached_property
    def states(self) -> list[Row]:
        """The row of each jurisdiction that holds in the year, and nothing for who had none yet."""
        return [*{row["jurisdiction"]: row for row in self.answer if row["year"] <= self.year}.values()]

    @cached_property
    def everyone(self) -> dict[str, Row]:
        """The latest row of each jurisdiction by its M49 code, for its name and address."""
        return {row["m49"]: row for row in self.answer if row["m49"] in self.world.outlines}

    @property
    def elsewhere(self) -> list[Row]:
        """The latest row of each jurisdiction that has no outline."""
        found = {row["jurisdiction"]: row for row in self.answer if row["m49"] not in self.world.outlines}
        return [*found.values()]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What each jurisdiction is in the year, as a key of `KINDS`; nothing before the treaty was adopted."""
        return {row["jurisdiction"]: kind(row) for row in self.states}

    @property
    def words(self) -> Mapping[str, str]:
        """The words for each kind, in the order of the legend."""
        return KINDS

    @property
    def most_names(self) -> int:
        """How many names of a kind stand beside the map."""
        return MOST_NAMES

    def named(self, wanted: str) -> list[str]:
        """The jurisdictions on the map that are of a kind."""
        drawn = {row["jurisdiction"] for row in self.everyone.values()}
        return [iri for iri, found in self.kinds.items() if found == wanted and iri in drawn]


def kind(row: Row) -> str:
    """What a row says a place is."""
    return f"{row['status']} stale" if row["stale"] else str(row["status"])


def world_map(answer: QuestionResult, treaty: str) -> WorldMap | None:
    """The map of a treaty by its key and its treaty-map-changes, in the year asked for, else in the last one.

    None where no outlines are installed or nothing is known of the treaty.

    Raises `InvalidParameter` for a year that is none.
    """
    world = load(VENDOR / OUTLINES)
    if world is None or not answer.rows:
        return None
    first, last = min(row["year"] for row in answer), int(answer.rows[0]["asOf"][:4])
    fields = {"year": [value for value in request.args.getlist("year") if value]}
    year = min(last, max(first, read_number(fields, "year", LAST_YEAR) or last))
    return WorldMap(world, answer, treaty, year, (first, last))
