"""`/compare` shows two to six jurisdictions side by side, with a source for each fact, and helps to choose them."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.web.reading import classed, read_page, words
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

BAD = [*csv.DictReader(Path(__file__).with_name("bad-choices.csv").read_text("utf-8").splitlines())]
PAIR = "/compare?jurisdiction=nzl&jurisdiction=irl"
OPSC = "Optional Protocol on the sale of children (OPSC)"


def facts(client: FlaskClient, address: str) -> dict[str, dict[str, str]]:
    """What the table says, by the head of the row and the name of the jurisdiction."""
    table = read_page(client, address).find(".//table")
    assert table is not None
    return {
        words(row.find("th")): {cell.get("data-name", ""): words(cell) for cell in row.iter("td")}
        for row in table.findall("tbody/tr")
        if row.find("td") is not None
    }


def chosen_by(address: str) -> list[str]:
    """The jurisdictions that an address names."""
    return parse_qs(urlsplit(address).query).get("jurisdiction", [])


def test_each_jurisdiction_has_a_column_and_each_treaty_a_row(project_client: FlaskClient) -> None:
    """Heads of columns are those chosen, in the order of the address; the five treaties come first."""
    tree = read_page(project_client, PAIR)
    assert [words(head) for head in tree.findall(".//table/thead//th")] == ["New Zealand", "Ireland"]
    treaties = project_client.get("/api/treaties.json").get_json()["data"]
    assert [*facts(project_client, PAIR)][:5] == [row["treatyName"] for row in treaties]


def test_a_treaty_shows_status_day_and_outcome_of_the_call(project_client: FlaskClient) -> None:
    """New Zealand met the call for the Optional Protocol; Ireland has only signed."""
    row = facts(project_client, PAIR)[OPSC]
    assert "Party" in row["New Zealand"]
    assert "Ratification 20 September 2011" in row["New Zealand"]
    assert "Met 446 days after the call" in row["New Zealand"]
    assert "Signed only" in row["Ireland"]
    assert "Open" in row["Ireland"]


def test_every_day_of_an_act_has_its_source(project_client: FlaskClient) -> None:
    """A link to the act is followed by the number of a note, which is at the end of the page."""
    tree = read_page(project_client, PAIR)
    notes = {link.get("href") for link in tree.findall(".//section[@class='notes']//li/a")}
    cells = [
        cell
        for cell in tree.findall(".//table//td/div/p")
        if any("/doc/treaty-action/" in link.get("href", "") for link in cell.iter("a"))
    ]
    assert len(cells) >= 10
    assert all({link.get("href") for link in classed(cell, "source")} & notes for cell in cells)


def test_each_jurisdiction_has_a_line_of_time_for_each_treaty(project_client: FlaskClient) -> None:
    """Five treaties and two jurisdictions make ten lines, and one axis."""
    tracks = classed(read_page(project_client, PAIR), "track")
    assert len([track for track in tracks if "axis" not in (track.get("class") or "")]) == 10
    assert {words(track.find("span")) for track in tracks} == {"New Zealand", "Ireland", ""}


@pytest.mark.parametrize(("other", "is_said"), [("irl", True), ("phl", False)])
def test_people_and_petitions_are_called_not_comparable_where_both_are_shown(
    project_client: FlaskClient, other: str, is_said: bool
) -> None:
    """New Zealand and the Philippines count petitions, Ireland counts people."""
    heads = " ".join(facts(project_client, f"/compare?jurisdiction=nzl&jurisdiction={other}"))
    assert ("not comparable" in heads) == is_said


def test_numbers_are_those_of_the_questions(project_client: FlaskClient) -> None:
    """Calls, answers and findings as compare-jurisdictions counts them; the signatures as the petition has them."""
    rows = project_client.get(f"/api/compare-jurisdictions.json?{urlsplit(PAIR).query}").get_json()["data"]
    found = facts(project_client, PAIR)
    for row in rows:
        name = row["jurisdictionName"]
        assert found["Calls to action"][name] == f"{row['calls']} calls"
        assert found["Answers and promises"][name] == f"{row['commitments']} answers"
        assert found["Findings"][name] == f"{row['findings']} findings"
        signatures = next(value for head, value in found.items() if head.startswith("Signatures"))[name]
        assert "".join(signatures.split()).startswith(str(row["signatures"]))


def test_a_chosen_jurisdiction_can_be_removed(project_client: FlaskClient) -> None:
    """The link beside its name leads to the comparison without it."""
    links = classed(read_page(project_client, PAIR), "remove")
    assert [chosen_by(link.get("href", "")) for link in links] == [["irl"], ["nzl"]]


def test_the_form_offers_every_place_and_has_ticked_those_chosen(project_client: FlaskClient) -> None:
    """Those that a review covers come before all others; the form is a GET form with a button."""
    form = read_page(project_client, PAIR).find(".//main//form")
    assert form is not None
    assert form.get("method") == "get"
    assert form.find(".//button") is not None
    boxes = form.findall(".//input[@type='checkbox']")
    assert {box.get("value") for box in boxes if box.get("checked") is not None} == {"nzl", "irl"}
    rows = project_client.get("/api/jurisdictions.json?limit=1000").get_json()["data"]
    reviewed = {row["jurisdiction"].rpartition("/")[2] for row in rows if row["firstReviewed"]}
    assert {box.get("value") for box in boxes[: len(reviewed)]} == reviewed
    assert {row["jurisdiction"].rpartition("/")[2] for row in rows if row["iso3"]} <= {
        box.get("value") for box in boxes
    }


def test_without_a_choice_the_data_suggest_some(project_client: FlaskClient) -> None:
    """Those who promised to join the Optional Protocol are one of the suggested comparisons."""
    links = read_page(project_client, "/compare").findall(".//section[@aria-labelledby='starts']//li/a")
    starts = [set(chosen_by(link.get("href", ""))) for link in links]
    promises = project_client.get("/api/commitments-kept.json?treaty=opsc").get_json()["data"]
    assert {row["jurisdiction"].rpartition("/")[2] for row in promises} in starts
    assert all(2 <= len(start) <= 6 for start in starts)


def test_one_jurisdiction_alone_has_its_neighbours_suggested(project_client: FlaskClient) -> None:
    """As the question of neighbours has them."""
    tree = read_page(project_client, "/compare?jurisdiction=tha")
    links = {tuple(chosen_by(link.get("href", ""))) for link in tree.findall(".//main//a")}
    near = project_client.get("/api/neighbours.json?jurisdiction=tha").get_json()["data"]
    assert {("tha", row["neighbour"].rpartition("/")[2]) for row in near[:5]} <= links


def test_what_is_too_many_or_unknown_is_named_and_the_rest_shown(project_client: FlaskClient) -> None:
    """Six have a column, the seventh and the unknown one are named in the message."""
    keys = ["nzl", "irl", "zzz", "idn", "mys", "tha", "swe", "jpn"]
    tree = read_page(project_client, f"/compare?{'&'.join(f'jurisdiction={key}' for key in keys)}")
    message = words(classed(tree, "problem")[0])
    assert "zzz" in message
    assert "Japan is left out" in message
    assert len(tree.findall(".//table/thead//th")) == 6


def test_names_are_in_the_language_of_the_reader(project_client: FlaskClient) -> None:
    """And the links preserve the language of the address."""
    tree = read_page(project_client, f"{PAIR}&lang=fr")
    assert words(tree.find(".//h1")).startswith("Nouvelle-Zélande and Irlande")
    assert all("lang=fr" in link.get("href", "") for link in classed(tree, "remove"))


def test_an_archived_snapshot_has_the_comparison_too(project_client: FlaskClient, project_settings: Settings) -> None:
    """Its links and its form stay within the snapshot."""
    start = f"/snapshots/{current(project_settings.state).id}"
    tree = read_page(project_client, f"{start}{PAIR}")
    assert {link.get("href", "").startswith(f"{start}/compare?") for link in classed(tree, "remove")} == {True}
    assert tree.find(".//main//form").get("action") == f"{start}/compare"  # type: ignore[union-attr]


def test_a_jurisdiction_leads_to_its_comparisons(project_client: FlaskClient) -> None:
    """With its neighbours by a link, with any other by a form."""
    tree = read_page(project_client, "/doc/jurisdiction/tha")
    links = [
        chosen_by(link.get("href", "")) for link in tree.findall(".//main//a") if "/compare?" in link.get("href", "")
    ]
    assert [len(found) for found in links] == [4]
    assert links[0][0] == "tha"
    form = tree.find(".//main//form[@action='/compare']")
    assert form is not None
    assert [(field.tag, field.get("value")) for field in form.iter() if field.get("name") == "jurisdiction"] == [
        ("input", "tha"),
        ("select", None),
    ]


def test_little_data_makes_a_page_too(client: FlaskClient) -> None:
    """A territory without any act, and a state for which some treaties were not looked up."""
    for keys in (["hkg", "tha"], ["hkg"], ["m49-asia", "nzl"], []):
        read_page(client, f"/compare?{'&'.join(f'jurisdiction={key}' for key in keys)}")


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["address"][:60])
def test_bad_input_gets_a_clear_answer(project_client: FlaskClient, case: dict[str, str]) -> None:
    """A problem that names the value, or a page in which it is plain text: nothing in it runs or leads anywhere."""
    address = case["address"].replace("{long}", "a" * 10_000)
    tree = read_page(project_client, address, int(case["status"]))
    assert case["says"] in words(tree.find(".//main"))
    assert tree.find(".//main//script") is None
    assert not [
        each for each in tree.iter("a") if each.get("href", "").startswith(("javascript:", "https://elsewhere"))
    ]


def test_an_iri_chooses_as_a_key_does(project_client: FlaskClient) -> None:
    """Each jurisdiction once, however often and in whichever way it is named."""
    mixed = f"/compare?jurisdiction={BASE}id/jurisdiction/nzl&jurisdiction=nzl&jurisdiction=irl"
    assert facts(project_client, mixed) == facts(project_client, PAIR)
