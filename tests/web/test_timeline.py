"""The timeline has every event under its year, and nothing that the question does not have."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from tests.web.reading import classed
from tests.web.reading import read_page as read

HTML = {"Accept": "text/html", "Accept-Language": "en"}
MOST_BYTES = 150_000
Row = dict[str, Any]


def words(element: Element) -> str:
    """The text in an element, with single spaces."""
    return " ".join("".join(element.itertext()).replace("\u202f", "").split())


def years(page: Element) -> list[int]:
    """The years on a page."""
    return [int(words(each).split()[0]) for each in page.iter("h2") if each.get("id", "").startswith("y")]


def events(page: Element) -> int:
    """How many events a page has; one that several share counts once for each."""
    found = 0
    for item in (item for each in classed(page, "events") for part in each.iter("ul") for item in part):
        shared = [words(each) for each in classed(item, "count")]
        found += int(shared[0].removeprefix("by ")) if shared else 1
    return found


def pages(client: FlaskClient, fields: str = "") -> list[Element]:
    """All pages of a timeline."""
    first = read(client, f"/timeline?{fields}")
    leaves = classed(first, "leaves")
    rest = [link.get("href", "") for link in leaves[0].iter("a")][1:] if leaves else []
    return [first, *(read(client, f"/timeline{address}") for address in rest)]


@pytest.fixture(scope="module")
def rows(project_client: FlaskClient) -> list[Row]:
    """The rows of the question."""
    found = csv.DictReader(io.StringIO(project_client.get("/api/timeline.csv").text))
    return [*found]


@pytest.mark.parametrize(("fields", "wanted"), [("", ("true",)), ("scope=all", ("true", "false"))])
def test_the_pages_together_have_every_event(
    project_client: FlaskClient, rows: list[Row], fields: str, wanted: tuple[str, ...]
) -> None:
    """Those that concern the campaign, or all."""
    found = pages(project_client, fields)
    assert sum(map(events, found)) == sum(row["concerned"] in wanted for row in rows)


def test_each_event_is_under_its_year(project_client: FlaskClient, rows: list[Row]) -> None:
    """A heading says how many there are."""
    shown: Counter[int] = Counter()
    for page in pages(project_client):
        for heading in page.iter("h2"):
            if heading.get("id", "").startswith("y"):
                year, count, *_ = words(heading).split()
                shown[int(year)] += int(count)
    assert shown == Counter(int(row["notBefore"][:4]) for row in rows if row["concerned"] == "true")


def test_no_page_is_long(project_client: FlaskClient) -> None:
    """Under 150 kB each, also with all events."""
    first = read(project_client, "/timeline?scope=all")
    addresses = [link.get("href") for link in classed(first, "leaves")[0].iter("a")]
    sizes = {each: len(project_client.get(f"/timeline{each}", headers=HTML).data) for each in addresses}
    assert max(sizes.values()) < MOST_BYTES, sizes


def test_it_says_what_it_leaves_out(project_client: FlaskClient, rows: list[Row]) -> None:
    """With a link that shows all."""
    page = read(project_client, "/timeline")
    link = next(each for each in page.iter("a") if each.get("href") == "?scope=all")
    assert f"all {len(rows)} events" in words(link)


def test_years_go_the_way_that_is_chosen(project_client: FlaskClient) -> None:
    """The oldest first, or the newest."""
    assert years(read(project_client, "/timeline"))[0] == 1989
    newest = years(read(project_client, "/timeline?order=newest"))
    assert newest == sorted(newest, reverse=True)
    assert newest[0] == 2025


def test_each_bar_leads_to_its_year(project_client: FlaskClient) -> None:
    """On whichever page it is."""
    links = [
        each.get("href", "")
        for each in classed(read(project_client, "/timeline"), "history")[0].iter()
        if each.get("href")
    ]
    assert len(links) > 25
    for link in links[::6]:
        address, _, heading = link.partition("#")
        page = read(project_client, f"/timeline{address}")
        assert any(each.get("id") == heading for each in page.iter("h2")), link


@pytest.mark.parametrize("start", ["/timeline", "/timeline?kind=consent&decade=2010"])
def test_a_choice_shows_as_many_events_as_it_says(project_client: FlaskClient, start: str) -> None:
    """For the first choices of each facet."""
    for facet in classed(read(project_client, start), "facet"):
        for item in [*facet.iter("li")][:3]:
            link, count = item.find("a"), classed(item, "count")
            if link is not None and count and not link.get("aria-current"):
                found = pages(project_client, link.get("href", "").removeprefix("?"))
                assert sum(map(events, found)) == int(words(count[0])), link.get("href")


def test_an_event_known_to_a_month_is_said_to_be_of_that_month(project_client: FlaskClient) -> None:
    """Malta's consent of September 2010 has no day."""
    page = read(project_client, "/timeline?jurisdiction=mlt&treaty=cets-201&kind=consent")
    assert [words(each) for each in classed(page, "when")] == ["September 2010"]


def test_a_day_that_was_computed_says_so(project_client: FlaskClient) -> None:
    """Where no source has the day from which a treaty binds a party."""
    page = read(project_client, "/timeline?jurisdiction=nzl&treaty=opsc&kind=entry-into-force")
    assert any("calculated" in words(each) for each in classed(page, "events"))


def test_every_event_has_a_source(project_client: FlaskClient) -> None:
    """A number that leads to it."""
    page = read(project_client, "/timeline?decade=2010")
    items = [item for each in classed(page, "events") for part in each.iter("ul") for item in part]
    assert items
    assert [words(item) for item in items if not classed(item, "source")] == []


def test_a_jurisdiction_that_the_campaign_did_not_concern_has_its_events(
    project_client: FlaskClient, rows: list[Row]
) -> None:
    """A request for one shows it."""
    found = pages(project_client, "jurisdiction=isl")
    assert sum(map(events, found)) == sum(row["jurisdiction"].endswith("/isl") for row in rows) > 0


def test_the_downloads_have_the_same_choices(project_client: FlaskClient) -> None:
    """The CSV has as many events as the page."""
    fields = "kind=consent&treaty=opsc&decade=2010"
    page = read(project_client, f"/timeline?{fields}")
    address = next(
        link.get("href", "") for link in page.iter("a") if link.get("href", "").startswith("/api/timeline.csv")
    )
    assert len([*csv.DictReader(io.StringIO(project_client.get(address).text))]) == events(page) > 5


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("treaty=zzz", 400),
        ("kind=%3Cscript%3E", 400),
        ("order=up", 400),
        ("scope=some", 400),
        ("kind=consent&kind=review", 400),
        ("page=0", 400),
        ("page=soon", 400),
        ("page=99", 404),
        (f"decade={'9' * 10_000}", 400),
    ],
)
def test_what_cannot_be_shown_is_refused(project_client: FlaskClient, fields: str, status: int) -> None:
    """With a short word on what was wrong."""
    response = project_client.get(f"/timeline?{fields}", headers=HTML)
    assert response.status_code == status
    assert "<script>" not in response.text
    assert len(response.text) < 10_000


def test_choices_that_nothing_fits_leave_a_page_with_a_way_back(project_client: FlaskClient) -> None:
    """Each choice has events, and both together have none."""
    page = read(project_client, "/timeline?treaty=not-stated&kind=consent")
    assert "No matches." in words(page)


def test_it_works_with_little_data(client: FlaskClient) -> None:
    """Three jurisdictions, and few treaties."""
    assert words(next(read(client, "/timeline").iter("h1"))) == "What happened, and when"


def test_an_archived_snapshot_has_the_page(project_client: FlaskClient) -> None:
    """With links that stay within it."""
    identity = project_client.get("/healthz").get_json()["snapshot"]
    page = read(project_client, f"/snapshots/{identity}/timeline?jurisdiction=nzl")
    links = [link.get("href", "") for each in classed(page, "events") for link in each.iter("a")]
    assert links
    assert all(link.startswith(f"/snapshots/{identity}/doc/") for link in links)


@pytest.mark.parametrize("path", ["/outcomes", "/timeline"])
def test_every_page_leads_there(project_client: FlaskClient, path: str) -> None:
    """By the navigation of the site, which marks where one is."""
    link = next(each for each in read(project_client, path).iter("a") if each.get("href") == path)
    assert link.get("aria-current") == "page"
