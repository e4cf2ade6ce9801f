"""Outcomes: the promises and calls with their acts, on one scale of days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request

from uphold.errors import InvalidParameter
from uphold.web.http.request_context import open_snapshot
from uphold.web.rendering.facets import Division, Facet, link, sort_rows
from uphold.web.rendering.grouping import first, in_order
from uphold.web.rendering.narrowing import Narrowing, menus, order_links
from uphold.web.rendering.page_context import reader_language
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.rendering.render import show, view

__all__ = ["Calls", "Length", "outcomes"]

Row = dict[str, Any]
ORDERS: Mapping[str, tuple[str, str]] = {
    "longest": ("-length", "Longest first"),
    "shortest": ("length", "Shortest first"),
    "date": ("notBefore", "Day of consent"),
    "jurisdiction": ("jurisdictionName", "Jurisdiction"),
    "treaty": ("treatyName", "Treaty"),
}
"""The column and the label of each order, the default first."""
LONGEST = next(iter(ORDERS))
OUTCOMES = {
    "met": "Met after the call",
    "already-met": "Met before the call",
    "open": "Open",
    "not-applicable": "Cannot consent",
}
MOST_TICKS = 4
outcomes = Blueprint("outcomes", __name__)


@view(outcomes, "/outcomes")
def answers() -> Response:
    """The page of promises and calls; raises `InvalidParameter` for a facet value without calls."""
    calls, promises = Calls(read_fields()), ask("commitments-kept", lang=reader_language())
    summary, met = ask("outcome-summary"), [row for row in calls.answer if row["outcome"].endswith("/outcome/met")]
    return show(
        "outcomes.html",
        {
            "promises": promises,
            "calls": calls.part,
            "signed": calls.signed,
            "handed": calls.handed,
            "summary": summary,
            "survival": ask("outcome-survival", treaty=calls.applied.get("treaty")),
        },
        "Which promises were kept, and which calls are still open?",
        "Every promise and call to join a treaty, with the act that answered it and the days between.",
        calls=calls,
        promised=[(row, length_of(row)) for row in in_order(in_order(promises, "jurisdictionName"), "result")],
        called=[call_of(row, calls) for row in calls.part],
        met=met,
        open=sum(row["outcome"].endswith("/open") for row in calls.answer),
        medians=ends(row["medianDays"] for row in summary if row["medianDays"] is not None),
        assumed=any(row["assumption"] for row in met),
        assumptions=[*dict.fromkeys(row["assumption"] for row in calls.part if row["assumption"])],
        figures=open_snapshot().resources.figures(),
        scale=DayScale([*map(length_of, promises), *map(length_of, calls.answer)]),
    )


def read_fields() -> dict[str, str]:
    """The non-empty fields of the request; raises `InvalidParameter` for repeated ones or an unknown order."""
    found: dict[str, str] = {}
    for name in ("treaty", "outcome", "jurisdiction", "sort", "lang"):
        values = [value for value in request.args.getlist(name) if value]
        if len(values) > 1:
            raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
        if values:
            found[name] = values[0]
    if found.get("sort", LONGEST) not in ORDERS:
        raise InvalidParameter(f"sort is {found['sort'][:80]!r}; it must be one of {', '.join(ORDERS)}.")
    return found


@dataclass(frozen=True, slots=True)
class Length:
    """The minimum and maximum days from a call or promise to its act, or to the date of the record if open.

    `handover` is the number of days from the call to the handover of the petition, if known.
    """

    least: int
    most: int
    is_over: bool
    handover: int | None = None


def length_of(row: Mapping[str, Any]) -> Length | None:
    """The length of a call or promise; None if unknown or if the act came first."""
    start = row.get("callDate") or row.get("promised")
    handover = days_between(start, row.get("handoverDate"))
    if row["minimumDays"] is not None and row["maximumDays"] is not None:
        if row["maximumDays"] < 0:
            return None
        return Length(max(0, row["minimumDays"]), row["maximumDays"], is_over=True, handover=handover)
    is_open = row["result"] == "not-kept" if "result" in row else row["outcome"].endswith("/open")
    so_far = days_between(start, row["asOf"]) if is_open else None
    return None if so_far is None or so_far < 0 else Length(so_far, so_far, is_over=False, handover=handover)


def days_between(first: object, last: object) -> int | None:
    """The days from one date to another; None if either is not a date."""
    try:
        return (dt.date.fromisoformat(str(last)) - dt.date.fromisoformat(str(first))).days
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Call:
    """A call for one treaty: its length, the signatures if it is open, and the handover of its petition if known."""

    row: Row
    length: Length | None
    signatures: Sequence[Row]
    handover: Mapping[str, Any] | None


def call_of(row: Row, calls: Calls) -> Call:
    """A call of the page."""
    return Call(
        row,
        length_of(row),
        calls.signed.where(jurisdiction=row["jurisdiction"], treaty=row["treaty"]),
        first(calls.handed.where(jurisdiction=row["jurisdiction"], date=row["handoverDate"])),
    )


def ends(values: Iterable[float]) -> tuple[float, float] | None:
    """The lowest and the highest value; None without values."""
    found = [*values]
    return (min(found), max(found)) if found else None


class DayScale:
    """A scale of days from 0 to the longest length; positions are percentages."""

    def __init__(self, lengths: Sequence[Length | None]) -> None:
        self.longest = max((each.most for each in lengths if each), default=0) or 1

    def at(self, days: int) -> str:
        """The position of a number of days, at most the end."""
        return f"{100 * min(1.0, max(0.0, days / self.longest)):.2f}%"

    @property
    def ticks(self) -> list[int]:
        """Round numbers of days to mark, from 0."""
        step = next(
            (step for step in (1, 5, 10, 50, 100, 200, 500, 1000, 2000, 5000) if self.longest / step < MOST_TICKS),
            50_000,
        )
        return [*range(0, self.longest + 1, step)]


class Calls:
    """The requested calls for consent: facets, order and addresses as data."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Raises `InvalidParameter` for a facet value without calls."""
        self.fields, self.base = dict(fields), open_snapshot().snapshot.base
        self.answer = ask("call-outcomes", lang=reader_language())
        words = {f"{self.base}id/outcome/{key}": text for key, text in OUTCOMES.items()}
        self.facets = (
            Facet("outcome", "Outcome", "outcome", words=words),
            Facet("treaty", "Treaty", "treaty", names="treatyName"),
            Facet("jurisdiction", "Jurisdiction", "jurisdiction", names="jurisdictionName"),
        )
        self.division = Division(self.answer.rows, self.facets, fields, self.base, {"outcome": OUTCOMES})

    @property
    def sort(self) -> str:
        """The order of the calls."""
        return self.fields.get("sort", LONGEST)

    @property
    def applied(self) -> dict[str, str]:
        """The question parameters equivalent to the chosen facet values."""
        chosen = self.division.chosen
        return {
            facet.name: self.division.key(facet, chosen[facet.name]) for facet in self.facets if facet.name in chosen
        }

    @cached_property
    def part(self) -> QuestionResult:
        """The result of the downloads, with its rows in the requested order."""
        lengths = [(row, length_of(dict(row))) for row in self.division.rows]
        rows = [{**row, "length": length.most if length else None} for row, length in lengths]
        shown = [dict(row) for row in sort_rows(rows, ORDERS[self.sort][0])]
        return QuestionResult(self.answer.question, {name: [text] for name, text in self.applied.items()}, shown=shown)

    @cached_property
    def signed(self) -> QuestionResult:
        """The signatures of treaties with an open call to the signatory."""
        wanted = {(row["jurisdiction"], row["treaty"]) for row in self.part if row["outcome"].endswith("/open")}
        answer = ask("signed-not-ratified")
        rows = [row for row in answer if (row["jurisdiction"], row["treaty"]) in wanted] if wanted else []
        return QuestionResult(answer.question, answer.given, shown=rows)

    @cached_property
    def handed(self) -> QuestionResult:
        """The handovers whose dates are shown with a call."""
        wanted = {(row["jurisdiction"], row["handoverDate"]) for row in self.part if row["handoverDate"]}
        answer = ask("handovers")
        rows = [row for row in answer if (row["jurisdiction"], row["date"]) in wanted] if wanted else []
        return QuestionResult(answer.question, answer.given, shown=rows)

    @property
    def narrowing(self) -> Narrowing:
        """The facets and orders."""
        orders = order_links({key: words for key, (_, words) in ORDERS.items()}, "sort", self.sort, self.link)
        return Narrowing("the calls", menus(self.division, self.fields, self.link), orders)

    def link(self, **changes: str) -> str:
        """The address of this page with changes, at the list of calls."""
        return f"{link(self.fields, **changes)}#calls"
