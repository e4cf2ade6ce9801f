"""The pages of calls, petitions, handovers, promises, outcomes, bodies, people, campaigns and reviews.

What a page says is a line of call-pages.csv: the promise, the page, the section that shows it, and its words there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

HTML = {"Accept": "text/html", "Accept-Language": "en"}
CASES = list(csv.DictReader(Path(__file__).with_name("call-pages.csv").read_text("utf-8").splitlines()))
MARKS = ("asked", "handed", "promised", "consent", "bound")
KINDS = (
    *("call", "call-outcome", "commitment", "petition", "handover", "organisation", "officeholder"),
    *("campaign", "review-round"),
)


def read(client: FlaskClient, page: str) -> Element:
    """The page about a thing, as a tree."""
    answer = client.get(f"/doc/{page}", headers=HTML)
    assert answer.status_code == 200, page
    tree: Element = html5lib.parse(answer.text, namespaceHTMLElements=False)
    return tree


def words(node: Element) -> str:
    """What a reader reads in a node, without the notes and the drawings."""
    text = " ".join(" ".join(pieces(node)).replace("\u202f", " ").split())
    return re.sub(r"(?<=\() | (?=[,;:.)])", "", text)


def pieces(node: Element) -> Iterator[str]:
    """The pieces of text of a node."""
    if not (node.tag == "svg" or node.get("class", "").startswith("source")):
        yield node.text or ""
        for child in node:
            yield from pieces(child)
            yield child.tail or ""


def section(tree: Element, name: str) -> Element:
    """The section of a page with this heading's name, or its lead."""
    found = [each for each in tree.iter("section") if each.get("aria-labelledby") == name]
    found += [each for each in tree.iter("header") if name == "lead" and each.get("class") == "lead"]
    assert len(found) == 1, name
    return found[0]


def of_class(tree: Element, name: str) -> list[Element]:
    """The elements with a class, in their order."""
    return [each for each in tree.iter() if name in each.get("class", "").split()]


def links(tree: Element, start: str) -> list[str]:
    """The addresses in a tree that begin so, in their order."""
    return [each.get("href", "") for each in tree.iter("a") if each.get("href", "").startswith(start)]


@pytest.mark.parametrize("case", CASES, ids=[case["promise"] for case in CASES])
def test_a_page_says_it_in_the_section_for_it(case: dict[str, str], project_client: FlaskClient) -> None:
    """Each promise of call-pages.csv is met by the words beside it."""
    assert case["says"] in words(section(read(project_client, case["page"]), case["section"]))


def test_every_promise_is_made_once() -> None:
    """A promise that was written twice would be tested once."""
    assert len({case["promise"] for case in CASES}) == len(CASES) > 80


def test_events_are_in_the_order_of_their_days(project_client: FlaskClient) -> None:
    """Signature, call, handover, promise, consent, entry into force."""
    (way,) = of_class(read(project_client, "call/nzl-1"), "course")
    assert [words(each) for each in of_class(way, "day")] == [
        *("7 September 2000", "1 July 2010", "16 August 2011", "16 August 2011", "20 September 2011", "20 October 2011")
    ]


def test_a_line_of_time_has_a_mark_for_each_event_on_it(project_client: FlaskClient) -> None:
    """A signature long before the call is left to the list; the dashes that start with it say that there was one."""
    (line,) = of_class(read(project_client, "call/nzl-1"), "whole")
    marks = [name for each in line.iter() if (name := each.get("class", "")) in MARKS]
    assert sorted(marks) == sorted(MARKS)
    assert len(of_class(line, "signature")) == 0
    assert len(of_class(line, "signed")) == 1


def test_each_treaty_that_is_called_for_has_a_course_of_its_own(project_client: FlaskClient) -> None:
    """With its outcome."""
    came = section(read(project_client, "call/irl-5"), "came")
    badges = [words(each)[2:] for each in of_class(came, "badge")]
    assert len(of_class(came, "course")) == len(badges) == 4
    assert badges.count("Open") == 1
    assert badges.count("Met") == 2
    assert badges.count("Already met") == 1


def test_the_figures_of_a_call_count_only_what_was_joined(project_client: FlaskClient) -> None:
    """An open treaty is not among them."""
    assert "3 of 4 treaties joined" in words(section(read(project_client, "call/irl-5"), "lead"))


def test_a_call_shows_the_other_calls_to_the_same_addressee(project_client: FlaskClient) -> None:
    """Each of them once, in the printed order, and not itself."""
    rows = project_client.get("/api/calls.json?jurisdiction=irl").json["data"]  # type: ignore[index]
    others = links(section(read(project_client, "call/irl-5"), "others"), "/doc/call/")
    assert others == [
        f"/doc/call/{row['call'].rpartition('/')[2]}" for row in rows if not row["call"].endswith("/irl-5")
    ]


def test_a_call_shows_the_same_demand_elsewhere(project_client: FlaskClient) -> None:
    """Each call to another addressee that shares a treaty or an indicator, and none to the same one."""
    rows = project_client.get("/api/similar-calls.json?call=nzl-2&limit=1000").json["data"]  # type: ignore[index]
    wanted = {row["call"].rpartition("/")[2] for row in rows if not row["jurisdiction"].endswith("/nzl")}
    found = links(section(read(project_client, "call/nzl-2"), "elsewhere"), "/doc/call/")
    assert {each.rpartition("/")[2] for each in found} == wanted


def test_a_call_that_shares_the_treaty_is_not_listed_under_an_indicator_again(project_client: FlaskClient) -> None:
    """The eight other calls for the Optional Protocol serve the indicator of that name too."""
    found = links(section(read(project_client, "call/nzl-1"), "elsewhere"), "/doc/call/")
    assert len(found) == len(set(found)) == 8


def test_a_total_shows_no_sum_of_what_it_counts(project_client: FlaskClient) -> None:
    """The numbers of the European petitions are separate."""
    rows = project_client.get("/api/petitions.json?limit=1000").json["data"]  # type: ignore[index]
    inside = [row for row in rows if row["includedIn"] and row["includedIn"].endswith("/eu") and row["signatures"]]
    assert len(inside) > 10
    total = f"{sum(row['signatures'] for row in inside):,}".replace(",", " ")
    assert total not in words(read(project_client, "petition/eu"))


def test_a_review_lists_all_whom_it_covered(project_client: FlaskClient) -> None:
    """One row each."""
    covered = section(read(project_client, "review-round/2009"), "covered")
    assert len(links(covered, "/doc/jurisdiction/")) == 41


def test_the_phases_of_a_campaign_come_in_their_order(project_client: FlaskClient) -> None:
    """As they are numbered."""
    phases = section(read(project_client, "campaign/stop-sex-trafficking"), "phases")
    assert links(phases, "/doc/campaign-phase/") == [f"/doc/campaign-phase/{number}" for number in (1, 2, 3)]


def test_a_question_that_lacks_a_value_is_not_queried(project_client: FlaskClient) -> None:
    """The global petition is of no place, so its page does not ask what all places promised."""
    queried = links(read(project_client, "handover/global"), "/api/")
    assert [each for each in queried if each.startswith("/api/handover.html")]
    assert not [each for each in queried if each.startswith(("/api/commitments-kept", "/api/calls"))]


def test_what_is_derived_links_to_the_question_or_the_rule(project_client: FlaskClient) -> None:
    """Days that no source states are marked."""
    marked = [each.get("href", "") for each in of_class(read(project_client, "call/irl-5"), "rule")]
    assert "/doc/rule/call-outcome" in marked
    assert "/api/open-calls.html?jurisdiction=irl" in marked


@pytest.mark.parametrize("page", sorted({case["page"] for case in CASES}))
def test_every_number_of_a_note_leads_to_a_source_on_the_page(page: str, project_client: FlaskClient) -> None:
    """And every source is noted somewhere."""
    tree = read(project_client, page)
    noted = {each.get("href") for each in of_class(tree, "source") if "rule" not in each.get("class", "")}
    listed = {each.get("href") for row in section(tree, "notes").iter("li") for each in list(row)[:1]}
    assert noted == listed


@pytest.mark.parametrize("kind", KINDS)
def test_pages_open_where_little_is_known(kind: str, client: FlaskClient) -> None:
    """Each thing of the small data set: one title, headings without a gap, each name of a section given once."""
    things = client.get(f"/doc/{kind}/", headers={"Accept": "application/json"}).json["things"]  # type: ignore[index]
    assert things
    for thing in things:
        tree = read(client, f"{kind}/{thing['id'].rpartition('/')[2]}")
        levels = [int(node.tag[1]) for node in tree.iter() if node.tag in ("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), levels
        names = [node.get("id") for node in tree.iter() if node.get("id")]
        assert len(names) == len(set(names))
