"""View model of jurisdictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.dates import scale
from uphold.web.rendering.grouping import Row, grouped, in_order
from uphold.web.rendering.page_context import Page, nodes
from uphold.web.rendering.template_filters import number
from uphold.web.rendering.tracks import Track, track
from uphold.web.resources.jurisdiction_choice import offers
from uphold.web.resources.view_models.calls import by_ordinal, is_planned

__all__ = ["TREATY_OF_INDICATOR", "jurisdiction"]

TREATY_OF_INDICATOR: Mapping[str, str] = {"optional-protocol": "opsc", "trafficking-protocol": "untip"}
"""Indicators about joining a treaty, and the treaty of each."""
CONVENTION = "1989-11-20"
"""The adoption date of the Convention on the Rights of the Child, where timelines start."""
MET = ("met", "already-met")
NEAREST = 3
"""The neighbours that it can be compared with at once."""


@dataclass(frozen=True, slots=True)
class TreatyRow:
    """A treaty in its record: the status, the acts by kind, and the calls to join it."""

    status: Row
    signatures: Sequence[Row]
    others: Sequence[Row]
    in_force: Sequence[Row]
    calls: Sequence[Row]
    track: Track


def jurisdiction(page: Page, about: Description) -> Mapping[str, Any]:
    """Its treaties, calls, handovers and commitments, its progress card, and jurisdictions to compare with."""
    story = page.story.document
    petitions = nodes(story.get("petitions"))
    known = [row["asOf"] for row in page.treaties if row["asOf"]]
    met = {f"{page.base}id/outcome/{key}" for key in MET}
    handovers = handovers_of(petitions, planned=False)
    line = scale([*(row["notBefore"] for row in page.acts), CONVENTION], max(known, default=None))
    calls, planned = by_ordinal(nodes(story.get("calls"))), handovers_of(petitions, planned=True)
    return {
        "calls": calls,
        "petitions": petitions,
        "happened": happened(len(calls), len(handovers), len(planned), len(nodes(story.get("commitments")))),
        "handovers": handovers,
        "record": [treaty_row(page, row, handovers) for row in page.treaties],
        "looked_up": [row for row in page.treaties if row["status"] != "unknown"],
        "parties": page.treaties.where(status="party"),
        "met": [row for row in page.outcomes if row["outcome"] in met],
        "rounds": in_order(nodes(story.get("reviews")), "year"),
        "line": line,
        "members": members_of(about),
        "is_card_printed": any(row["cardPrinted"] for row in page.cells),
        "goals": grouped(page.cells, "goal"),
        "then": {row["indicator"]: status_then(page, row["indicator"]) for row in page.cells},
        "nearest": [row["neighbour"] for row in page.neighbours.rows[:NEAREST]],
        "offers": offers() if len(page.neighbours) or story.get("type") != "Region" else [],
    }


def happened(calls: int, handovers: int, planned: int, answers: int) -> str:
    """The recorded events as part of a sentence; empty when there are none."""
    found = [
        f"{number(calls)} {'call was' if calls == 1 else 'calls were'} addressed to it" if calls else "",
        f"{handovers} handovers of petitions are on record" if handovers > 1 else "",
        "a petition was handed over" if handovers == 1 else "",
        "the handover of a petition was planned" if planned else "",
        f"{answers} {'answer is' if answers == 1 else 'answers are'} on record" if answers else "",
    ]
    *others, last = [*filter(None, found)] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def treaty_row(page: Page, row: Row, handovers: Sequence[Any]) -> TreatyRow:
    """A row of the treaty record, with its track on the timeline."""
    treaty = row["treaty"]
    acts, calls = page.acts.where(treaty=treaty), page.outcomes.where(treaty=treaty)
    return TreatyRow(
        row,
        [act for act in acts if act["kind"] == "Signature"],
        [act for act in acts if act["kind"] != "Signature"],
        [act for act in acts if act["entersIntoForce"]],
        calls,
        track(treaty, acts, row["asOf"], calls, handovers),
    )


def handovers_of(petitions: list[Any], *, planned: bool) -> list[Any]:
    """The handovers of the petitions that are planned, or of the others."""
    chosen = [each for each in petitions if isinstance(each, Mapping) and is_planned(each) == planned]
    return [handover for petition in chosen for handover in nodes(petition.get("handovers"))]


def members_of(about: Description) -> list[Any]:
    """Its members, stated by it or by them."""
    own = [value.thing for value in about.values("uphold:hasMember") if value.thing]
    return [*own, *about.subjects("uphold:inRegion")]


def status_then(page: Page, indicator: str) -> list[dict[str, Any]]:
    """Its status in the treaty of an indicator when the report was published; none for other indicators."""
    treaty = TREATY_OF_INDICATOR.get(indicator.rpartition("/")[2])
    return page.then.where(treaty=f"{page.base}id/treaty/{treaty}") if treaty else []
