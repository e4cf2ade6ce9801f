"""HTTP dates (RFC 9110, 5.6.7): the preferred format, and the two obsolete ones that a recipient must still accept.

Python's parser accepts invalid HTTP dates (other time zones, wrong weekdays, missing times), so the formats are matched
here. Each is a time in GMT, to the second.
"""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["read_http_date", "read_imf_fixdate"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY, LONG_DAY, MONTH = (rf"({'|'.join(names)})" for names in (DAYS, LONG_DAYS, MONTHS))
TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
IMF_FIXDATE = re.compile(rf"{DAY}, ([0-9]{{2}}) {MONTH} ([0-9]{{4}}) {TIME} GMT")
RFC_850 = re.compile(rf"{LONG_DAY}, ([0-9]{{2}})-{MONTH}-([0-9]{{2}}) {TIME} GMT")
ASCTIME = re.compile(rf"{DAY} {MONTH} ([0-9]{{2}}| [0-9]) {TIME} ([0-9]{{4}})")
LEAP_SECOND = 60


def read_imf_fixdate(text: str) -> dt.datetime | None:
    """The time in the preferred format, that of RFC 1123 in GMT; None for any other text."""
    if not (found := IMF_FIXDATE.fullmatch(text)):
        return None
    weekday, day, month, year, *time = found.groups()
    return moment(DAYS.index(weekday), int(year), month, day, time)


def read_http_date(text: str, now: dt.datetime) -> dt.datetime | None:
    """The time in any of the three formats; None for any other text.

    A two-digit year more than 50 years after `now` is the most recent past year with these digits.
    """
    if found := RFC_850.fullmatch(text):
        weekday, day, month, short, *time = found.groups()
        year = now.year // 100 * 100 + int(short)
        in_year = (MONTHS.index(month) + 1, int(day), *map(int, time))
        year -= 100 if (year, *in_year) > (now.year + 50, *now.timetuple()[1:6]) else 0
        return moment(LONG_DAYS.index(weekday), year, month, day, time)
    if found := ASCTIME.fullmatch(text):
        weekday, month, day, hour, minute, second, year_text = found.groups()
        return moment(DAYS.index(weekday), int(year_text), month, day, [hour, minute, second])
    return read_imf_fixdate(text)


def moment(weekday: int, year: int, month: str, day: str, time: list[str]) -> dt.datetime | None:
    """The time of these parts; None for a date that does not exist or a wrong weekday."""
    hour, minute, second = map(int, time)
    second = LEAP_SECOND - 1 if second == LEAP_SECOND else second
    try:
        made = dt.datetime(year, MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        return None
    return made if made.weekday() == weekday else None
