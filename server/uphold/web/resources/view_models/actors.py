"""View models of organisations and campaigns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.grouping import first, grouped, in_order
from uphold.web.rendering.page_context import Page, nodes
from uphold.web.resources.view_models.calls import promises

__all__ = ["ExternalLink", "NamingFacts", "campaign", "mandate", "officeholder", "organisation"]

SHOWN_APART = ("presentedBy", "receivedBy", "collectedBy")
"""Properties for acts of an organisation that its document has."""
LINKS = {
    "skos:exactMatch": "Same as",
    "owl:sameAs": "Same as",
    "skos:closeMatch": "Close match:",
    "foaf:homepage": "Website:",
    "foaf:page": "Website:",
}
"""The properties that link to other sites, and the words before each link."""
BELONGING = ("http://www.w3.org/ns/org#memberOf", "http://www.w3.org/ns/org#subOrganizationOf")


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """A link to another site, with the words before it."""

    words: str
    iri: str


@dataclass(frozen=True, slots=True)
class NamingFacts:
    """The facts that name an actor by one property, by its local name, and the number of rows."""

    property: str
    facts: Sequence[str]
    count: int


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
        "links": links_of(about),
        "naming_facts": naming_facts(page),
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
    return {"phases": in_order(phases, "ordinal") if numbered else phases, "links": links_of(about)}


def mandate(page: Page, about: Description) -> Mapping[str, Any]:
    """The post with its holders, what names it, and links to other sites."""
    rows = page.posts.where(mandate=about.thing.iri)
    return {
        "post": first(rows),
        "holders": [row["officeholder"] for row in rows if row["officeholder"]],
        "links": links_of(about),
        "naming_facts": naming_facts(page),
    }


def officeholder(page: Page, about: Description) -> Mapping[str, Any]:
    """What was said in the office, and links to other sites."""
    return {"spoken": promises(page, page.spoken), "links": links_of(about)}


def links_of(about: Description) -> list[ExternalLink]:
    """Its links to other sites."""
    return [
        ExternalLink(LINKS[fact.property.short], value.thing.iri)
        for fact in about.facts
        if fact.property.short in LINKS
        for value in fact.values
        if value.thing
    ]


def naming_facts(page: Page) -> list[NamingFacts]:
    """The facts that name an actor, by property."""
    return [
        NamingFacts(re.split("[#/]", name)[-1], [*grouped(rows, "thing")], len(rows))
        for name, rows in grouped(page.named, "property").items()
    ]
