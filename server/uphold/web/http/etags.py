"""ETags (RFC 9110, 8.8.3): a digest of everything that the bytes of a response depend on."""

from __future__ import annotations

import hashlib

from werkzeug.http import parse_etags

__all__ = ["etag_matches", "make_etag"]


def make_etag(*depends_on: str) -> str:
    """The opaque tag of a response that depends on these texts, without quotes."""
    return hashlib.sha256("\0".join(depends_on).encode()).hexdigest()[:32]


def etag_matches(tag: str, if_none_match: str | None) -> bool:
    """Whether If-None-Match names this tag (13.1.2: weak comparison)."""
    if if_none_match is None:
        return False
    return if_none_match == f'"{tag}"' or parse_etags(if_none_match).contains_weak(tag)
