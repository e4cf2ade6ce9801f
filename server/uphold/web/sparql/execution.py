"""Asking: from a protocol request to the headers and the bytes of its reply, whichever layer then sends them.

An ETag is known before the query runs, since it is made of all that the answer depends on; so a client that has the
answer is told so at no cost, and the same name finds an answer that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

import pyoxigraph as ox

from uphold import __version__
from uphold.engines.interface import Answer
from uphold.engines.result_cache import BufferedResult, ResultCache
from uphold.rdf.media_types import GRAPH_TYPES, QUAD_TYPES, RESULT_TYPES
from uphold.serving.open_snapshots import OpenSnapshot, SnapshotManager
from uphold.settings import Settings
from uphold.sparql.guard import Inspected, Limits, inspect
from uphold.web.http.client_disconnect import Client
from uphold.web.http.etags import etag_matches, make_etag
from uphold.web.http.headers import IMMUTABLE, content_type, shared
from uphold.web.http.negotiation import GRAPH_ALIASES, choose_from, named_form
from uphold.web.http.request_context import RequestContext
from uphold.web.http.sparql_protocol import ProtocolRequest

__all__ = ["HTML", "JSON_RESULTS", "TURTLE", "SparqlQuery", "SparqlResponse", "fetch", "parse_request", "reply"]

LONGEST_KEPT = 1_000
"""Characters of an Accept header up to which it is kept what was chosen by it, so that strangers fill no memory."""

HTML, JSON_RESULTS, TURTLE = "text/html", "application/sparql-results+json", "text/turtle"
RESULT_ALIASES = {
    "application/json": JSON_RESULTS,
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}


@dataclass(frozen=True, slots=True)
class SparqlResponse:
    """Status, headers and body; `cacheable` says that the same reply is worth keeping for the next such request."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: Iterable[bytes]
    cacheable: bool


@dataclass(frozen=True, slots=True)
class SparqlQuery:
    """A request that is understood: what is asked, what the guard says of it, and the form of the answer."""

    asked: ProtocolRequest
    inspected: Inspected
    form: str

    @property
    def media_type(self) -> str:
        """The media type that the engine writes for the form."""
        return (GRAPH_ALIASES if self.inspected.gives_graph else RESULT_ALIASES).get(self.form, self.form)

    def name(self, open_snapshot: OpenSnapshot) -> str:
        """Names the answer: made of all that its bytes depend on; empty when asking again may give other bytes."""
        if self.inspected.volatile:
            return ""
        depends_on = (
            *(open_snapshot.snapshot.id, open_snapshot.engine.order(), self.form, repr(self.asked.dataset)),
            *(__version__, ox.__version__, self.inspected.normal),
        )
        return make_etag(*depends_on)


def parse_request(asked: ProtocolRequest, accept: str, settings: Settings) -> SparqlQuery:
    """The question in a request with this Accept header; raises what the guard raises, and `NotAcceptable`."""
    inspected = inspect(asked.query, Limits.of(settings))
    return SparqlQuery(asked, inspected, choose_form(asked.forms, accept, gives_graph=inspected.gives_graph))


def choose_form(named: Sequence[str], accept: str, *, gives_graph: bool) -> str:
    """The form of the answer: the first that the request names and that fits the query, else by Accept.

    Raises `UnsupportedFormat` when none of those named fits.
    """
    if found := named_form(named, (*forms(gives_graph=gives_graph), HTML)):
        return found
    read = negotiate if len(accept) <= LONGEST_KEPT else negotiate.__wrapped__
    return read(accept, gives_graph=gives_graph)


@lru_cache(maxsize=1024)
def negotiate(accept: str, *, gives_graph: bool) -> str:
    """The form of the answer by Accept."""
    return choose_from(
        accept, (*forms(gives_graph=gives_graph), HTML), GRAPH_ALIASES if gives_graph else RESULT_ALIASES
    )


def forms(*, gives_graph: bool) -> dict[str, str]:
    """Media types on offer for a query, and their suffixes."""
    return {**GRAPH_TYPES, **QUAD_TYPES} if gives_graph else RESULT_TYPES


def fetch(
    question: SparqlQuery, name: str, open_snapshot: OpenSnapshot, answers: ResultCache, client: Client
) -> BufferedResult:
    """The answer with this name, by the engine or from those that are kept; to be closed.

    Raises what the engine raises.
    """
    asked = question.asked

    def run(wanted: Callable[[], bool]) -> Answer:
        return open_snapshot.engine.query(
            asked.query, accept=question.media_type, deadline=asked.seconds, dataset=asked.dataset, wanted=wanted
        )

    return answers.ask(name or None, run, client.is_there, asked.seconds)


def reply(
    question: SparqlQuery, context: RequestContext, manager: SnapshotManager, if_none_match: str | None
) -> SparqlResponse:
    """The reply to a program, in a form that fits the query; raises what the engine raises."""
    open_snapshot = context.leases[-1]
    name = question.name(open_snapshot)
    context.media_type = content_type(question.form)
    headers = [("Vary", "Accept"), ("Cache-Control", "no-store")]
    if name:
        lasting = IMMUTABLE if context.snapshot_prefix else shared(manager.settings.cache_s_maxage)
        headers = [headers[0], ("Cache-Control", lasting), ("ETag", f'"{name}"')]
    if name and etag_matches(name, if_none_match):
        return SparqlResponse(HTTPStatus.NOT_MODIFIED, headers, [], cacheable=False)
    found = fetch(question, name, open_snapshot, manager.answers, context.client)
    headers += [("Content-Type", content_type(question.form)), ("Content-Length", str(found.size))]
    if found.file is None:
        return SparqlResponse(HTTPStatus.OK, headers, [found.content], cacheable=bool(name) and found.requested_again)
    return SparqlResponse(HTTPStatus.OK, headers, found, cacheable=False)
