"""SPARQL pages: the query form, results as HTML, and the service description."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request

from uphold.assets.vendor import EDITOR, vendored
from uphold.engines.result_cache import BufferedResult
from uphold.errors import UpholdError
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.rdf.result_table import read_table
from uphold.sparql.guard import Limits
from uphold.web.http.headers import WITH_EDITOR
from uphold.web.http.negotiation import choose_graph, prefers_html
from uphold.web.http.request_context import context, manager, open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.http.sparql_protocol import ProtocolRequest
from uphold.web.metadata.citations import cite_query
from uphold.web.metadata.contact import contact_terms
from uphold.web.rendering.problem_details import as_details
from uphold.web.rendering.render import about_page
from uphold.web.sparql.completions import editor_words
from uphold.web.sparql.execution import HTML, JSON_RESULTS, TURTLE, SparqlQuery, fetch, parse_request

__all__ = ["endpoint", "sparql", "words"]

TURTLE_SHOWN = 100_000
sparql = Blueprint("sparql", __name__)


@sparql.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Show the result or the error of a query that `SparqlEndpoint` has parsed, or the form."""
    if request.method in ("GET", "HEAD") and not request.query_string:
        return welcome()
    asked = context().sparql_request or ProtocolRequest("", forms=tuple(request.args.getlist("format")))
    try:
        if error := context().sparql_error:
            raise error
        return show_answer(parse_request(asked, request.headers.get("Accept", ""), manager().settings))
    except UpholdError as error:
        if prefers_html(asked.forms):
            return show(asked, status=error.status, problem=as_details(error))
        raise


def show_answer(query: SparqlQuery) -> Response:
    """The form with the beginning of the result."""
    asked, returns_graph = query.request, query.inspected.returns_graph
    query = replace(query, form=TURTLE if returns_graph else JSON_RESULTS)
    etag = query.etag(open_snapshot())
    found = fetch(query, etag, open_snapshot(), manager().result_cache, context().client)
    try:
        if not returns_graph:
            return show(asked, cacheable=bool(etag), table=read_table(io.BufferedReader(ResultStream(found))))
        text = found.start(TURTLE_SHOWN).decode("utf-8", "ignore")
        return show(asked, cacheable=bool(etag), turtle=text, whole=found.size <= TURTLE_SHOWN)
    finally:
        found.close()


class ResultStream(io.RawIOBase):
    """A result as a readable file."""

    def __init__(self, answer: BufferedResult) -> None:
        self.pieces = iter(answer)
        self.left = b""

    def readable(self) -> bool:
        """True, as `io.RawIOBase` requires."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        self.left = self.left or next(self.pieces, b"")
        count = min(len(buffer), len(self.left))
        buffer[:count], self.left = self.left[:count], self.left[count:]
        return count


def welcome() -> Response:
    """The form, or the service description for programs."""
    form, label = choose_graph([*GRAPH_TYPES, HTML])
    if form == HTML:
        return show(ProtocolRequest(""))
    return send(
        open_snapshot().resources.document("service", form, **stated_limits(), **contact_terms()), label, varies=True
    )


def show(asked: ProtocolRequest, *, status: int = HTTPStatus.OK, cacheable: bool = True, **found: object) -> Response:
    """The form, with the result or the problem."""
    page = render_template(
        "sparql.html",
        about=about_page(
            "SPARQL",
            "Query the whole graph with SPARQL 1.1: an editor, examples, and results within the time limit.",
            indexed=not asked.query,
        ),
        asked=asked,
        questions=manager().questions,
        names=open_snapshot().resources.names,
        within=snapshot_prefix(),
        citation=cite_query(open_snapshot().snapshot, asked.query, asked.dataset),
        **found,
    )
    response = send(page, HTML, status, varies=True, cacheable=cacheable)
    if EDITOR in vendored():
        response.headers["Content-Security-Policy"] = WITH_EDITOR
    return response


@sparql.get("/sparql/editor.json")
def words() -> Response:
    """The completions of the editor."""
    return send(
        json.dumps(editor_words(open_snapshot()), ensure_ascii=False, separators=(",", ":")), "application/json"
    )


def stated_limits() -> dict[str, list[str]]:
    """The limits in the service description, as SPARQL literals."""
    settings = manager().settings
    stated = {
        "seconds": settings.query_timeout,
        "memory": settings.query_memory_mb,
        "bytes": settings.query_max_bytes,
        "depth": settings.query_max_depth,
        "answer": settings.result_max_mb,
    }
    features = ["UnionDefaultGraph", *(["BasicFederatedQuery"] if Limits.of(settings).services else [])]
    described = {"feature": [f"<http://www.w3.org/ns/sparql-service-description#{name}>" for name in features]}
    return described | {
        name: [f"{value:f}" if isinstance(value, float) else str(value)] for name, value in stated.items()
    }
