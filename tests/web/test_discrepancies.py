"""The page of discrepancies: all are listed, and filters do what the API does."""

from __future__ import annotations

import csv
import io
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient

from tests.web.reading import read_page as read
from tests.web.reading import words
from uphold.settings import CANONICAL_BASE as BASE

HTML = {"Accept": "text/html", "Accept-Language": "en"}
FILTERS = [
    "",
    "?kind=date",
    "?kind=date&class=uphold:TreatyAction",
    "?derived=true",
    "?derived=false&text=handover",
    "?statement=statistic:opsc-not-ratified",
    "?treaty=untip",
    "?treaty=opsc&class=uphold:Statistic",
    "?kind=arithmetic&sort=-statements",
]


def items(tree: Element) -> list[Element]:
    """The discrepancies on a page."""
    return [*next(node for node in tree.iter("ol") if node.get("class") == "disputes")]


def named(tree: Element) -> list[str]:
    """The addresses of the discrepancies on a page, in order."""
    return [next(item.iter("h3"))[0].get("href", "") for item in items(tree)]


def facets(tree: Element) -> dict[str, dict[str, Element]]:
    """The links of each facet, by its heading and their names."""
    found = next(node for node in tree.iter("aside") if node.get("aria-labelledby") == "narrow")
    headings = {node.get("id"): words(node) for node in found.iter("h3")}
    return {
        headings[each.get("aria-labelledby")]: {words(link[0]): link for link in each.iter("a")}
        for each in found.iter("ul")
    }


def count(link: Element) -> int:
    """The number beside a choice."""
    return int(words(link[1]))


def total(client: FlaskClient, query: str) -> int:
    """How many the API finds."""
    found: int = client.get(f"/api/discrepancies{query}").get_json()["meta"]["total"]
    return found


def heading(tree: Element) -> str:
    """The heading over what was found."""
    return words(next(node for node in tree.iter("h2") if node.get("id") == "found"))


@pytest.mark.parametrize("query", FILTERS)
def test_the_page_finds_what_the_api_finds(query: str, project_client: FlaskClient) -> None:
    """And says how many."""
    assert heading(read(project_client, f"/discrepancies{query}")).startswith(f"{total(project_client, query)} discrep")


@pytest.mark.parametrize("query", FILTERS)
def test_a_choice_leads_to_as_many_as_it_says(query: str, project_client: FlaskClient) -> None:
    """For the first choice of each facet that is not selected yet."""
    for choices in facets(read(project_client, f"/discrepancies{query}")).values():
        for link in [link for link in choices.values() if not link.get("aria-current")][:1]:
            led = read(project_client, link.get("href", ""))
            assert heading(led).startswith(f"{count(link)} discrep"), link.get("href")


def test_every_discrepancy_is_of_a_kind_that_is_offered(project_client: FlaskClient) -> None:
    """The numbers beside the kinds, and those beside who found them, sum to all."""
    offered = facets(read(project_client, "/discrepancies"))
    everything = total(project_client, "")
    assert sum(count(link) for link in offered["Type of disagreement"].values()) == everything
    assert sum(count(link) for link in offered["Found by"].values()) == everything


def test_a_selected_choice_is_marked_and_can_be_removed(project_client: FlaskClient) -> None:
    """It alone has aria-current, and its link leads back to the others."""
    tree = read(project_client, "/discrepancies?kind=date&derived=false")
    marked = [link for choices in facets(tree).values() for link in choices.values() if link.get("aria-current")]
    assert [dict(parse_qsl(urlsplit(link.get("href", "")).query)) for link in marked] == [
        {"derived": "false"},
        {"kind": "date"},
    ]


def test_statements_are_side_by_side_with_their_sources(project_client: FlaskClient) -> None:
    """As many as the API counts, each with a note or a word on where it disagrees."""
    tree = read(project_client, "/discrepancies?kind=arithmetic")
    known = project_client.get("/api/discrepancies?kind=arithmetic").get_json()["data"]
    for item, row in zip(items(tree), known, strict=True):
        cards = [node for node in item.iter("li") if node.get("class") == "statement"]
        assert len(cards) == min(6, row["statements"])
        assert [words(card) for card in cards if not words(card[-1])] == []


def test_a_page_has_fifty_and_leads_to_the_next(project_client: FlaskClient) -> None:
    """Each discrepancy is on one page, and the last page leads nowhere."""
    seen: list[str] = []
    address = "/discrepancies"
    while address:
        tree = read(project_client, address)
        seen += named(tree)
        assert len(items(tree)) <= 50
        address = next((node.get("href", "") for node in tree.iter("a") if node.get("rel") == "next"), "")
    assert len(seen) == len({*seen}) == total(project_client, "")


def test_the_order_is_the_requested_one(project_client: FlaskClient) -> None:
    """The same as that of the API."""
    known = project_client.get("/api/discrepancies?sort=-statements&limit=50").get_json()["data"]
    shown = named(read(project_client, "/discrepancies?sort=-statements"))
    assert shown == [row["discrepancy"].replace(f"{BASE}id/", "/doc/") for row in known]


@pytest.mark.parametrize("query", FILTERS)
def test_downloads_have_what_the_page_has(query: str, project_client: FlaskClient) -> None:
    """CSV and JSON have all of the rows in the same order; the chart is a picture."""
    tree = read(project_client, f"/discrepancies{query}")
    data = next(node for node in tree.iter("p") if words(node).startswith("Download:"))
    offered = {words(node): node.get("href", "") for node in data.iter("a")}
    table = [*csv.DictReader(io.StringIO(project_client.get(offered["CSV"]).text))]
    listed = project_client.get(offered["JSON"]).get_json()["data"]
    assert [row["discrepancy"] for row in table] == [row["discrepancy"] for row in listed]
    assert named(tree) == [row["discrepancy"].replace(f"{BASE}id/", "/doc/") for row in listed[:50]]
    assert project_client.get(offered["Chart (SVG)"]).mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?kind=no-such-kind", 404),
        ("?kind=javascript:alert(1)", 404),
        ("?class=uphold:NoSuchClass", 404),
        ("?derived=perhaps", 400),
        ("?sort=no-such-column", 400),
        ("?name=x", 400),
        ("?page=0", 400),
        ("?page=99", 404),
        ("?text=" + "x" * 10_000, 400),
    ],
)
def test_a_wrong_value_gets_a_clear_problem(query: str, status: int, project_client: FlaskClient) -> None:
    """With the status that says whose mistake it is."""
    assert project_client.get(f"/discrepancies{query}", headers=HTML).status_code == status


def test_markup_in_a_search_stays_text(project_client: FlaskClient) -> None:
    """It comes back in the field, and nothing is found."""
    tree = read(project_client, '/discrepancies?text="><script>alert(1)</script>')
    assert [node.get("value") for node in tree.iter("input") if node.get("name") == "text"] == [
        '"><script>alert(1)</script>'
    ]
    assert {node.get("type") for node in tree.iter("script") if not node.get("src")} <= {"application/ld+json"}
    assert "No matches. Remove a filter." in words(tree)


def test_a_search_preserves_the_choices(project_client: FlaskClient) -> None:
    """The form sends them along."""
    hidden = [
        node for node in read(project_client, "/discrepancies?kind=date").iter("input") if node.get("type") == "hidden"
    ]
    assert [(node.get("name"), node.get("value")) for node in hidden] == [("kind", "date")]


def test_every_page_leads_to_the_discrepancies(client: FlaskClient) -> None:
    """In the footer."""
    assert "/discrepancies" in [node.get("href") for node in read(client, "/").iter("a")]


def test_the_page_of_an_archived_snapshot_stays_within_it(client: FlaskClient) -> None:
    """Its choices and its discrepancies are those of the snapshot."""
    start = f"/snapshots/{client.get('/healthz').get_json()['snapshot']}"
    tree = read(client, f"{start}/discrepancies")
    addresses = [link.get("href", "") for choices in facets(tree).values() for link in choices.values()]
    assert [address for address in [*addresses, *named(tree)] if not address.startswith(start)] == []
