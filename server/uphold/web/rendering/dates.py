"""Dates: days, periods and durations as text, and their positions on a timeline."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

__all__ = ["Scale", "day", "duration", "period", "scale", "since"]

MARGIN = 1.5
"""Margin at each end of the timeline in per cent, so that marks there are not cut off."""
MOST_TICKS = 8
DAYS_OF_YEAR = 365.2425
LONGEST_IN_DAYS = 730
"""Durations up to this many days are shown in days, longer ones in years and months."""


def read(text: object) -> dt.date | None:
    """A date in XML Schema format; None for anything else."""
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def day(text: object) -> Markup:
    """A day or a month as text; anything else unchanged."""
    found, month = read(text), read(f"{text}-01")
    if month and len(str(text)) == len("2011-09"):
        return Markup('<time datetime="{}">{}</time>').format(text, f"{month:%B} {month.year}")
    words = f"{found.day} {found:%B} {found.year}" if found else str(text)
    return Markup('<time datetime="{}">{}</time>').format(text, words) if found else Markup("{}").format(words)


def period(first: object, last: object) -> Markup:
    """The period between two days: one day, a month, a year, or both ends."""
    start, end = read(first), read(last)
    if start is None or end is None or start == end:
        return day(first if first is not None else last)
    if start.year == end.year and start.day == 1 and (end.day == calendar.monthrange(end.year, end.month)[1]):
        if start.month == end.month:
            return Markup('<time datetime="{}">{}</time>').format(f"{start:%Y-%m}", f"{start:%B} {start.year}")
        if (start.month, end.month) == (1, 12):
            return Markup('<time datetime="{}">{}</time>').format(f"{start:%Y}", start.year)
    return Markup("between {} and {}").format(day(first), day(last))


def duration(least: float, most: float | None = None) -> Markup:
    """A number of days, or a range, as text; the exact days of a long one are in its `title`."""
    first, last = sorted(abs(days) for days in (least, least if most is None else most))
    exact = in_days(last) if first == last else f"{in_days(first).partition(' ')[0]} to {in_days(last)}"
    if last <= LONGEST_IN_DAYS:
        return Markup("{}").format(exact)
    words = dict.fromkeys(in_years(days) if days > LONGEST_IN_DAYS else in_days(days) for days in (first, last))
    return Markup('<span title="{}">{}</span>').format(exact, " to ".join(words))


def since(row: Mapping[str, Any], event: str) -> Markup:
    """The days of a row, or their range, before or after an event; empty if unknown."""
    least, most = (row["minimumDays"], row["maximumDays"]) if row["days"] is None else (row["days"], row["days"])
    if least is None:
        return Markup()
    if least < 0 <= most:
        return Markup("between {} before and {} after {}").format(duration(least), duration(most), event)
    return Markup("{} {} {}").format(duration(least, most), "before" if most < 0 else "after", event)


def in_days(days: float) -> str:
    """A number of days, with thin spaces as thousands separators."""
    return f"{days:,.10g} {'day' if days == 1 else 'days'}".replace(",", "\u202f")


def in_years(days: float) -> str:
    """Whole years and months."""
    years, months = divmod(int(days / DAYS_OF_YEAR * 12), 12)
    counts = [(count, unit) for count, unit in ((years, "year"), (months, "month")) if count]
    return ", ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in counts)


@dataclass(frozen=True, slots=True)
class Scale:
    """A timeline from the first day of a year to a day; positions on it are percentages of its length."""

    start: dt.date
    end: dt.date

    def at(self, text: object) -> str:
        """The position of a date; the nearer end for one out of range, the end for anything else."""
        found = read(text) or self.end
        share = (found - self.start).days / max(1, (self.end - self.start).days)
        return f"{MARGIN + min(1.0, max(0.0, share)) * (100 - 2 * MARGIN):.2f}%"

    def span(self, first: object, last: object) -> str:
        """The distance between two dates."""
        return f"{max(0.0, float(self.at(last)[:-1]) - float(self.at(first)[:-1])):.2f}%"

    @property
    def years(self) -> list[int]:
        """The years to mark, at round steps."""
        count = self.end.year - self.start.year + 1
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if count / step <= MOST_TICKS)
        return [year for year in range(self.start.year, self.end.year + 1) if year % step == 0]


def scale(days: Iterable[object], end: object = None) -> Scale | None:
    """A timeline of all these dates, from the start of the first year; None for no dates."""
    found = [each for each in map(read, [*days, end]) if each]
    return Scale(dt.date(min(found).year, 1, 1), max(found)) if found else None
