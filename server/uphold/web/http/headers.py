"""Headers that every response carries, whichever layer makes it."""

from __future__ import annotations

from functools import lru_cache

__all__ = [
    "EMBEDDED",
    "HEADERS",
    "IMMUTABLE",
    "PREFLIGHT",
    "SCRIPTED",
    "WITH_EDITOR",
    "content_type",
    "shared",
    "with_snapshot",
]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SCRIPTED = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""The policy of a page with scripts of ours: no others run, and they ask nobody else."""
WITH_EDITOR = SCRIPTED.replace("style-src", "style-src 'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='")
"""The same for the editor, whose library writes one style sheet into the page, known by its digest."""

EMBEDDED = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""The policy of a card, which any site may show in a frame: it has no scripts and no forms."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Allow, Content-Encoding, Content-Language, Content-Length, "
    "Content-Location, Content-Range, Deprecation, ETag, Last-Modified, Link, Location, Memento-Datetime, Retry-After, "
    "Server-Timing, X-Request-Id, Uphold-Snapshot, Vary",
}
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Accept-Datetime, Accept-Language, Cache-Control, Content-Disposition, "
    "Content-Encoding, Content-Language, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, "
    "If-Unmodified-Since, Prefer, Range, X-Request-Id, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}
"""What a browser may send from another page; the methods are those that the address takes. No address here reads
credentials, so Authorization is not among them."""
TEXTUAL = ("text/", "application/sparql-query")
IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control of what is about a named snapshot, which never changes."""


@lru_cache(maxsize=16)
def with_snapshot(identity: str) -> tuple[tuple[str, str], ...]:
    """`HEADERS` and the snapshot's name."""
    return (*HEADERS.items(), ("Uphold-Snapshot", identity))


def shared(seconds: int) -> str:
    """Cache-Control of what is about the current snapshot.

    A browser may keep it and asks again with its ETag, which costs no query; a cache that serves many
    clients may answer for so many seconds by itself, and as long again while it asks.
    """
    return f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={seconds}" if seconds else "public, no-cache"


def content_type(media_type: str) -> str:
    """The media type with its charset where it takes one."""
    return f"{media_type}; charset=utf-8" if media_type.startswith(TEXTUAL) else media_type
