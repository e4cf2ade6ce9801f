"""Errors about questions: one that is not there, a parameter that cannot be, a picture that is not drawn."""

from __future__ import annotations

from uphold.errors import NotFound, UpholdError, WrongUse

__all__ = ["ChartNotDrawn", "NoSuchQuestion", "WrongParameter"]


class NoSuchQuestion(NotFound):
    """No file under `queries/` has this name."""

    code = "no-such-question"
    title = "There is no such question"
    remedy = "See /api for all questions."


class WrongParameter(WrongUse):
    """A question has no such parameter, or the parameter no such value."""

    code = "wrong-parameter"
    title = "A parameter of the question cannot have this value"
    remedy = "See /api for the parameters of each question and the values that they take."


class ChartNotDrawn(UpholdError):
    """The rows do not make a picture."""

    code = "chart-not-drawn"
    title = "The chart could not be drawn"
    remedy = "Ask for fewer rows, or for the rows themselves as JSON or CSV."
