"""View models of organisations and campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.grouping import in_order
from uphold.web.rendering.page_context import Page, nodes

__all__ = ["campaign", "organisation"]

SHOWN_APART = ("presentedBy", "receivedBy", "collectedBy")
"""Properties for acts of an organisation that its document has."""
BELONGING = ("http://www.w3.org/ns/org#memberOf", "http://www.w3.org/ns/org#subOrganizationOf")


def organisation(page: Page, about: Description) -> Mapping[str, Any]:
    """The handovers by date, what it monitors, and whether any source records an act of it."""
    story = page.story.document
    did = {name: nodes(story.get(name)) for name in ("presented", "received", "collected")}
    watched = [fact for fact in about.facts if fact.property.short == "uphold:monitors"]
    apart = {*BELONGING, *(f"{page.base}ontology#{name}" for name in SHOWN_APART)}
    return {
        **did,
        "presented": by_date(did["presented"]),
        "received": by_date(did["received"]),
        "watched": watched,
        "did_something": any(did.values()) or bool(watched) or any(r["property"] not in apart for r in page.named),
    }


def by_date(handovers: list[Any]) -> list[Any]:
    """Handovers by their earliest date, those without a date last."""
    dated = [each for each in handovers if isinstance(each, Mapping) and each.get("notBefore")]
    return [*in_order(dated, "notBefore"), *(each for each in handovers if each not in dated)]


def campaign(page: Page, about: Description) -> Mapping[str, Any]:
    """The phases, sorted by number if all have one."""
    phases = nodes(page.story.document.get("phases"))
    numbered = all(isinstance(each, Mapping) and "ordinal" in each for each in phases)
    return {"phases": in_order(phases, "ordinal") if numbered else phases}
