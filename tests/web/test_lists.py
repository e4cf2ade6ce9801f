"""Lists: all things of a kind, narrowed by choices and words, in order, and the same as data."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from uphold.rdf.media_types import GRAPH_TYPES
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.web.resources.page_registry import read_registry

LIST_PAGES = read_registry().lists
FILE = tomllib.loads(Path(__file__).with_name("lists.toml").read_text("utf-8"))
HTML = {"Accept": "text/html"}
LARGEST = 150_000
FOUND = re.compile(r'<h2 id="rows">([\d\u202f]+) ')
CHOICE = re.compile(r'<li><a href="(\?[^"]+)">.*?<span class="count">([\d\u202f]+)</span></a></li>')
FACET = re.compile(r'<section aria-labelledby="by-([a-z]+)">(.*?)</section>', re.DOTALL)
ROW = re.compile(r'<th scope="row"><a href="/doc/([^"]+)">')


def page_of(client: FlaskClient, kind: str, query: Any = "") -> str:
    """The page of a list."""
    response = client.get(f"/doc/{kind}/", query_string=query, headers=HTML)
    assert response.status_code == 200, response.text
    return response.text


def number(text: str) -> int:
    """A number as pages write it."""
    return int(text.replace("\u202f", ""))


def found(page: str) -> int:
    """How many things a page says that it has found."""
    heading = FOUND.search(page)
    assert heading
    return number(heading[1])


def choices(page: str) -> list[tuple[str, str, int]]:
    """Each choice that a page offers: its facet, the query of its address, and its count."""
    return [
        (facet, unescape(query)[1:], number(count))
        for facet, content in FACET.findall(page)
        for query, count in CHOICE.findall(content)
    ]


def link_to(page: str, words: str) -> str:
    """The address that the first link with these words leads to."""
    link = re.search(rf'<a href="([^"]+)"[^>]*>{re.escape(words)}', page)
    assert link
    return unescape(link[1])


def filled(query: dict[str, Any]) -> dict[str, Any]:
    """The query of a case, with its long values as long as they are meant to be."""
    return {name: "x" * 10_000 if value == "long" else value for name, value in query.items()}


@pytest.mark.parametrize("kind", LIST_PAGES)
def test_a_list_leaves_no_thing_out_and_no_page_is_heavy(project_client: FlaskClient, kind: str) -> None:
    """Each thing of the kind is on one of the pages, none larger than 150 kB."""
    things = project_client.get(f"/doc/{kind}/", headers={"Accept": "application/json"}).get_json()["things"]
    pages = [page_of(project_client, kind)]
    while 'rel="next"' in pages[-1]:
        pages.append(page_of(project_client, kind, {"page": len(pages) + 1}))
    linked = {path for page in pages for path in re.findall(r'href="/doc/([^"]+)"', page)}
    assert [thing["id"] for thing in things if thing["id"].removeprefix(f"{BASE}id/") not in linked] == []
    assert [len(page.encode()) for page in pages if len(page.encode()) > LARGEST] == []


@pytest.mark.parametrize("kind", [kind for kind, made in LIST_PAGES.items() if made.facets])
def test_a_choice_finds_as_many_as_it_says_and_its_files_hold_them(project_client: FlaskClient, kind: str) -> None:
    """The first values of each facet: as many things in the JSON and the CSV, in the order of the page."""
    seen: dict[str, int] = {}
    for facet, query, count in choices(page_of(project_client, kind)):
        seen[facet] = seen.get(facet, 0) + 1
        if seen[facet] > 2:
            continue
        page = page_of(project_client, kind, query)
        assert (query, found(page)) == (query, count)
        assert len(page.encode()) < LARGEST
        rows = list(csv.reader(io.StringIO(project_client.get(link_to(page, "CSV")).text)))
        place = rows[0].index(LIST_PAGES[kind].columns[0].column)
        shown = [row[place].removeprefix(f"{BASE}id/") for row in rows[1:]]
        found_json = project_client.get(link_to(page, "JSON")).get_json()
        assert (query, len({*shown}), found_json["count"]) == (query, count, count)
        assert [thing["id"].removeprefix(f"{BASE}id/") for thing in found_json["things"]] == [*dict.fromkeys(shown)]
        assert shown[:100] == ROW.findall(page)


def test_choices_can_be_combined_and_removed_one_by_one(project_client: FlaskClient) -> None:
    """Each chosen value is marked, and its link leaves the other choice."""
    page = page_of(project_client, "call", {"goal": "2", "treaty": "opsc"})
    chosen = re.findall(r'<a href="(\?[^"]*)" aria-current="true">', page)
    assert [unescape(query) for query in chosen if "sort" not in query] == ["?treaty=opsc", "?goal=2"]
    assert 0 < found(page) < found(page_of(project_client, "call", {"goal": "2"}))


def test_counts_are_those_under_the_other_choices(project_client: FlaskClient) -> None:
    """With a treaty chosen, an outcome says how many calls for that treaty had it."""
    page = page_of(project_client, "call", {"treaty": "opsc"})
    for facet, query, count in choices(page):
        if facet == "outcome":
            assert (query, found(page_of(project_client, "call", query))) == (query, count)
            assert "treaty=opsc" in query


def test_words_are_found_and_preserved_by_the_choices(project_client: FlaskClient) -> None:
    """The form preserves what was chosen, and the links preserve the words."""
    page = page_of(project_client, "call", {"q": "SHELTER", "goal": "3"})
    assert 0 < found(page) < 75
    assert '<input type="hidden" name="goal" value="3">' in page
    assert all("q=SHELTER" in query for _, query, _ in choices(page))


def test_a_place_is_found_by_its_name_in_any_language(project_client: FlaskClient) -> None:
    """A page in English finds Côte d'Ivoire's neighbours by their French names."""
    assert "Guinea-Bissau" in page_of(project_client, "jurisdiction", {"q": "guinée"})


def test_an_order_is_shown_and_can_be_reversed(project_client: FlaskClient) -> None:
    """The heading of the column has it, and leads to the opposite."""
    query = {"reviewed": "2011", "sort": "jurisdictionName"}
    page = page_of(project_client, "jurisdiction", query)
    heading = re.search(r'<th scope="col" aria-sort="ascending"><a href="([^"]+)">Name', page)
    assert heading
    turned = page_of(project_client, "jurisdiction", unescape(heading[1])[1:])
    assert 'aria-sort="descending"' in turned
    assert ROW.findall(turned) == ROW.findall(page)[::-1]


def test_the_files_are_in_the_order_of_the_page(project_client: FlaskClient) -> None:
    """Whichever column it is, up or down, and with words."""
    for query in (
        {"sort": "-iso3"},
        {"sort": "jurisdictionName", "lang": "fr"},
        {"sort": "calls", "q": "guin"},
        {"kind": "State", "sort": "-calls"},
    ):
        page = page_of(project_client, "jurisdiction", query)
        rows = csv.DictReader(io.StringIO(project_client.get(link_to(page, "CSV")).text))
        listed = [row["jurisdiction"].removeprefix(f"{BASE}id/") for row in rows]
        assert listed[:100] == ROW.findall(page)
        assert len(listed) == found(page)


def test_a_long_list_has_pages_that_lead_on_and_back(project_client: FlaskClient) -> None:
    """A hundred rows on each, and the choices stay."""
    page = page_of(project_client, "treaty-action", {"treaty": "crc"})
    assert len(ROW.findall(page)) == 100
    following = re.search(r'<a href="([^"]+)" rel="next">', page)
    assert following
    second = page_of(project_client, "treaty-action", unescape(following[1])[1:])
    assert set(ROW.findall(page)).isdisjoint(ROW.findall(second))
    assert '<a href="?treaty=crc" rel="prev">' in second


def test_every_row_shows_its_sources(project_client: FlaskClient) -> None:
    """A number behind each call, and its note at the end of the page."""
    page = page_of(project_client, "call")
    rows = re.findall(r'<th scope="row">(.*?)</th>', page, re.DOTALL)
    noted = [re.findall(r'class="source"[^>]*><span class="quiet">Source </span>(\d+)', row) for row in rows]
    assert all(noted)
    assert {f'id="note-{each}"' for row in noted for each in row} <= set(re.findall(r'id="note-\d+"', page))


def test_names_are_in_the_language_of_the_reader_and_links_preserve_it(project_client: FlaskClient) -> None:
    """A language in the address goes with every choice, and into the files."""
    page = page_of(project_client, "call", {"lang": "fr"})
    assert "Allemagne" in page
    assert all("lang=fr" in query for _, query, _ in choices(page))
    assert "lang=fr" in link_to(page, "CSV")


def test_a_question_that_answers_more_than_the_list_says_so(project_client: FlaskClient) -> None:
    """The question about instruments has the treaties, too; the files of the list have not."""
    page = page_of(project_client, "instrument")
    assert "more rows, about other kinds of records" in page
    rows = csv.DictReader(io.StringIO(project_client.get(link_to(page, "CSV")).text))
    assert {row["instrument"].removeprefix(f"{BASE}id/").partition("/")[0] for row in rows} == {"instrument"}


@pytest.mark.parametrize("kind", LIST_PAGES)
def test_every_form_of_a_list_holds_everything_once(project_client: FlaskClient, kind: str) -> None:
    """JSON by header and by suffix is the same; things without a row are at its end."""
    negotiated = project_client.get(f"/doc/{kind}/", headers={"Accept": "application/json"})
    assert negotiated.headers["Content-Location"] == f"/doc/{kind}.json"
    assert "Accept" in negotiated.headers["Vary"]
    chosen = project_client.get(f"/doc/{kind}/?lang=fr&sort=", headers={"Accept": "text/csv"})
    assert chosen.headers["Content-Location"] == f"/doc/{kind}.csv?lang=fr&sort="
    assert project_client.get(f"/doc/{kind}.json").data == negotiated.data
    listed = negotiated.get_json()
    assert listed["count"] == len({thing["id"] for thing in listed["things"]}) == len(listed["things"])
    as_csv = project_client.get(f"/doc/{kind}/", headers={"Accept": "text/csv"})
    assert as_csv.mimetype == "text/csv"
    assert len([*csv.reader(io.StringIO(as_csv.text))]) == 1 + len(listed["rows"])


@pytest.mark.parametrize("form", ["application/json", "text/csv"])
@pytest.mark.parametrize("case", [*FILE["refused"], *FILE["data"]], ids=lambda case: case["why"])
def test_data_refuse_what_the_list_cannot_answer(client: FlaskClient, case: dict[str, Any], form: str) -> None:
    """With a problem that names the parameter, and never with all things."""
    response = client.get(case.get("path", "/doc/call/"), query_string=filled(case["query"]), headers={"Accept": form})
    assert response.status_code == case.get("status", 400)
    assert case["says"] in response.get_json(force=True)["detail"]


def test_data_are_complete_unless_a_page_is_requested(project_client: FlaskClient) -> None:
    """The second page has the rows of the second page."""
    page = page_of(project_client, "treaty-action", {"treaty": "crc", "page": "2"})
    second = project_client.get("/doc/treaty-action.json?treaty=crc&page=2").get_json()
    assert [thing["id"].removeprefix(f"{BASE}id/") for thing in second["things"]] == ROW.findall(page)
    whole = project_client.get("/doc/treaty-action.json?treaty=crc").get_json()
    assert whole["things"][100:200] == second["things"]
    assert len(whole["things"]) == whole["count"] == second["count"] == found(page)


def test_no_form_of_rdf_is_offered_for_a_list(client: FlaskClient) -> None:
    """So none can leave a choice aside."""
    for form in GRAPH_TYPES:
        assert client.get("/doc/call/?treaty=opsc", headers={"Accept": form}).status_code == 406


def test_the_links_of_a_list_are_of_the_complete_list(client: FlaskClient) -> None:
    """A choice is refused there."""
    assert client.get("/linkset/call/").status_code == 200
    refused = client.get("/linkset/call/?treaty=opsc")
    assert refused.status_code == 400
    assert "treaty" in refused.get_json()["detail"]


def test_an_archived_snapshot_has_its_lists_and_links_within_it(client: FlaskClient, tiny: Settings) -> None:
    """The list of an old snapshot leads to its pages, not to the current ones."""
    within = f"/snapshots/{current(tiny.state).id}"
    response = client.get(f"{within}/doc/call/", query_string={"goal": "2"}, headers=HTML)
    assert response.status_code == 200
    assert f'<th scope="row"><a href="{within}/doc/call/' in response.text
    assert "immutable" in response.headers["Cache-Control"]
    for words in ("CSV", "JSON"):
        address = link_to(response.text, words)
        assert address.startswith(f"{within}/doc/call.")
        assert "immutable" in client.get(address).headers["Cache-Control"]


def test_every_kind_of_the_tiny_data_has_a_list(client: FlaskClient) -> None:
    """Also one with few properties, or with none of what a table shows."""
    kinds = set(re.findall(r'href="/doc/([a-z-]+)/"', client.get("/", headers=HTML).text))
    assert len(kinds) > 20
    assert {kind for kind in kinds if client.get(f"/doc/{kind}/", headers=HTML).status_code != 200} == set()


@pytest.mark.parametrize("case", FILE["refused"], ids=lambda case: case["why"])
def test_what_a_list_cannot_answer_is_refused_in_words(client: FlaskClient, case: dict[str, Any]) -> None:
    """A page that says what was wrong, short and inert."""
    response = client.get("/doc/call/", query_string=filled(case["query"]), headers=HTML)
    assert response.status_code == case.get("status", 400)
    assert case["says"] in unescape(response.text)
    assert "<script>alert" not in response.text
    assert "x" * 200 not in response.text


@pytest.mark.parametrize("case", FILE["shown"], ids=lambda case: case["why"])
def test_what_means_nothing_to_a_list_does_nothing(client: FlaskClient, case: dict[str, Any]) -> None:
    """Words are shown again as words, unknown and empty fields are passed over."""
    page = page_of(client, "call", filled(case["query"]))
    assert case["says"] in page
    assert "<script>alert" not in page
