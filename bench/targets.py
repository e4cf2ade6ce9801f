"""Performance targets of this project, and whether a measurement meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.measure import ASKED, CLIENTS, NEVER_SEEN, REPEATED, Cell
from bench.ours import Uphold
from bench.report import REFERENCE, Measurement

__all__ = ["verdicts"]

MANY = CLIENTS[-1]
WHOLE_DATA = "aggregate"


@dataclass(frozen=True, slots=True)
class Target:
    """A minimum ratio of responses per second, with many clients, to those of a peer."""

    question: str
    asked: str
    peer: str
    at_least: float


def targets(questions: list[str]) -> Iterator[Target]:
    """All targets."""
    for question in questions:
        yield Target(question, REPEATED, REFERENCE, 1.5)
    for question, at_least in (("point", 0.25), ("join", 0.6), ("construct", 1.0)):
        if question in questions:
            yield Target(question, NEVER_SEEN, REFERENCE, at_least)
    for question in questions:
        for asked in ASKED:
            yield Target(question, asked, "rdflib-endpoint", 10)
            on_par = question == WHOLE_DATA
            yield Target(question, asked, REFERENCE if on_par else "virtuoso", 1.0)


def verdicts(found: Measurement) -> Iterator[str]:
    """A line for each target whose servers were measured."""
    for target in targets(list(found.questions)):
        cell = Cell(target.question, target.asked, MANY)
        ours, theirs = (found.results.middle(name, cell) for name in (Uphold.name, target.peer))
        if ours and theirs:
            ratio = ours.per_second / theirs.per_second
            verdict = "holds" if ratio >= target.at_least and not ours.errors else "DOES NOT HOLD"
            yield (
                f"{verdict}: {target.question}, {target.asked}, {MANY} clients: "
                f"{ratio:.2f} times {target.peer}, wanted {target.at_least:g}"
            )
