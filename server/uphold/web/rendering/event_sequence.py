"""Courses: what happened between a call for a treaty and the day it binds, in the order of the days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from uphold.web.rendering.dates import Scale, scale

__all__ = ["Course", "Event", "course"]

KINDS = ("call", "handover", "promise", "signature", "consent", "force", "other")
"""What can happen, in the order of events on one day."""
OTHER_ACTS = ("Denunciation", "TerritorialExtension")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day or within a period, or on a day that is not known; `words` say what."""

    kind: str
    node: str
    first: str | None
    last: str | None
    words: str = ""

    @property
    def order(self) -> tuple[bool, str, int]:
        """Its place among others: by its day, the unknown ones last."""
        return (self.first is None, self.first or "", KINDS.index(self.kind))


@dataclass(frozen=True)
class Course:
    """The events of one call or promise for one treaty, up to the latest day of the treaty record."""

    events: tuple[Event, ...]
    as_of: str | None

    def on_line(self, kind: str) -> list[Event]:
        """The events of a kind that the line of time holds; the others came before it."""
        return [event for event in self.of(kind) if self.line and (event.last or "") >= f"{self.line.start}"]

    def of(self, kind: str) -> list[Event]:
        """The events of a kind whose day is known."""
        return [event for event in self.events if event.kind == kind and event.first]

    @cached_property
    def end(self) -> str | None:
        """Where the line ends: with the year of the last event when it led to consent, else with the record."""
        last = max((event.last or event.first or "" for event in self.events), default="")
        closed = f"{last[:4]}-12-31" if last and self.of("consent") else self.as_of
        return min(closed, self.as_of) if closed and self.as_of else closed

    @cached_property
    def line(self) -> Scale | None:
        """The line of time, from the first event that is more than a signature; None when no day is known."""
        told = [event for event in self.events if event.kind not in ("signature", "other")] or self.events
        line = scale((day for event in told for day in (event.first, event.last) if day), self.end)
        return line if line and line.start < line.end else None


def course(
    acts: Iterable[Mapping[str, Any]],
    promises: Iterable[Mapping[str, Any]] = (),
    handovers: Iterable[Mapping[str, Any]] = (),
    calls: Iterable[Mapping[str, Any]] = (),
    as_of: str | None = None,
) -> Course:
    """The course for one treaty, from rows of treaty-actions and commitments-kept, from handovers and from outcomes."""
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
    return Course(tuple(sorted(events, key=lambda event: event.order)), as_of)


def flat(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An outcome whose call is given by its IRI alone."""
    call = outcome.get("call", "")
    return {**outcome, "call": call["id"] if isinstance(call, Mapping) else call}
