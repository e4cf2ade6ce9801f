"""Discrepancies: disagreements between sources, filtered by facets.

The page has the parameters of the question `discrepancies`, so it shows what the API returns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from uphold.errors import ResourceNotFound
from uphold.questions.files import Question
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.http.request_parameters import QuestionRequest, page_links, read_question_request
from uphold.web.rendering.grouping import each_once, first, in_order
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.rendering.render import show, view

__all__ = ["discrepancies"]

QUESTION = "discrepancies"
PER_PAGE = 50
MOST_ROWS = 1_000
DESCRIPTION = (
    "Statements that disagree within the report, within the treaty record, or between the two. "
    "All are shown as published; nothing is corrected or left out."
)
SORTS = {"kindName": "Kind", "discrepancyName": "Name", "-statements": "Number of statements"}
FOUND_BY = {"false": "Hand", "true": "A rule"}
Given = Mapping[str, Sequence[str]]
discrepancies = Blueprint("discrepancies", __name__)


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value of a facet: its name, its number of results, and the address that selects or removes it."""

    name: str
    count: int
    address: str
    is_chosen: bool


@view(discrepancies, "/discrepancies")
def disagreements() -> Response:
    """The requested discrepancies, fifty on a page, with their facets."""
    question = manager().questions[QUESTION]
    wanted = read_question_request(question, {}, (), from_form=True)
    given = {name: values for name, values in wanted.given.items() if name != "lang"}
    chosen = read_chosen(question, given)
    found = ask(QUESTION, **given)
    rows = found.table.sorted_by(wanted.sort)
    limit = wanted.limit or PER_PAGE
    last = max(1, -(-len(rows) // limit))
    if wanted.page > last:
        raise ResourceNotFound(f"page {wanted.page} of these discrepancies, which have {last}")
    kinds, statements = ask("discrepancy-kinds"), ask("disputed-statements", kind=given.get("kind"))
    contradicted = ask("contradicted-figures")
    shown = rows.part((wanted.page - 1) * limit, limit).as_json()
    return show(
        "discrepancies.html",
        {"found": found, "statements": statements, "kinds": kinds, "contradicted": contradicted},
        "Where sources disagree",
        DESCRIPTION,
        shown=shown,
        only_kind=first(kinds.where(kind=shown[0]["kind"])) if len({row["kind"] for row in shown}) == 1 else None,
        beside=statements_of(statements, shown),
        total=len(rows),
        start=(wanted.page - 1) * limit + 1,
        links=page_links(request.path.removeprefix(request.script_root), wanted, limit, len(rows)),
        facets={
            "Type of disagreement": kind_choices(given, chosen, kinds),
            "Type of statement": class_choices(given, chosen),
            "Found by": derived_choices(given),
        },
        given=given,
        sorts=SORTS,
        sort=",".join(wanted.sort),
        forms=downloads(found, wanted),
        figures=Counter(row["contradicted"] for row in contradicted),
    )


def statements_of(statements: QuestionResult, shown: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The distinct statements of each discrepancy shown, recomputed ones first."""
    return {
        iri: in_order(each_once(statements.where(discrepancy=iri), "statement"), "className", reverse=True)
        for iri in (row["discrepancy"] for row in shown)
    }


def read_chosen(question: Question, given: Given) -> dict[str, list[str]]:
    """The IRIs in the request by parameter; raises `InvalidParameter`, or `ResourceNotFound` for an unknown one."""
    question.bound(given)  # raises for an unknown parameter
    terms = {name: [term[1:-1] for term in each if term.startswith("<")] for name, each in question.terms(given)}
    for iri in (iri for each in terms.values() for iri in each):
        open_snapshot().resources.check(iri)
    return terms


def kind_choices(given: Given, chosen: Given, kinds: QuestionResult) -> list[FacetLink]:
    """The types of discrepancies, the most frequent first."""
    counts = Counter(row["kind"] for row in without(given, "kind"))
    return [
        choice("kind", key_of(row["kind"]), row["kindName"], counts[row["kind"]], row["kind"] in chosen.get("kind", ()))
        for row in kinds
        if counts[row["kind"]] or row["kind"] in chosen.get("kind", ())
    ]


def class_choices(given: Given, chosen: Given) -> list[FacetLink]:
    """The classes of the statements, the most frequent first."""
    found = {row["discrepancy"] for row in without(given, "class")}
    about = {name: given.get(name) for name in ("kind", "statement", "treaty")}
    rows = [row for row in ask("disputed-statements", **about) if row["discrepancy"] in found]
    names = {row["class"]: row["className"] for row in rows}
    counts = Counter(iri for iri, _ in {(row["class"], row["discrepancy"]) for row in rows})
    return [
        choice("class", open_snapshot().resources.names.short(iri), names[iri], count, iri in chosen.get("class", ()))
        for iri, count in sorted(counts.items(), key=lambda each: (-each[1], names[each[0]]))
    ]


def derived_choices(given: Given) -> list[FacetLink]:
    """How they were found: by hand or by a rule."""
    counts = Counter("true" if row["derivedBy"] else "false" for row in without(given, "derived"))
    now = [{"1": "true", "0": "false"}.get(value, value) for value in given.get("derived", ())]
    return [choice("derived", value, name, counts[value], value in now) for value, name in FOUND_BY.items()]


def without(given: Given, name: str) -> list[dict[str, Any]]:
    """The rows without one of the parameters."""
    return ask(QUESTION, **{each: values for each, values in given.items() if each != name}).rows


def key_of(iri: str) -> str:
    """The key of a kind as a parameter value."""
    return iri.rpartition("/")[2]


def choice(parameter: str, value: str, name: str, count: int, is_chosen: bool) -> FacetLink:
    """A value of a facet; its address leads to the first page."""
    fields = [
        (key, text) for key, text in request.args.items(multi=True) if text and key not in (parameter, "page")
    ] + ([] if is_chosen else [(parameter, value)])
    query = f"?{urlencode(fields)}" if fields else ""
    return FacetLink(name[:1].upper() + name[1:], count, f"{request.script_root}{request.path}{query}", is_chosen)


def downloads(found: QuestionResult, wanted: QuestionRequest) -> dict[str, str]:
    """The addresses of the rows as data, in the same order."""
    order: dict[str, object] = {"sort": ",".join(wanted.sort)} if wanted.sort else {}
    fields = {"csv": order, "json": {**order, "limit": MOST_ROWS}}
    return {form: extend(found.address(form), each) for form, each in fields.items()}


def extend(address: str, fields: Mapping[str, object]) -> str:
    """An address with more fields in its query string."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}" if fields else address
