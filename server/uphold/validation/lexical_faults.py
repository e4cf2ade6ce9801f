"""Lexical faults: explains texts in place of a number, a date or a year, and what to write instead.

`lexical_forms` finds that a text is not a form of its datatype; this recognizes frequent mistakes: people write `38%`,
`24,5`, `20.9.2011` or `about 300`, and spreadsheets `#N/A`, `2011.0` or `2011-09-20 00:00:00`.
"""

# ruff: noqa: E501, RUF001 a row of a table is one line, with the characters that people write

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from uphold.validation.lexical_forms import FORMS, NUMBERS, XSD, well_formed

__all__ = ["explain"]

SPACES = "[ \u00a0\u2000-\u200a\u202f\u3000]"
AMOUNT = rf"[+-]?[0-9](?:[0-9.,'’]|{SPACES}(?=[0-9]))*"
CURRENCY = r"(?:[$¢£¤¥₠-⃀]|US\$|USD|EUR|GBP|CHF|JPY|AUD|CAD|NZD|SEK|NOK|DKK|INR|THB)"
MARKS = ">|<|=|≥|≤|~|≈|±|\\+|\u2248"
HEDGES = (
    "about|around|approx|approximately|c|ca|circa|roughly|min|max|minimum|maximum|some|over|above|under|below|nearly|almost|up to|"
    "(?:more|less|fewer|greater) than|at least|at most|no (?:more|less|fewer) than|between"
)
MULTIPLES = "hundreds?|thousands?|k|m|mn|million|millions|bn|billion|billions|lakh|crore|dozen"
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
EITHER = (
    (r"\s*", "is empty", "omit the statement if the value is unknown"),
    (r"#[A-Z/0]+[!?]?", "is an error of a spreadsheet", "check the source, or omit the statement"),
    (
        r"\s*(n/?a|n\.a\.|unknown|not (known|available|stated|applicable)|no data|none|null|nil|nan|tb[ac]|\?+|-+|–|—|\.\.+|…)\s*",
        "means that the value is unknown",
        "omit the statement",
    ),
)
FIGURES = (
    (r"[+-]?(inf(inity)?|∞)", "is not a finite number", "omit the statement"),
    (r"[=@].*", "is a formula of a spreadsheet", "write its result"),
    (rf"{AMOUNT}\s*(?:‰|؉|per ?mil(?:le)?)", "counts thousandths", "divide by ten, write the number alone, and `percent` in `unit`"),
    (rf"{AMOUNT}\s*(?:±|\+/-).*", "is a number with its margin of error", "write the ends in `minValue` and `maxValue`"),
    (r"[+-]?[0-9.,]+\s*[x×·*]\s*10\s*\^?\s*[-+−⁻]?[0-9⁰¹²³⁴-⁹]+", "is in scientific notation", "write all its digits"),
    (rf"{AMOUNT}\s*(%|٪|％|per ?cent|percent|pct)", "is a percentage", "write the number alone, and `percent` in `unit`"),
    (rf"[+-]?{CURRENCY}\s*{AMOUNT}.*|{AMOUNT}\s*{CURRENCY}", "is an amount with a currency", "write the number alone, and the currency in `unit`"),
    (rf"(?:{HEDGES})\.?\s.*[0-9].*|(?:{MARKS})\s*{AMOUNT}.*|{AMOUNT}\s*(?:\+|or (?:more|less|fewer)|plus)", "is a number with a word or sign that qualifies it", "write the number alone, and its meaning in `qualifier`"),
    (rf"{AMOUNT}\s*(?:-|–|—|to|\.\.)\s*{AMOUNT}", "is a range", "write its ends in `minValue` and `maxValue`"),
    (r"[+-]?[0-9]*\s*(?:[0-9]+\s*[/⁄]\s*[0-9]+|[¼-¾⅐-⅞])|[0-9]+ (?:in|of|out of) [0-9]+", "is a fraction", "write `numerator` and `denominator`, or the number with a decimal point"),
    (r"[+-]?[0-9]{1,3}(,[0-9]{3}){2,}(\.[0-9]+)?|[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]+)?", "has commas as thousands separators", "write the digits without them"),
    (r"[+-]?[0-9]{1,3},[0-9]{3}", "has a comma, which is ambiguous: thousands separator or decimal comma", "write 1,234 as 1234 or as 1.234, as the source means it"),
    (r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+|\.[0-9]{3})", "has points as thousands separators", "write the digits without them, and a decimal point instead of the comma"),
    (r"[+-]?[0-9]+,[0-9]*", "has a decimal comma", "write a decimal point"),
    (rf"[+-]?[0-9]{{1,3}}(?:(?:{SPACES}|['’_˙·])[0-9]{{3}})+([.,][0-9]+)?|[0-9]+(_[0-9]+)+", "has spaces or marks as thousands separators", "write the digits without them, and a decimal point if there are decimals"),
    (r"[+-]?[0-9.]+[eE][+-]?[0-9]+", "is in scientific notation, as JSON numbers with a fraction become", 'write all its digits; in JSON as a text, such as "7.5"'),
    (r"[−–—‐‑]\s*[0-9.]+", "has a dash instead of the minus sign", "write the hyphen-minus, such as -5"),
    (r"[+-]?[0-9]+\.[0-9]*|\.[0-9]+", "has a decimal point, but must be an integer", "write the whole number"),
    (rf"{AMOUNT}\s*(?:{MULTIPLES})\b.*", "is a number with a word for its size", "write all its digits"),
    (rf"{AMOUNT}{SPACES}?(?:[^\W\d_]|[*†‡\[(]).*", "is a number with words or notes", "write the number alone, and what it counts in `unit` and `subject`"),
    (r"\(\s*[0-9.,]+\s*\)", "is a number in parentheses, an accounting notation for negative numbers", "write it with a minus sign"),
)  # fmt: skip
DAYS = (
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "is not a date of the calendar", "check the source"),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "lacks a leading zero", "write two digits for the month and two for the day"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*", "has a time of day", "write the date alone"),
    (r"[0-9]{1,2}\. ?[0-9]{1,2}\. ?[0-9]{2,4}\.?", "is a date with day and month first", "write year-month-day, such as 2011-09-20"),
    (r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{2,4}", "is an ambiguous date: month/day or day/month", "check the source, and write year-month-day, such as 2011-09-20"),
    (r"[0-9]{4}[/.][0-9]{1,2}[/.][0-9]{1,2}\.?|[0-9]{8}", "is a date without hyphens", "write year-month-day, such as 2011-09-20"),
    (r"[0-9]{4}-?W[0-9]{2}(-?[0-9])?", "is a week", "write its first day in `notBefore` and its last in `notAfter`"),
    (r"[0-9]{4}-?[0-9]{3}", "is the number of a day in its year", "write year-month-day, such as 2011-09-20"),
    (r"[0-9]{4}(-[0-9]{2})?", "is a year or month", "write its first day in `notBefore` and its last in `notAfter`"),
    (r"[0-9]{4}\s*[/–-]\s*[0-9]{2,4}", "is a range of years", "write its first day in `notBefore` and its last in `notAfter`"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}\s*(?:/|–|to)\s*[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}\s*[–-]\s*[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}", "is a range of dates", "write its first day in `notBefore` and its last in `notAfter`"),
    (r"[0-9]{4}[‐-–−][0-9]{2}[‐-–−][0-9]{2}", "has dashes instead of hyphens", "write year-month-day with plain hyphens"),
    (r"[0-9]{10}|[0-9]{13}", "is a number of seconds or milliseconds since 1970", "write year-month-day, such as 2011-09-20"),
    (r"[0-9]{5}([.,][0-9]+)?", "is a spreadsheet's serial number of a date", "show the cell as a date, and write year-month-day"),
    (r"(?=.*[xu?])[0-9][0-9xu?]{3}(?:-[0-9xu?]{1,2}){0,2}\??", "is an incomplete date", "write the first possible day in `notBefore` and the last in `notAfter`"),
    (r".*\b[0-9]+ ?(?:BCE?|AD|CE|BE|AH)\b.*", "is a year of an era", "write year-month-day, from 1800 on, in the Gregorian calendar"),
    (rf"(?=.*[0-9])(?=.*[^\W\d_]{{2}}).*|.*[年月日].*|.*\b({MONTHS})[a-z]*\b.*", "is a date or month in words", "write year-month-day; for a month its first day in `notBefore` and its last in `notAfter`"),
)  # fmt: skip
YEARS = (
    (
        r"(?:c\.?|ca\.?|circa|about|mid-?)\s*[0-9]{4}|[0-9]{4}[?*]",
        "is an uncertain year",
        "omit the statement, or check the source",
    ),
    (
        r"[0-9]{1,4} ?(?:BCE?|AD|CE|BE|AH)|AD [0-9]{1,4}",
        "is a year of an era",
        "write the four digits of the year in the Gregorian calendar alone",
    ),
    (r"FY ?[0-9]{2,4}.*", "is a financial year", "write the one year that the source means"),
    (r"[0-9]{4}s", "is a decade", "write one year"),
    (r"[0-9]{4}\s*[/–-]\s*[0-9]{2,4}", "is a range of years", "write one year"),
    (r"[0-9]{4}\.0*", "is a year that a spreadsheet stored as a decimal", "write its four digits alone"),
    (r"[0-9]{1,3}", "is a year of fewer than four digits", "write all four"),
    (
        r"[0-9]{4}-[0-9]{2}.*|[0-9]{1,2}[./].*|[0-9]{8}",
        "is more than a year",
        "write the four digits of the year alone",
    ),
    (r"[0-9]{5,}", "is not a year of four digits", "check the source"),
)
TRUTHS = (
    (r"y|yes|t|true|on|wahr|vrai|vero|verdadero|oui|ja|si|sí|da|да|x|✓|✔", "is another word for true", "write true"),
    (r"n|no|f|false|off|falsch|faux|falso|non|nein|✗|✘", "is another word for false", "write false"),
)
KINDS = dict.fromkeys(NUMBERS, FIGURES) | {
    "date": DAYS, "dateTime": DAYS, "dateTimeStamp": DAYS, "gYear": YEARS, "gYearMonth": DAYS, "boolean": TRUTHS,
}  # fmt: skip


def explain(text: str, datatype: str, expected: Iterable[str]) -> str:
    """A sentence on why a literal is not a value of the expected datatypes; "" if none of them is in the table.

    The sentence shows the form of the first of them in the table.
    """
    names = sorted(name for iri in expected if (name := iri.removeprefix(XSD)) in KINDS)
    if not names:
        return ""
    name = names[0]
    row, own = FORMS[name], datatype.removeprefix(XSD)
    quoted = f'"{text[:80]}{"…" if len(text) > 80 else ""}"'
    what, advice = what_it_is(text, name)
    if well_formed(text, datatype) and well_formed(text, f"{XSD}{name}"):
        return f"{quoted} is an xsd:{own}, not an xsd:{name}: change its datatype."
    said = f"{quoted} is not an xsd:{name} (XSD 1.1 Part 2, {row.section}), such as {row.example}"
    return f"{said}: it {what}; {advice}." if what else f"{said}."


def what_it_is(text: str, name: str) -> tuple[str, str]:
    """The fault of a text and the fix, from the first matching row; empty texts if none matches."""
    plain = in_digits(text)
    if plain != text and well_formed(plain, f"{XSD}{name}"):
        return "has digits of another script", f"write {plain}"
    if text != text.strip() and well_formed(text.strip(), f"{XSD}{name}"):
        return "has leading or trailing white space", "remove it"
    for pattern, what, advice in (*EITHER, *KINDS[name]):
        if re.fullmatch(pattern, plain.strip()[:200], re.IGNORECASE | re.DOTALL):
            return what, advice
    return "", ""


def in_digits(text: str) -> str:
    """The text with 0 to 9 for the decimal digits of every script."""
    return "".join(str(unicodedata.decimal(c)) if not c.isascii() and c.isdecimal() else c for c in text)
