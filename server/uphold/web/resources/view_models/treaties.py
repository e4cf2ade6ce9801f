"""View models of treaties, treaty actions and treaty records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.grouping import Row, first, grouped, in_order
from uphold.web.rendering.page_context import Page
from uphold.web.rendering.tracks import NO_CONSENT
from uphold.web.resources.treaty_map import world_map

__all__ = ["Region", "Share", "instrument", "treaty", "treaty_action", "treaty_record"]

STANDINGS = ("party", "signatory", "uncertain", "neither")
"""Statuses in the order of the bar of a region."""


MENTIONS = {"CallToAction": "Calls", "Commitment": "Answers", "Finding": "Findings"}
"""The kinds of facts that mention a treaty or instrument, and their heading."""
MOST_FIGURES = 4


@dataclass(frozen=True, slots=True)
class Share:
    """The jurisdictions of a region with one status: their part of its bar, and the number with an old source."""

    status: str
    count: int
    old: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Region:
    """A region with the rows of its jurisdictions by name; `iri` is None for those without a region."""

    iri: str | None
    rows: Sequence[Row]
    shares: Sequence[Share]


def treaty(page: Page, about: Description) -> Mapping[str, Any]:
    """Its parties by region and by year, with calls, promises and counts."""
    iri = about.thing.iri
    roll = in_order(page.roll, "jurisdictionName")
    consents = [act for act in page.acts if act["kind"] not in NO_CONSENT]
    assumed = [row["assumption"] for row in page.outcomes if row["assumption"]]
    all_assumed = len(set(assumed)) == 1 and len(assumed) == len(page.outcomes)
    outside = {row["jurisdiction"] for row in page.outside}
    whole, summary = first(page.record.where(treaty=iri)), first(page.summary.where(treaty=iri))
    last = page.growth.rows[-1] if len(page.growth) else None
    known = {
        "parties": whole,
        "calls": summary,
        "promises": page.kept.rows,
        "outside": page.outside.rows,
        "signed": page.signed.rows,
        "signatures": whole,
    }
    return {
        "whole": whole,
        "summary": summary,
        "figures": [name for name, found in known.items() if found][:MOST_FIGURES],
        "roll": roll,
        "regions": [*regions(roll)],
        "acts": grouped(page.acts, "jurisdiction"),
        "asked": grouped(page.outcomes, "jurisdiction"),
        "consents": consents,
        "years": [(row, of_year) for row in page.growth if (of_year := within_year(consents, row["year"]))],
        "last": last,
        "last_regions": page.regions.where(year=last["year"]) if last else [],
        "mentions": mentions(page.mentions.where(relation="concerns")),
        "map": world_map(page.changes, iri.rpartition("/")[2]),
        "not_joined": [row for row in roll if row["jurisdiction"] in outside],
        "assumptions": [*dict.fromkeys(assumed)],
        "counted_from": page.outcomes.rows[0]["callDate"] if all_assumed else None,
    }


def mentions(rows: Sequence[Row]) -> list[tuple[str, str, list[Row]]]:
    """The facts that mention a treaty or instrument, with their kind and its heading."""
    found = [(kind, words, [row for row in rows if row["kind"] == kind]) for kind, words in MENTIONS.items()]
    return [(kind, words, its) for kind, words, its in found if its]


def instrument(page: Page, about: Description) -> Mapping[str, Any]:
    """Its row, and the facts that mention it."""
    return {
        "row": first(page.instruments.where(instrument=about.thing.iri)),
        "mentions": mentions(page.mentions.rows),
    }


def regions(roll: Sequence[Row]) -> Iterator[Region]:
    """The regions of the rows; jurisdictions without a region come last."""
    for iri, rows in grouped((row for row in roll if row["region"]), "region").items():
        yield Region(iri, rows, shares(rows))
    if rest := [row for row in roll if not row["region"]]:
        yield Region(None, rest, shares(rest))


def shares(rows: Sequence[Row]) -> list[Share]:
    """The shares of the statuses of these rows, in per cent, side by side."""
    found: list[Share] = []
    x: float = 0
    for status in STANDINGS:
        those = [row for row in rows if row["status"] == status]
        if those:
            width = 100 * len(those) / len(rows)
            found.append(
                Share(status, len(those), sum(bool(row["stale"]) for row in those), round(x, 2), round(width, 2))
            )
            x += width
    return found


def within_year(acts: Iterable[Row], year: object) -> list[Row]:
    """The acts whose latest date is in a year, by that date."""
    return in_order((act for act in acts if f"{year}-01-01" <= (act["notAfter"] or "") <= f"{year}-12-31"), "notAfter")


def treaty_action(page: Page, about: Description) -> Mapping[str, Any]:
    """The act, other acts of the jurisdiction, and the calls and promises that it answered."""
    iri = about.thing.iri
    row = first(page.acts.where(action=iri))
    return {
        "row": row,
        "is_consent": row is not None and row["kind"] not in NO_CONSENT,
        "beside": in_order((act for act in page.acts if act["action"] != iri), "notBefore"),
        "cited": page.origin.where(relation="citation"),
        "answered": page.outcomes.where(answeredBy=iri),
        "promises": page.kept.where(answeredBy=iri),
    }


def treaty_record(page: Page, about: Description) -> Mapping[str, Any]:
    """The status on record, and the acts behind it by date."""
    return {
        "row": first(page.status),
        "acts": in_order(page.acts, "notBefore"),
        "cited": page.origin.where(relation="citation"),
    }
