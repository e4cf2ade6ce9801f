"""Errors in uploaded data, with their location if known.

ClientError ─┬─ BodySyntaxError (400) ── UnsafeBody (400)
          └─ BodyTooDeep (400), BodyTooLarge (413)
LimitExceeded ── ValidationLimitExceeded (503)
"""

from __future__ import annotations

from uphold.errors.base import ClientError, LimitExceeded

__all__ = ["BodySyntaxError", "BodyTooDeep", "BodyTooLarge", "UnsafeBody", "ValidationLimitExceeded"]


class BodySyntaxError(ClientError):
    """The body is not valid in its media type; `line` and `column` (from 1) locate the error, if known."""

    code = "body-syntax-error"
    title = "The body could not be parsed"
    remedy = "Fix it at the line and column given, and check its media type."

    def __init__(self, detail: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(detail if len(detail) <= 400 else f"{detail[:400]}…")  # a parser may quote the whole body
        self.line, self.column = line, column


class UnsafeBody(BodySyntaxError):
    """The body makes the parser fetch or expand something, or has IRIs that are unsafe in a page."""

    code = "unsafe-body"
    title = "The body contains disallowed content"
    remedy = "Remove what the detail names, or write it out in full."


class BodyTooDeep(ClientError):
    """The body nests brackets or elements deeper than the limit."""

    code = "body-too-deep"
    title = "The body is nested too deeply"
    remedy = "Name the inner nodes, and describe them side by side."

    def __init__(self, limit: int, line: int | None = None, column: int | None = None) -> None:
        super().__init__(f"The body nests more than {limit} brackets or elements.")
        self.line, self.column = line, column


class BodyTooLarge(ClientError):
    """The body is larger than the limit, compressed or decompressed."""

    status = 413
    code = "body-too-large"
    title = "The body is too large"
    remedy = "Send it in parts."

    def __init__(self, limit: int, unit: str = "bytes") -> None:
        super().__init__(f"The body has more than {limit} {unit}, the limit for one request.")


class ValidationLimitExceeded(LimitExceeded):
    """The validation exceeded its time or memory limit."""

    code = "validation-limit-exceeded"
    title = "The validation exceeded a limit"
    remedy = "Send it in smaller parts."
