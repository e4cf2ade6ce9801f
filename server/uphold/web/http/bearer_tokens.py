"""Bearer tokens of requests (RFC 6750): in the Authorization header only, never in a URL or a body."""

from __future__ import annotations

import re

from flask import request

from uphold.errors import TokenMissing

__all__ = ["bearer_token"]

CREDENTIALS = re.compile(r"bearer +(\S+)", re.IGNORECASE | re.ASCII)
"""Section 2.1; names of schemes are case-insensitive (RFC 9110, 11.1)."""


def bearer_token() -> str:
    """The token of the request, not checked yet; raises `TokenMissing`, also for another scheme."""
    found = CREDENTIALS.fullmatch(request.headers.get("Authorization", "").strip(" \t"))
    if not found:
        raise TokenMissing
    return found[1]
