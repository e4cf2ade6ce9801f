"""Errors about the source files and the data derived from them; part of the tree in `errors.base`.

UpholdError ─┬─ DataError (422): UnreadableSource, RuleFailed, DuplicateStatement, BlankNodeInTwoGraphs,
             │                     DoesNotConform, UnsupportedShape
             └─ ValidatorFailed (500)
"""

from __future__ import annotations

from uphold.errors.base import UpholdError

__all__ = [
    "BlankNodeInTwoGraphs",
    "DataError",
    "DoesNotConform",
    "DuplicateStatement",
    "RuleFailed",
    "SnapshotDamaged",
    "UnreadableSource",
    "UnsupportedShape",
    "ValidatorFailed",
]


class DataError(UpholdError):
    """The source files are invalid."""

    status = 422
    code = "data-error"
    title = "The source files are invalid"


class UnreadableSource(DataError):
    """A source file cannot be read; the text names file, line and value."""

    code = "unreadable-source"
    title = "A source file cannot be read"
    remedy = "Fix the file at the location given."


class RuleFailed(DataError):
    """A rule in `queries/rules/` failed."""

    code = "rule-failed"
    title = "A rule failed"
    remedy = "Fix the rule's query."


class DuplicateStatement(DataError):
    """A triple is in two graphs, so most engines would count it twice."""

    code = "duplicate-statement"
    title = "A statement is in two graphs"
    remedy = "Keep the statement in one of the graphs; the other may still name its own `source` for the thing."

    def __init__(self, count: int, triple: str, graphs: str) -> None:
        super().__init__(f"Statements in more than one graph: {count}. The first is {triple}, in {graphs}.")


class SnapshotDamaged(DataError):
    """The data of a snapshot on disk are not those that its id names."""

    code = "snapshot-damaged"
    title = "A snapshot is damaged"
    remedy = "Run `uphold rebuild`, which makes the data again from the files and the journal."


class BlankNodeInTwoGraphs(DataError):
    """A blank node is in two graphs, so neither graph can be named by its own content."""

    code = "blank-node-in-two-graphs"
    title = "A blank node is in two graphs"
    remedy = "Give the node an IRI, or keep all statements about it in one graph."

    def __init__(self, graphs: str, predicate: str) -> None:
        super().__init__(f"A blank node is in {graphs}, in a statement with {predicate}.")


class DoesNotConform(DataError):
    """The data violate at least one shape; `report` lists every result."""

    code = "does-not-conform"
    title = "The data do not conform to the shapes"
    remedy = "Fix each violation in the report; nothing was published."

    def __init__(self, count: int, report: str) -> None:
        super().__init__(f"The data have {count} violations of the shapes.\n{report}")


class UnsupportedShape(DataError):
    """A shape uses a part of SHACL that is not compiled to SPARQL; the text names the shape."""

    code = "unsupported-shape"
    title = "A shape uses an unsupported part of SHACL"
    remedy = "Write the shape with the constraint components that docs/contribute.md lists."


class ValidatorFailed(UpholdError):
    """The validator raised an exception; the data are never at fault."""

    status = 500
    code = "validator-failed"
    title = "The validator failed"
    remedy = "This is a bug in Uphold, not in your data: report it, with the data you sent."

    def __init__(self) -> None:
        super().__init__("The validator failed on this data, so there is no report.")
