"""Tracks: the treaty record of one jurisdiction under one treaty on a timeline, as shown by `tracks.html`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.web.rendering.grouping import Row, first

__all__ = ["NO_CONSENT", "Consent", "Track", "track"]

NO_CONSENT = ("Signature", "TerritorialExtension", "Denunciation")
"""The kinds of acts that do not express consent to be bound."""


@dataclass(frozen=True, slots=True)
class Consent:
    """An act of consent: its date, its entry into force if known, and the day from which it is shown as binding."""

    date: str
    entry: str | None
    bound: str


@dataclass(frozen=True, slots=True)
class Track:
    """A row of timelines, named by `node`: a treaty or a jurisdiction.

    A signature lasts until `signed_until`: the first consent, else the day of the record.
    """

    node: str
    acts: Sequence[Row]
    signatures: Sequence[Row]
    consents: Sequence[Consent]
    signed_until: str | None
    call: Row | None
    handovers: Sequence[Mapping[str, Any]]


def track(
    node: str,
    acts: Sequence[Row],
    as_of: str | None,
    calls: Iterable[Row],
    handovers: Iterable[Mapping[str, Any]],
) -> Track:
    """The track of these acts, calls to join, and handovers with a date."""
    joined = [act for act in acts if act["kind"] not in NO_CONSENT]
    consents = [
        Consent(act["notAfter"], act["entersIntoForce"], act["entersIntoForce"] or act["notAfter"]) for act in joined
    ]
    return Track(
        node,
        acts,
        [act for act in acts if act["kind"] == "Signature"],
        consents,
        consents[0].date if consents else as_of,
        first(calls),
        [each for each in handovers if each.get("notBefore")],
    )
