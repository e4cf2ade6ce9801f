"""Errors about files of the data set and what is derived from them; they hang in the tree of `errors`.

UpholdError ─┬─ DataError (422): UnreadableSource, RuleFailed, DuplicateStatement, DoesNotConform
             └─ ValidatorFailed (500)
"""

from __future__ import annotations

from uphold.errors.base import UpholdError

__all__ = ["DataError", "DoesNotConform", "DuplicateStatement", "RuleFailed", "UnreadableSource", "ValidatorFailed"]


class DataError(UpholdError):
    """The files do not make a snapshot."""

    status = 422
    code = "data-error"
    title = "The files do not make a snapshot"


class UnreadableSource(DataError):
    """A file of the data set is not readable; the text names file, line and value."""

    code = "unreadable-source"
    title = "A source file is not readable"
    remedy = "Mend the file at the place given."


class RuleFailed(DataError):
    """A rule under `queries/rules/` does not run."""

    code = "rule-failed"
    title = "A rule does not run"
    remedy = "Mend the rule's query."


class DuplicateStatement(DataError):
    """A triple stands in two graphs, so that most engines would count it twice."""

    code = "duplicate-statement"
    title = "A statement stands in two graphs"
    remedy = "Keep the statement in one of the graphs; the other one may still give its own `source` for the thing."

    def __init__(self, count: int, triple: str, graphs: str) -> None:
        super().__init__(f"Statements that stand in more than one graph: {count}. The first is {triple}, in {graphs}.")


class DoesNotConform(DataError):
    """The data break at least one shape; `report` lists each result in words."""

    code = "does-not-conform"
    title = "The data do not conform to the shapes"
    remedy = "Mend each place that the report names; nothing was published."

    def __init__(self, count: int, report: str) -> None:
        super().__init__(f"{count} places do not conform to the shapes.\n{report}")


class ValidatorFailed(UpholdError):
    """The validator raised an exception: what was sent is not to blame, however wrong it is."""

    status = 500
    code = "validator-failed"
    title = "The validator failed"
    remedy = "This is a fault of Uphold, not of your data: report it, with what you sent."

    def __init__(self) -> None:
        super().__init__("The validator met data that it cannot validate, so there is no report.")
