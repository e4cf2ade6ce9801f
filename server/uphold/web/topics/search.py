"""Search: finds resources by label, as JSON in the envelope of the API and as a page with a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from uphold.errors import InvalidParameter
from uphold.search.query import LONGEST, Hit, SearchResult
from uphold.serving.descriptions import Thing
from uphold.web.http.json_envelope import enveloped
from uphold.web.http.link_values import add_link_values, link_value
from uphold.web.http.negotiation import choose
from uphold.web.http.request_context import open_snapshot
from uphold.web.http.request_parameters import MOST_PAGES, QuestionRequest, filled, page_links, read_number
from uphold.web.http.responses import send
from uphold.web.rendering.render import about_page

__all__ = ["search"]

HTML, JSON = "text/html", "application/json"
FIELDS = ("q", "type", "lang", "limit", "page")
HITS_ON_A_PAGE, MOST_HITS = 20, 100
search = Blueprint("search", __name__)


STOP_WORDS = frozenset(
    {
        *("a", "and", "did", "does", "had", "has", "have", "if", "in", "is", "of", "the", "to", "when"),
        *("join", "joined", "party", "ratified", "ratify", "signed"),
    }
)
"""Stop words of a query for a jurisdiction and a treaty."""
MOST_WORDS_OF_TWO_NAMES, MOST_TREATIES = 10, 5
PREFIX_SCORE, WORDS_SCORE = 0.75, 0.55
"""The minimum scores of a prefix match, and of a match of all words."""


@dataclass(frozen=True, slots=True)
class JurisdictionTreaties:
    """A jurisdiction and treaties named in one query."""

    jurisdiction: Hit
    treaties: list[Hit]


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A parsed search request."""

    text: str
    of: str
    language: str
    limit: int
    page: int


@search.get("/api/search", defaults={"suffix": ""})
@search.get("/api/search.<any(json, html):suffix>")
def look(suffix: str) -> Response:
    """The search results; without a query, the page is the form alone."""
    form = {"json": JSON, "html": HTML, "": ""}[suffix] or choose([JSON, HTML])
    looked = read_search_request(from_form=form == HTML, negotiated=not suffix)
    if not looked.text and form == JSON:
        raise InvalidParameter("Missing parameter q.")
    found = open_snapshot().search.find(
        looked.text,
        of=looked.of,
        language=looked.language,
        offset=(looked.page - 1) * looked.limit,
        limit=looked.limit,
    )
    address = f"/api/search{f'.{suffix}' if suffix else ''}"
    links = page_links(address, QuestionRequest({}, looked.page, looked.limit, (), ()), looked.limit, found.total)
    if form == HTML:
        response = send(page(looked, found, links), form, varies=not suffix)
    else:
        more: dict[str, Any] = {"total": found.total, "page": looked.page, "limit": looked.limit}
        text = enveloped("search", [hit.as_json() for hit in found.hits], links, **more)
        response = send(text, form, varies=not suffix)
    if not suffix:
        fields = [(name, value) for name, value in request.args.items(multi=True) if name != "format"]
        query = f"?{urlencode(fields)}" if fields else ""
        ending = "html" if form == HTML else "json"
        response.headers["Content-Location"] = f"{request.script_root}/api/search.{ending}{query}"
    pages = [link_value(links[name], name) for name in ("first", "prev", "next", "last") if name in links]
    add_link_values(response, *pages, separate=True)
    return response


def read_search_request(*, from_form: bool, negotiated: bool) -> SearchRequest:
    """The parsed request; the field `format` is allowed at an address that is `negotiated`.

    An HTML form also submits its empty fields.

    Raises `InvalidParameter`.
    """
    fields = {name: filled(name, values, from_form=from_form) for name, values in request.args.lists()}
    if negotiated:
        fields.pop("format", None)
    for name, values in fields.items():
        if name not in FIELDS:
            raise InvalidParameter(f"search has no parameter {name[:80]!r}: it has {', '.join(FIELDS)}.")
        if len(values) > 1:
            raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
    given = {name: values[0] for name, values in fields.items() if values}
    return SearchRequest(
        given.get("q", ""),
        given.get("type", ""),
        given.get("lang", ""),
        read_number(fields, "limit", MOST_HITS) or HITS_ON_A_PAGE,
        read_number(fields, "page", MOST_PAGES) or 1,
    )


def read_joining(text: str) -> JurisdictionTreaties | None:
    """The jurisdiction and treaties in a query, in either order; None unless it names both."""
    words = [word for word in text.replace("?", " ").split() if word.lower() not in STOP_WORDS]
    if len(words) > MOST_WORDS_OF_TWO_NAMES:
        return None
    for place in range(1, len(words)):
        halves = " ".join(words[:place]), " ".join(words[place:])
        for where, what in (halves, halves[::-1]):
            places = named(where, "jurisdiction", PREFIX_SCORE)
            treaties = named(what, "treaty", WORDS_SCORE) if places else []
            if treaties:
                return JurisdictionTreaties(places[0], treaties)
    return None


def named(text: str, kind: str, least: float) -> list[Hit]:
    """The best matches of a kind, with at least this score."""
    search = open_snapshot().search
    hits = search.find(text, of=kind, limit=MOST_TREATIES).hits if kind in search.kinds else ()
    return [hit for hit in hits if hit.score >= max(least, hits[0].score)]


def page(looked: SearchRequest, found: SearchResult, links: dict[str, str]) -> str:
    """The page with the form and the results."""
    names = open_snapshot().resources.names
    hits: list[tuple[Hit, Thing]] = [(hit, Thing(hit.iri, hit.label, names.short(hit.iri))) for hit in found.hits]
    return render_template(
        "search.html",
        about=about_page(
            f"Search for {looked.text}" if looked.text else "Search",
            "Find states, treaties, calls, people and sources by name or code, in any language.",
            indexed=not looked.text,
        ),
        looked=looked,
        hits=hits,
        joining=None if looked.of or looked.language else read_joining(looked.text),
        total=found.total,
        links=links,
        kinds=open_snapshot().search.kinds,
        languages=open_snapshot().search.languages,
        longest=LONGEST,
    )
