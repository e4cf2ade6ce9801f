"""View models of calls, outcomes, commitments and petitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.event_sequence import EventSequence, event_sequence
from uphold.web.rendering.grouping import Row, first, grouped, id_of, in_order, nodes_at
from uphold.web.rendering.page_context import Page, nodes

__all__ = [
    "Followed",
    "Promise",
    "by_ordinal",
    "call",
    "call_outcome",
    "commitment",
    "handover",
    "is_planned",
    "petition",
    "promises",
]


@dataclass(frozen=True, slots=True)
class Followed:
    """The events after a demand or promise for one treaty: its outcome or row, and the event sequence."""

    of: Any
    treaty: str
    course: EventSequence
    promises: Sequence[Row]
    open: Row | None = None
    asked: Any = None


@dataclass(frozen=True, slots=True)
class Promise:
    """An answer or promise: its first row of commitments, and its rows of commitments-kept by treaty."""

    row: Row
    results: Sequence[Row]


def call(page: Page, about: Description) -> Mapping[str, Any]:
    """The events for each treaty, other calls to the same jurisdiction, and similar calls to others."""
    story, iri = page.story.document, about.thing.iri
    outcomes = [each for each in nodes(story.get("outcomes")) if isinstance(each, Mapping)]
    addressee = id_of(story["addressedTo"]) if story.get("addressedTo") else ""
    elsewhere = [row for row in page.alike if row["jurisdiction"] != addressee]
    handovers = nodes(story["partOf"].get("handovers")) if isinstance(story.get("partOf"), Mapping) else []
    return {
        "outcomes": outcomes,
        "met": [each for each in outcomes if each.get("answeredBy")],
        "handovers": handovers,
        "followed": [after_call(page, iri, each, handovers) for each in outcomes],
        "assumptions": nodes_at(outcomes, "assumes"),
        "others": [rows[0] for same, rows in grouped(page.others, "call").items() if same != iri],
        "elsewhere": len({row["call"] for row in elsewhere}),
        "alike": alike(elsewhere),
    }


def after_call(page: Page, call: str, outcome: Mapping[str, Any], handovers: Sequence[Any]) -> Followed:
    """The events after a call for one treaty."""
    treaty = id_of(outcome["treaty"])
    promises = page.kept.where(treaty=treaty)
    events = event_sequence(page.acts.where(treaty=treaty), promises, handovers, [outcome], outcome.get("asOf"))
    return Followed(outcome, treaty, events, promises, first(page.open.where(call=call, treaty=treaty)))


def alike(rows: Sequence[Row]) -> list[tuple[str, str, list[Row]]]:
    """Similar calls by what they share: a treaty, or else an indicator."""
    treaties = [row for row in rows if row["kind"] == "treaty"]
    listed = {row["call"] for row in treaties}
    indicators = [row for row in rows if row["kind"] == "indicator" and row["call"] not in listed]
    return [
        (kind, shared, those)
        for kind, found in (("treaty", treaties), ("indicator", indicators))
        for shared, those in grouped(found, "shared").items()
    ]


def call_outcome(page: Page, about: Description) -> Mapping[str, Any]:
    """The events after the call for this treaty."""
    story = page.story.document
    call = story["call"] if isinstance(story.get("call"), Mapping) else {}
    treaty = id_of(story["treaty"]) if story.get("treaty") else ""
    promises = page.kept.where(treaty=treaty)
    handovers = page.handovers.where(petition=id_of(call["partOf"])) if call.get("partOf") else []
    events = event_sequence(page.acts.where(treaty=treaty), promises, handovers, [story], story.get("asOf"))
    open_call = first(page.open.where(call=id_of(call), treaty=treaty)) if call else None
    return {"call": call, "followed": Followed(story, treaty, events, promises, open_call)}


def commitment(page: Page, about: Description) -> Mapping[str, Any]:
    """The events after the promise for each treaty, and the assumptions of the calls that it answers."""
    story = page.story.document
    calls = nodes(story.get("respondsTo"))
    handover = story["madeAt"] if isinstance(story.get("madeAt"), Mapping) else None
    outcomes = nodes_at(calls, "outcomes")
    rows = page.kept.where(commitment=about.thing.iri)
    followed = []
    for row in rows:
        asked = [each for each in outcomes if isinstance(each, Mapping) and each.get("treaty") == row["treaty"]]
        acts = page.acts.where(treaty=row["treaty"])
        events = event_sequence(acts, [row], [handover] if handover else [], asked, row["asOf"])
        followed.append(Followed(row, row["treaty"], events, [row], asked=next(iter(asked), None)))
    return {
        "calls": calls,
        "handover": handover,
        "rows": rows,
        "followed": followed,
        "assumptions": nodes_at(outcomes, "assumes"),
    }


def petition(page: Page, about: Description) -> Mapping[str, Any]:
    """The calls in printed order, and the commitments made at each handover."""
    story, said = page.story.document, grouped((row for row in page.spoken if row["handover"]), "handover")
    return {
        "calls": by_ordinal(nodes(story.get("demands"))),
        "said": {handover: promises(page, rows) for handover, rows in said.items()},
        "answers": len({row["commitment"] for row in page.spoken}),
    }


def handover(page: Page, about: Description) -> Mapping[str, Any]:
    """The commitments made there, and the demands made there besides the petition."""
    return {"spoken": promises(page, page.spoken), "raised": page.calls.where(raisedAt=about.thing.iri)}


def promises(page: Page, rows: Iterable[Row]) -> list[Promise]:
    """Rows of commitments as promises, sorted by IRI."""
    return [
        Promise(same[0], page.kept.where(commitment=commitment))
        for commitment, same in grouped(rows, "commitment").items()
    ]


def by_ordinal(calls: Sequence[Any]) -> list[Any]:
    """Calls in printed order; others come last."""
    printed = [each for each in calls if isinstance(each, Mapping) and "ordinal" in each]
    return [*in_order(printed, "ordinal"), *(each for each in calls if each not in printed)]


def is_planned(petition: Mapping[str, Any]) -> bool:
    """Whether the handover of a petition was only planned when the report was published."""
    return bool(petition.get("status")) and id_of(petition["status"]).endswith("/status/planned")
