"""Cards: the key figures of a resource, for embedding in other sites and for its description.

All figures come from question results, so each can be reproduced by a query.
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
"""The text and mark of each result of commitments-kept."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: the value, its label, and a mark that selects its colour."""

    value: str
    words: str
    mark: str = "plain"

    @property
    def sentence(self) -> str:
        """Value and label on one line, without the symbol before a textual value."""
        counts = self.value[:1].isdigit()
        return f"{self.value} {self.words}" if counts else f"{self.value.partition(' ')[2]}: {self.words}"


UNKNOWN = Figure("? Not known", "the treaty record does not show what followed", "none")
"""The figure of a card without any other."""


@dataclass(frozen=True, slots=True)
class Card:
    """A resource with its figures; `above` is its type."""

    iri: str
    title: str
    above: str
    figures: tuple[Figure, ...]

    @property
    def has_figures(self) -> bool:
        """Whether any of its figures is known."""
        return any(figure.mark != UNKNOWN.mark for figure in self.figures)

    @property
    def sentence(self) -> str:
        """The text alternative of the card."""
        return f"{self.title}: {'; '.join(figure.sentence for figure in self.figures)}."


def has_card(path: str) -> bool:
    """Whether there is a card for the resource at `id/…`."""
    return path.removeprefix("id/").partition("/")[0] in KINDS


def make_card(kind: str, key: str, language: str = "en") -> Card:
    """The card of a resource; raises `CardNotFound` for a kind without cards, and `ResourceNotFound`."""
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
    """The number of calls met, with its qualifications; empty without calls."""
    if not rows:
        return []
    met = [row for row in rows if outcome_of(row) in MET]
    return [Figure(f"{len(met)} of {len(rows)}", words + qualifications(met))]


def qualifications(met: Sequence[Row], before_date: str = "from") -> str:
    """The qualifications of a count of met calls: an assumed date, and calls met before the call or handover."""
    late = [row for row in met if outcome_of(row) == "met"]
    early = len(met) - len(late)
    unhanded = sum(row["handoverDate"] is not None and row["notAfter"] < row["handoverDate"] for row in late)
    assumed = [row["callDate"] for row in late if row["assumption"]]
    since = f" {before_date} {words_of(min(assumed))} (assumed)" if assumed else ""
    counts = ((early, "before the call"), (unhanded, "before the handover"))
    return since + "".join(f", {count} {event}" for count, event in counts if count)


def promises_kept(rows: Sequence[Row]) -> Figure:
    """The number of dated promises kept; undated ones are counted separately."""
    dated = [row for row in rows if row["promised"]]
    undated = sum(row["result"] == "joined-undated" for row in rows)
    if not dated:
        return Figure(f"{undated} of {len(rows)}", "joined, promise undated")
    more = f"; {undated} more joined, promise undated" if undated else ""
    return Figure(
        f"{sum(row['result'] == 'kept' for row in dated)} of {len(dated)}",
        f"dated promises kept{more}",
    )


def jurisdiction_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Treaties joined, calls met, promises kept."""
    treaties = ask("jurisdiction-treaties", jurisdiction=iri).rows
    looked_up = [row for row in treaties if row["status"] in JOINABLE]
    joined, rest = sum(row["status"] == "party" for row in looked_up), len(treaties) - len(looked_up)
    words = f"treaties joined; {rest} unknown" if rest else "treaties joined"
    promises = ask("commitments-kept", jurisdiction=iri).rows
    old = sum(row["stale"] for row in looked_up)
    words += f"; {old} of the others from an old or undated source" if old else ""
    figures = [Figure(f"{joined} of {len(looked_up)}", words)] if looked_up else []
    figures += calls_met(ask("call-outcomes", jurisdiction=iri).rows, "calls for a treaty met")
    if promises:
        figures.append(promises_kept(promises))
    return "Jurisdiction", figures


def treaty_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Parties, calls met, calls open."""
    outcomes = ask("call-outcomes", treaty=iri).rows
    figures = [
        Figure(number(row["parties"]), f"parties on record as of {words_of(row['asOf'])}")
        for row in ask("treaties").where(treaty=iri)
    ]
    figures += calls_met(outcomes, "calls to join it met")
    if outcomes:
        waiting = [row["asOf"] for row in outcomes if outcome_of(row) == "open"]
        day_of_record = f" as of {words_of(min(waiting))}" if waiting else ""
        figures.append(Figure(str(len(waiting)), f"of these calls open{day_of_record}"))
    return "Treaty", figures


def call_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """The outcomes of a call, and after how many days."""
    rows = ask("call-outcomes", lang=language).where(call=iri)
    above = f"Call to action to {rows[0]['jurisdictionName']}" if rows else "Call to action"
    return above, [call_figure(row) for row in rows]


def call_figure(row: Row) -> Figure:
    """The outcome of a call for one treaty."""
    outcome = outcome_of(row)
    value, mark = OUTCOMES.get(outcome, ("? Not known", "none"))
    details = qualifications([row], "of").replace(", 1 before", ", before")
    detail = {
        "met": f"{lapse(row) or 'on an unknown date,'} after the call{details}",
        "already-met": "before the call was made",
        "open": f"no consent on record by {words_of(row['asOf'])}",
        "not-applicable": "the addressee cannot join treaties",
    }
    return Figure(value, f"{detail.get(outcome, '')} · {row['treatyName']}", mark)


def commitment_card(iri: str, language: str) -> tuple[str, list[Figure]]:
    """Whether a promise was kept, and after how many days."""
    rows = ask("commitments-kept", lang=language).where(commitment=iri)
    above = f"Promise by {rows[0]['jurisdictionName']}" if rows else "Answer to a call"
    return above, [promise_figure(row) for row in rows]


def promise_figure(row: Row) -> Figure:
    """Whether a promise was kept for one treaty."""
    value, mark = KEPT[row["result"]]
    detail = "no source is as recent as the promise"
    if row["result"] == "kept":
        detail = f"{lapse(row)} after the promise"
    elif row["result"] == "joined-undated":
        detail = "treaty joined, perhaps before the promise"
    elif row["answeredBy"]:
        detail = "treaty joined"
    elif row["result"] == "not-kept":
        detail = f"no consent on record by {words_of(row['asOf'])}"
        detail = f"{detail}, {number(row['daysOpen'])} days later" if row["daysOpen"] is not None else detail
    return Figure(value, f"{detail} · {row['treatyName']}", mark)


def lapse(row: Row) -> str:
    """The duration as text; empty if unknown."""
    if row["days"] is not None:
        return f"{number(row['days'])} {'day' if row['days'] == 1 else 'days'}"
    if row["minimumDays"] is not None and row["maximumDays"] is not None:
        return f"{number(row['minimumDays'])} to {number(row['maximumDays'])} days"
    return ""


def words_of(date: object) -> str:
    """A date as plain text."""
    return day(date).striptags()


KINDS: Mapping[str, Callable[[str, str], tuple[str, list[Figure]]]] = {
    "jurisdiction": jurisdiction_card,
    "treaty": treaty_card,
    "call": call_card,
    "commitment": commitment_card,
}
