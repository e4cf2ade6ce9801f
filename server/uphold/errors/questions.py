"""Errors about questions, their parameters, charts and cards."""

from __future__ import annotations

from uphold.errors.base import ClientError, NotFound, UpholdError

__all__ = [
    "CardNotFound",
    "ChartRenderingFailed",
    "ChartTooLarge",
    "FormatNotFound",
    "InvalidParameter",
    "QuestionNotFound",
]


class QuestionNotFound(NotFound):
    """No file in `queries/` has this name."""

    code = "question-not-found"
    title = "Question not found"
    remedy = "See /api for all questions."


class FormatNotFound(NotFound):
    """The question is not available in the format of this suffix."""

    code = "format-not-found"
    title = "Format not available"
    remedy = "Use another suffix, or none and an Accept header."


class CardNotFound(NotFound):
    """There are no cards for this type of resource."""

    code = "card-not-found"
    title = "Card not found"
    remedy = "Use the address of a jurisdiction, a treaty, a call or a commitment, as in /embed/jurisdiction/nzl."


class InvalidParameter(ClientError):
    """The parameter or its value is invalid."""

    code = "invalid-parameter"
    title = "Invalid parameter"
    remedy = "See /api for the parameters of each question and their values."


class ChartRenderingFailed(UpholdError):
    """The chart could not be rendered."""

    status = 503
    code = "chart-rendering-failed"
    title = "The chart could not be rendered"
    remedy = "Request fewer rows, or the rows themselves as JSON or CSV."


class ChartTooLarge(ChartRenderingFailed):
    """There are more rows than a chart can show."""

    status = 400
    code = "chart-too-large"
    title = "Too many rows for a chart"
