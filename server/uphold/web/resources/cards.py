"""Cards: the few figures that say most about a thing, for pages elsewhere that show them, and for its description.

A card is made from the answers to questions, so what it says can be asked again. What no answer tells is not on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.errors import CardNotFound
from uphold.web.http.request_context import open_snapshot
from uphold.web.rendering.dates import day
from uphold.web.rendering.question_results import ask
from uphold.web.rendering.template_filters import number

__all__ = ["KINDS", "Card", "Figure", "has_card", "make_card"]

MET = ("met", "already-met")
JOINABLE = ("party", "signatory", "uncertain", "neither")
OUTCOMES = {
    "met": ("✓ Met", "met"),
    "already-met": ("✓ Met", "met"),
    "open": ("○ Open", "open"),
    "not-applicable": ("- Cannot consent", "none"),
}
KEPT = {
    "kept": ("✓ Kept", "met"),
    "not-kept": ("○ Not kept so far", "open"),
    "joined-undated": ("◐ Joined; promise undated", "none"),
    "joined": ("◐ Joined", "none"),
    "joined-before": ("◐ Joined before the promise", "none"),
    "unknown": ("? Not known", "none"),
}
"""What a card says of each result of commitments-kept."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: the value, what it counts in words, and a mark that a picture may colour."""

    value: str
    words: str
    mark: str = "plain"

    @property
    def sentence(self) -> str:
        """Both in one line, without the sign before a value in words."""
        counts = self.value[:1].isdigit()
        return f"{self.value} {self.words}" if counts else f"{self.value.partition(' ')[2]}: {self.words}"


UNKNOWN = Figure("? Not known", "the treaty record does not tell what followed", "none")
"""What a card has for a thing of which no question tells a figure."""


@dataclass(frozen=True, slots=True)
class Card:
    """A thing with its figures; `above` says what it is."""

    iri: str
    title: str
    above: str
    figures: tuple[Figure, ...]

    @property
    def tells(self) -> bool:
        """Whether any of its figures is known."""
        return any(figure.mark != UNKNOWN.mark for figure in self.figures)

    @property
    def sentence(self) -> str:
        """What the card says, for who does not see it."""
        return f"{self.title}: {'; '.join(figure.sentence for figure in self.figures)}."


def has_card(path: str) -> bool:
    """Whether there is a card for the thing at `id/…`."""
    return path.removeprefix("id/").partition("/")[0] in KINDS


def make_card(kind: str, key: str, language: str = "en") -> Card:
    """The card of a thing; raises `CardNotFound` for a kind without one, and `ResourceNotFound`."""
    if kind not in KINDS:
        raise CardNotFound(f"There is no card for {kind[:80]!r}; there are cards for {', '.join(KINDS)}.")
    iri = f"{open_snapshot().snapshot.base}id/{kind}/{key}"
    open_snapshot().resources.check(iri)
    title = open_snapshot().resources.called([iri], language)[iri].label.text
    above, figures = KINDS[kind](iri, language)
    return Card(iri, title, above, tuple(figures) or (UNKNOWN,))


def outcome_of(row: Row) -> str:
    """The key of an outcome."""
    return str(row["outcome"]).rpartition("/")[2]


def calls_met(rows: Sequence[Row], words: str) -> list[Figure]:
    """How many of the calls for a treaty were met, and what that rests on; nothing without any."""
    if not rows:
        return []
    met = [row for row in rows if outcome_of(row) in MET]
    return [Figure(f"{len(met)} of {len(rows)}", words + rests(met))]


def rests(met: Sequence[Row]) -> str:
    """What a count of met calls rests on: an assumed day, and those met before the call or before the handover."""
    late = [row for row in met if outcome_of(row) == "met"]
    early = len(met) - len(late)
    unhanded = sum(row["handoverDate"] is not None and row["notAfter"] < row["handoverDate"] for row in late)
    assumed = [row["callDate"] for row in late if row["assumption"]]
    since = f" from {words_of(min(assumed))} (assumed)" if assumed else ""
    counts = ((early, "before the call"), (unhanded, "before the handover"))
    return since + "".join(f", {count} {event}" for count, event in counts if count)


def promises_kept(rows: Sequence[Row]) -> Figure:
    """How many promises were kept, of those whose day is known; the others are told apart."""
    dated = [row for row in rows if row["promised"]]
    undated = sum(row["result"] == "joined-undated" for row in rows)
    if not dated:
        return Figure(f"{undated} of {len(rows)}", "joined, the promise undated")
    more = f"; {undated} more joined, the promise undated" if undated else ""
    return Figure(
        f"{sum(row['result'] == 'kept' for row in dated)} of {len(dated)}",
        f"dated promises kept{more}",
    )


def jurisdiction_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Treaties joined, calls met, promises kept."""
    treaties = ask("jurisdiction-treaties", jurisdiction=iri).rows
    looked_up = [row for row in treaties if row["status"] in JOINABLE]
    joined, rest = sum(row["status"] == "party" for row in looked_up), len(treaties) - len(looked_up)
    words = f"treaties joined; {rest} not known" if rest else "treaties joined"
    promises = ask("commitments-kept", jurisdiction=iri).rows
    old = sum(row["stale"] for row in looked_up)
    words += f"; {old} of the others by an old or undated source" if old else ""
    figures = [Figure(f"{joined} of {len(looked_up)}", words)] if looked_up else []
    figures += calls_met(ask("call-outcomes", jurisdiction=iri).rows, "calls for a treaty met")
    if promises:
        figures.append(promises_kept(promises))
    return "Jurisdiction", figures


def treaty_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Parties, calls met, calls open."""
    outcomes = ask("call-outcomes", treaty=iri).rows
    figures = [
        Figure(number(row["parties"]), f"parties on record, by sources up to {words_of(row['asOf'])}")
        for row in ask("treaties").where(treaty=iri)
    ]
    figures += calls_met(outcomes, "calls to join it met")
    if outcomes:
        waiting = [row["asOf"] for row in outcomes if outcome_of(row) == "open"]
        by = f" by {words_of(min(waiting))}" if waiting else ""
        figures.append(Figure(str(len(waiting)), f"of these calls open{by}"))
    return "Treaty", figures


def call_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """What came of it, and after how many days."""
    rows = ask("call-outcomes", lang=language).where(call=iri)
    above = f"Call to action to {rows[0]['jurisdictionName']}" if rows else "Call to action"
    return above, [call_figure(row) for row in rows]


def call_figure(row: Row) -> Figure:
    """What came of a call for one treaty."""
    outcome = outcome_of(row)
    value, mark = OUTCOMES.get(outcome, ("? Not known", "none"))
    told = {
        "met": f"{lapse(row) or 'on a day not known,'} after the call{rests([row]).replace(', 1 before', ', before')}",
        "already-met": "before the call was made",
        "open": f"no consent on record by {words_of(row['asOf'])}",
        "not-applicable": "the addressee is none who can join",
    }
    return Figure(value, f"{told.get(outcome, '')} · {row['treatyName']}", mark)


def commitment_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Whether it was kept, and after how many days."""
    rows = ask("commitments-kept", lang=language).where(commitment=iri)
    above = f"Promise by {rows[0]['jurisdictionName']}" if rows else "Answer to a call"
    return above, [promise_figure(row) for row in rows]


def promise_figure(row: Row) -> Figure:
    """Whether the promise of one treaty was kept."""
    value, mark = KEPT[row["result"]]
    told = "no source as new as the promise speaks of it"
    if row["result"] == "kept":
        told = f"{lapse(row)} after the promise"
    elif row["result"] == "joined-undated":
        told = "the treaty is joined, perhaps before the promise"
    elif row["answeredBy"]:
        told = "the treaty is joined"
    elif row["result"] == "not-kept":
        told = f"no consent on record by {words_of(row['asOf'])}"
        told = f"{number(row['daysOpen'])} days on, {told}" if row["daysOpen"] is not None else told
    return Figure(value, f"{told} · {row['treatyName']}", mark)


def lapse(row: Row) -> str:
    """How long it took, in words; nothing when no source tells."""
    if row["days"] is not None:
        return f"{number(row['days'])} {'day' if row['days'] == 1 else 'days'}"
    if row["minimumDays"] is not None and row["maximumDays"] is not None:
        return f"{number(row['minimumDays'])} to {number(row['maximumDays'])} days"
    return ""


def words_of(date: object) -> str:
    """A day in words, as plain text."""
    return day(date).striptags()


KINDS: Mapping[str, Callable[[str, str], tuple[str, list[Figure]]]] = {
    "jurisdiction": jurisdiction_card,
    "treaty": treaty_card,
    "call": call_card,
    "commitment": commitment_card,
}
