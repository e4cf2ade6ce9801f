"""By what the report's figures are contradicted: one answer wherever it is given, computed here from the tables."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.reading import read_page, words
from uphold.settings import Settings

DATA = Path(Settings().files) / "data"
SIGNATURE = "Signature"
AT_SEPTEMBER = "2011-09-01"
SHARES = {
    "opsc-not-ratified": ("opsc", ""),
    "opsc-not-ratified-europe": ("opsc", "europe"),
    "opsc-not-ratified-asia-pacific": ("opsc", "asia-and-the-pacific"),
    "untip-not-ratified": ("untip", ""),
}
"""Printed percentages of a group that is outside a treaty: the treaty, and the group, or all that were reviewed."""
ANSWERS = ("record", "statement", "both", "agrees", "not-checked")


def table(path: str) -> list[dict[str, str]]:
    """The rows of a table."""
    return [*csv.DictReader((DATA / path).read_text("utf-8").splitlines())]


def keys(cell: str) -> set[str]:
    """The keys of a cell with short names."""
    return {name.partition(":")[2] for name in cell.split("|") if name}


REVIEWED = next(keys(row["covers"]) for row in table("report-2011/ReviewRound.csv") if row["year"] == "2011")
GROUPS = {row["id"].partition(":")[2]: keys(row["member"]) for row in table("places/Region.csv")}


def consents(treaty: str) -> dict[str, str]:
    """The last day on which each reviewed jurisdiction can have consented first, by its key."""
    found: dict[str, str] = {}
    for row in table("treaties/TreatyAction.csv"):
        place = row["by"].partition(":")[2]
        if row["treaty"] == f"treaty:{treaty}" and row["type"] != SIGNATURE and place in REVIEWED:
            found[place] = min(found.get(place, "9999"), row["notAfter"])
    return found


def days(treaty: str) -> list[str]:
    """The first of the report's month, and each day in it on which a reviewed jurisdiction consented."""
    return sorted({AT_SEPTEMBER, *(day for day in consents(treaty).values() if day.startswith("2011-09"))})


def agreeing(statistic: str, printed: float) -> list[bool]:
    """For each day, whether the record confirms the printed figure."""
    treaty = statistic.partition("-")[0]
    known = consents(treaty)
    found = []
    for day in days(treaty):
        outside = {place for place in REVIEWED if known.get(place, "9999") > day}
        if statistic in SHARES:
            group = GROUPS[SHARES[statistic][1]] & REVIEWED if SHARES[statistic][1] else REVIEWED
            found.append(abs(100 * len(outside & group) / len(group) - printed) < 0.5)
        elif statistic == "untip-not-ratified-europe":
            found.append(len(outside & GROUPS["europe"]) == printed)
        else:  # the share of one group among those outside
            found.append(abs(100 * len(outside & GROUPS["asia-and-the-pacific"]) / len(outside) - printed) < 0.5)
    return found


COMPUTED = {*SHARES, "untip-not-ratified-europe", "untip-not-ratified-asia-pacific"}


def answers() -> dict[str, tuple[str, int, int, int]]:
    """For each figure the answer, on how many days it was computed and agrees, and in how many discrepancies it is."""
    disputes = [
        row["between"].split("|") for path in ("report-2011", "treaties") for row in table(f"{path}/Discrepancy.csv")
    ]
    found = {}
    for row in table("report-2011/Statistic.csv"):
        name = row["id"].partition(":")[2]
        again = agreeing(name, float(row["value"])) if name in COMPUTED else []
        disputed = sum(row["id"] in between for between in disputes)
        if not all(again):
            answer = "both" if disputed else "record"
        elif disputed:
            answer = "statement"
        else:
            answer = "agrees" if again else "not-checked"
        found[name] = (answer, len(again), sum(again), disputed)
    return found


WANTED = answers()


def named(answer: str) -> set[str]:
    """The figures with an answer."""
    return {name for name, (found, *_) in WANTED.items() if found == answer}


def test_every_figure_has_the_answer_of_the_tables(project_client: FlaskClient) -> None:
    """One answer each, so the counts add up to the number of figures that the report prints."""
    rows = project_client.get("/api/contradicted-figures.json?limit=1000").get_json()["data"]
    shown = {
        row["statistic"].rpartition("/")[2]: (
            row["contradicted"],
            row["daysComputed"],
            row["daysAgreeing"],
            row["discrepancies"],
        )
        for row in rows
    }
    assert shown == WANTED
    assert len(rows) == len(WANTED) == sum(Counter(answer for answer, *_ in WANTED.values()).values())
    assert {row["statistic"] for row in rows if row["kindNames"]} == {
        row["statistic"] for row in rows if row["discrepancies"]
    }


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_question_and_the_list_name_the_same_figures(project_client: FlaskClient, answer: str) -> None:
    """In every form; an answer that no figure has is not offered."""
    query = {"contradicted": answer}
    rows = project_client.get("/api/contradicted-figures.json", query_string=query).get_json()["data"]
    assert {row["statistic"].rpartition("/")[2] for row in rows} == named(answer)
    if named(answer):
        listed = project_client.get("/doc/statistic.json", query_string=query).get_json()
        assert {thing["id"].rpartition("/")[2] for thing in listed["things"]} == named(answer)
        text = project_client.get("/doc/statistic.csv", query_string=query).text
        assert {row["statistic"].rpartition("/")[2] for row in csv.DictReader(io.StringIO(text))} == named(answer)


def test_it_is_the_first_facet_of_the_figures_and_its_counts_add_up(project_client: FlaskClient) -> None:
    """Each choice with the number of figures that have the answer."""
    page = project_client.get("/doc/statistic/", headers={"Accept": "text/html"}).text
    facets = re.findall(r'<section aria-labelledby="by-([a-z]+)">(.*?)</section>', page, re.DOTALL)
    name, content = next(each for each in facets if each[0] != "order")
    counts = dict(re.findall(r'contradicted=([a-z-]+)[^"]*">.*?<span class="count">(\d+)</span>', unescape(content)))
    assert name == "contradicted"
    assert {key: int(count) for key, count in counts.items()} == {
        answer: len(named(answer)) for answer in ANSWERS if named(answer)
    }
    assert sum(map(int, counts.values())) == len(WANTED)


def test_the_discrepancies_show_the_same_numbers_and_what_they_count(project_client: FlaskClient) -> None:
    """And lead to the figures."""
    shown = words(read_page(project_client, "/discrepancies"))
    assert f"Of the {len(WANTED)} figures in the report" in shown
    assert f"{len(named('statement'))} are contradicted only by another statement in the report" in shown
    assert f"{len(named('record'))} only by the treaty record, and {len(named('both'))} by both" in shown
    assert f"{len(named('not-checked'))} were not checked" in shown


def test_the_front_page_counts_them_and_leads_to_them(project_client: FlaskClient) -> None:
    """Those that the treaty record, another statement or both contradict, of all that the report prints."""
    contradicted = named("record") | named("statement") | named("both")
    [link] = [
        each
        for each in read_page(project_client, "/").iter("a")
        if words(each) == f"Which of the report's figures are contradicted? {len(contradicted)} of {len(WANTED)}"
    ]
    assert link.get("href") == "/doc/statistic/"


def test_figures_that_the_record_contradicts_are_those_recomputed_with_another_value(
    project_client: FlaskClient,
) -> None:
    """The same by the recomputations, by the discrepancies that a rule finds, and by the list."""
    contradicted = named("record") | named("both")
    rows = project_client.get("/api/reported-and-recomputed.json?agrees=false").get_json()["data"]
    assert {row["statistic"].rpartition("/")[2] for row in rows} == contradicted
    rows = project_client.get("/api/discrepancies.json?kind=recomputed").get_json()["data"]
    assert len(rows) == len(contradicted)
    listed = project_client.get("/doc/statistic.json?agrees=false").get_json()
    assert {thing["id"].rpartition("/")[2] for thing in listed["things"]} == contradicted


@pytest.mark.parametrize(
    ("statistic", "says"),
    [
        ("opsc-not-ratified", "Contradicted by the treaty record on 2 of 3 dates checked and by other statements"),
        ("untip-not-ratified-europe", "Not contradicted: the treaty record agrees"),
        ("limited-services", "Contradicted by other statements in the report (arithmetic"),
        ("stores", "Not checked"),
    ],
)
def test_the_page_of_a_figure_says_by_what_it_is_contradicted(
    project_client: FlaskClient, statistic: str, says: str
) -> None:
    """In words that lead to the others with the same answer."""
    assert says in words(read_page(project_client, f"/doc/statistic/{statistic}"))


@pytest.mark.parametrize(
    "text", ["contradicted figures", "figures contradicted", "contradicted figure", "contradicted"]
)
def test_a_search_in_words_finds_the_question(project_client: FlaskClient, text: str) -> None:
    """Among the first hits."""
    hits = project_client.get("/api/search.json", query_string={"q": text}).get_json()
    assert any("contradicted-figures" in hit["id"] for hit in hits["data"][:5])
