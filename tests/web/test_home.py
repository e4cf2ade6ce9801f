"""The front page answers the first question at once, and colours the map as the question about it says."""

from __future__ import annotations

import json
from collections import Counter
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

from uphold.assets.vendor import OUTLINES, VENDOR, vendored

HTML = {"Accept": "text/html"}
needs_outlines = pytest.mark.skipif(OUTLINES not in vendored(), reason="no outlines of states; `make setup` draws them")


def read(client: FlaskClient, address: str) -> Element:
    """The page at an address."""
    response = client.get(address, headers=HTML)
    assert response.status_code == 200, response.text
    page: Element = html5lib.parse(response.text, namespaceHTMLElements=False)
    return page


def coloured(page: Element) -> Counter[str]:
    """How many outlines on the map are of each kind."""
    paths = [path for path in page.iter() if path.tag.endswith("path") and path.get("id", "").startswith("m-")]
    return Counter(path.get("class", "") for path in paths)


def counts_shown(page: Element) -> dict[str, int]:
    """The counts of the legend that are not 0."""
    legend = next(part for part in page.iter("ul") if part.get("id") == "m-counts")
    found = {item.get("class", ""): int(item.find("strong").text or "") for item in legend}  # type: ignore[union-attr]
    return {kind: count for kind, count in found.items() if count}


BADGES = {"kept": "badge met", "not-kept": "badge open", "joined-undated": "badge none"}
PROMISES = {
    "Indonesia": "kept",
    "Ireland": "not-kept",
    "Malaysia": "kept",
    "Malta": "joined-undated",
    "New Zealand": "kept",
}
"""What became of each promise, by Commitment.csv, Handover.csv and TreatyAction.csv; Malta's has no day."""


def test_it_says_of_every_promise_whether_it_was_kept(project_client: FlaskClient) -> None:
    """By whom, and kept or not; consent on record keeps no promise whose day is not known."""
    page = read(project_client, "/")
    shown = {
        "".join(line.find("strong").itertext()): line.find("span").get("class")  # type: ignore[union-attr]
        for line in page.iter("p")
        if line.get("class") == "promise"
    }
    assert shown == {name: BADGES[result] for name, result in PROMISES.items()}
    rows = project_client.get("/api/commitments-kept.json").get_json()["data"]
    assert {row["jurisdictionName"]: row["result"] for row in rows} == PROMISES
    assert {row["kept"] for row in rows if row["jurisdictionName"] == "Malta"} == {None}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "3 of 4 dated promises to join a treaty kept; 1 more joined, promise undated"),
        (
            "/",
            "22 of 27 demands to join a treaty met after the call, counted from mid-2010 (an assumption); 3 of them",
        ),
        ("/", "Which of the report's figures are contradicted? 42 of 62"),
        ("/outcomes", "counted from 1 July 2010 (assumed); 3 of them before the petition was handed over"),
        ("/outcomes", "22 of 27 calls to join a treaty met after the call, counted from 1 July 2010"),
        ("/outcomes", "the median time until a call was met, by treaty, counted from the assumed date"),
        ("/doc/treaty/opsc", "Median time until a call was met: 701 days, counted from an assumed date"),
        ("/outcomes", "3 of 4 dated promises to join a treaty kept"),
        ("/doc/jurisdiction/mlt", "1 of 1 joined, promise undated"),
        (
            "/doc/jurisdiction/irl",
            "counted from 1 July 2010 (assumed); 1 of them before the petition was handed over",
        ),
        (
            "/doc/treaty/opsc",
            "counted from 1 July 2010 (assumed); 1 of them before the petition was handed over",
        ),
        ("/doc/call/pak-2", "counted from 1 July 2010 (assumed); 1 of them before the petition was handed over"),
        ("/embed/jurisdiction/irl", "from 1 July 2010 (assumed), 1 before the call, 1 before the handover"),
        ("/embed/jurisdiction/mlt", "joined, promise undated"),
        ("/embed/commitment/mlt-1", "Joined; promise undated"),
        ("/embed/call/pak-2", "after the call of 1 July 2010 (assumed), before the handover"),
    ],
)
def test_a_count_says_what_it_is_based_on(project_client: FlaskClient, address: str, words: str) -> None:
    """India, Ireland and Pakistan consented after mid-2010 and before the handovers of 2011."""
    assert words in " ".join(" ".join(read(project_client, address).itertext()).split()).replace(" ,", ",").replace(
        " ;", ";"
    )


@needs_outlines
@pytest.mark.parametrize(("treaty", "year"), [("opsc", 2005), ("untip", 2011), ("cets-201", 2020), ("crc", 2022)])
def test_the_map_has_the_colours_of_the_answer(project_client: FlaskClient, treaty: str, year: int) -> None:
    """Each outline that has a row is of its kind, and the legend counts what is drawn."""
    rows = project_client.get(f"/api/treaty-map.json?treaty={treaty}&year={year}&limit=1000").get_json()["data"]
    drawn = json.loads((VENDOR / OUTLINES).read_text("utf-8"))["outlines"]
    expected = Counter(f"{row['status']}{' stale' if row['stale'] else ''}" for row in rows if row["m49"] in drawn)
    for address in (f"/?treaty={treaty}&year={year}", f"/doc/treaty/{treaty}?year={year}"):
        page = read(project_client, address)
        assert coloured(page) == expected
        assert counts_shown(page) == expected
    assert expected.total() > 190


@needs_outlines
def test_a_territory_that_was_not_looked_up_is_an_outline_only(project_client: FlaskClient) -> None:
    """Greenland is drawn, has no kind and is part of no count."""
    outline = json.loads((VENDOR / OUTLINES).read_text("utf-8"))["outlines"]["304"]
    [path] = [path for path in read(project_client, "/").iter() if path.get("d") == outline]
    assert path.get("class") is None


@needs_outlines
def test_jurisdictions_that_are_not_party_are_named(project_client: FlaskClient) -> None:
    """With what the record says of them, also of those that the map cannot show."""
    page = read(project_client, "/")
    absent = next(part for part in page.iter("dl") if part.get("id") == "m-absent")
    lines = {div.get("class"): " ".join("".join(div.itertext()).split()) for div in absent}
    assert lines["signatory"] == "Not party: signed only Ireland, Singapore"
    assert lines["signatory stale"].endswith("Cameroon, Ghana, Kenya, Liberia, Nauru, Zambia")
    assert lines["neither stale"].endswith("Hong Kong")
    assert lines[None].startswith("Not on the map European Union (no act on record")
    assert "Taiwan" in lines[None]


def test_an_old_status_says_when_it_was_last_looked_up(project_client: FlaskClient) -> None:
    """Ghana's newest source is a table of June 2022; no source of Hong Kong's record has a date."""
    for address, words in (
        ("/doc/treaty-record/opsc-gha", "last checked June 2022"),
        ("/doc/treaty/opsc?of=gha", "last checked June 2022"),
        ("/doc/jurisdiction/gha", "last checked June 2022"),
        ("/compare?jurisdiction=gha&jurisdiction=irl", "last checked June 2022"),
        ("/doc/treaty-record/opsc-hkg", "last checked on an unknown date"),
    ):
        text = " ".join(" ".join(read(project_client, address).itertext()).split())
        assert words in text, address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/doc/treaty/opsc", "47 party, 5 signed only (5 from an old or undated source)"),
        ("/doc/treaty/opsc", "46 party, 1 signed only, 2 no act on record (2 from an old or undated source)"),
        ("/doc/treaty/opsc", "43 party, 1 signed only"),
        ("/matrix", "no act on record according to the newest source, last checked on an unknown date"),
        ("/matrix", "signed only according to the newest source, last checked 3 December 2025"),
        ("/embed/jurisdiction/sgp", "treaties joined; 2 of the others from an old or undated source"),
        ("/doc/jurisdiction/sgp", "Called on to join, 1 July 2010, an assumed date"),
        ("/compare?jurisdiction=gha&jurisdiction=irl", "Called on to join, 1 July 2010, an assumed date"),
    ],
)
def test_a_summary_says_what_is_old_and_what_is_assumed(project_client: FlaskClient, address: str, words: str) -> None:
    """Ghana, Cameroon, Kenya, Liberia and Zambia are read in 2022; Ireland and Singapore in December 2025."""
    text = " ".join(" ".join(read(project_client, address).itertext()).split()).replace(" ,", ",")
    assert words in text, address


@needs_outlines
def test_a_year_beyond_the_record_shows_its_last_one(project_client: FlaskClient) -> None:
    """A request for a later one shows what is known."""
    assert coloured(read(project_client, "/?year=2300")) == coloured(read(project_client, "/"))


@needs_outlines
@pytest.mark.parametrize(
    "fields", ["treaty=zzz", "treaty=%3Cscript%3Ealert(1)%3C/script%3E", "year=soon", "year=-1", f"year={'9' * 10_000}"]
)
def test_an_invalid_request_to_the_map_is_refused(project_client: FlaskClient, fields: str) -> None:
    """With words that say what can."""
    response = project_client.get(f"/?{fields}", headers=HTML)
    assert response.status_code == 400
    assert "<script>alert" not in response.text


@needs_outlines
def test_a_state_too_small_for_an_outline_is_a_dot(project_client: FlaskClient) -> None:
    """Malta is on the map, and leads to its page."""
    page = read(project_client, "/")
    link = next(each for each in page.iter() if each.tag.endswith("}a") and each.get("href") == "/doc/jurisdiction/mlt")
    assert "a11,11" in link[0].get("d", "")


@needs_outlines
def test_the_map_names_states_in_the_language_of_the_reader(project_client: FlaskClient) -> None:
    """As everywhere on the page."""
    page = project_client.get("/?lang=fr", headers=HTML).text
    assert "<title>Nouvelle-Zélande</title>" in page
    assert "<title>New Zealand</title>" not in page
