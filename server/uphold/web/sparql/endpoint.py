"""SPARQL endpoint: answers programs ahead of Flask, which takes most of the time of a small response.

It parses every query at /sparql and /snapshots/<id>/sparql. Requests that need a page go on to Flask with the parsed
request: the form, results as HTML, and every error, so that errors are reported in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from uphold.errors import SnapshotNotFound, UpholdError
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.web.http.headers import with_snapshot
from uphold.web.http.request_context import RequestContext, context_of
from uphold.web.http.sparql_protocol import read_request
from uphold.web.http.wsgi_bodies import close
from uphold.web.sparql.execution import HTML, SparqlResponse, parse_request, respond

__all__ = ["SparqlEndpoint"]

CURRENT = "/sparql"
ARCHIVED = re.compile(r"/snapshots/([0-9a-f]{64})/sparql")


class SparqlEndpoint:
    """WSGI middleware (PEP 3333) around Flask."""

    def __init__(self, wsgi: Any, manager: SnapshotManager) -> None:
        self.wsgi, self.manager = wsgi, manager

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a query, or pass the request on."""
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        archived = None if path == CURRENT else ARCHIVED.fullmatch(path)
        asks = method == "POST" or (method in ("GET", "HEAD") and environ.get("QUERY_STRING"))
        if not asks or (path != CURRENT and not archived):
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        context = context_of(environ)
        try:
            if archived:
                context.read_archived(self.manager, archived[1])
            made = self.answer(environ, context)
        except SnapshotNotFound:
            made = None  # the view at that address reports it
        except UpholdError as error:
            context.sparql_error, made = error, None
        if made is None:
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        context.cacheable = made.cacheable
        headers = [*made.headers, *with_snapshot(context.leases[-1].snapshot.id)]
        start_response(f"{made.status.value} {made.status.phrase}", headers)
        if method == "HEAD":
            close(made.body)
            return []
        return made.body

    def answer(self, environ: dict[str, Any], context: RequestContext) -> SparqlResponse | None:
        """The response to a program; None where it is a page."""
        parsed = context.sparql_request = read_request(environ, self.manager.settings)
        context.query_text = parsed.query
        query = parse_request(parsed, environ.get("HTTP_ACCEPT", ""), self.manager.settings)
        return None if query.form == HTML else respond(query, context, self.manager, environ.get("HTTP_IF_NONE_MATCH"))
