"""API of questions: each as JSON, CSV, SPARQL JSON, document, chart and page, and its OpenAPI description."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request

from uphold.assets.vendor import CHARTS, CONSOLE, vendored
from uphold.errors import FormatNotFound, ResourceNotFound
from uphold.questions.charts import FORMS as PICTURES
from uphold.questions.charts import fill
from uphold.questions.files import Question
from uphold.questions.framing import has_context
from uphold.questions.openapi import DOCUMENT_FORMS, ROW_FORMS, VEGA, describe
from uphold.questions.rows import Rows, read_rows
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.web.http.headers import SCRIPTED
from uphold.web.http.json_envelope import as_text, enveloped
from uphold.web.http.link_values import add_link_values, link_value
from uphold.web.http.negotiation import choose, split_suffix
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.http.request_parameters import IN_PATHS, QuestionRequest, page_links, read_question_request
from uphold.web.http.responses import send
from uphold.web.metadata.citations import cite_query
from uphold.web.metadata.contact import contact_in_openapi
from uphold.web.metadata.json_ld import dataset
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.link_header import add_links, links_of_page
from uphold.web.rendering.question_results import RESULTS, TRIPLES, frame_answer, run_query
from uphold.web.rendering.render import about_page

__all__ = ["api"]

HTML, JSON, CSV, LD_JSON = "text/html", "application/json", "text/csv", "application/ld+json"
SUFFIXES = {
    suffix: media_type
    for media_type, suffix in {
        **ROW_FORMS,
        **DOCUMENT_FORMS,
        **GRAPH_TYPES,
        **PICTURES,
        VEGA: "vl",
        HTML: "html",
    }.items()
}
ROWS_ON_A_PAGE = 50
api = Blueprint("api", __name__)


@dataclass(frozen=True, slots=True)
class BoundQuestion:
    """A question with its parameters bound: the address without suffix, the request, the terms and the query."""

    question: Question
    address: str
    wanted: QuestionRequest
    terms: Mapping[str, list[str]]
    query: str

    def cached(self, form: str) -> bytes:
        """The engine's result in a media type, cached by query."""
        return run_query(self.query, form)

    def labels(self) -> dict[str, str]:
        """The labels of the parameter values, by parameter."""
        iris = {name: terms[0][1:-1] for name, terms in self.terms.items() if terms[0].startswith("<")}
        called = open_snapshot().resources.called(iris.values())
        plain = {name: values[0] for name, values in self.wanted.given.items()}
        return {**plain, **{name: called[iri].label.text for name, iri in iris.items()}}


@api.get("/api")
def console() -> Response:
    """The list of questions, and the API console."""
    form = choose([HTML, JSON])
    if form == JSON:
        return document()
    count = len(manager().questions)
    about = about_page(
        "Questions",
        f"{count} questions about promises against the trafficking of children, each as JSON, CSV, chart and page, "
        "under one OpenAPI document.",
    )
    reply = send(render_template("api.html", groups=manager().questions.groups, about=about), HTML, varies=True)
    if CONSOLE in vendored():
        reply.headers["Content-Security-Policy"] = SCRIPTED
    return reply


@api.get("/api/openapi.json")
def document() -> Response:
    """The OpenAPI document, generated from the question files."""
    languages, types = open_snapshot().resources.languages(), open_snapshot().search.names()
    described = describe(manager().questions, languages, types, contact_in_openapi())
    return send(json.dumps(described, ensure_ascii=False, indent=1) + "\n", JSON)


@api.get("/context.jsonld")
def context() -> Response:
    """The JSON-LD context of documents and of uploaded tables."""
    return send(json.dumps({"@context": manager().context.columns}, ensure_ascii=False, indent=1) + "\n", LD_JSON)


@api.get("/api/<path:address>")
def answer(address: str) -> Response:
    """The result of a question, in the format of the suffix or of the Accept header."""
    stem, named = split_suffix(address, SUFFIXES)
    question, within = manager().questions.find(stem)
    forms = forms_of(question)
    if named and named not in forms:
        raise FormatNotFound(f"{question.name} has the formats {', '.join(map(suffix_of, forms))}.")
    form = named or choose(forms)
    wanted = read_question_request(
        question, within, open_snapshot().resources.languages(), from_form=form == HTML, negotiated=not named
    )
    terms = dict(question.terms(wanted.given))
    asking = BoundQuestion(question, stem, wanted, terms, question.bound(wanted.given))
    check_known(question, terms)
    response = (answer_document if question.returns_graph else answer_rows)(asking, form)
    if named is None:
        response.vary.add("Accept")
        here = f"{request.script_root}/api/{quote(stem, safe=IN_PATHS)}"
        response.headers["Content-Location"] = f"{here}.{suffix_of(form)}{query_string()}"
    if wanted.language:
        response.headers["Content-Language"] = wanted.language
    if wanted.language_is_chosen:
        response.vary.add("Accept-Language")
    if question.head.deprecated:
        day = dt.datetime.fromisoformat(f"{question.head.deprecated_since}T00:00:00+00:00")
        response.headers["Deprecation"] = f"@{int(day.timestamp())}"  # RFC 9745
        successor = link_value(f"{request.script_root}/api/{question.head.deprecated}", "successor-version")
        add_link_values(response, successor, separate=True)
    return response


def forms_of(question: Question) -> list[str]:
    """The media types of a question, the default first."""
    drawn = [*PICTURES, VEGA] if question.chart else []
    return [*(DOCUMENT_FORMS if question.returns_graph else ROW_FORMS), *drawn, HTML]


def suffix_of(form: str) -> str:
    """The suffix of a media type."""
    return next(suffix for suffix, media_type in SUFFIXES.items() if media_type == form)


def query_string(without: str = "") -> str:
    """The query string of the request with its question mark, without `format` and `without`."""
    excluded = ("format", without)
    text = urlencode(
        [(name, value) for name, value in request.args.items(multi=True) if value and name not in excluded]
    )
    return f"?{text}" if text else ""


def check_known(question: Question, terms: Mapping[str, list[str]]) -> None:
    """Raise `ResourceNotFound` for an IRI that no statement mentions, probably a typo in it or its prefix."""
    for name in terms:
        for term in terms[name]:
            if term.startswith("<") and not open_snapshot().resources.ask.truth("known", this=[term]):
                raise ResourceNotFound(term[1:-1])


def answer_rows(asking: BoundQuestion, form: str) -> Response:
    """The response of a SELECT question."""
    rows = read_rows(asking.cached(RESULTS), asking.question.head.columns).sorted_by(asking.wanted.sort)
    if form in (*PICTURES, VEGA):
        return picture(asking, rows, form)
    wanted, total = asking.wanted, len(rows)
    limit = wanted.limit or (ROWS_ON_A_PAGE if form == HTML else asking.question.head.pagination)
    if wanted.is_paged or form in (JSON, HTML):
        rows = rows.part((wanted.page - 1) * limit, limit)
    rows = rows.only(wanted.fields) if wanted.fields else rows
    links = page_links(request.path.removeprefix(request.script_root), wanted, limit, total)
    if form == HTML:
        return page(asking, rows=rows, total=total, links=links)
    if form == JSON:
        counted = {"total": total, "page": wanted.page, "limit": limit}
        response = send(enveloped(asking.question.name, rows.as_json(), links, **counted), form)
    else:
        response = send(rows.as_csv() if form == CSV else rows.as_sparql_json(), form)
    if wanted.is_paged or form == JSON:
        pages = [link_value(links[name], name) for name in ("first", "prev", "next", "last") if name in links]
        add_link_values(response, *pages, separate=True)
    return response


def answer_document(asking: BoundQuestion, form: str) -> Response:
    """The response of a CONSTRUCT question."""
    if form in GRAPH_TYPES and form != LD_JSON and asking.cached(TRIPLES):
        return send(asking.cached(form), form)
    base = open_snapshot().snapshot.base
    found = frame_answer(asking.question, asking.terms, run_query(asking.query, TRIPLES))
    if found is None:
        named = [terms[0][1:-1] for terms in asking.terms.values() if terms[0].startswith("<")]
        raise ResourceNotFound(", ".join(named) or asking.question.name)
    if form == HTML:
        return page(asking, document=as_text(found))
    response = send(as_text(has_context(found, base) if form == LD_JSON else found), form)
    if form == JSON:
        target, relation = f"{request.script_root}/context.jsonld", "http://www.w3.org/ns/json-ld#context"
        add_link_values(response, link_value(target, relation, type=LD_JSON), separate=True)
    return response


def picture(asking: BoundQuestion, rows: Rows, form: str) -> Response:
    """The chart of the rows."""
    spec = fill(asking.question.chart or {}, rows.as_json(), asking.labels())
    if form == VEGA:
        return send(as_text(spec), form)
    return send(manager().chart_renderer.draw(spec, form), form)


def about_question(asking: BoundQuestion) -> Metadata:
    """The metadata of the page of a question, whose result is a data set."""
    base, head = open_snapshot().snapshot.base, asking.question.head
    forms = {
        form: f"{request.script_root}/api/{quote(asking.address, safe=IN_PATHS)}.{suffix_of(form)}{query_string()}"
        for form in forms_of(asking.question)
        if form != HTML
    }
    crumbs = (("Questions", f"{base}api"),)
    about = about_page(head.summary, head.description or head.summary, forms, crumbs)
    about = replace(about, iri=f"{base}api/{quote(asking.address, safe=IN_PATHS)}{query_string()}", schema="Dataset")
    columns = [(column.name, column.meaning) for column in head.columns]
    return replace(about, subject=dataset(about, open_snapshot().snapshot, columns))


def page(asking: BoundQuestion, **found: Any) -> Response:
    """The page of a question: its form, result, chart and downloads."""
    question = asking.question
    chart = (
        fill(question.chart, [], asking.labels()).get("description", question.head.summary) if question.chart else ""
    )
    about = about_question(asking)
    citation = cite_query(open_snapshot().snapshot, asking.query, None, question.head.summary)
    content = render_template(
        "question.html",
        about=about,
        asking=asking,
        question=question,
        forms={suffix_of(form): form for form in forms_of(question) if form != HTML},
        names=open_snapshot().resources.names,
        languages=open_snapshot().resources.languages(),
        citation=citation,
        alternative=chart,
        query_string=query_string(without="" if asking.wanted.limit else "page"),  # HTML pages are shorter
        **found,
    )
    reply = send(content, HTML)
    add_links(reply, links_of_page(about, citation))
    if question.chart and CHARTS in vendored():
        reply.headers["Content-Security-Policy"] = SCRIPTED
    return reply
