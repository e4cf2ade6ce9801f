"""Headers of every response, whichever layer creates it, and the value of one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = [
    "EMBEDDED",
    "HEADERS",
    "IMMUTABLE",
    "PREFLIGHT",
    "SCRIPTED",
    "WITH_EDITOR",
    "content_type",
    "field",
    "shared",
    "with_snapshot",
]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SCRIPTED = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""The policy of a page with our scripts: no others run, and they connect only to this host."""
WITH_EDITOR = SCRIPTED.replace("style-src", "style-src 'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='")
"""The same for the editor, whose library adds an inline style sheet, allowed by its digest."""

EMBEDDED = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""The policy of a card, which any site may embed in a frame: no scripts and no forms."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Allow, Content-Encoding, Content-Language, Content-Length, "
    "Content-Location, Content-Range, Deprecation, ETag, Last-Modified, Link, Location, Memento-Datetime, "
    "Preference-Applied, Retry-After, Server-Timing, WWW-Authenticate, X-Request-Id, Uphold-Snapshot, Vary",
}
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Accept-Datetime, Accept-Language, Authorization, Cache-Control, "
    "Content-Disposition, Content-Encoding, Content-Language, Content-Type, Idempotency-Key, If-Match, "
    "If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Prefer, Range, X-Request-Id, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}
"""Request headers allowed across origins; the methods depend on the address. A page elsewhere may send a token that its
user gave it; a browser adds none by itself, since there are no cookies."""
TEXTUAL = ("text/", "application/sparql-query")
IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control for a named snapshot, which never changes."""


@lru_cache(maxsize=16)
def with_snapshot(identity: str) -> tuple[tuple[str, str], ...]:
    """`HEADERS` and the snapshot id."""
    return (*HEADERS.items(), ("Uphold-Snapshot", identity))


@lru_cache(maxsize=16)
def shared(seconds: int) -> str:
    """Cache-Control for the current snapshot.

    A browser may store it and revalidates with its ETag, which costs no query; a shared cache may reuse it for
    this many seconds, and for as long again while it revalidates.
    """
    return f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={seconds}" if seconds else "public, no-cache"


@lru_cache(maxsize=256)
def content_type(media_type: str) -> str:
    """The media type, with its charset if it has one."""
    return f"{media_type}; charset=utf-8" if media_type.startswith(TEXTUAL) else media_type


def field(headers: Iterable[tuple[str, str]], wanted_name: str) -> str:
    """The value of a header of a response; empty without it."""
    return next((value for name, value in headers if name.lower() == wanted_name), "")
