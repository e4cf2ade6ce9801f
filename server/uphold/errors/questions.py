"""Errors about questions: one that is not there, a parameter that cannot be, a picture that is not drawn, a card."""

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
    """No file under `queries/` has this name."""

    code = "question-not-found"
    title = "There is no such question"
    remedy = "See /api for all questions."


class FormatNotFound(NotFound):
    """The question is not answered in the form that the suffix names."""

    code = "format-not-found"
    title = "The question is not answered in this form"
    remedy = "Take another suffix, or none and an Accept header."


class CardNotFound(NotFound):
    """There are cards for some kinds of things, and not for this one."""

    code = "card-not-found"
    title = "There is no card for this kind of thing"
    remedy = "Take the address of a jurisdiction, a treaty, a call or a commitment, as in /embed/jurisdiction/nzl."


class InvalidParameter(ClientError):
    """A question has no such parameter, or the parameter no such value."""

    code = "invalid-parameter"
    title = "A parameter of the question cannot have this value"
    remedy = "See /api for the parameters of each question and the values that they take."


class ChartRenderingFailed(UpholdError):
    """The rows do not make a picture."""

    status = 503
    code = "chart-rendering-failed"
    title = "The chart could not be drawn"
    remedy = "Ask for fewer rows, or for the rows themselves as JSON or CSV."


class ChartTooLarge(ChartRenderingFailed):
    """There are more rows than a picture can show."""

    status = 400
    code = "chart-too-large"
    title = "The chart would have too many rows"
