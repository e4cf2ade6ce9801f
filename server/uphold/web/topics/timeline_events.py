"""Events of the timeline: their kinds, and the events of a day as entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from uphold.web.rendering.grouping import in_order
from uphold.web.rendering.page_context import Page

__all__ = ["KINDS", "Day", "Entry", "days_of"]

Row = dict[str, Any]
KINDS: Mapping[str, tuple[str, str]] = {
    "adoption": ("◆", "Treaty adopted"),
    "opening": ("◇", "Treaty opened for signature"),
    "treaty-in-force": ("■", "Treaty in force"),
    "campaign": ("▸", "Campaign begins"),
    "review": ("◎", "Review"),
    "publication": ("¶", "Publication"),
    "handover": ("▲", "Petition handed over"),
    "planned-handover": ("△", "Handover announced"),
    "call": ("!", "Demand made"),
    "commitment": ("“", "Answer given"),
    "signature": ("○", "Signature"),
    "consent": ("●", "Consent to be bound"),
    "extension": ("+", "Extension to a territory"),
    "denunciation": ("⊗", "Denunciation"),
    "entry-into-force": ("▬", "In force for a party"),
}
"""A symbol and a label for each kind of event, in the order of events within a day."""
ACTS = ("signature", "consent", "extension", "denunciation", "entry-into-force")
"""The kinds of acts of a jurisdiction under a treaty, grouped when several act on one day."""
ACT_WORDS = {"ConsentToBeBound": "Consent to be bound", "TerritorialExtension": "Extension to a territory"}
"""The labels of acts whose class has no plain name."""
NAMED = ("call", "commitment")
"""The kinds of events whose labels do not name the jurisdiction."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Events shown as one: an event, or acts that differ only by jurisdiction, by its name.

    `has_name` is whether the jurisdiction is named before the event.
    """

    kind: str
    sign: str
    words: str
    event: Row
    acts: Sequence[Mapping[str, Any]]
    has_name: bool
    is_computed: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The events on a day, or within a period known only by its ends."""

    first: str
    last: str
    entries: Sequence[Entry]


def days_of(page: Page, rows: Sequence[Row], *, newest_first: bool = False) -> list[Day]:
    """The events by day; acts on a day that differ only by jurisdiction, with equal sources, are one entry."""
    kinds = [*KINDS]

    def alike(row: Row) -> tuple[int, tuple[str, ...]]:
        same: tuple[str, ...] = (row["event"], row["treaty"] or "")
        if row["kind"] in ACTS:
            sources = (source.citation.iri for source in page.rest(row["event"]).sources)
            same = (row["treaty"] or "", row["act"] or "", row["basis"] or "", *sources)
        return kinds.index(row["kind"]), same

    def day(row: Row) -> tuple[str, str]:
        return row["notBefore"], row["notAfter"]

    return [
        Day(*ends, [entry([*group]) for _, group in groupby(sorted(found, key=alike), alike)])
        for ends, found in groupby(sorted(rows, key=day, reverse=newest_first), day)
    ]


def entry(rows: Sequence[Row]) -> Entry:
    """Rows of one kind as one entry."""
    row = rows[0]
    sign, words = KINDS[row["kind"]]
    return Entry(
        row["kind"],
        sign,
        ACT_WORDS.get(row["act"], row["act"]) or words,
        row,
        in_order(rows, "jurisdictionName") if row["kind"] in ACTS else (),
        bool(row["jurisdiction"]) and row["kind"] in NAMED,
        (row["basis"] or "").endswith("/computed"),
    )
