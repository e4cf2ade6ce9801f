"""Errors about formats, preconditions and ranges.

UpholdError ─┬─ ClientError ── UnsupportedFormat (400)
             ├─ NotAcceptable ── NotRepresentable (406)
             └─ PreconditionFailed (412), RangeNotSatisfiable (416)
"""

from __future__ import annotations

from uphold.errors.base import ClientError, NotAcceptable, UpholdError

__all__ = ["NotRepresentable", "PreconditionFailed", "PreconditionRequired", "RangeNotSatisfiable", "UnsupportedFormat"]


class UnsupportedFormat(ClientError):
    """The field `format` names a format that is unknown or not available here."""

    code = "unsupported-format"
    title = "Unsupported format"
    remedy = "Use one of the formats that the detail lists, or leave the field out and send an Accept header."

    def __init__(self, named: str, offered: list[str]) -> None:
        super().__init__(f"format is {named[:80]!r}; available: {', '.join(offered)}.")


class NotRepresentable(NotAcceptable):
    """The result has a character or a term that the requested media type cannot represent."""

    code = "not-representable"
    title = "The requested format cannot represent this result"
    remedy = "Use another format: JSON represents every table, and Turtle or N-Triples every graph."

    def __init__(self, media_type: str, reason: str) -> None:
        UpholdError.__init__(self, f"{media_type} cannot represent this result: {reason}.")


class PreconditionFailed(UpholdError):
    """The condition in If-Match or If-Unmodified-Since is false."""

    status = 412
    code = "precondition-failed"
    title = "Precondition failed"
    remedy = "Repeat the request without the condition to get the current state."


class PreconditionRequired(UpholdError):
    """The token writes on a precondition only (RFC 6585, 3)."""

    status = 428
    code = "precondition-required"
    title = "A precondition is required"
    remedy = (
        "Read the graph and send its ETag in If-Match, or If-None-Match: * to create it; "
        "change several graphs one by one."
    )

    def __init__(self, token: str) -> None:
        super().__init__(f"The token {token} may write only with If-Match or If-None-Match.")


class RangeNotSatisfiable(UpholdError):
    """The requested ranges are outside the content, which has `size` bytes."""

    status = 416
    code = "range-not-satisfiable"
    title = "Range not satisfiable"
    remedy = "Request a range within the size in Content-Range, or the whole content."

    def __init__(self, size: int) -> None:
        super().__init__(f"The content has {size} bytes, and none of them is in the range.")
        self.size = size
