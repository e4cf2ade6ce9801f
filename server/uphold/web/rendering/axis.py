"""Rulers: lines of numbers that hold given values, and where a number stands on one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Ruler", "anchor", "ruler"]

MARGIN = 4.0
"""Per cent of the line before its first and after its last number, so that marks and figures there are whole."""
MOST_TICKS = 8
LONGEST_TICK = 12
EDGE = 8.0
"""Per cent of a line within which half a label, on a narrow screen and in a wide font, would not fit before its end."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """A line from one number to another; places on it are percentages of its length."""

    low: float
    high: float
    step: float

    def at(self, value: object) -> str:
        """Where a number is; the nearer end for one outside the line, and the first for what is no number."""
        found = read(value)
        share = ((self.low if found is None else found) - self.low) / (self.high - self.low)
        return f"{MARGIN + min(1.0, max(0.0, share)) * (100 - 2 * MARGIN):.2f}%"

    def span(self, first: object, last: object) -> str:
        """How long it is from one number to another."""
        return f"{max(0.0, float(self.at(last)[:-1]) - float(self.at(first)[:-1])):.2f}%"

    @property
    def ticks(self) -> list[str]:
        """The numbers to mark, a round step between them, as they are written."""
        count = round((self.high - self.low) / self.step)
        return [f"{self.low + place * self.step:.{LONGEST_TICK}g}" for place in range(count + 1)]


def anchor(place: str) -> str:
    """The `text-anchor` of a label at a place on a line, so that it stays on the line."""
    share = float(place.removesuffix("%"))
    return "start" if share < EDGE else "end" if share > 100 - EDGE else "middle"


def read(value: object) -> float | None:
    """A number; None for anything else, and for one that no line holds."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 1e15 else None


def ruler(values: Iterable[object], least: float = 0) -> Ruler | None:
    """A line that holds all these numbers, with round ends and steps of `least` or more; None for no number at all.

    It does not go below zero unless one of them does.
    """
    found = [each for each in map(read, values) if each is not None]
    if not found:
        return None
    first, last = min(found), max(found)
    spread = max(last - first, abs(last) / 1000, 1.0 if last >= 1 else 0.1)
    step = max(least, round_step(spread / (MOST_TICKS - 2)))
    low = math.floor(first / step - 0.5) * step
    return Ruler(max(0.0, low) if first >= 0 else low, math.ceil(last / step + 0.5) * step, step)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5 and their multiples by ten that is not below this."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * times for times in (1, 2, 5, 10) if unit * times >= least * (1 - 1e-9))
