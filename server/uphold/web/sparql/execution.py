"""Execution of SPARQL queries: from a protocol request to the headers and body of its response.

The ETag is known before the query runs, since it is a digest of all that the result depends on; so a conditional
request gets its 304 at no cost, and the same tag is the key of the result cache.
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
from uphold.serving.open_snapshot import OpenSnapshot
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.settings import Settings
from uphold.sparql.guard import Inspected, Limits, inspect
from uphold.web.http.client_disconnect import Client
from uphold.web.http.etags import etag_matches, make_etag
from uphold.web.http.headers import IMMUTABLE, content_type, shared
from uphold.web.http.negotiation import GRAPH_ALIASES, choose_from, named_form
from uphold.web.http.request_context import RequestContext
from uphold.web.http.sparql_protocol import ProtocolRequest

__all__ = ["HTML", "JSON_RESULTS", "TURTLE", "SparqlQuery", "SparqlResponse", "fetch", "parse_request", "respond"]

LONGEST_CACHED = 1_000
"""Characters of an Accept header up to which its negotiation is cached, so that clients cannot fill memory."""

HTML, JSON_RESULTS, TURTLE = "text/html", "application/sparql-results+json", "text/turtle"
RESULT_ALIASES = {
    "application/json": JSON_RESULTS,
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}


@dataclass(frozen=True, slots=True)
class SparqlResponse:
    """Status, headers and body; `cacheable` tells the response cache to store it."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: Iterable[bytes]
    cacheable: bool


@dataclass(frozen=True, slots=True)
class SparqlQuery:
    """A parsed query request: the protocol request, its inspection by the guard, and the result format."""

    request: ProtocolRequest
    inspected: Inspected
    form: str

    @property
    def media_type(self) -> str:
        """The media type that the engine writes for the format."""
        return (GRAPH_ALIASES if self.inspected.returns_graph else RESULT_ALIASES).get(self.form, self.form)

    def etag(self, open_snapshot: OpenSnapshot) -> str:
        """The ETag of the result, a digest of all that its bytes depend on; empty for a volatile query."""
        if self.inspected.volatile:
            return ""
        depends_on = (
            *(open_snapshot.snapshot.id, open_snapshot.engine.order(), self.form, repr(self.request.dataset)),
            *(__version__, ox.__version__, self.inspected.normal),
        )
        return make_etag(*depends_on)


def parse_request(request: ProtocolRequest, accept: str, settings: Settings) -> SparqlQuery:
    """The query in a request with this Accept header; raises what the guard raises, and `NotAcceptable`."""
    inspected = inspect(request.query, Limits.of(settings))
    return SparqlQuery(request, inspected, choose_form(request.forms, accept, returns_graph=inspected.returns_graph))


def choose_form(named: Sequence[str], accept: str, *, returns_graph: bool) -> str:
    """The result format: the first named one that fits the query, else by Accept.

    Raises `UnsupportedFormat` when no named one fits.
    """
    if named and (found := named_form(named, (*forms(returns_graph=returns_graph), HTML))):
        return found
    read = negotiate if len(accept) <= LONGEST_CACHED else negotiate.__wrapped__
    return read(accept, returns_graph=returns_graph)


@lru_cache(maxsize=1024)
def negotiate(accept: str, *, returns_graph: bool) -> str:
    """The result format by Accept."""
    return choose_from(
        accept, (*forms(returns_graph=returns_graph), HTML), GRAPH_ALIASES if returns_graph else RESULT_ALIASES
    )


def forms(*, returns_graph: bool) -> dict[str, str]:
    """The media types on offer for a query, and their suffixes."""
    return {**GRAPH_TYPES, **QUAD_TYPES} if returns_graph else RESULT_TYPES


def fetch(
    query: SparqlQuery, etag: str, open_snapshot: OpenSnapshot, answers: ResultCache, client: Client
) -> BufferedResult:
    """The result with this ETag, from the engine or the result cache; to be closed by the caller.

    Raises what the engine raises.
    """
    request = query.request

    def run(wanted: Callable[[], bool]) -> Answer:
        return open_snapshot.engine.query(
            request.query, accept=query.media_type, deadline=request.seconds, dataset=request.dataset, wanted=wanted
        )

    return answers.ask(etag or None, run, client.is_there, request.seconds)


def respond(
    query: SparqlQuery, context: RequestContext, manager: SnapshotManager, if_none_match: str | None
) -> SparqlResponse:
    """The response to a program; raises what the engine raises."""
    open_snapshot = context.leases[-1]
    etag = query.etag(open_snapshot)
    context.media_type = content_type(query.form)
    headers = [("Vary", "Accept"), ("Cache-Control", "no-store")]
    if etag:
        cache_control = IMMUTABLE if context.snapshot_prefix else shared(manager.settings.cache_s_maxage)
        headers = [headers[0], ("Cache-Control", cache_control), ("ETag", f'"{etag}"')]
    if etag and etag_matches(etag, if_none_match):
        return SparqlResponse(HTTPStatus.NOT_MODIFIED, headers, [], cacheable=False)
    found = fetch(query, etag, open_snapshot, manager.result_cache, context.client)
    headers += [("Content-Type", content_type(query.form)), ("Content-Length", str(found.size))]
    if found.file is None:
        return SparqlResponse(HTTPStatus.OK, headers, [found.content], cacheable=bool(etag) and found.requested_again)
    return SparqlResponse(HTTPStatus.OK, headers, found, cacheable=False)
