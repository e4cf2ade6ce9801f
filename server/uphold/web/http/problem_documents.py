"""Problem documents (RFC 9457): one format for every error, whichever layer reports it."""

from __future__ import annotations

from typing import Any

from uphold.errors import (
    GraphProtected,
    JournalBusy,
    JournalUnavailable,
    RangeNotSatisfiable,
    ServerBusy,
    TokenMissing,
    TokenRefused,
    UpholdError,
)

__all__ = ["PROBLEM", "problem_document", "problem_headers"]

PROBLEM = "application/problem+json"
CHALLENGE = 'Bearer realm="Uphold"'
RETRY_AFTER_SECONDS = 5
LONGEST_DETAIL = 1_000


def problem_document(error: UpholdError, base: str, request_id: str) -> dict[str, Any]:
    """The error as problem details; empty members are left out. `instance` has the request id of the log."""
    details = {
        "type": f"{base}problem/{error.code}",
        "title": error.title,
        "status": int(error.status),
        "detail": shortened(str(error)) or error.title,
        "instance": f"urn:uphold:request:{request_id}",
        "remedy": error.remedy,
        "line": error.line,
        "column": error.column,
    }
    return {name: value for name, value in details.items() if value is not None}


def problem_headers(error: UpholdError) -> dict[str, str]:
    """The headers of an error response."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, ServerBusy | JournalBusy | JournalUnavailable):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, TokenRefused | GraphProtected):
        headers["WWW-Authenticate"] = challenge(error)
    return headers


def challenge(error: TokenRefused | GraphProtected) -> str:
    """The challenge with its error code (RFC 6750, 3); a request without a token gets no code (3.1)."""
    if isinstance(error, TokenMissing):
        return CHALLENGE
    return f'{CHALLENGE}, error="{"invalid_token" if isinstance(error, TokenRefused) else "insufficient_scope"}"'


def shortened(detail: str) -> str:
    """The detail, cut to `LONGEST_DETAIL` characters."""
    return detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]}…"
