"""Timeline: all dated events by year, with facets and pages of whole years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request

from uphold.errors import InvalidParameter, ResourceNotFound
from uphold.web.http.request_context import open_snapshot
from uphold.web.http.request_parameters import read_number
from uphold.web.rendering.facets import Division, Facet, link
from uphold.web.rendering.narrowing import Narrowing, menus, order_links
from uphold.web.rendering.page_context import Page, reader_language
from uphold.web.rendering.question_results import QuestionResult, ask
from uphold.web.rendering.render import show, view
from uphold.web.topics.timeline_events import KINDS, Day, days_of

__all__ = ["Timeline", "timeline"]

Row = dict[str, Any]
EVENTS_ON_A_PAGE = 120
"""The maximum number of events on a page, which has as many whole years as fit."""
MOST_PAGES = 1_000_000
ORDERS = {"oldest": "Oldest first", "newest": "Newest first"}
MOST_TICKS, LAST_TICK = 8, 97
HIGH = 96
"""Height of the chart of all years, in pixels."""

FACETS = (
    Facet("kind", "Kind of event", "kind", words={kind: words for kind, (_, words) in KINDS.items()}),
    Facet("treaty", "Treaty", "treaty", names="treatyName", words={"": "No treaty"}),
    Facet("decade", "Decade", "decade", names="decadeName", split=" ", split_names=" ", by_value=True),
    Facet(
        "jurisdiction", "Jurisdiction", "jurisdiction", names="jurisdictionName", words={"": "Not tied to a country"}
    ),
)
timeline = Blueprint("timeline", __name__)


@view(timeline, "/timeline")
def events() -> Response:
    """The timeline or a part of it; raises `InvalidParameter`, or `ResourceNotFound` after the last page."""
    line = Timeline(read_fields())
    return show(
        "timeline.html",
        {"events": line.part},
        "What happened, and when",
        "Treaties, signatures and consent, the campaign, its petitions and the answers to them: every event with a "
        "date, year by year, with its source.",
        model=lambda page: {"years": [year_on_page(page, line, year) for year in line.shown]},
        line=line,
    )


def read_fields() -> dict[str, str]:
    """The non-empty fields of the request; raises `InvalidParameter` for repeated ones."""
    found: dict[str, str] = {}
    for name in ("order", "scope", "lang", *(facet.name for facet in FACETS)):
        values = [value for value in request.args.getlist(name) if value]
        if len(values) > 1:
            raise InvalidParameter(f"{name} is given {len(values)} times; it takes one value.")
        if values:
            found[name] = values[0]
    for name, known in (("order", [*ORDERS]), ("scope", ["all"])):
        if found.get(name, known[0]) not in known:
            raise InvalidParameter(f"{name} is {found[name][:80]!r}; it must be {' or '.join(known)}.")
    return found


@dataclass(frozen=True, slots=True)
class Bar:
    """One year in the chart of all years: its number of events, position, and the address of its heading."""

    year: int
    count: int
    x: str
    width: str
    height: int
    address: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class YearLink:
    """A page of years in the pager: its years as text, its address, and its relation to this page."""

    years: str
    address: str
    is_current: bool
    relation: str


@dataclass(frozen=True, slots=True)
class Year:
    """The events of a year on this page, and the number of all its events."""

    number: int
    shown: int
    count: int
    days: Sequence[Day]


class Timeline:
    """The requested events by year, in pages of whole years."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Raises `InvalidParameter` for a value without events, and `ResourceNotFound` for a page after the last."""
        self.fields, self.base = dict(fields), open_snapshot().snapshot.base
        self.answer = ask("timeline", lang=reader_language())
        self.all = [{**row, **decades(row)} for row in self.answer.rows if has_years(row)]
        concerned = [row for row in self.all if row["concerned"]]
        self.is_whole = "scope" in fields or not self.concerns(concerned)
        self.division = Division(self.all if self.is_whole else concerned, FACETS, fields, self.base)
        self.number = read_number({"page": [*filter(None, request.args.getlist("page"))]}, "page", MOST_PAGES) or 1
        if self.number > len(self.pages):
            raise ResourceNotFound(f"page {self.number} of the timeline, which has {len(self.pages)}")

    def concerns(self, rows: Sequence[Row]) -> bool:
        """Whether the requested jurisdiction, if any, has events among these rows."""
        asked = self.fields.get("jurisdiction")
        facet = next(facet for facet in FACETS if facet.name == "jurisdiction")
        return not asked or any(
            asked in (value, facet.key(value, self.base) if value else "not-stated")
            for row in rows
            for value in facet.listed(row)
        )

    @property
    def is_newest_first(self) -> bool:
        """Whether the years are in descending order."""
        return self.fields.get("order") == "newest"

    @cached_property
    def years(self) -> dict[int, list[Row]]:
        """The events by the earliest possible year, in the requested order."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.division.rows:
            found[year_of(row)].append(dict(row))
        for rows in found.values():
            rows.sort(key=lambda row: (row["notBefore"], row["notAfter"]), reverse=self.is_newest_first)
        return dict(sorted(found.items(), reverse=self.is_newest_first))

    @cached_property
    def pages(self) -> list[dict[int, list[Row]]]:
        """The years on each page with their events; a year too long for one page continues on the next."""
        found: list[dict[int, list[Row]]] = [{}]
        for year, rows in self.years.items():
            for start in range(0, len(rows), EVENTS_ON_A_PAGE):
                part = rows[start : start + EVENTS_ON_A_PAGE]
                if found[-1] and sum(map(len, found[-1].values())) + len(part) > EVENTS_ON_A_PAGE:
                    found.append({})
                found[-1][year] = part
        return found

    @property
    def shown(self) -> dict[int, list[Row]]:
        """The years on this page with their events."""
        return self.pages[self.number - 1]

    @cached_property
    def part(self) -> QuestionResult:
        """The result of the downloads, with the events of this page."""
        rows = [row for rows in self.shown.values() for row in rows]
        return QuestionResult(self.answer.question, {name: [text] for name, text in self.applied.items()}, shown=rows)

    @property
    def applied(self) -> dict[str, str]:
        """The question parameters equivalent to the chosen facet values."""
        chosen = {facet.name: self.division.key(facet, value) for facet, value in self.chosen if value}
        decade = chosen.pop("decade", "")
        days = {"from": f"{decade}-01-01", "until": f"{int(decade) + 9}-12-31"} if decade else {}
        return chosen | days | ({} if self.is_whole else {"concerned": "true"})

    @property
    def not_applied(self) -> list[str]:
        """The choices that the downloads ignore: those of events without a value."""
        return [facet.words[""].lower() for facet, value in self.chosen if not value]

    @cached_property
    def chosen(self) -> list[tuple[Facet, str]]:
        """The facets with a chosen value, and that value."""
        return [(facet, self.division.chosen[facet.name]) for facet in FACETS if facet.name in self.division.chosen]

    @property
    def narrowing(self) -> Narrowing:
        """The facets and orders, decades in chronological order."""
        orders = order_links(ORDERS, "order", self.fields.get("order", "oldest"), self.link)
        return Narrowing("the events", menus(self.division, self.fields, self.link), orders)

    @property
    def pager(self) -> list[YearLink]:
        """Links to the pages of years; none when there is only one."""
        relations = {self.number - 1: "prev", self.number + 1: "next"}
        numbers = range(1, len(self.pages) + 1) if len(self.pages) > 1 else ()
        return [
            YearLink(self.span(number), self.link(number), number == self.number, relations.get(number, ""))
            for number in numbers
        ]

    def link(self, page: int = 1, **changes: str) -> str:
        """The address of this timeline with changes."""
        return link(self.fields | ({"page": str(page)} if page > 1 else {}), **changes)

    def span(self, page: int) -> str:
        """The years of a page as text, with the part of a year that takes several pages."""
        first, *rest = self.pages[page - 1]
        parts = [number for number, years in enumerate(self.pages, 1) if first in years]
        if rest:
            return f"{first} to {[*rest][-1]}"
        return f"{first}, part {parts.index(page) + 1}" if len(parts) > 1 else str(first)

    @cached_property
    def bars(self) -> list[Bar]:
        """A bar for every year with events, its height proportional to their number."""
        if not self.years:
            return []
        page_of: dict[int, int] = {}
        for number, years in enumerate(self.pages, 1):
            page_of = dict.fromkeys(years, number) | page_of
        first, last = min(self.years), max(self.years)
        wide, most = 100 / (last - first + 1), max(map(len, self.years.values()))
        return [
            Bar(
                year,
                len(self.years[year]),
                f"{(year - first) * wide:.3f}%",
                f"{wide * 0.8:.3f}%",
                max(2, round(HIGH * len(self.years[year]) / most)),
                f"{self.link(page_of[year])}#y{year}",
                year in self.shown,
            )
            for year in sorted(self.years)
        ]

    @property
    def highest(self) -> int:
        """The number of events in the year with most."""
        return max((bar.count for bar in self.bars), default=0)

    @property
    def ticks(self) -> list[tuple[int, str]]:
        """Round years under the bars with their positions; none too close to the end to fit."""
        if not self.years:
            return []
        first, last = min(self.years), max(self.years)
        count = last - first + 1
        step = next((step for step in (1, 2, 5, 10, 20, 50) if count / step <= MOST_TICKS), 100)
        found = ((year, 100 * (year - first + 0.4) / count) for year in range(first, last + 1) if year % step == 0)
        return [(year, f"{place:.3f}%") for year, place in found if place < LAST_TICK]


def has_years(row: Row) -> bool:
    """Whether the dates of an event have years of four digits; partner data may have others."""
    return all(str(row[name])[:4].isdecimal() for name in ("notBefore", "notAfter"))


def decades(row: Row) -> dict[str, str]:
    """The possible decades of an event by their first years, and their names."""
    first, last = (int(row[name][:4]) // 10 * 10 for name in ("notBefore", "notAfter"))
    found = [f"{year:04}" for year in range(first, min(last, first + 100) + 1, 10)]
    return {"decade": " ".join(found), "decadeName": " ".join(f"{year}s" for year in found)}


def year_of(row: Mapping[str, Any]) -> int:
    """The earliest possible year of an event."""
    return int(row["notBefore"][:4])


def year_on_page(page: Page, line: Timeline, year: int) -> Year:
    """The events of a year on this page of the timeline."""
    rows = line.shown[year]
    return Year(year, len(rows), len(line.years[year]), days_of(page, rows, newest_first=line.is_newest_first))
