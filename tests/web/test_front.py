"""The front page answers the first question at once, and colours the map as the question about it says."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

from uphold.assets import OUTLINES, vendored

HTML = {"Accept": "text/html"}
needs_outlines = pytest.mark.skipif(OUTLINES not in vendored(), reason="no outlines of states; `make setup` draws them")


def read(client: FlaskClient, address: str) -> Element:
    """The page at an address."""
    response = client.get(address, headers=HTML)
    assert response.status_code == 200, response.text
    page: Element = html5lib.parse(response.text, namespaceHTMLElements=False)
    return page


def coloured(page: Element) -> Counter[str]:
    """How many states on the map have each status."""
    paths = [path for path in page.iter() if path.tag.endswith("path") and path.get("id", "").startswith("m")]
    return Counter(path.get("class", "") for path in paths)


def test_it_says_of_every_promise_whether_it_was_kept(project_client: FlaskClient) -> None:
    """By whom, and kept or not, as the question about promises has it."""
    rows = project_client.get("/api/commitments-kept.json").get_json()["data"]
    page = read(project_client, "/")
    shown = {
        "".join(line.find("strong").itertext()): line.find("span").get("class")  # type: ignore[union-attr]
        for line in page.iter("p")
        if line.get("class") == "promise"
    }
    assert shown == {row["jurisdictionName"]: "badge met" if row["kept"] else "badge open" for row in rows}


@needs_outlines
@pytest.mark.parametrize(("treaty", "year"), [("opsc", 2005), ("untip", 2011), ("cets-201", 2025)])
def test_the_map_has_the_colours_of_the_answer(project_client: FlaskClient, treaty: str, year: int) -> None:
    """Each outline that has a row has its status, and the legend counts every row, drawn or not."""
    rows = project_client.get(f"/api/treaty-map.json?treaty={treaty}&year={year}&limit=1000").get_json()["data"]
    page = read(project_client, f"/?treaty={treaty}&year={year}")
    assert set(coloured(page)) <= {row["status"] for row in rows}
    assert coloured(page).total() > 190
    legend = next(part for part in page.iter("ul") if part.get("id") == "m-counts")
    told = {item.get("class"): int(item.find("strong").text or "") for item in legend}  # type: ignore[union-attr]
    assert {status: count for status, count in told.items() if count} == Counter(row["status"] for row in rows)


@needs_outlines
def test_a_year_beyond_the_record_shows_its_last_one(project_client: FlaskClient) -> None:
    """Whoever asks for later sees what is known."""
    assert coloured(read(project_client, "/?year=2300")) == coloured(read(project_client, "/"))


@needs_outlines
@pytest.mark.parametrize(
    "fields", ["treaty=zzz", "treaty=%3Cscript%3Ealert(1)%3C/script%3E", "year=soon", "year=-1", f"year={'9' * 10_000}"]
)
def test_what_cannot_be_asked_of_the_map_is_refused(project_client: FlaskClient, fields: str) -> None:
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
    """As the rest of the page does."""
    page = project_client.get("/?lang=fr", headers=HTML).text
    assert "<title>Nouvelle-Zélande</title>" in page
    assert "<title>New Zealand</title>" not in page
