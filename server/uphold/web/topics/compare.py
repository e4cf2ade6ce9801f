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
from uphold.web.resources.jurisdiction_choice import jurisdictions, offers

__all__ = ["compare"]

FEWEST, MOST = 2, 6
"""The minimum and maximum number of jurisdictions in a comparison."""
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
class Suggestion:
    """Suggested comparisons from one result: groups of jurisdictions by what they share."""

    title: str
    answer: QuestionResult
    groups: Mapping[str, Sequence[str]]


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
    return show(
        "compare.html",
        answers,
        title,
        PURPOSE,
        choice=choice,
        names=names,
        reviews={row["jurisdiction"]: (row["firstReviewed"], row["lastReviewed"]) for row in known},
        **(beside(shown, answers) if shown else {}),
        offers=offers(),
        starts=[] if shown else starts(known),
        fewest=FEWEST,
        most=MOST,
    )


def beside(shown: Sequence[str], answers: Mapping[str, QuestionResult]) -> dict[str, Any]:
    """The acts and handovers of each jurisdiction on one timeline, the treaties, and the units of signatures."""
    treaties, acts = answers["treaties"], {iri: answers[f"acts of {iri}"] for iri in shown}
    as_of = max((row["asOf"] for row in treaties if row["asOf"]), default=None)
    planned = f"{open_snapshot().snapshot.base}id/status/planned"
    handovers = [row for row in answers["handovers"] if row["status"] != planned]
    return {
        "acts": acts,
        "treaties": [row["treaty"] for row in treaties.where(jurisdiction=shown[0])],
        "as_of": as_of,
        "line": scale((act["notBefore"] for each in acts.values() for act in each), as_of),
        "handed": {iri: [row for row in handovers if row["jurisdiction"] == iri] for iri in shown},
        "units": {row["unit"] for row in answers["petitions"] if row["signatures"]},
    }


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
        Suggestion("Called on to join the same treaty, and have not joined", waiting, shared(waiting, "treatyName")),
        Suggestion("Reviewed in the same region", known, shared(reviewed, "regionName")),
        Suggestion("Petitions handed over on the same day", handovers, shared(handovers, "date")),
    ]
    return [start for start in found if start.groups]


def shared(rows: Iterable[Row], column: str) -> dict[str, list[str]]:
    """Groups of two or more jurisdictions with the same value in a column, by that value, sorted by name."""
    found: dict[str, dict[str, None]] = {}
    placed = [row for row in rows if row[column] is not None and row["jurisdiction"] is not None]
    for row in sorted(placed, key=lambda row: row["jurisdictionName"].casefold()):
        found.setdefault(row[column], {})[row["jurisdiction"]] = None
    return {value: [*iris] for value, iris in sorted(found.items()) if len(iris) >= FEWEST}


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
