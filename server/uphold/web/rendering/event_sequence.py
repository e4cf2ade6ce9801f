"""Event sequences: the events from a call for a treaty to its entry into force, by date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from uphold.web.rendering.dates import Scale, scale

__all__ = ["Event", "EventSequence", "event_sequence"]

KINDS = ("call", "handover", "promise", "signature", "consent", "force", "other")
"""Kinds of events, in the order of events on one day."""
OTHER_ACTS = ("Denunciation", "TerritorialExtension")


@dataclass(frozen=True, slots=True)
class Event:
    """An event on a day, within a period or at an unknown date; `words` describe it."""

    kind: str
    node: str
    first: str | None
    last: str | None
    words: str = ""

    @property
    def order(self) -> tuple[bool, str, int]:
        """The sort key: by date, events without a date last."""
        return (self.first is None, self.first or "", KINDS.index(self.kind))


@dataclass(frozen=True)
class EventSequence:
    """The events of one call or promise for one treaty, up to the latest day of the treaty record."""

    events: tuple[Event, ...]
    as_of: str | None

    def on_line(self, kind: str) -> list[Event]:
        """The events of a kind that are on the timeline; earlier ones are left out."""
        return [event for event in self.of(kind) if self.line and (event.last or "") >= f"{self.line.start}"]

    def of(self, kind: str) -> list[Event]:
        """The events of a kind with a known date."""
        return [event for event in self.events if event.kind == kind and event.first]

    @cached_property
    def end(self) -> str | None:
        """The end of the timeline: of the year of the last event if there was consent, else of the record."""
        last = max((event.last or event.first or "" for event in self.events), default="")
        closed = f"{last[:4]}-12-31" if last and self.of("consent") else self.as_of
        return min(closed, self.as_of) if closed and self.as_of else closed

    @cached_property
    def line(self) -> Scale | None:
        """The timeline, from the first event other than a signature; None when no date is known."""
        shown = [event for event in self.events if event.kind not in ("signature", "other")] or self.events
        line = scale((day for event in shown for day in (event.first, event.last) if day), self.end)
        return line if line and line.start < line.end else None


def event_sequence(
    acts: Iterable[Mapping[str, Any]],
    promises: Iterable[Mapping[str, Any]] = (),
    handovers: Iterable[Mapping[str, Any]] = (),
    calls: Iterable[Mapping[str, Any]] = (),
    as_of: str | None = None,
) -> EventSequence:
    """The events for one treaty: rows of treaty-actions and commitments-kept, handovers and outcomes."""
    events = {Event("call", call["call"], call.get("callDate"), call.get("callDate")) for call in map(flat, calls)}
    events |= {
        Event("handover", each.get("handover") or each["id"], each.get("notBefore"), each.get("notAfter"))
        for each in handovers
    }
    events |= {
        Event("promise", row["commitment"], row["promised"], row["promised"], row["commitmentLabel"])
        for row in promises
    }
    for act in acts:
        kind = "signature" if act["kind"] == "Signature" else "other" if act["kind"] in OTHER_ACTS else "consent"
        events.add(Event(kind, act["action"], act["notBefore"], act["notAfter"], act["kind"]))
        if act["entersIntoForce"]:
            events.add(Event("force", act["action"], act["entersIntoForce"], act["entersIntoForce"]))
    return EventSequence(tuple(sorted(events, key=lambda event: event.order)), as_of)


def flat(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An outcome with its call as an IRI."""
    call = outcome.get("call", "")
    return {**outcome, "call": call["id"] if isinstance(call, Mapping) else call}
