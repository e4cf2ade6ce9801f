"""ETags (RFC 9110, 8.8.3): each is a digest of all that the bytes of an answer depend on."""

from __future__ import annotations

import hashlib

from werkzeug.http import parse_etags

__all__ = ["etag_matches", "make_etag"]


def make_etag(*depends_on: str) -> str:
    """The opaque tag of what depends on these texts, without quotation marks."""
    return hashlib.sha256("\0".join(depends_on).encode()).hexdigest()[:32]


def etag_matches(tag: str, if_none_match: str | None) -> bool:
    """Whether the client says that it has what this tag names (13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    return if_none_match == f'"{tag}"' or parse_etags(if_none_match).contains_weak(tag)
