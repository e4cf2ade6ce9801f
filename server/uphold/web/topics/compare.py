"""Comparison: two to six jurisdictions side by side, and the form to select them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from uphold.web.http.request_context import manager, open_snapshot, snapshot_prefix
from uphold.web.rendering.dates import scale
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.rendering.render import show, view
from uphold.web.rendering.tracks import Track, track
from uphold.web.resources.jurisdiction_choice import Offer, jurisdictions, offers

__all__ = ["compare"]

FEWEST, MOST = 2, 6
"""The minimum and maximum number of jurisdictions in a comparison."""
NEAREST = 3
"""The neighbours that a single jurisdiction can be compared with at once."""
PURPOSE = "Treaties joined, calls received, promises made and findings, side by side."
OF_ALL = ("call-outcomes", "commitments-kept", "petitions", "handovers")
"""Questions with results small enough to fetch for all jurisdictions at once."""
compare = Blueprint("compare", __name__)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection in a request: IRIs to show, IRIs beyond the maximum, and values without a jurisdiction."""

    shown: Sequence[str]
    beyond: Sequence[str]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Jurisdictions that share a value: as many as a comparison can have, and the number of all."""

    value: str
    iris: Sequence[str]
    count: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Suggested comparisons from one result."""

    title: str
    answer: QuestionResult
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Side:
    """One jurisdiction under one treaty: its status, acts, and calls to join."""

    status: Sequence[Row]
    acts: Sequence[Row]
    calls: Sequence[Row]
    track: Track


@dataclass(frozen=True, slots=True)
class Column:
    """One jurisdiction of a comparison: its sides by treaty, and its other facts in rows of their questions."""

    iri: str
    name: str
    others: Sequence[str]
    sides: Mapping[str, Side]
    summary: Sequence[tuple[Row, str]]
    """Its counts, with the outcomes of the calls to join a treaty as text."""
    petitions: Sequence[Row]
    handovers: Sequence[Row]
    promises: Sequence[Row]
    rounds: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Offers:
    """The selectable jurisdictions, the reviewed ones apart; `count` is the number of the others."""

    reviewed: Sequence[Offer]
    others: Sequence[Offer]
    count: int


@view(compare, "/compare")
def side_by_side() -> Response:
    """The selected jurisdictions side by side, and the form to select them.

    Raises `InvalidParameter` for a malformed value.
    """
    known = jurisdictions()
    names = {row["jurisdiction"]: row["jurisdictionName"] for row in known}
    choice = read_choice(request.args.getlist("jurisdiction"), names)
    shown = choice.shown
    title = (
        f"{listed([names[iri] for iri in shown])}, side by side" if len(shown) >= FEWEST else "Compare jurisdictions"
    )
    answers = answers_about(shown) if shown else {}
    reviews = {row["jurisdiction"]: (row["firstReviewed"], row["lastReviewed"]) for row in known}
    return show(
        "compare.html",
        answers,
        title,
        PURPOSE,
        choice=choice,
        names=names,
        **(beside(shown, answers, names, reviews) if shown else {}),
        offers=offered(),
        starts=[] if shown else starts(known),
        fewest=FEWEST,
        most=MOST,
    )


def offered() -> Offers:
    """The selectable jurisdictions."""
    found = offers()
    others = [offer for offer in found if not offer.is_reviewed]
    return Offers([offer for offer in found if offer.is_reviewed], others, sum(len(offer.rows) for offer in others))


def beside(
    shown: Sequence[str],
    answers: Mapping[str, QuestionResult],
    names: Mapping[str, str],
    reviews: Mapping[str, tuple[int | None, int | None]],
) -> dict[str, Any]:
    """A column for each jurisdiction, the timeline of all acts, the treaties, and the units of signatures."""
    status, acts = answers["treaties"], {iri: answers[f"acts of {iri}"] for iri in shown}
    as_of = max((row["asOf"] for row in status if row["asOf"]), default=None)
    treaties = [row["treaty"] for row in status.where(jurisdiction=shown[0])]
    return {
        "columns": [
            Column(
                iri,
                names[iri],
                [each for each in shown if each != iri],
                {treaty: side(iri, treaty, answers) for treaty in treaties},
                [(row, outcomes_of(row)) for row in answers["summary"].where(jurisdiction=iri)],
                answers["petitions"].where(jurisdiction=iri),
                answers["handovers"].where(jurisdiction=iri),
                answers["commitments-kept"].where(jurisdiction=iri),
                [row for row in answers["rounds"] if row["year"] in reviews[iri]],
            )
            for iri in shown
        ],
        "treaties": treaties,
        "as_of": as_of,
        "line": scale((act["notBefore"] for each in acts.values() for act in each), as_of),
        "units": {row["unit"] for row in answers["petitions"] if row["signatures"]},
        "nearest": [row["neighbour"] for row in answers["neighbours"]][:NEAREST] if "neighbours" in answers else [],
    }


def side(iri: str, treaty: str, answers: Mapping[str, QuestionResult]) -> Side:
    """A jurisdiction under a treaty; planned handovers are not on its track."""
    planned = f"{open_snapshot().snapshot.base}id/status/planned"
    status = answers["treaties"].where(jurisdiction=iri, treaty=treaty)
    acts = answers[f"acts of {iri}"].where(treaty=treaty)
    calls = answers["call-outcomes"].where(jurisdiction=iri, treaty=treaty)
    handed = [row for row in answers["handovers"].where(jurisdiction=iri) if row["status"] != planned]
    return Side(status, acts, calls, track(iri, acts, status[0]["asOf"] if status else None, calls, handed))


def outcomes_of(row: Row) -> str:
    """The outcomes of the calls to join a treaty as text, without those that are zero."""
    counts = ((row["met"], "met"), (row["alreadyMet"], "already met"), (row["open"], "open"))
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)


def read_choice(values: Iterable[str], known: Mapping[str, str]) -> Selection:
    """The selection from values, each a key or an IRI; raises `InvalidParameter`."""
    question = manager().questions["compare-jurisdictions"]
    given: dict[str, str] = {}
    for value in filter(None, values):
        terms = dict(question.terms({"jurisdiction": [value]}))
        given.setdefault(terms["jurisdiction"][0][1:-1], value)
    found = [iri for iri in given if iri in known]
    return Selection(found[:MOST], found[MOST:], [value for iri, value in given.items() if iri not in known])


def answers_about(shown: Sequence[str]) -> dict[str, QuestionResult]:
    """The results for a comparison, those about all jurisdictions restricted to the shown ones."""
    answers = {
        "summary": ask("compare-jurisdictions", jurisdiction=shown),
        "treaties": ask("jurisdiction-treaties", jurisdiction=shown),
        "rounds": ask("review-rounds"),
        **{name: ask(name).only(jurisdiction=shown) for name in OF_ALL},
        **{f"acts of {iri}": ask("treaty-actions", jurisdiction=iri) for iri in shown},
    }
    return answers if len(shown) >= FEWEST else {**answers, "neighbours": ask("neighbours", jurisdiction=shown[0])}


def starts(known: QuestionResult) -> list[Suggestion]:
    """Suggested comparisons, computed from the data."""
    promised, handovers = ask("commitments-kept"), ask("handovers")
    waiting = ask("call-outcomes", outcome="open")
    reviewed = [row for row in known if row["firstReviewed"] is not None]
    found = [
        Suggestion("Promised to join the same treaty", promised, shared(promised, "treatyName")),
        Suggestion("Called on to join the same treaty, but have not joined", waiting, shared(waiting, "treatyName")),
        Suggestion("Reviewed in the same region", known, shared(reviewed, "regionName")),
        Suggestion("Petitions handed over on the same day", handovers, shared(handovers, "date")),
    ]
    return [start for start in found if start.groups]


def shared(rows: Iterable[Row], column: str) -> list[Group]:
    """Groups of two or more jurisdictions with the same value in a column, by that value, sorted by name."""
    found: dict[str, dict[str, None]] = {}
    placed = [row for row in rows if row[column] is not None and row["jurisdiction"] is not None]
    for row in sorted(placed, key=lambda row: row["jurisdictionName"].casefold()):
        found.setdefault(row[column], {})[row["jurisdiction"]] = None
    return [Group(value, [*iris][:MOST], len(iris)) for value, iris in sorted(found.items()) if len(iris) >= FEWEST]


@compare.app_template_global("comparison_address")
def address(iris: Iterable[str]) -> str:
    """The address of a comparison, in the snapshot and language of this request."""
    fields = [("jurisdiction", key(iri)) for iri in iris]
    fields += [("lang", value) for value in request.args.getlist("lang")[:1] if value]
    return f"{request.script_root}{snapshot_prefix()}/compare{f'?{urlencode(fields)}' if fields else ''}"


@compare.app_template_filter("key")
def key(iri: str) -> str:
    """The key of a jurisdiction in addresses; any other IRI unchanged."""
    return iri.removeprefix(f"{open_snapshot().snapshot.base}id/jurisdiction/")


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
