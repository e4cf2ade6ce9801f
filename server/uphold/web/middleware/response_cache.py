"""Response cache: whole responses by request, so that a repeated request needs no other layer.

The key has everything that a response depends on, and the cache is cleared when another snapshot becomes current. Hits
are counted; they are logged only at level debug, since a log line would cost more than the response.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from uphold.errors import UpholdError
from uphold.metrics import metrics
from uphold.web.http.etags import etag_matches
from uphold.web.http.headers import field
from uphold.web.http.request_context import context_of
from uphold.web.http.wsgi_bodies import close
from uphold.web.middleware.access_log import endpoint_of, request_id

__all__ = ["ResponseCache"]

METHODS = frozenset({"GET", "HEAD", "POST"})
ASKS = ("/sparql",)
LENGTH_DIGITS = 4  # digits of Content-Length; larger bodies are not cached
ENTRY_OVERHEAD = 3_000
ABOUT_ONE_REQUEST = frozenset({"x-request-id", "server-timing", "date"})
ABOUT_THE_CONTENT = frozenset({"accept-ranges", "content-type", "content-length", "content-encoding"})
HIT = ("Server-Timing", "cache;desc=hit")
Headers = list[tuple[str, str]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """One response, with the headers of its 304 and its size in the cache."""

    status: str
    headers: Headers
    body: list[bytes]
    tag: str
    unchanged: Headers
    size: int
    path: str
    counts: tuple[Any, ...]


class ResponseCache:
    """WSGI middleware (PEP 3333); inner layers mark cacheable responses in the request context."""

    def __init__(self, wsgi: Any, version: Callable[[], object], size: int) -> None:
        self.wsgi, self.version = wsgi, version
        self.entries: LRUCache[tuple[Any, ...], CachedResponse] = LRUCache(size, getsizeof=lambda entry: entry.size)
        self.lock = threading.Lock()
        self.cached_version: object = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer from the cache, or cache the response of the app."""
        key = key_of(environ)
        version = self.version()  # for each request, since inner layers rely on it
        if key is None or not self.entries.maxsize:
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        with self.lock:
            if version != self.cached_version:
                self.entries.clear()
                self.cached_version = version
            found = self.entries.get(key)
        if found is None:
            return self.pass_on(key, version, environ, start_response)
        return self.answer(found, environ, start_response)

    def answer(self, found: CachedResponse, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer from the cache."""
        headers = [("X-Request-Id", request_id(environ)), HIT]
        for count in found.counts:
            count.inc()
        if log.isEnabledFor(logging.DEBUG):
            log.debug("answered from the cache", extra={"fields": {"request_id": headers[0][1], "path": found.path}})
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and found.tag and etag_matches(found.tag, known):
            start_response("304 NOT MODIFIED", found.unchanged + headers)
            return []
        start_response(found.status, found.headers + headers)
        return found.body

    def pass_on(
        self, key: tuple[Any, ...], version: object, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Pass the request to the app, and cache a cacheable response."""
        heads: list[tuple[str, Headers]] = []

        def note(status: str, headers: Headers, exc_info: Any = None) -> Any:
            heads[:] = [(status, headers)]
            return start_response(status, headers, *([exc_info] if exc_info else []))

        body = self.wsgi(environ, note)
        if not context_of(environ).cacheable or not heads or not heads[0][0].startswith("200"):
            return body  # type: ignore[no-any-return]
        try:
            whole = [b"".join(body)]
        finally:
            close(body)
        entry = make_entry(*heads[0], whole, environ, len(str(key)))
        with self.lock:
            if self.cached_version == version and entry.size <= self.entries.maxsize // 8:
                self.entries[key] = entry
        return whole


def make_entry(
    status: str, headers: Headers, body: list[bytes], environ: dict[str, Any], key_size: int
) -> CachedResponse:
    """A response as a cache entry, with its approximate size in bytes."""
    reusable = [(name, value) for name, value in headers if name.lower() not in ABOUT_ONE_REQUEST]
    etag = field(reusable, "etag")
    if environ["REQUEST_METHOD"] == "POST" and field(reusable, "content-type").startswith("text/html"):
        etag = ""  # as without the cache: a result that was sent for is conditional, not the editor's page with it
    endpoint, counts = endpoint_of(environ["PATH_INFO"]), metrics()
    return CachedResponse(
        status=status,
        headers=reusable,
        body=body,
        tag=etag.removeprefix("W/").strip('"'),
        unchanged=[(name, value) for name, value in reusable if name.lower() not in ABOUT_THE_CONTENT],
        size=len(body[0]) + key_size + ENTRY_OVERHEAD,
        path=environ["PATH_INFO"],
        counts=(
            counts.request(environ["REQUEST_METHOD"], endpoint, status[:3]),
            *([counts.query("cached")] if context_of(environ).query_text is not None else []),
        ),
    )


def key_of(environ: dict[str, Any]) -> tuple[Any, ...] | None:
    """Everything in a request that a response can depend on; None for an uncacheable request."""
    get = environ.get
    method, path = environ["REQUEST_METHOD"], get("PATH_INFO", "")
    if method not in METHODS or get("HTTP_RANGE") or get("HTTP_IF_MATCH"):
        return None
    body = b""
    if method == "POST":
        length = get("CONTENT_LENGTH") or ""
        if not path.endswith(ASKS) or not (length.isascii() and length.isdigit()) or len(length) > LENGTH_DIGITS:
            return None
        try:
            body = environ["wsgi.input"].read(int(length))
        except UpholdError:
            return None  # raised again in the layer that needs the body, which reports it
        environ["wsgi.input"] = io.BytesIO(body)
    return (
        method,
        get("SCRIPT_NAME"),
        path,
        get("QUERY_STRING"),
        body,
        get("CONTENT_TYPE"),
        get("HTTP_CONTENT_ENCODING"),
        get("HTTP_ACCEPT"),
        get("HTTP_ACCEPT_ENCODING"),
        get("HTTP_ACCEPT_DATETIME"),
        get("HTTP_ACCEPT_LANGUAGE") if not path.endswith(ASKS) else None,
    )
