"""Axes: numeric scales with round ticks, and the positions of numbers on them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Ruler", "anchor", "ruler"]

MARGIN = 4.0
"""Margin at each end of the axis in per cent, so that marks and labels there are not cut off."""
MOST_TICKS = 8
LONGEST_TICK = 12
EDGE = 8.0
"""Distance from an end in per cent within which a centred label may overflow a narrow screen."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """An axis from one number to another; positions are percentages of its length."""

    low: float
    high: float
    step: float

    def at(self, value: object) -> str:
        """The position of a number; the nearer end for one out of range, the first for anything else."""
        found = read(value)
        share = ((self.low if found is None else found) - self.low) / (self.high - self.low)
        return f"{MARGIN + min(1.0, max(0.0, share)) * (100 - 2 * MARGIN):.2f}%"

    def span(self, first: object, last: object) -> str:
        """The distance between two numbers."""
        return f"{max(0.0, float(self.at(last)[:-1]) - float(self.at(first)[:-1])):.2f}%"

    @property
    def ticks(self) -> list[str]:
        """The tick labels, at round steps."""
        count = round((self.high - self.low) / self.step)
        return [f"{self.low + place * self.step:.{LONGEST_TICK}g}" for place in range(count + 1)]


def anchor(place: str) -> str:
    """The `text-anchor` of a label at a position, so that it stays within the axis."""
    share = float(place.removesuffix("%"))
    return "start" if share < EDGE else "end" if share > 100 - EDGE else "middle"


def read(value: object) -> float | None:
    """A number; None for anything else, and for one that is not finite or too large."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 1e15 else None


def ruler(values: Iterable[object], least: float = 0) -> Ruler | None:
    """An axis that spans all these numbers, with round ends and steps of at least `least`; None for no numbers.

    It starts at zero or above unless a number is negative.
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
    """The smallest of 1, 2, 5 times a power of ten that is at least this."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * times for times in (1, 2, 5, 10) if unit * times >= least * (1 - 1e-9))
