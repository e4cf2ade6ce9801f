"""Jurisdiction choice: the jurisdictions that a comparison can have, by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.web.rendering.page_context import reader_language
from uphold.web.rendering.question_results import QuestionResult, ask

__all__ = ["Offer", "jurisdictions", "offers"]

NO_REGION = "Organisations and groups of countries in the report"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """The selectable jurisdictions of one region, by name."""

    region: str
    is_reviewed: bool
    rows: Sequence[Row]


def jurisdictions() -> QuestionResult:
    """All jurisdictions, with names in the reader's language."""
    return ask("jurisdictions", lang=reader_language())


def offers() -> list[Offer]:
    """The selectable jurisdictions by region, reviewed ones first.

    UN M49 regions are left out, since no source records acts of theirs.
    """
    found: dict[tuple[bool, bool, str], list[Row]] = {}
    for row in jurisdictions():
        if row["kind"] != "Region" or row["m49"] is None:
            group = (row["firstReviewed"] is None, row["regionName"] is None, row["regionName"] or NO_REGION)
            found.setdefault(group, []).append(row)
    return [
        Offer(group[2], not group[0], sorted(rows, key=lambda row: row["jurisdictionName"].casefold()))
        for group, rows in sorted(found.items())
    ]
