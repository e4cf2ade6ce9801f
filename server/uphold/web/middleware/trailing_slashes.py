"""Slashes: an address with one slash too many or too few leads to the one that exists (308, RFC 9110, 15.4.9).

What exists is what the app inside answers, so it is asked; where it has nothing, its 404 stays. The way leads to a path
on this host only, whose first slash is followed by no second one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from uphold.web.http.headers import with_snapshot
from uphold.web.http.request_context import context_of

__all__ = ["TrailingSlashes"]

MOVED = "308 Permanent Redirect"
SEVERAL = re.compile("/{2,}")
IN_PATHS = "/:@!$&'()*+,;=~"
IN_QUERIES = f"{IN_PATHS}?%"
OF_THE_SERVER = re.compile(r"wsgi\.|SERVER_|REMOTE_|SCRIPT_NAME|HTTP_HOST$")
Headers = list[tuple[str, str]]


class TrailingSlashes:
    """WSGI middleware (PEP 3333) over the app that has the addresses."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path.startswith("//") and (found := self.find(path, environ)):  # the framework would not see both slashes
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return self.wsgi({**environ, "PATH_INFO": found}, start_response)  # type: ignore[no-any-return]
            start_response(MOVED, self.lead_to(found, environ))
            return [b""]
        heads: list[tuple[str, Headers, Any]] = []

        def catch(status: str, headers: Headers, exc_info: Any = None) -> None:
            heads[:] = [(status, headers, exc_info)]

        body: Iterable[bytes] = self.wsgi(environ, catch)
        status, headers, exc_info = heads[0]
        if status.startswith("404") and (found := self.find(path, environ)):
            close(body)
            context = context_of(environ)
            context.error_code = context.media_type = ""  # they are about the 404
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return self.wsgi({**environ, "PATH_INFO": found}, start_response)  # type: ignore[no-any-return]
            status, headers, body = MOVED, self.lead_to(found, environ), [b""]
        start_response(status, headers, exc_info)
        return body

    def find(self, path: str, environ: dict[str, Any]) -> str:
        """The path that was meant; an empty text when there is none."""
        return next((other for other in others(path) if self.has(other, environ)), "")

    def has(self, path: str, environ: dict[str, Any]) -> bool:
        """Whether something has this path, whatever it takes and gives."""
        asked = {name: value for name, value in environ.items() if OF_THE_SERVER.match(name)}
        asked |= context_of(environ).probe()
        asked |= {"REQUEST_METHOD": "HEAD", "PATH_INFO": path, "QUERY_STRING": "", "wsgi.input": io.BytesIO()}
        statuses: list[str] = []
        close(self.wsgi(asked, lambda status, *_: statuses.append(status)))
        return not statuses[-1].startswith("404")

    def lead_to(self, path: str, environ: dict[str, Any]) -> Headers:
        """The headers of the redirection, which keeps the query and stays below the prefix."""
        place = quote((environ.get("SCRIPT_NAME", "") + path).encode("latin-1"), safe=IN_PATHS)
        query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=IN_QUERIES)
        return [
            ("Location", f"{place}?{query}" if query else place),
            ("Cache-Control", "no-cache"),
            ("Content-Length", "0"),
            *with_snapshot(context_of(environ).snapshot_id),
        ]


def others(path: str) -> Iterator[str]:
    """The same path with single slashes; and that without a slash at its end, or with one."""
    plain = SEVERAL.sub("/", path)
    ends = [plain, plain[:-1] if plain.endswith("/") else f"{plain}/"]
    yield from (each for each in ends if path.startswith("/") and each not in ("", path))


def close(body: Iterable[bytes]) -> None:
    """Close a body that can be closed."""
    if hasattr(body, "close"):
        body.close()
