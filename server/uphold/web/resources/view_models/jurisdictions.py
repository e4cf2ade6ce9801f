"""View model of jurisdictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.dates import scale
from uphold.web.rendering.grouping import grouped, in_order
from uphold.web.rendering.page_context import Page, nodes
from uphold.web.resources.jurisdiction_choice import offers
from uphold.web.resources.view_models.calls import by_ordinal, is_planned

__all__ = ["TREATY_OF_INDICATOR", "jurisdiction"]

TREATY_OF_INDICATOR: Mapping[str, str] = {"optional-protocol": "opsc", "trafficking-protocol": "untip"}
"""Indicators about joining a treaty, and the treaty of each."""
CONVENTION = "1989-11-20"
"""The adoption date of the Convention on the Rights of the Child, where timelines start."""
MET = ("met", "already-met")


def jurisdiction(page: Page, about: Description) -> Mapping[str, Any]:
    """Its treaties, calls, handovers and commitments, its progress card, and jurisdictions to compare with."""
    story = page.story.document
    petitions = nodes(story.get("petitions"))
    known = [row["asOf"] for row in page.treaties if row["asOf"]]
    met = {f"{page.base}id/outcome/{key}" for key in MET}
    return {
        "calls": by_ordinal(nodes(story.get("calls"))),
        "petitions": petitions,
        "planned": handovers_of(petitions, planned=True),
        "handovers": handovers_of(petitions, planned=False),
        "looked_up": [row for row in page.treaties if row["status"] != "unknown"],
        "parties": page.treaties.where(status="party"),
        "met": [row for row in page.outcomes if row["outcome"] in met],
        "rounds": in_order(nodes(story.get("reviews")), "year"),
        "line": scale([*(row["notBefore"] for row in page.acts), CONVENTION], max(known, default=None)),
        "members": members_of(about),
        "goals": grouped(page.cells, "goal"),
        "then": {row["indicator"]: status_then(page, row["indicator"]) for row in page.cells},
        "offers": offers() if len(page.neighbours) or story.get("type") != "Region" else [],
    }


def handovers_of(petitions: list[Any], *, planned: bool) -> list[Any]:
    """The handovers of the petitions that are planned, or of the others."""
    chosen = [each for each in petitions if isinstance(each, Mapping) and is_planned(each) == planned]
    return [handover for petition in chosen for handover in nodes(petition.get("handovers"))]


def members_of(about: Description) -> list[Any]:
    """Its members, stated by it or by them."""
    own = [value.thing for value in about.values("uphold:hasMember") if value.thing]
    theirs = [thing for each in about.incoming if each.property.short == "uphold:inRegion" for thing in each.things]
    return own + theirs


def status_then(page: Page, indicator: str) -> list[dict[str, Any]]:
    """Its status in the treaty of an indicator when the report was published; none for other indicators."""
    treaty = TREATY_OF_INDICATOR.get(indicator.rpartition("/")[2])
    return page.then.where(treaty=f"{page.base}id/treaty/{treaty}") if treaty else []
