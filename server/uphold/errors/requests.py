"""Errors about what a request says of its answer: the format, a condition, a range; they hang in the tree of `errors`.

UpholdError ─┬─ ClientError ── UnsupportedFormat (400)
             ├─ NotAcceptable ── NotRepresentable (406)
             └─ PreconditionFailed (412), RangeNotSatisfiable (416)
"""

from __future__ import annotations

from uphold.errors.base import ClientError, NotAcceptable, UpholdError

__all__ = ["NotRepresentable", "PreconditionFailed", "RangeNotSatisfiable", "UnsupportedFormat"]


class UnsupportedFormat(ClientError):
    """The field `format` names a form that is not known, or that this answer does not come in."""

    code = "unsupported-format"
    title = "The answer does not come in this format"
    remedy = "Name one of the formats that the detail lists, or leave the field out and send an Accept header."

    def __init__(self, named: str, offered: list[str]) -> None:
        super().__init__(f"format is {named[:80]!r}; here it can be {', '.join(offered)}.")


class NotRepresentable(NotAcceptable):
    """The answer has a character or a term for which the media type that was asked for has no notation."""

    code = "not-representable"
    title = "The format asked for cannot hold this answer"
    remedy = "Ask for another format: JSON holds every table, and Turtle or N-Triples every graph."

    def __init__(self, media_type: str, reason: str) -> None:
        UpholdError.__init__(self, f"{media_type} cannot hold this answer: {reason}.")


class PreconditionFailed(UpholdError):
    """What If-Match or If-Unmodified-Since asks for does not hold."""

    status = 412
    code = "precondition-failed"
    title = "A precondition of the request does not hold"
    remedy = "Ask without the condition to get what is there now."


class RangeNotSatisfiable(UpholdError):
    """No byte of the answer lies in the ranges asked for; `size` is how many bytes it has."""

    status = 416
    code = "range-not-satisfiable"
    title = "The answer has no bytes in this range"
    remedy = "Ask for a range below the size that Content-Range names, or for the whole."

    def __init__(self, size: int) -> None:
        super().__init__(f"The answer has {size} bytes, and none of them is in the range.")
        self.size = size
