"""The front page: which promises were kept, where each treaty is joined in each year, and the way to everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from uphold.assets import OUTLINES, VENDOR
from uphold.engines import GRAPH_TYPES
from uphold.question_errors import WrongParameter
from uphold.terms import Term
from uphold.web.answering import Answered, ask
from uphold.web.negotiation import choose_graph
from uphold.web.replies import library, opened, send
from uphold.web.showing import about_page, show, view
from uphold.web.signposting import links_of_catalogue, listed_files
from uphold.web.structured import catalogue
from uphold.web.wanting import read_number
from uphold.world import World, load

__all__ = ["front"]

HTML = "text/html"
FIRST_YEAR, LAST_YEAR = 1989, 9999
TREATY = "opsc"
"""The treaty of the map for who does not choose: the one that most calls ask for."""
TITLE = "Promises against the trafficking of children"
DESCRIPTION = (
    "What states promised against the trafficking of children, what campaigners asked of them, and what they then "
    "did: open linked data, every fact with its source."
)
front = Blueprint("front", __name__)


@dataclass(frozen=True, slots=True)
class Map:
    """The map of a treaty in a year: outlines, and the answer that colours them."""

    world: World
    answer: Answered
    treaty: str
    year: int
    years: tuple[int, int]

    @property
    def places(self) -> dict[str, dict[str, Any]]:
        """The row of each state or territory, by its M49 code."""
        return {row["m49"]: row for row in self.answer}

    @property
    def counts(self) -> Counter[str]:
        """How many have each status."""
        return Counter(row["status"] for row in self.answer)


@view(front, "/")
def home() -> Response:
    """What is inside, the question that it answers best, and the way to everything; as RDF, the catalogue."""
    form, label = choose_graph([HTML, *GRAPH_TYPES])
    resources = opened().resources
    if form != HTML:
        return send(resources.document("catalogue", form), label, varies=True)
    answers = {"kept": ask("commitments-kept"), "treaties": ask("treaties"), "outcomes": ask("outcome-summary")}
    drawn = draw_map(answers["treaties"])
    about, files = about_page(TITLE, DESCRIPTION), listed_files()
    about = replace(about, iri=opened().snapshot.base)
    about = replace(about, subject=catalogue(about, opened().snapshot, described(resources.graphs()), files))
    response = show(
        "front.html",
        answers | ({"map": drawn.answer} if drawn else {}),
        TITLE,
        DESCRIPTION,
        about=about,
        typed_links=links_of_catalogue(files),
        figures=resources.figures(),
        kinds=resources.kinds(),
        graphs=resources.graphs(),
        questions=library().questions,
        map=drawn,
    )
    response.vary.add("Accept")
    return response


def described(graphs: Iterable[Mapping[str, Term]]) -> list[dict[str, str]]:
    """What the catalogue says of each graph, as texts."""
    names = ("title", "description", "licence")
    return [
        {"iri": row["graph"].value, **{name: row[name].value if name in row else "" for name in names}}
        for row in graphs
    ]


def draw_map(treaties: Answered) -> Map | None:
    """The map that the request asks for; None where no treaty is followed, or no outlines are installed.

    Raises `WrongParameter` for a treaty that is not followed and a year that is none.
    """
    world, keys = load(VENDOR / OUTLINES), [row["treaty"].rpartition("/")[2] for row in treaties]
    if world is None or not keys:
        return None
    treaty = request.args.get("treaty") or (TREATY if TREATY in keys else keys[0])
    if treaty not in keys:
        raise WrongParameter(f"treaty is {treaty[:80]!r}; the record follows {', '.join(keys)}.")
    last = int(treaties.rows[0]["asOf"][:4])
    fields = {"year": [value for value in request.args.getlist("year") if value]}
    year = min(last, max(FIRST_YEAR, read_number(fields, "year", LAST_YEAR) or last))
    return Map(world, ask("treaty-map", treaty=treaty, year=str(year)), treaty, year, (FIRST_YEAR, last))
