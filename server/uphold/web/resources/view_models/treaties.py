"""Treaties: what the pages of a treaty, of an act under it and of its record show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.grouping import Row, first, grouped, in_order
from uphold.web.rendering.page_context import Page
from uphold.web.resources.treaty_map import world_map

__all__ = ["NO_CONSENT", "Region", "Share", "treaty", "treaty_action", "treaty_record"]

NO_CONSENT = ("Signature", "TerritorialExtension", "Denunciation")
STANDINGS = ("party", "signatory", "uncertain", "neither")
"""What a jurisdiction can be, in the order in which a region shows it."""


@dataclass(frozen=True, slots=True)
class Share:
    """The jurisdictions of a region with one status: their place in its bar, and how many rest on an old source."""

    status: str
    count: int
    old: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the world with the rows of its jurisdictions by name; None for those that are in no region."""

    iri: str | None
    rows: Sequence[Row]
    shares: Sequence[Share]


def treaty(page: Page, about: Description) -> Mapping[str, Any]:
    """Who has joined it, by region and by year, with the calls, promises and counts of each."""
    iri = about.thing.iri
    roll = in_order(page.roll, "jurisdictionName")
    consents = [act for act in page.acts if act["kind"] not in NO_CONSENT]
    assumed = [row["assumption"] for row in page.outcomes if row["assumption"]]
    all_assumed = len(set(assumed)) == 1 and len(assumed) == len(page.outcomes)
    outside = {row["jurisdiction"] for row in page.outside}
    return {
        "whole": first(page.record.where(treaty=iri)),
        "summary": first(page.summary.where(treaty=iri)),
        "roll": roll,
        "regions": [*regions(roll)],
        "acts": grouped(page.acts, "jurisdiction"),
        "asked": grouped(page.outcomes, "jurisdiction"),
        "consents": consents,
        "years": [(row, of_year) for row in page.growth if (of_year := within_year(consents, row["year"]))],
        "map": world_map(page.changes, iri.rpartition("/")[2]),
        "not_joined": [row for row in roll if row["jurisdiction"] in outside],
        "assumptions": [*dict.fromkeys(assumed)],
        "counted_from": page.outcomes.rows[0]["callDate"] if all_assumed else None,
    }


def regions(roll: Sequence[Row]) -> Iterator[Region]:
    """The regions of the jurisdictions on a roll; those that are in none come last."""
    for iri, rows in grouped((row for row in roll if row["region"]), "region").items():
        yield Region(iri, rows, shares(rows))
    if rest := [row for row in roll if not row["region"]]:
        yield Region(None, rest, shares(rest))


def shares(rows: Sequence[Row]) -> list[Share]:
    """The statuses of these rows, one beside the other in per cent of all."""
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
    """The acts that were done by some day of a year, in the order of these days."""
    return in_order((act for act in acts if f"{year}-01-01" <= (act["notAfter"] or "") <= f"{year}-12-31"), "notAfter")


def treaty_action(page: Page, about: Description) -> Mapping[str, Any]:
    """The act, the other acts beside it, and what it answered."""
    iri = about.thing.iri
    return {
        "row": first(page.acts.where(action=iri)),
        "beside": in_order((act for act in page.acts if act["action"] != iri), "notBefore"),
        "answered": page.outcomes.where(answeredBy=iri),
        "promises": page.kept.where(answeredBy=iri),
    }


def treaty_record(page: Page, about: Description) -> Mapping[str, Any]:
    """The status on record, and the acts behind it by date."""
    return {"row": first(page.status), "acts": in_order(page.acts, "notBefore")}
