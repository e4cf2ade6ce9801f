"""Lexical forms: the lexical forms of each datatype in XSD 1.1 Part 2.

Literals are checked in their original form, before any library rewrites them. White space is never removed first: an
XML processor normalizes it (4.3.6) before it checks the form, but RDF has no such step, so `"12 "` is not a lexical
form of xsd:integer (RDF test xmlsch-02-whitespace-facet-3).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

__all__ = ["FORMS", "NUMBERS", "XSD", "Form", "is_leap", "well_formed"]

XSD = "http://www.w3.org/2001/XMLSchema#"

ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
YEAR = r"-?([1-9][0-9]{3,}|0[0-9]{3})"
MONTH, DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
CLOCK = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
WHOLE = "[+-]?[0-9]+"
FLOAT = r"([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN)"
HOURS = r"T([0-9]+H([0-9]+M)?([0-9]+(\.[0-9]+)?S)?|[0-9]+M([0-9]+(\.[0-9]+)?S)?|[0-9]+(\.[0-9]+)?S)"
CHARS = "[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*"
WORDS = r"(?! )[^\t\n\r]*(?<! )"
LETTERS = "\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff"
NAME_START = f"[A-Z_a-z{LETTERS}]"
NAME = f"[A-Z_a-z0-9.\xb7\u0300-\u036f\u203f\u2040{LETTERS}-]"
DATE = re.compile(rf"(?P<year>{YEAR})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})")
LONG_MONTHS = (1, 3, 5, 7, 8, 10, 12)


class Form(NamedTuple):
    """A row of the table: the section of XSD 1.1 Part 2, the pattern, an example, and a check beyond the pattern."""

    section: str
    pattern: re.Pattern[str]
    example: str
    holds: Callable[[str], bool] | None = None


def is_leap(year: str) -> bool:
    """Whether February of a year has 29 days; year 0000 is one (XSD 1.1 Part 2, 3.3.9 and E.3)."""
    last_four = int(year[-4:])  # 10,000 is a multiple of 400
    return last_four % 4 == 0 and (last_four % 100 != 0 or last_four % 400 == 0)


def day_of_month(text: str) -> bool:
    """The constraint on the days of each month (XSD 1.1 Part 2, 3.3.9)."""
    found = DATE.match(text)
    if found is None:
        return False
    month, day = int(found["month"]), int(found["day"])
    if month == 2:
        return day <= (29 if is_leap(found["year"]) else 28)
    return month in LONG_MONTHS or day <= 30


def day_of_any_month(text: str) -> bool:
    """The same for a day that recurs each year (3.3.12): February has 29."""
    return day_of_month(f"2000{text[1:]}")


def between(least: int | None, greatest: int | None) -> Callable[[str], bool]:
    """The bounds of a derived integer type."""

    def holds(text: str) -> bool:
        if len(text) > 40:  # longer than any bound, except for leading zeros
            text = re.sub(r"^([+-]?)0+(?=[0-9])", r"\1", text)
            if len(text) > 40:
                return (least is None) if text.startswith("-") else (greatest is None)
        return (least is None or int(text) >= least) and (greatest is None or int(text) <= greatest)

    return holds


def form(section: str, pattern: str, example: str, holds: Callable[[str], bool] | None = None) -> Form:
    """A row with a pattern only."""
    return Form(section, re.compile(pattern), example, holds)


FORMS: dict[str, Form] = {
    "string": form("3.3.1", CHARS, "a text"),
    "boolean": form("3.3.2", "true|false|1|0", "true"),
    "decimal": form("3.3.3", r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", "7.5"),
    "float": form("3.3.4", FLOAT, "7.5"),
    "double": form("3.3.5", FLOAT, "7.5"),
    "duration": form(
        "3.3.6",
        f"-?P([0-9]+Y([0-9]+M)?([0-9]+D)?({HOURS})?|[0-9]+M([0-9]+D)?({HOURS})?|[0-9]+D({HOURS})?|{HOURS})",
        "P1Y2M",
    ),
    "dateTime": form("3.3.7", f"{YEAR}-{MONTH}-{DAY}T{CLOCK}{ZONE}", "2011-09-20T12:00:00", day_of_month),
    "time": form("3.3.8", f"{CLOCK}{ZONE}", "12:00:00"),
    "date": form("3.3.9", f"{YEAR}-{MONTH}-{DAY}{ZONE}", "2011-09-20", day_of_month),
    "gYearMonth": form("3.3.10", f"{YEAR}-{MONTH}{ZONE}", "2011-09"),
    "gYear": form("3.3.11", f"{YEAR}{ZONE}", "2011"),
    "gMonthDay": form("3.3.12", f"--{MONTH}-{DAY}{ZONE}", "--09-20", day_of_any_month),
    "gDay": form("3.3.13", f"---{DAY}{ZONE}", "---20"),
    "gMonth": form("3.3.14", f"--{MONTH}{ZONE}", "--09"),
    "hexBinary": form("3.3.15", "([0-9a-fA-F]{2})*", "0FB7"),
    "base64Binary": form(
        "3.3.16",
        "(([A-Za-z0-9+/] ?){4})*(([A-Za-z0-9+/] ?){3}[A-Za-z0-9+/]|([A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|"
        "[A-Za-z0-9+/] ?[AQgw] ?= ?=)?",
        "AQID",
    ),
    "anyURI": form("3.3.17", CHARS, "https://example.org/"),
    "normalizedString": form("3.4.1", r"[^\t\n\r]*", "a text"),
    "token": form("3.4.2", rf"(?!.*  ){WORDS}", "a text"),
    "language": form("3.4.3", "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", "en"),
    "NMTOKEN": form("3.4.4", f"({NAME}|:)+", "a-name"),
    "Name": form("3.4.6", f"({NAME_START}|:)({NAME}|:)*", "a-name"),
    "NCName": form("3.4.7", f"{NAME_START}{NAME}*", "a-name"),
    "integer": form("3.4.13", WHOLE, "50"),
    "nonPositiveInteger": form("3.4.14", WHOLE, "-50", between(None, 0)),
    "negativeInteger": form("3.4.15", WHOLE, "-50", between(None, -1)),
    "long": form("3.4.16", WHOLE, "50", between(-(2**63), 2**63 - 1)),
    "int": form("3.4.17", WHOLE, "50", between(-(2**31), 2**31 - 1)),
    "short": form("3.4.18", WHOLE, "50", between(-(2**15), 2**15 - 1)),
    "byte": form("3.4.19", WHOLE, "50", between(-128, 127)),
    "nonNegativeInteger": form("3.4.20", WHOLE, "50", between(0, None)),
    "unsignedLong": form("3.4.21", WHOLE, "50", between(0, 2**64 - 1)),
    "unsignedInt": form("3.4.22", WHOLE, "50", between(0, 2**32 - 1)),
    "unsignedShort": form("3.4.23", WHOLE, "50", between(0, 2**16 - 1)),
    "unsignedByte": form("3.4.24", WHOLE, "50", between(0, 255)),
    "positiveInteger": form("3.4.25", WHOLE, "50", between(1, None)),
    "yearMonthDuration": form("3.4.26", "-?P([0-9]+Y([0-9]+M)?|[0-9]+M)", "P1Y2M"),
    "dayTimeDuration": form("3.4.27", f"-?P([0-9]+D({HOURS})?|{HOURS})", "P3D"),
    "dateTimeStamp": form("3.4.28", f"{YEAR}-{MONTH}-{DAY}T{CLOCK}{ZONE[:-1]}", "2011-09-20T12:00:00Z", day_of_month),
}
"""A row for each datatype of XSD that RDF 1.1 Concepts 5.1 lists, by its local name."""

NUMBERS = frozenset(
    name for name, row in FORMS.items() if row.pattern.pattern == WHOLE or name in ("decimal", "float", "double")
)
"""The datatypes whose values are numbers."""


@lru_cache(maxsize=20_000)
def well_formed(text: str, datatype: str) -> bool:
    """Whether a text is a lexical form of a datatype, given by its IRI; unknown datatypes accept every text."""
    row = FORMS.get(datatype.removeprefix(XSD)) if datatype.startswith(XSD) else None
    if row is None:
        return True
    return row.pattern.fullmatch(text) is not None and (row.holds is None or row.holds(text))
