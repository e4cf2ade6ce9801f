"""Preferences of a request (RFC 7240)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request
from werkzeug.http import parse_list_header

__all__ = ["preferences"]

LONGEST = 1_000
"""Characters of the header that are read."""


def preferences() -> Mapping[str, str]:
    """The value of each preference by its name in lower case; the first of a name counts (2), parameters do not."""
    found: dict[str, str] = {}
    for each in parse_list_header(", ".join(request.headers.getlist("Prefer"))[:LONGEST]):
        name, _, value = each.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return found
