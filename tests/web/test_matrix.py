"""`/matrix` has a line for each jurisdiction reviewed and a column for each indicator, and invents no rating."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from tests.web.reading import classed, read_page, words
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

FILTERS = [*csv.DictReader(Path(__file__).with_name("matrix-filters.csv").read_text("utf-8").splitlines())]
LARGEST = 150_000
WORDS = {"party": "party", "signatory": "signed only", "neither": "no act on record", "uncertain": "uncertain"}


def lines(tree: ET.Element) -> dict[str, list[ET.Element]]:
    """The cells of each line, by the key of its jurisdiction."""
    found = {}
    for row in tree.findall(".//table/tbody/tr"):
        link = row.find("th/a")
        assert link is not None
        found[link.get("href", "").rpartition("/")[2]] = row.findall("td")
    return found


def answer(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """The rows of a question."""
    rows: list[dict[str, Any]] = client.get(f"/api/{address}").get_json()["data"]
    return rows


def key(iri: str) -> str:
    """The last part of an IRI."""
    return iri.rpartition("/")[2]


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of the report."""
    path = Path(Settings().files) / "data" / "report-2011" / f"{name}.csv"
    return [*csv.DictReader(path.read_text("utf-8").splitlines())]


def test_it_has_a_line_for_each_reviewed_and_a_column_for_each_indicator(project_client: FlaskClient) -> None:
    """Every head says what it is the head of."""
    tree = read_page(project_client, "/matrix")
    rows = answer(project_client, "progress-matrix.json?limit=1000")
    assert set(lines(tree)) == {key(row["jurisdiction"]) for row in rows}
    heads = tree.findall(".//table/thead/tr[2]/th")
    assert [words(head.find("a")) for head in heads[1:13]] == [row["indicatorName"] for row in rows[:12]]
    assert {head.get("scope") for head in tree.findall(".//table//th")} == {"col", "colgroup", "row"}


def test_each_count_is_that_of_the_question_and_leads_to_what_it_counts(project_client: FlaskClient) -> None:
    """The list behind a number has as many rows as the number says."""
    found = lines(read_page(project_client, "/matrix"))
    rows = answer(project_client, "progress-matrix.json?limit=1000")
    for row in rows:
        cell = found[key(row["jurisdiction"])][
            [key(each["indicator"]) for each in rows[:12]].index(key(row["indicator"]))
        ]
        said = {name: [words(link) for link in classed(cell, name)] for name in ("calls-here", "found-here")}
        calls, findings = row["calls"], row["findings"]
        assert said["calls-here"] == ([f"{calls} call{'' if calls == 1 else 's'}"] if calls else [])
        assert said["found-here"] == ([f"◆ {findings} finding{'' if findings == 1 else 's'}"] if findings else [])
    for name in ("calls-here", "found-here"):
        link = classed(found["can"][0], name)[0]
        behind = answer(project_client, link.get("href", "").removeprefix("/api/").replace(".html", ".json"))
        assert len(behind) == int(words(link).strip("◆ ").split()[0])


def test_a_rating_that_no_source_has_is_unknown(project_client: FlaskClient) -> None:
    """In letters for the eye and in a word for the ear; no cell has a rating that the question has not."""
    tree = read_page(project_client, "/matrix")
    cells = [cell for own in lines(tree).values() for cell in own[:12]]
    assert all(words(cell).startswith("? unknown") for cell in cells)
    assert {row["rating"] for row in answer(project_client, "progress-matrix.json?limit=1000")} == {None}


def test_the_treaties_show_their_status_then_and_now_as_derived(project_client: FlaskClient) -> None:
    """Both as the treaty record has them, for each of the two indicators that ask for a treaty."""
    tree = read_page(project_client, "/matrix")
    for column, treaty in ((4, "opsc"), (5, "untip")):
        then, now = (
            {key(row["jurisdiction"]): row["status"] for row in answer(project_client, f"treaty-status.json?{query}")}
            for query in (f"treaty={treaty}&limit=1000&asof=2011-09-01", f"treaty={treaty}&limit=1000")
        )
        assert now["irl"] in WORDS
        for code, cells in lines(tree).items():
            words_of = [WORDS.get(status.get(code, ""), "not known") for status in (then, now)]
            assert f"derived: {words_of[0]} then, {words_of[1]} according to the newest source" in words(cells[column])


@pytest.mark.parametrize("case", FILTERS, ids=lambda case: case["query"] or "all")
def test_a_filter_leaves_the_lines_that_are_as_it_wants(project_client: FlaskClient, case: dict[str, str]) -> None:
    """The heading counts them, and where none is left a sentence says so."""
    tree = read_page(project_client, f"/matrix?{case['query']}")
    assert len(lines(tree)) == int(case["jurisdictions"])
    heading = words(tree.find(".//h2[@id='cells']"))
    assert heading.startswith(case["jurisdictions"])
    assert ("No matches." in words(tree.find(".//main"))) == (case["jurisdictions"] == "0")


@pytest.mark.parametrize("column", ["calls", "findings"])
def test_lines_without_calls_or_findings_can_be_left_out(project_client: FlaskClient, column: str) -> None:
    """What counts are the cells shown: those of the goal, where one is chosen."""
    found = lines(read_page(project_client, f"/matrix?goal=2&{column}=yes"))
    rows = answer(project_client, "progress-matrix.json?goal=2&limit=1000")
    assert set(found) == {key(row["jurisdiction"]) for row in rows if row[column]}
    assert 0 < len(found) < 42


@pytest.mark.parametrize("goal", ["", "1", "2", "3"])
def test_calls_and_findings_together_are_of_one_indicator(project_client: FlaskClient, goal: str) -> None:
    """A line is left by a call and a finding under the same indicator, as the tables have them."""
    goals = {key(row["indicator"]): key(row["goal"]) for row in answer(project_client, "indicators.json")}
    found = lines(read_page(project_client, f"/matrix?calls=yes&findings=yes&rating=unknown&goal={goal}"))
    calls, findings = (
        {
            (each.partition(":")[2], indicator.partition(":")[2])
            for row in table(name)
            for each in row[place].split("|")
            for indicator in row["indicator"].split("|")
            if indicator and goal in ("", goals[indicator.partition(":")[2]])
        }
        for name, place in (("CallToAction", "addressedTo"), ("Finding", "about"))
    )
    reviewed = {key(row["jurisdiction"]) for row in answer(project_client, "progress-matrix.json?limit=1000")}
    assert set(found) == reviewed & {place for place, _ in calls & findings}
    apart = reviewed & {place for place, _ in calls} & {place for place, _ in findings}
    assert goal or apart - set(found)


@pytest.mark.parametrize(("sort", "column"), [("calls", -2), ("findings", -1)])
def test_lines_can_be_sorted_by_their_totals(project_client: FlaskClient, sort: str, column: int) -> None:
    """The largest first; the default order is by name."""
    totals = [int(words(cells[column])) for cells in lines(read_page(project_client, f"/matrix?sort={sort}")).values()]
    assert totals == sorted(totals, reverse=True)
    names = [words(head) for head in read_page(project_client, "/matrix").findall(".//table/tbody/tr/th/a")]
    assert names == sorted(names, key=str.casefold)


def test_the_downloads_have_the_review_the_goal_and_the_region_of_the_page(project_client: FlaskClient) -> None:
    """CSV, JSON and picture of the same question with the same values."""
    tree = read_page(project_client, "/matrix?round=2009&goal=3&region=south-asia")
    links = [link.get("href", "") for link in tree.findall(".//section[@aria-labelledby='cells']/p/a")]
    assert [urlsplit(link).path for link in links] == [
        f"/api/progress-matrix.{form}" for form in ("csv", "json", "svg")
    ]
    assert all(
        parse_qs(urlsplit(link).query) == {"round": ["2009"], "goal": ["3"], "region": ["south-asia"], "lang": ["en"]}
        for link in links
    )
    rows = project_client.get(links[1]).get_json()["data"]
    assert {key(row["jurisdiction"]) for row in rows} == set(lines(tree)) == {"ind"}
    assert all(project_client.get(link).status_code == 200 for link in links)


def test_the_whole_matrix_is_a_small_page_that_the_keyboard_scrolls(project_client: FlaskClient) -> None:
    """It is in a named region that can have the focus."""
    assert len(project_client.get("/matrix").data) < LARGEST
    region = classed(read_page(project_client, "/matrix"), "matrix")[0]
    assert (region.get("role"), region.get("tabindex")) == ("region", "0")
    assert region.get("aria-label")


def test_the_form_preserves_what_was_chosen(project_client: FlaskClient) -> None:
    """Each field is a select with a label; the values chosen are selected."""
    form = classed(read_page(project_client, "/matrix?goal=2&sort=calls"), "parameters")[0]
    labels = {label.get("for") for label in form.iter("label")}
    selects = form.findall(".//select")
    assert {select.get("name") for select in selects} == labels
    chosen = {
        select.get("name"): option.get("value")
        for select in selects
        for option in select
        if option.get("selected") is not None
    }
    assert (chosen["goal"], chosen["sort"], chosen["round"], chosen["region"]) == ("2", "calls", "2011", "")


def test_an_archived_snapshot_has_the_matrix_too(project_client: FlaskClient, project_settings: Settings) -> None:
    """Its names lead to the documents of that snapshot."""
    start = f"/snapshots/{current(project_settings.state).id}"
    links = read_page(project_client, f"{start}/matrix").findall(".//table/tbody/tr/th/a")
    assert {link.get("href", "").startswith(f"{start}/doc/jurisdiction/") for link in links} == {True}


def test_little_data_makes_a_matrix_too(client: FlaskClient) -> None:
    """Three jurisdictions, of which one is in no treaty record."""
    assert len(lines(read_page(client, "/matrix"))) == 3
