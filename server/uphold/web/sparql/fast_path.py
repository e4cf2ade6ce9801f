"""The query service: answers programs at /sparql ahead of the framework, whose share of a small answer is the largest.

Whatever needs a page goes on to Flask: the form, answers as HTML, and every error, which is told there in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from uphold.errors import UpholdError
from uphold.serving.open_snapshots import Library
from uphold.web.http.headers import with_snapshot
from uphold.web.http.sparql_protocol import read_request
from uphold.web.sparql.execution import HTML, reply, understand

__all__ = ["QueryService"]


class QueryService:
    """WSGI middleware (PEP 3333) over the app."""

    def __init__(self, wsgi: Any, library: Library) -> None:
        self.wsgi, self.library = wsgi, library

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a query, or hand the request on."""
        method = environ["REQUEST_METHOD"]
        asks = method == "POST" or (method in ("GET", "HEAD") and environ.get("QUERY_STRING"))
        if environ.get("PATH_INFO") != "/sparql" or not asks:
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        try:
            asked = environ["uphold.asked"] = read_request(environ, self.library.settings)
            environ["uphold.query"] = asked.query
            question = understand(asked, environ.get("HTTP_ACCEPT", ""), self.library.settings)
            if question.form == HTML:
                return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
            opened = environ["uphold.opened"]
            made = reply(question, opened, self.library, environ)
        except UpholdError as error:
            environ["uphold.fault"] = error
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        environ["uphold.lasts"] = made.lasts
        start_response(f"{made.status.value} {made.status.phrase}", [*made.headers, *with_snapshot(opened.snapshot.id)])
        if method == "HEAD":
            if hasattr(made.body, "close"):
                made.body.close()
            return []
        return made.body
