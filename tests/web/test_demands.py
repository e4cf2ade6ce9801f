"""Every way to query the outcome of a demand returns the same demands, and those of the tables.

A demand is a call and a treaty that it asks for. The outcome of each is computed here from the tables of `data/`:
consent before the day of the call is already met, from it on met, none is open, and only states can consent.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.web.reading import classed
from tests.web.reading import read_page as read
from uphold.settings import Settings

DATA = Path(Settings().files) / "data"
MID_2010 = "2010-07-01"
"""The day that the printed calls count from (assumption:call-date)."""
NO_CONSENT = {"Signature", "Denunciation", "TerritorialExtension"}
OUTCOMES = ("already-met", "met", "open", "not-applicable")
BADGES = {"none": "not-applicable"}
WORDS = {"Met": "met", "Already met": "already-met", "Open": "open", "Cannot consent": "not-applicable"}
Demand = tuple[str, str]


def table(path: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def key(text: str) -> str:
    """The key of a short name or of an IRI."""
    return text.replace("/", ":").rpartition(":")[2]


def outcomes() -> dict[Demand, str]:
    """The outcome of each demand."""
    states = {key(row["id"]) for row in table("places/State.csv")}
    handed = {row["id"]: row["date"] for row in table("report-2011/Handover.csv")}
    first: dict[Demand, tuple[str, str]] = {}
    for row in table("treaties/TreatyAction.csv"):
        if row["type"] not in NO_CONSENT:
            place = (key(row["by"]), key(row["treaty"]))
            first[place] = min(first.get(place, ("9999", "")), (row["notBefore"], row["notAfter"]))
    found = {}
    for row in table("report-2011/CallToAction.csv"):
        start = handed[row["raisedAt"]] if row["raisedAt"] else MID_2010
        for treaty in filter(None, row["callsForConsentTo"].split("|")):
            consent = first.get((key(row["addressedTo"]), key(treaty)))
            became = "open" if key(row["addressedTo"]) in states else "not-applicable"
            if consent:
                became = "already-met" if consent[1] < start else "met"
            found[key(row["id"]), key(treaty)] = became
    return found


TREATIES = sorted({treaty for _, treaty in outcomes()})
CHOICES = [*itertools.product(["", *TREATIES], ["", *OUTCOMES])]
WANTED = outcomes()


def wanted(treaty: str, outcome: str) -> set[Demand]:
    """The demands that a choice leaves."""
    return {demand for demand, became in WANTED.items() if treaty in ("", demand[1]) and outcome in ("", became)}


def query(treaty: str, outcome: str) -> dict[str, str]:
    """The choice as the fields of a request."""
    return {name: value for name, value in (("treaty", treaty), ("outcome", outcome)) if value}


def demands(row: Mapping[str, Any]) -> Iterator[tuple[Demand, str]]:
    """The demands of a row of calls, each with its outcome."""
    treaties, became = (row["treatyIris"] or "").split(), (row["outcomeIris"] or "").split()
    for treaty, outcome in zip(treaties, became, strict=True):
        yield (key(row["call"]), key(treaty)), key(outcome)


def test_the_tables_have_demands_of_each_kind() -> None:
    """So that no case below is empty throughout."""
    assert {*WANTED.values()} >= {"already-met", "met", "open"}
    assert ("irl-5", "opsc") in wanted("opsc", "open")
    assert wanted("untip", "open") == set()


@pytest.mark.parametrize(("treaty", "outcome"), CHOICES)
def test_questions_lists_and_views_name_the_same_demands(
    project_client: FlaskClient, treaty: str, outcome: str
) -> None:
    """For every treaty and every outcome, each alone and both together."""
    choice, expected = query(treaty, outcome), wanted(treaty, outcome)
    calls = {call for call, _ in expected}

    def data(path: str) -> list[dict[str, Any]]:
        reply = project_client.get(path, query_string={**choice, "limit": 1000}).get_json()
        rows: list[dict[str, Any]] = reply["data"]
        return rows

    for name in ("call-outcomes", "calls-met"):
        rows = data(f"/api/{name}.json")
        assert {(key(row["call"]), key(row["treaty"])) for row in rows} == expected
        assert {key(row["outcome"]) for row in rows} == {WANTED[demand] for demand in expected}
    if choice:  # without a choice there are the calls that ask for no treaty, too
        assert {key(row["call"]) for row in data("/api/calls.json")} == calls
        listed = project_client.get("/doc/call.json", query_string=choice).get_json()
        assert {key(thing["id"]) for thing in listed["things"]} == calls
        rows = [*csv.DictReader(io.StringIO(project_client.get("/doc/call.csv", query_string=choice).text))]
        assert {key(row["call"]) for row in rows} == calls
        page = read(project_client, f"/doc/call/?{urlencode(choice)}")
        heads = [cell for cell in page.iter("th") if cell.get("scope") == "row"]
        links = [link.get("href", "") for cell in heads for link in cell.iter("a")]
        assert {key(link) for link in links if link.startswith("/doc/call/")} == calls
    listed = project_client.get("/doc/call-outcome.json", query_string=choice).get_json()
    assert {(key(row["call"]), key(row["treaty"])) for row in listed["rows"]} == expected
    lines = [row for body in read(project_client, f"/outcomes?{urlencode(choice)}").iter("tbody") for row in body]
    shown = {}
    for line in lines:
        links = [key(link.get("href", "")) for link in line.iter("a") if "/doc/call/" in link.get("href", "")]
        treaties = [key(link.get("href", "")) for link in line.iter("a") if "/doc/treaty/" in link.get("href", "")]
        if links:
            kind = classed(line, "badge")[0].get("class", "").removeprefix("badge ")
            shown[links[0], treaties[0]] = BADGES.get(kind, kind)
    assert shown == {demand: WANTED[demand] for demand in expected}


@pytest.mark.parametrize("treaty", ["", *TREATIES])
def test_open_calls_are_the_open_demands(project_client: FlaskClient, treaty: str) -> None:
    """No more, and no fewer."""
    rows = project_client.get("/api/open-calls.json", query_string=query(treaty, "")).get_json()["data"]
    assert {(key(row["call"]), key(row["treaty"])) for row in rows} == wanted(treaty, "open")


def test_a_call_shows_the_outcome_of_the_demand_for_each_treaty(project_client: FlaskClient) -> None:
    """In the API, in the list as data, and in words with the treaty on its page."""
    rows = project_client.get("/api/calls.json?limit=1000").get_json()["data"]
    assert dict(pair for row in rows for pair in demands(row)) == WANTED
    listed = project_client.get("/doc/call.json").get_json()["rows"]
    assert dict(pair for row in listed for pair in demands(row)) == WANTED
    for row in rows:
        outcomes = [text.rpartition(": ")[2] for text in (row["outcomes"] or "").split("; ") if text]
        assert outcomes == [treaty.upper().replace("-", " ") for (_, treaty), _ in demands(row)]
    page = read(project_client, "/doc/call/?treaty=opsc")
    shown = {}
    for line in (row for body in page.iter("tbody") for row in body):
        call = next(key(link.get("href", "")) for link in line.iter("a") if "/doc/call/" in link.get("href", ""))
        for badge in classed(line, "badge"):
            sign = classed(badge, "sign")[0]
            words, _, treaty = (sign.tail or "").partition(": ")
            shown[call, treaty.lower().replace(" ", "-")] = WORDS[words]
    assert shown == {demand: became for demand, became in WANTED.items() if (demand[0], "opsc") in WANTED}


@pytest.mark.parametrize("goal", ["1", "2", "3"])
def test_an_indicator_of_a_call_is_one_of_the_goal_chosen(project_client: FlaskClient, goal: str) -> None:
    """A call names both itself; together they find the calls that name both, in the API and in the list."""
    calls = table("report-2011/CallToAction.csv")
    for indicator in {each for row in calls for each in row["indicator"].split("|") if each}:
        both = {
            key(row["id"])
            for row in calls
            if f"goal:{goal}" in row["goal"].split("|") and indicator in row["indicator"].split("|")
        }
        choice = {"goal": goal, "indicator": key(indicator)}
        rows = project_client.get("/api/calls.json", query_string={**choice, "limit": 1000}).get_json()["data"]
        assert {key(row["call"]) for row in rows} == both
        listed = project_client.get("/doc/call.json", query_string=choice).get_json()
        assert {key(thing["id"]) for thing in listed["things"]} == both
