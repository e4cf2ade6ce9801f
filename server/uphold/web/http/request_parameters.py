"""Request parameters: parses a request to a question from its path, query string and headers."""

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

__all__ = [
    "IN_PATHS",
    "QuestionRequest",
    "choose_language",
    "filled",
    "page_links",
    "read_number",
    "read_question_request",
]

LANGUAGE_TAG = re.compile(LANGUAGE)
MOST_ROWS = 1_000
MOST_PAGES = 1_000_000
LONGEST_HEADER = 500
IN_PATHS = "/:@!$&'()*+,;=~"
"""Characters that need no escape in a path, besides the unreserved ones (RFC 3986)."""


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """Parameter values by name, page, limit, columns and order; `limit` is 0 when not given."""

    given: Mapping[str, Sequence[str]]
    page: int
    limit: int
    fields: Sequence[str]
    sort: Sequence[str]
    language: str = ""
    language_is_chosen: bool = False
    is_paged: bool = False
    """Whether the request asks for a page of the rows."""


def read_question_request(
    question: Question,
    within: Mapping[str, str],
    languages: Sequence[str],
    *,
    from_form: bool = False,
    negotiated: bool = False,
) -> QuestionRequest:
    """The parsed request to a question; `within` are parameters in the path.

    An HTML form also submits its empty fields; in other requests an empty value is an error. The field `format` is
    allowed at an address that is `negotiated`. Raises `InvalidParameter`.
    """
    fields: dict[str, list[str]] = {name: [value] for name, value in within.items()}
    for name, values in request.args.lists():
        some = filled(name, values, from_form=from_form)
        if some and name in within:
            raise InvalidParameter(f"{name} is part of the path and must not be repeated in the query string.")
        fields |= {name: some} if some and not (negotiated and name == "format") else {}
    language = ""
    chosen = "lang" in question.parameters and "lang" not in fields
    if "lang" in question.parameters:
        accepted = request.headers.get("Accept-Language", "") if chosen else read_language(fields["lang"])
        language = choose_language(accepted, languages)
        fields["lang"] = [language]
    lists = {name: read_list(name, fields.get(name, [])) for name in ("fields", "sort")}
    reserved = () if question.returns_graph else RESERVED  # a document has no rows to page or sort
    return QuestionRequest(
        {name: values for name, values in fields.items() if name not in reserved},
        read_number(fields, "page", MOST_PAGES) or 1,
        read_number(fields, "limit", MOST_ROWS),
        lists["fields"],
        lists["sort"],
        language,
        chosen,
        "page" in fields or "limit" in fields,
    )


def read_number(fields: Mapping[str, Sequence[str]], name: str, most: int) -> int:
    """A number from 1, or 0 when absent; raises `InvalidParameter`."""
    values = fields.get(name, [])
    if not values:
        return 0
    text = values[0]
    if len(values) > 1 or not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= most):
        raise InvalidParameter(f"{name} is {text[:40]!r}; it must be one number from 1 to {most}.")
    return int(text)


def filled(name: str, values: Sequence[str], *, from_form: bool) -> list[str]:
    """The values of a field that are not empty; raises `InvalidParameter` for an empty one outside an HTML form."""
    some = [value for value in values if value]
    if len(some) < len(values) and not from_form:
        raise InvalidParameter(f"{name[:80]} is empty: leave it out, or set a value.")
    return some


def read_list(name: str, values: Sequence[str]) -> list[str]:
    """Comma-separated names, without duplicates; raises `InvalidParameter` for an empty one."""
    names = [each.strip() for value in values for each in value.split(",")]
    if "" in names:
        raise InvalidParameter(f"{name} has an empty name: remove the comma before or after it.")
    return list(dict.fromkeys(names))


def read_language(values: Sequence[str]) -> str:
    """The language tag in a request (BCP 47); raises `InvalidParameter`."""
    if len(values) > 1 or not LANGUAGE_TAG.fullmatch(values[0]):
        raise InvalidParameter(f"lang is {values[0][:40]!r}; it must be one language tag such as fr or zh-Hans.")
    return values[0]


def choose_language(header: str, languages: Sequence[str]) -> str:
    """The data language that an Accept-Language header prefers; English by default (RFC 4647, lookup)."""
    accepted = parse_accept_header(header[:LONGEST_HEADER], LanguageAccept)
    return accepted.best_match(languages, default="en") or "en"


def page_links(address: str, wanted: QuestionRequest, limit: int, total: int) -> dict[str, str]:
    """The addresses of this page and its neighbours, by relation."""
    last = max(1, -(-total // limit))
    pages = {"self": wanted.page, "first": 1, "prev": wanted.page - 1, "next": wanted.page + 1, "last": last}
    fields = [(name, value) for name, value in request.args.items(multi=True) if value and name != "page"]

    def link(page: int) -> str:
        query = urlencode([*fields, *([("page", str(page))] if page > 1 else [])])
        return f"{request.script_root}{quote(address, safe=IN_PATHS)}{f'?{query}' if query else ''}"

    return {name: link(page) for name, page in pages.items() if name == "self" or 1 <= page <= last}
