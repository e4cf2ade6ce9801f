"""Trailing slashes: redirects a path with a missing or extra slash to the one that exists (308, RFC 9110, 15.4.9).

A subrequest to the wrapped app checks whether a path exists; otherwise the 404 stays. The target is always a path on
this host, which never begins with two slashes. The addresses of graphs are taken as they are: a graph whose name has
another slash is another graph, and a redirected DELETE would remove it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from uphold.web.http.headers import with_snapshot
from uphold.web.http.request_context import context_of
from uphold.web.http.request_parameters import IN_PATHS
from uphold.web.http.wsgi_bodies import close

__all__ = ["TrailingSlashes"]

MOVED = "308 Permanent Redirect"
SEVERAL = re.compile("/{2,}")
IN_QUERIES = f"{IN_PATHS}?%"
EXACT = "/graphs/"
OF_THE_SERVER = re.compile(r"wsgi\.|SERVER_|REMOTE_|SCRIPT_NAME|HTTP_HOST$")
Headers = list[tuple[str, str]]


class TrailingSlashes:
    """WSGI middleware (PEP 3333) over the app that routes paths."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path.startswith(EXACT) and path != EXACT:
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        if path.startswith("//") and (found := self.find(path, environ)):  # the framework collapses both slashes
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return self.wsgi({**environ, "PATH_INFO": found}, start_response)  # type: ignore[no-any-return]
            start_response(MOVED, self.redirection(found, environ))
            return [b""]
        heads: list[tuple[str, Headers, Any]] = []

        def catch(status: str, headers: Headers, exc_info: Any = None) -> None:
            heads[:] = [(status, headers, exc_info)]

        body: Iterable[bytes] = self.wsgi(environ, catch)
        status, headers, exc_info = heads[0]
        if status.startswith("404") and (found := self.find(path, environ)):
            close(body)
            context = context_of(environ)
            context.error_code = context.media_type = ""  # left by the 404
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return self.wsgi({**environ, "PATH_INFO": found}, start_response)  # type: ignore[no-any-return]
            status, headers, body = MOVED, self.redirection(found, environ), [b""]
        start_response(status, headers, exc_info)
        return body

    def find(self, path: str, environ: dict[str, Any]) -> str:
        """The existing path with other slashes; empty when there is none."""
        return next((other for other in candidates(path) if self.has(other, environ)), "")

    def has(self, path: str, environ: dict[str, Any]) -> bool:
        """Whether the app has this path, whatever its methods and formats."""
        subrequest = {name: value for name, value in environ.items() if OF_THE_SERVER.match(name)}
        subrequest |= context_of(environ).probe()
        subrequest |= {"REQUEST_METHOD": "HEAD", "PATH_INFO": path, "QUERY_STRING": "", "wsgi.input": io.BytesIO()}
        statuses: list[str] = []
        close(self.wsgi(subrequest, lambda status, *_: statuses.append(status)))
        return not statuses[-1].startswith("404")

    def redirection(self, path: str, environ: dict[str, Any]) -> Headers:
        """The headers of the redirection, with the query string and the path prefix."""
        place = quote((environ.get("SCRIPT_NAME", "") + path).encode("latin-1"), safe=IN_PATHS)
        query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=IN_QUERIES)
        return [
            ("Location", f"{place}?{query}" if query else place),
            ("Cache-Control", "no-cache"),
            ("Content-Length", "0"),
            *with_snapshot(context_of(environ).snapshot_id),
        ]


def candidates(path: str) -> Iterator[str]:
    """The path with single slashes, and that with its trailing slash removed or added."""
    plain = SEVERAL.sub("/", path)
    ends = [plain, plain[:-1] if plain.endswith("/") else f"{plain}/"]
    yield from (each for each in ends if path.startswith("/") and each not in ("", path))
