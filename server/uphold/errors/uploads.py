"""Errors of the intake: what is wrong with what somebody sent, with its place where that is known.

ClientError ─┬─ BodySyntaxError (400) ── UnsafeBody (400)
          └─ BodyTooDeep (400), BodyTooLarge (413)
LimitExceeded ── ValidationLimitExceeded (503)
"""

from __future__ import annotations

from uphold.errors.base import ClientError, LimitExceeded

__all__ = ["BodySyntaxError", "BodyTooDeep", "BodyTooLarge", "UnsafeBody", "ValidationLimitExceeded"]


class BodySyntaxError(ClientError):
    """What was sent is not of the form it says; `line` and `column` (from 1) say where, as far as that is known."""

    code = "body-syntax-error"
    title = "What was sent does not parse"
    remedy = "Mend it at the line and column given, and see that its media type is the right one."

    def __init__(self, detail: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail if len(detail) <= 400 else f"{detail[:400]}…")  # a parser may quote all of it
        self.line, self.column = line, column


class UnsafeBody(BodySyntaxError):
    """What was sent asks the parser to fetch or expand something, or holds IRIs that would do harm in a page."""

    code = "unsafe-body"
    title = "What was sent holds what is not taken"
    remedy = "Remove what the detail names, or write it out in full."


class BodyTooDeep(ClientError):
    """What was sent nests brackets or elements deeper than any parser here is given."""

    code = "body-too-deep"
    title = "What was sent is nested too deeply"
    remedy = "Give the inner nodes names, and say what they are beside one another."

    def __init__(self, limit: int, line: int | None = None, column: int | None = None) -> None:
        super().__init__(f"The body nests more than {limit} brackets or elements.")
        self.line, self.column = line, column


class BodyTooLarge(ClientError):
    """What was sent is larger, packed or unpacked, than this address takes."""

    status = 413
    code = "body-too-large"
    title = "What was sent is too large"
    remedy = "Send it in parts."

    def __init__(self, limit: int, unit: str = "bytes") -> None:
        super().__init__(f"The body has more than {limit} {unit}, the most that is taken at once.")


class ValidationLimitExceeded(LimitExceeded):
    """What was sent could not be judged within the time and memory that there are for it."""

    code = "validation-limit-exceeded"
    title = "What was sent takes too much to judge"
    remedy = "Send it in smaller parts."
