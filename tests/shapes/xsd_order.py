"""XSD order: the order of two literals by XSD 1.1 Part 2 and SPARQL's `<`, or None if they cannot be compared.

SHACL uses it in sh:lessThan, sh:lessThanOrEquals (4.5.3, 4.5.4) and the bounds (4.3): values that cannot be compared
are a violation. Numbers compare with numbers, strings with strings, dates with dates; a language-tagged string, an IRI,
a blank node, an ill-formed literal and NaN with nothing. If only one of two dates or times has a time zone, the other
can be anywhere within 14 hours (XSD 1.1 Part 2, 3.3.7 and E.3.3).
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from rdflib.term import Literal, Node

from uphold.validation.lexical_forms import NUMBERS, XSD, well_formed

__all__ = ["compare"]

PARTS = re.compile(
    r"(?:(?P<year>-?[0-9]{4,})(?:-(?P<month>[0-9]{2}))?(?:-(?P<day>[0-9]{2}))?)?"
    r"(?:T?(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9.]+))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
TIMES = {"dateTimeStamp": "dateTime"} | {name: name for name in ("dateTime", "date", "time", "gYear", "gYearMonth")}
MOST_OF_A_ZONE = 14 * 3600
MOST_DIGITS = 4000  # Python does not convert longer texts into numbers


class OrderedValue(NamedTuple):
    """The value of a literal: its comparable family, its place in the order, and whether it has a time zone."""

    family: str
    place: Decimal | float | str | bool
    zoned: bool = True


def compare(first: Node, second: Node) -> int | None:
    """-1, 0 or 1 if the first is less than, equal to or greater than the second; None if they cannot be compared."""
    if not (isinstance(first, Literal) and isinstance(second, Literal)):
        return None
    one, other = value_of(first), value_of(second)
    if one is None or other is None or one.family != other.family:
        return None
    if one.zoned == other.zoned:
        return sign(one.place, other.place)
    least, greatest = (
        sign(one.place, other.place + Decimal(shift))  # type: ignore[operator] # times only have no zone
        for shift in (-MOST_OF_A_ZONE, MOST_OF_A_ZONE)
    )
    return least if least == greatest else None


def sign(first: object, second: object) -> int:
    """The order of two values of one family."""
    if first == second:
        return 0
    return -1 if first < second else 1  # type: ignore[operator]


@lru_cache(maxsize=20_000)
def value_of(literal: Literal) -> OrderedValue | None:
    """The comparable value of a literal, or None."""
    text, datatype = str(literal), str(literal.datatype or f"{XSD}string")
    if literal.language or (len(text) > MOST_DIGITS and datatype != f"{XSD}string") or not well_formed(text, datatype):
        return None
    name = datatype.removeprefix(XSD)
    if name == "string":
        return OrderedValue("text", text)
    if name == "boolean":
        return OrderedValue("truth", text in ("true", "1"))
    if name in ("float", "double"):
        return None if text == "NaN" else OrderedValue("number", float(text.replace("INF", "inf")))
    if name in NUMBERS:
        return OrderedValue("number", Decimal(text))
    return moment(text, TIMES[name]) if name in TIMES else None


def moment(text: str, family: str) -> OrderedValue | None:
    """Seconds on the time line (XSD 1.1 Part 2, E.3.4), in UTC if there is a time zone."""
    found = PARTS.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found["year"] or 1972), int(found["month"] or 1), int(found["day"] or 1)
    seconds = days_before(year, month, day) * 86_400 + int(found["hour"] or 0) * 3600 + int(found["minute"] or 0) * 60
    zone = found["zone"]
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds -= -offset if zone[0] == "-" else offset
    return OrderedValue(family, seconds + Decimal(found["second"] or 0), zone is not None)


def days_before(year: int, month: int, day: int) -> int:
    """Days from 1 March of year 0 to a date, in the Gregorian calendar."""
    year -= month <= 2
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1
