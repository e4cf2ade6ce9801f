"""The page of outcomes says of each promise and each call what the questions say, on one scale of days."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from tests.web.reading import classed
from tests.web.reading import read_page as read

HTML = {"Accept": "text/html", "Accept-Language": "en"}
Row = dict[str, Any]


def words(element: Element) -> str:
    """The text in an element, with single spaces."""
    return " ".join("".join(element.itertext()).replace("\u202f", "").split())


def lines(page: Element, section: str) -> list[Element]:
    """The rows of the table in a section."""
    found = next(each for each in page.iter("section") if each.get("aria-labelledby") == section)
    return [row for body in found.iter("tbody") for row in body]


def who(line: Element) -> tuple[str, str]:
    """The jurisdiction and the treaty that a row is about."""
    links = [link.get("href", "") for link in line.find("th").iter("a")]  # type: ignore[union-attr]
    return links[0].rpartition("/")[2], links[1].rpartition("/")[2]


def key(row: Row) -> tuple[str, str]:
    """The same of a row of a question."""
    return row["jurisdiction"].rpartition("/")[2], row["treaty"].rpartition("/")[2]


def badge(line: Element) -> str:
    """The kind of the badge of a row."""
    return classed(line, "badge")[0].get("class", "").removeprefix("badge ")


@pytest.fixture(scope="module")
def calls(project_client: FlaskClient) -> list[Row]:
    """The rows of the question about calls."""
    found: list[Row] = project_client.get("/api/call-outcomes.json").get_json()["data"]
    return found


@pytest.fixture(scope="module")
def page(project_client: FlaskClient) -> Element:
    """The page without choices."""
    return read(project_client, "/outcomes")


def test_it_says_of_every_promise_whether_it_was_kept(project_client: FlaskClient, page: Element) -> None:
    """By whom, to join what, and kept or not."""
    rows = project_client.get("/api/commitments-kept.json").get_json()["data"]
    shown = {who(line): badge(line) for line in lines(page, "promises")}
    assert shown == {key(row): {"kept": "met", "not-kept": "open"}.get(row["result"], "none") for row in rows}


def test_it_says_of_every_call_what_became_of_it(page: Element, calls: list[Row]) -> None:
    """One row per call and treaty."""
    shown = sorted((*who(line), badge(line)) for line in lines(page, "calls"))
    assert shown == sorted((*key(row), row["outcome"].rpartition("/")[2]) for row in calls)


def test_the_number_is_beside_each_bar(page: Element, calls: list[Row]) -> None:
    """The days from the call to the consent, or both ends of what fits."""
    shown = {who(line): words(each) for line in lines(page, "calls") for each in classed(line, "many")}
    for row in calls:
        if row["days"] is not None:
            assert shown[key(row)].startswith(f"{row['days']} day")
        elif row["minimumDays"] is not None:
            assert shown[key(row)].startswith(f"{row['minimumDays']} to {row['maximumDays']} days")


def test_all_bars_have_one_scale(page: Element, calls: list[Row]) -> None:
    """A bar is as long, by its share of the longest wait, as its days are many."""
    bars = {
        who(line): float(rect.get("width", "").rstrip("%"))
        for line in lines(page, "calls")
        for rect in classed(line, "met")
        if rect.tag.endswith("rect")
    }
    known = {key(row): row["days"] for row in calls if row["days"] is not None}
    shares = {each: bars[each] / days for each, days in known.items() if days}
    assert max(shares.values()) == pytest.approx(min(shares.values()), rel=0.02)


def test_the_handover_is_marked_where_there_was_one(page: Element, calls: list[Row]) -> None:
    """On the bar of each call whose petition was handed over after it."""
    marked = {who(line) for line in lines(page, "calls") if classed(line, "handed")}
    expected = {
        key(row)
        for row in calls
        if row["handoverDate"] and row["handoverDate"] >= row["callDate"] and not row["outcome"].endswith("already-met")
    }
    assert marked == expected


def test_a_day_that_is_assumed_says_so(page: Element, calls: list[Row]) -> None:
    """Each row whose question names an assumption links to it."""
    shown = [
        who(line)
        for line in lines(page, "calls")
        if any(link.get("href", "").startswith("/doc/assumption/") for link in line.iter("a"))
    ]
    assert sorted(shown) == sorted(key(row) for row in calls if row["assumption"])


def test_a_signature_leaves_a_call_open(page: Element) -> None:
    """Ireland signed the protocol on the sale of children, and its call is open."""
    line = next(each for each in lines(page, "calls") if who(each) == ("irl", "opsc"))
    assert badge(line) == "open"
    assert "which does not answer it" in words(line)


def test_it_says_what_can_be_checked(page: Element) -> None:
    """How many of all calls ask for consent, and that only these have an outcome."""
    card = words(classed(page, "what-counts")[0])
    assert "A signature does not answer a call for consent" in card
    assert "Only calls for consent to a treaty can be checked" in card


@pytest.mark.parametrize("start", ["/outcomes", "/outcomes?treaty=opsc"])
def test_a_choice_shows_as_many_calls_as_it_says(project_client: FlaskClient, start: str) -> None:
    """For every choice on offer."""
    items = [item for each in classed(read(project_client, start), "facet") for item in each.iter("li")]
    links = {link.get("href"): classed(item, "count") for item in items for link in item.iter("a")}
    shown = {link: int(words(count[0])) for link, count in links.items() if count and "=" in str(link)}
    assert len(shown) > 8
    assert {link: len(lines(read(project_client, f"/outcomes{link}"), "calls")) for link in shown} == shown


def test_a_choice_is_marked_and_can_be_taken_back(project_client: FlaskClient) -> None:
    """Its link leads to the page without it."""
    links = [each for each in read(project_client, "/outcomes?treaty=opsc").iter("a") if each.get("aria-current")]
    assert any(link.get("href", "").startswith("?#") and "OPSC" in words(link) for link in links)


@pytest.mark.parametrize(
    ("sort", "column"), [("jurisdiction", "jurisdictionName"), ("treaty", "treatyName"), ("date", "notBefore")]
)
def test_calls_come_in_the_requested_order(
    project_client: FlaskClient, calls: list[Row], sort: str, column: str
) -> None:
    """Those without a value come last."""
    shown = [who(line) for line in lines(read(project_client, f"/outcomes?sort={sort}"), "calls")]
    values = {key(row): row[column] for row in calls}
    found = [values[each] for each in shown]
    known = [value for value in found if value]
    assert known == sorted(known)
    assert found[: len(known)] == known


def test_the_longest_wait_comes_first(page: Element) -> None:
    """An open call counts up to the last day of the record."""
    shown = [
        int(re.findall(r"(\d+) days?", words(each))[-1])
        for line in lines(page, "calls")
        for each in classed(line, "many")
    ]
    assert shown[0] == max(shown)
    assert badge(lines(page, "calls")[0]) == "open"


def test_the_downloads_have_the_same_choices(project_client: FlaskClient) -> None:
    """The CSV has the calls that the page has."""
    found = read(project_client, "/outcomes?treaty=opsc&outcome=met")
    address = next(
        link.get("href", "") for link in found.iter("a") if link.get("href", "").startswith("/api/call-outcomes.csv")
    )
    rows = csv.DictReader(io.StringIO(project_client.get(address).text))
    assert sorted(map(key, rows)) == sorted(who(line) for line in lines(found, "calls"))


@pytest.mark.parametrize(
    "fields",
    ["treaty=zzz", "outcome=%3Cscript%3E", "sort=up", "treaty=opsc&treaty=crc", f"jurisdiction={'9' * 10_000}"],
)
def test_what_cannot_be_chosen_is_refused(project_client: FlaskClient, fields: str) -> None:
    """With a short word on what was wrong."""
    response = project_client.get(f"/outcomes?{fields}", headers=HTML)
    assert response.status_code == 400
    assert "<script>" not in response.text
    assert len(response.text) < 10_000


def test_it_works_with_little_data(client: FlaskClient) -> None:
    """Three jurisdictions, and few promises."""
    assert words(next(read(client, "/outcomes").iter("h1"))).startswith("Which promises were kept")


def test_an_archived_snapshot_has_the_page(project_client: FlaskClient) -> None:
    """With links that stay within it."""
    identity = project_client.get("/healthz").get_json()["snapshot"]
    found = read(project_client, f"/snapshots/{identity}/outcomes?treaty=opsc")
    assert len(lines(found, "calls")) == 9
    links = [link.get("href", "") for line in lines(found, "calls") for link in line.iter("a")]
    assert all(link.startswith(f"/snapshots/{identity}/doc/") for link in links)
