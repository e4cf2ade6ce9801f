"""Cards: the few figures that say most about a thing, for pages elsewhere that show them, and for its description.

A card is made from the answers to questions, so what it says can be asked again. What no answer tells is not on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.question_errors import NoSuchCard
from uphold.web.answering import ask
from uphold.web.dates import day
from uphold.web.links import number
from uphold.web.replies import opened

__all__ = ["KINDS", "Card", "Figure", "has_card", "make_card"]

MET = ("met", "already-met")
JOINABLE = ("party", "signatory", "uncertain", "neither")
OUTCOMES = {
    "met": ("✓ Met", "met"),
    "already-met": ("✓ Met", "met"),
    "open": ("○ Open", "open"),
    "not-applicable": ("- Cannot consent", "none"),
}
KEPT = {True: ("✓ Kept", "met"), False: ("○ Not kept so far", "open"), None: ("? Not known", "none")}
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
    """The card of a thing; raises `NoSuchCard` for a kind without one, and `NoSuchThing`."""
    if kind not in KINDS:
        raise NoSuchCard(f"There is no card for {kind[:80]!r}; there are cards for {', '.join(KINDS)}.")
    iri = f"{opened().snapshot.base}id/{kind}/{key}"
    opened().resources.check(iri)
    title = opened().resources.called([iri], language)[iri].label.text
    above, figures = KINDS[kind](iri, language)
    return Card(iri, title, above, tuple(figures) or (UNKNOWN,))


def outcome_of(row: Row) -> str:
    """The key of an outcome."""
    return str(row["outcome"]).rpartition("/")[2]


def calls_met(rows: Sequence[Row], words: str) -> list[Figure]:
    """How many of the calls for a treaty were met; nothing without any."""
    early = sum(outcome_of(row) == "already-met" for row in rows)
    words += f", {early} of them before the call was made" if early else ""
    return [Figure(f"{sum(outcome_of(row) in MET for row in rows)} of {len(rows)}", words)] if rows else []


def jurisdiction_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Treaties joined, calls met, promises kept."""
    treaties = ask("jurisdiction-treaties", jurisdiction=iri).rows
    looked_up = [row for row in treaties if row["status"] in JOINABLE]
    joined, rest = sum(row["status"] == "party" for row in looked_up), len(treaties) - len(looked_up)
    words = f"treaties joined; {rest} not known" if rest else "treaties joined"
    promises = ask("commitments-kept", jurisdiction=iri).rows
    figures = [Figure(f"{joined} of {len(looked_up)}", words)] if looked_up else []
    figures += calls_met(ask("call-outcomes", jurisdiction=iri).rows, "calls for a treaty met")
    if promises:
        kept = sum(row["kept"] is True for row in promises)
        figures.append(Figure(f"{kept} of {len(promises)}", "promises to join a treaty kept"))
    return "Jurisdiction", figures


def treaty_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Parties, calls met, calls open."""
    outcomes = ask("call-outcomes", treaty=iri).rows
    figures = [Figure(number(row["parties"]), "parties on record") for row in ask("treaties").where(treaty=iri)]
    figures += calls_met(outcomes, "calls to join it met")
    if outcomes:
        figures.append(Figure(str(sum(outcome_of(row) == "open" for row in outcomes)), "of these calls still open"))
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
        "met": f"{lapse(row) or 'on a day not known,'} after the call",
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
    value, mark = KEPT[row["kept"]]
    told = "the record does not speak of it"
    if row["kept"]:
        told = f"{lapse(row)} after the promise" if lapse(row) else "the treaty is joined"
    elif row["kept"] is False:
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
