"""The reply cache: whole replies by the request as it came in, so that a request that comes again touches nothing else.

Everything that a reply can depend on is in the key, and all is forgotten when another snapshot becomes current. What is
answered from here is counted; it is logged only at level debug, since a line would cost more than the answer.
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
from uphold.web.http.request_context import context_of
from uphold.web.middleware.access_log import endpoint_of, request_id

__all__ = ["ResponseCache"]

METHODS = frozenset({"GET", "HEAD", "POST"})
ASKS = ("/sparql",)
LENGTH_AT_MOST = 4  # digits of a body's length: longer bodies are read where they are needed
ENTRY_OVERHEAD = 3_000
ABOUT_ONE_REQUEST = frozenset({"uphold-request", "server-timing", "date"})
ABOUT_THE_CONTENT = frozenset({"accept-ranges", "content-type", "content-length", "content-encoding"})
HIT = ("Server-Timing", "cache;desc=hit")
Headers = list[tuple[str, str]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """One reply."""

    status: str
    headers: Headers
    body: list[bytes]
    tag: str
    unchanged: Headers
    size: int
    path: str
    counts: tuple[Any, ...]


class ResponseCache:
    """WSGI middleware; the layers below say in the context of the request whether a reply is cacheable."""

    def __init__(self, wsgi: Any, version: Callable[..., object], size: int) -> None:
        self.wsgi, self.version = wsgi, version
        self.kept: LRUCache[tuple[Any, ...], CachedResponse] = LRUCache(size, getsizeof=lambda kept: kept.size)
        self.lock = threading.Lock()
        self.of: object = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer from what is kept, or keep what the app answers."""
        key = key_of(environ)
        if key is None or not self.kept.maxsize:
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        version = self.version(exact=key[2].startswith("/snapshots"))
        with self.lock:
            if version != self.of:
                self.kept.clear()
                self.of = version
            found = self.kept.get(key)
        if found is None:
            return self.pass_on(key, version, environ, start_response)
        return self.answer(found, environ, start_response)

    def answer(self, found: CachedResponse, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer from what is kept."""
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
        """Let the app answer, and keep a reply that lasts."""
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
            if hasattr(body, "close"):
                body.close()
        kept = keep(*heads[0], whole, environ, len(str(key)))
        with self.lock:
            if self.of == version and kept.size <= self.kept.maxsize // 8:
                self.kept[key] = kept
        return whole


def keep(status: str, headers: Headers, body: list[bytes], environ: dict[str, Any], key_size: int) -> CachedResponse:
    """A reply as it is kept, and about how many bytes that takes."""
    lasting = [(name, value) for name, value in headers if name.lower() not in ABOUT_ONE_REQUEST]
    etag = next((value for name, value in lasting if name.lower() == "etag"), "")
    endpoint, counts = endpoint_of(environ["PATH_INFO"]), metrics()
    return CachedResponse(
        status=status,
        headers=lasting,
        body=body,
        tag=etag.removeprefix("W/").strip('"'),
        unchanged=[(name, value) for name, value in lasting if name.lower() not in ABOUT_THE_CONTENT],
        size=len(body[0]) + key_size + ENTRY_OVERHEAD,
        path=environ["PATH_INFO"],
        counts=(
            counts.request(environ["REQUEST_METHOD"], endpoint, status[:3]),
            *([counts.query("cached")] if context_of(environ).query_text is not None else []),
        ),
    )


def key_of(environ: dict[str, Any]) -> tuple[Any, ...] | None:
    """All of a request that a reply can depend on; None for a request of which nothing is kept."""
    get = environ.get
    method, path = environ["REQUEST_METHOD"], get("PATH_INFO", "")
    if method not in METHODS or get("HTTP_RANGE") or get("HTTP_IF_MATCH"):
        return None
    body = b""
    if method == "POST":
        length = get("CONTENT_LENGTH") or ""
        if not path.endswith(ASKS) or not (length.isascii() and length.isdigit()) or len(length) > LENGTH_AT_MOST:
            return None
        try:
            body = environ["wsgi.input"].read(int(length))
        except UpholdError:
            return None  # the layer that needs the body meets the error again, and tells it
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
