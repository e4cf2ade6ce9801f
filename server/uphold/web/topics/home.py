"""Home page: kept promises, a map of treaty status by year, and links to everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from uphold.errors import InvalidParameter
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.rdf.terms import Term
from uphold.snapshots.downloads import file_names
from uphold.web.http.negotiation import choose_graph
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.http.responses import send
from uphold.web.metadata.contact import contact_terms
from uphold.web.metadata.json_ld import catalogue
from uphold.web.rendering.grouping import grouped, in_order
from uphold.web.rendering.question_results import QuestionResult, ask, fetch
from uphold.web.rendering.render import about_page, show, view
from uphold.web.resources.signposting import links_of_catalogue
from uphold.web.resources.treaty_map import world_map

__all__ = ["front"]

HTML = "text/html"
BAR = 1000
"""The length of the bar of all demands, in SVG units."""
OUTCOMES = ("met", "already-met", "open", "not-applicable")
CONTRADICTED = ("record", "statement", "both")
FIRST_QUESTIONS = ("open-calls", "calls-met", "discrepancies", "petition-totals")
"""Questions shown in addition to those with a chart."""
TREATY = "opsc"
"""The default treaty of the map: the one that most calls ask for."""
TITLE = "Promises against the trafficking of children"
DESCRIPTION = (
    "What states promised to do against child trafficking, what campaigners asked of them, and what they "
    "did: open linked data, every fact with its source."
)
front = Blueprint("front", __name__)


@view(front, "/")
def home() -> Response:
    """The home page; as RDF, the catalogue."""
    form, label = choose_graph([HTML, *GRAPH_TYPES])
    resources = open_snapshot().resources
    if form != HTML:
        return send(resources.document("catalogue", form, **contact_terms()), label, varies=True)
    answers = {"kept": ask("commitments-kept"), "treaties": ask("treaties"), "outcomes": ask("outcome-summary")}
    answers["figures"] = ask("contradicted-figures")
    fetch(answers.values())
    treaty = treaty_of_map(answers["treaties"])
    changes = ask("treaty-map-changes", treaty=treaty) if treaty else None
    snapshot = open_snapshot().snapshot
    about, files = about_page(TITLE, DESCRIPTION), file_names(snapshot.graphs, snapshot.base)
    about = replace(about, iri=snapshot.base)
    about = replace(about, subject=catalogue(about, snapshot, described(resources.graphs()), files))
    response = show(
        "front.html",
        answers | ({"changes": changes} if changes else {}),
        TITLE,
        DESCRIPTION,
        about=about,
        typed_links=links_of_catalogue(),
        figures=resources.figures(),
        **summary_of(answers, resources.figures()),
        kinds=resources.kinds(),
        graphs=resources.graphs(),
        questions=manager().questions,
        map=world_map(changes, treaty) if changes else None,
    )
    response.vary.add("Accept")
    return response


def summary_of(answers: Mapping[str, QuestionResult], figures: Mapping[str, int]) -> dict[str, Any]:
    """Promises by treaty, contradicted figures, demands with a bar for each outcome, and the first questions."""
    bars: list[tuple[str, float, float]] = []
    demands, before = sum(figures[outcome] for outcome in OUTCOMES), 0
    for outcome in (each for each in OUTCOMES if figures[each]):
        scale = BAR / demands
        bars.append((outcome, round(before * scale, 2), round(figures[outcome] * scale, 2)))
        before += figures[outcome]
    return {
        "promised": {
            iri: in_order(rows, "jurisdictionName") for iri, rows in grouped(answers["kept"], "treaty").items()
        },
        "contradicted": sum(row["contradicted"] in CONTRADICTED for row in answers["figures"]),
        "demands": demands,
        "bars": bars,
        "first_questions": [
            each for each in manager().questions.values() if each.chart or each.name in FIRST_QUESTIONS
        ],
    }


def described(graphs: Iterable[Mapping[str, Term]]) -> list[dict[str, str]]:
    """The catalogue entries of the graphs, as strings."""
    names = ("title", "description", "licence")
    return [
        {"iri": row["graph"].value, **{name: row[name].value if name in row else "" for name in names}}
        for row in graphs
    ]


def treaty_of_map(treaties: QuestionResult) -> str:
    """The key of the requested treaty for the map; empty if no treaty has a record.

    Raises `InvalidParameter` for a treaty without a record.
    """
    keys = [row["treaty"].rpartition("/")[2] for row in treaties]
    wanted = request.args.get("treaty") or (TREATY if TREATY in keys else next(iter(keys), ""))
    if wanted and wanted not in keys:
        raise InvalidParameter(f"treaty is {wanted[:80]!r}; it must be one of {', '.join(keys)}.")
    return wanted
