"""Wanting: what a request to a question asks for, read from its address, its fields and its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from uphold.errors import InvalidParameter
from uphold.questions.files import RESERVED, Question
from uphold.questions.openapi import LANGUAGE

__all__ = ["IN_PATHS", "QuestionRequest", "choose_language", "page_links", "read_number", "read_question_request"]

LANGUAGE_TAG = re.compile(LANGUAGE)
MOST_ROWS = 1_000
MOST_PAGES = 1_000_000
LONGEST_HEADER = 500
IN_PATHS = "/:@!$&'()*+,;=~"
"""What may stand in a path as it is, besides letters, digits, dots and hyphens (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """Values of parameters by name, and which rows and columns, in which order; `limit` is 0 when it is not stated."""

    given: Mapping[str, Sequence[str]]
    page: int
    limit: int
    fields: Sequence[str]
    sort: Sequence[str]
    language: str = ""
    language_is_chosen: bool = False
    is_paged: bool = False
    """Whether the request asks for a part of the rows."""


def read_question_request(
    question: Question,
    within: Mapping[str, str],
    languages: Sequence[str],
    *,
    from_form: bool = False,
    negotiated: bool = False,
) -> QuestionRequest:
    """What the request wants of a question; `within` are parameters that the address holds.

    A form of a page sends the fields that nobody filled in, too; from elsewhere an empty value is a mistake. The field
    `format` belongs to an address that is `negotiated`. Raises `InvalidParameter`.
    """
    fields: dict[str, list[str]] = {name: [value] for name, value in within.items()}
    for name, values in request.args.lists():
        filled = [value for value in values if value]
        if filled != values and not from_form:
            raise InvalidParameter(f"{name[:80]} is empty: leave it out, or give it a value.")
        if filled and name in within:
            raise InvalidParameter(f"{name} is part of the address, and stands in the query again.")
        fields |= {name: filled} if filled and not (negotiated and name == "format") else {}
    language = ""
    chosen = "lang" in question.parameters and "lang" not in fields
    if "lang" in question.parameters:
        asked = request.headers.get("Accept-Language", "") if chosen else read_language(fields["lang"])
        language = choose_language(asked, languages)
        fields["lang"] = [language]
    lists = {name: read_list(fields.get(name, [])) for name in ("fields", "sort")}
    apart = () if question.gives_graph else RESERVED  # a document has no rows
    return QuestionRequest(
        {name: values for name, values in fields.items() if name not in apart},
        read_number(fields, "page", MOST_PAGES) or 1,
        read_number(fields, "limit", MOST_ROWS),
        lists["fields"],
        lists["sort"],
        language,
        chosen,
        "page" in fields or "limit" in fields,
    )


def read_number(fields: Mapping[str, Sequence[str]], name: str, most: int) -> int:
    """A number from 1, or 0 when there is none."""
    values = fields.get(name, [])
    if not values:
        return 0
    text = values[0]
    if len(values) > 1 or not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= most):
        raise InvalidParameter(f"{name} is {text[:40]!r}; it must be one number from 1 to {most}.")
    return int(text)


def read_list(values: Sequence[str]) -> list[str]:
    """Names with commas between, each once."""
    return list(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip()))


def read_language(values: Sequence[str]) -> str:
    """The one language tag that a request names (BCP 47)."""
    if len(values) > 1 or not LANGUAGE_TAG.fullmatch(values[0]):
        raise InvalidParameter(f"lang is {values[0][:40]!r}; it must be one language tag such as fr or zh-Hans.")
    return values[0]


def choose_language(header: str, languages: Sequence[str]) -> str:
    """The language of the data that an Accept-Language header wants most, English in doubt (RFC 4647, lookup)."""
    accepted = parse_accept_header(header[:LONGEST_HEADER], LanguageAccept)
    return accepted.best_match(languages, default="en") or "en"


def page_links(address: str, wanted: QuestionRequest, limit: int, total: int) -> dict[str, str]:
    """The addresses of this page and of those around it."""
    last = max(1, -(-total // limit))
    pages = {"self": wanted.page, "first": 1, "prev": wanted.page - 1, "next": wanted.page + 1, "last": last}
    fields = [(name, value) for name, value in request.args.items(multi=True) if value and name != "page"]

    def link(page: int) -> str:
        query = urlencode([*fields, *([("page", str(page))] if page > 1 else [])])
        return f"{request.script_root}{quote(address, safe=IN_PATHS)}{f'?{query}' if query else ''}"

    return {name: link(page) for name, page in pages.items() if name == "self" or 1 <= page <= last}
