"""Pages of treaties, acts, indicators and goals: each shows what a reader looks for, with its source beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}
NONE = "\N{EN DASH}"
JOINED = {
    "npl": "Nepal: Party Ratification 20 January 2006 20 February 2006 8 September 2000 No call",
    "nzl": "New Zealand: Party Ratification 20 September 2011 20 October 2011 7 September 2000 Called on Met",
    "twn": f"Taiwan: No act on record last checked January 2015 {NONE} {NONE} {NONE} No call",
}
LATE_SIGNATURE = "/doc/treaty-action/opsc-sgp-signature-2025-11-25"
RATIFIED = "/doc/treaty-action/opsc-nzl-ratification-2011-09-20"
PAGES = [
    "/doc/treaty/opsc",
    "/doc/treaty/crc",
    "/doc/treaty/cets-197",
    "/doc/instrument/protocol-smuggling",
    "/doc/instrument/can-criminal-code",
    "/doc/indicator/helpline",
    "/doc/goal/2",
    "/doc/treaty-record/opsc-nzl",
    RATIFIED,
]
HOSTILE = ["<script>alert(1)</script>", "javascript:alert(1)", "x" * 5000, "npl%22 onload=", "../../etc", "\x00"]


def page(client: FlaskClient, path: str) -> Element:
    """The page at a path, read as a browser reads it."""
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, (path, answer.status_code)
    tree: Element = html5lib.parse(answer.text, namespaceHTMLElements=False)
    return tree


@pytest.fixture(scope="session")
def treaty(project_client: FlaskClient) -> Element:
    """The page of the Optional Protocol."""
    return page(project_client, "/doc/treaty/opsc")


@pytest.fixture(scope="session")
def act(project_client: FlaskClient) -> Element:
    """The page of an act that answered a call."""
    return page(project_client, RATIFIED)


def words(node: Element) -> str:
    """What a node shows to a reader: without notes, marks and what is only for screen readers."""
    return re.sub(r"\s+", " ", "".join(pieces(node))).strip()


def pieces(node: Element) -> Iterator[str]:
    """Its texts, in order, with a space around each cell and block."""
    hidden = {"source", "sign", "quiet"} & set((node.get("class") or "").split())
    if not hidden:
        spaced = node.tag in ("td", "th", "p", "li", "dd", "dt", "br", "div", "tr")
        yield " " * spaced + (node.text or "")
        for child in node:
            yield from pieces(child)
            yield child.tail or ""
        yield " " * spaced


def part(tree: Element, identifier: str) -> Element:
    """The section that a heading with this identifier opens, or the node itself."""
    (found,) = [
        node
        for node in tree.iter()
        if identifier in (node.get("id"), node.get("aria-labelledby"))
        if node.tag != "h2" and node.get("role") != "group"
    ]
    return found


def rows(node: Element) -> list[Element]:
    """The rows of the bodies of its tables."""
    return [row for body in node.iter("tbody") for row in body]


def row_of(row: Element) -> str:
    """A row in one line: what it is about, a colon, and the other cells."""
    head, *cells = list(row)
    return f"{words(head)}: {' '.join(words(cell) for cell in cells)}"


def of_class(node: Element, name: str) -> list[Element]:
    """The nodes with a class."""
    return [each for each in node.iter() if name in (each.get("class") or "").split()]


def api(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """The rows of an answer."""
    found: list[dict[str, Any]] = client.get(f"/api/{address}").get_json()["data"]
    return found


def test_a_treaty_has_its_formal_title_in_full_and_its_dates(treaty: Element) -> None:
    """Beside its short name; with its depositary."""
    lead = words(of_class(treaty, "lead")[0])
    assert (
        "Optional Protocol to the Convention on the Rights of the Child on the sale of children, "
        "child prostitution and child pornography"
    ) in lead
    assert "deposited with Secretary-General of the United Nations UNTC IV-11-c" in lead
    assert "Adopted 25 May 2000, New York" in lead
    assert "In force since 18 January 2002" in lead


@pytest.mark.parametrize("key", JOINED)
def test_it_says_at_once_whether_a_jurisdiction_joined_when_and_whether_it_was_asked(
    project_client: FlaskClient, key: str
) -> None:
    """In one row, as soon as the jurisdiction is chosen from the list."""
    (row,) = rows(part(page(project_client, f"/doc/treaty/opsc?of={key}"), "found"))
    for note in of_class(row, "note"):
        note.clear()
    assert row_of(row) == JOINED[key]


def test_every_jurisdiction_of_the_record_can_be_chosen_and_is_in_one_region(
    project_client: FlaskClient, treaty: Element
) -> None:
    """None is missing from the regions, none is in two."""
    record = api(project_client, "treaty-status.json?treaty=opsc&limit=1000")
    assert len(list(part(treaty, "who").iter("option"))) == len(record)
    by_region = of_class(treaty, "region")[:-1]  # the last is by year
    named = sorted(words(row[0]) for region in by_region for row in rows(region))
    assert named == sorted(row["jurisdictionName"] for row in record)


def test_the_list_by_year_has_every_act_of_consent(project_client: FlaskClient, treaty: Element) -> None:
    """Each once, in its year."""
    by_year = of_class(treaty, "region")[-1]
    links = [node.get("href") for row in rows(by_year) for node in row[2].iter("a")]
    acts = api(project_client, "treaty-actions.json?treaty=opsc&limit=1000")
    assert len(links) == len(set(links)) == len([act for act in acts if act["kind"] != "Signature"])


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12])
def test_a_jurisdiction_that_is_not_there_is_said_not_to_be_there(project_client: FlaskClient, value: str) -> None:
    """Whatever was requested, it stays text."""
    answer = project_client.get("/doc/treaty/opsc", query_string={"of": value}, headers=HTML)
    assert answer.status_code == 200
    tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
    assert words(part(tree, "found")).startswith("The record of this treaty has no jurisdiction")
    assert {node.get("type") for node in tree.iter("script") if not node.get("src")} <= {"application/ld+json"}


@pytest.mark.parametrize("path", ["/doc/treaty/opsc", "/doc/goal/2"])
def test_a_chart_can_be_read_without_being_seen_and_leads_to_its_data(project_client: FlaskClient, path: str) -> None:
    """It has words that say what it shows, a place of its size, and a link to the question; it loads when needed."""
    plots = of_class(page(project_client, path), "plot")
    assert plots
    for plot in plots:
        (image,) = plot.iter("img")
        assert len(image.get("alt", "")) > 60
        assert image.get("loading") == "lazy"
        assert all((image.get(name) or "").isdigit() for name in ("width", "height"))
        assert project_client.get(image.get("src", "")).mimetype == "image/svg+xml"
        links = [node.get("href", "") for node in plot.iter("a")]
        assert project_client.get(links[0], headers=HTML).status_code == 200


def test_the_figures_at_its_head_are_those_of_the_questions(project_client: FlaskClient, treaty: Element) -> None:
    """Parties, calls met and promises kept."""
    (box,) = of_class(treaty, "figures")
    (whole,) = [row for row in api(project_client, "treaties.json") if row["treaty"].endswith("/opsc")]
    (calls,) = [row for row in api(project_client, "outcome-summary.json") if row["treaty"].endswith("/opsc")]
    kept = [row["kept"] for row in api(project_client, "commitments-kept.json?treaty=opsc")]
    said = [words(item) for item in box.iter("li")]
    assert said[0] == f"{whole['parties']} parties on record"
    assert said[1] == (
        f"{calls['met'] + calls['alreadyMet']} of {calls['calls']} calls to join it met, counted from"
        f" 1 July 2010 (assumed); {calls['metBeforeHandover']} of them before the petition was handed over"
    )
    assert said[2] == f"{kept.count(True)} of {len(kept)} dated promises to join it kept"


def test_each_call_to_join_it_has_its_outcome_and_days(treaty: Element) -> None:
    """An open one has none."""
    said = {words(row[0]): row_of(row) for row in rows(part(treaty, "calls"))}
    assert len(said) == 9
    assert said["Malaysia"].endswith("22 March 2011 Met 12 April 2012 651 days")
    assert said["Ireland"].endswith(f"21 July 2011 Open {NONE} {NONE}")


def test_a_promise_to_join_it_is_shown_with_what_became_of_it(treaty: Element) -> None:
    """Also when it was not kept."""
    said = words(part(treaty, "promises"))
    assert re.search(r"Not kept Ireland, promised 21 July 2011: open for 14 years, 4 months", said)
    assert "Kept Malaysia, promised 22 March 2011: 12 April 2012, 387 days after the promise" in said


def test_reviewed_jurisdictions_outside_it_and_signatories_without_consent_are_listed(
    project_client: FlaskClient, treaty: Element
) -> None:
    """The same as the two questions say."""
    for identifier, question in (("outside", "non-parties"), ("signed", "signed-not-ratified")):
        named = {words(row[0]) for row in rows(part(treaty, identifier))}
        assert named == {row["jurisdictionName"] for row in api(project_client, f"{question}.json?treaty=opsc")}


def test_a_printed_figure_is_beside_its_recomputed_value(treaty: Element) -> None:
    """With a link to the computation and a word on whether they agree."""
    found = rows(part(treaty, "statistics"))
    assert {words(row[-1]) for row in found} == {"Agrees", "Differs"}
    assert all("/doc/recomputed-statistic/" in next(row[3].iter("a")).get("href", "") for row in found)


def test_a_discrepancy_of_an_act_is_on_the_page_of_the_treaty_and_of_the_act(treaty: Element, act: Element) -> None:
    """So that nobody reads the one date without learning of the other."""
    for tree in (treaty, act):
        assert "New Zealand and OPSC: two dates" in words(part(tree, "discrepancies"))


def test_every_date_of_an_act_has_its_source_beside_it(treaty: Element) -> None:
    """In the tables by region, behind each link to an act."""
    cells = [cell for region in of_class(treaty, "region")[:-1] for cell in region.iter("td")]
    acts = [cell for cell in cells if any("/doc/treaty-action/" in node.get("href", "") for node in cell.iter("a"))]
    assert len(acts) > 200
    assert [words(cell) for cell in acts if not of_class(cell, "source")] == []


def test_a_treaty_without_a_record_has_a_page_all_the_same(project_client: FlaskClient) -> None:
    """What is not known is left out."""
    tree = page(project_client, "/doc/instrument/protocol-smuggling")
    assert of_class(tree, "figures") == []
    assert "smuggling and trafficking" in words(tree)


def test_a_measure_shows_its_owner_its_stage_and_its_sources(project_client: FlaskClient) -> None:
    """A declaration, a law or a plan has the simpler page."""
    tree = page(project_client, "/doc/instrument/can-criminal-code")
    lead = words(of_class(tree, "lead")[0])
    assert lead.startswith("Domestic measure of Canada")
    assert "Stage In force at the time of the source" in lead
    assert len(list(part(tree, "calltoaction").iter("li"))) == 1


def test_an_act_says_what_it_is_when_it_was_and_from_when_it_binds(act: Element) -> None:
    """The term of the Vienna Convention is explained, and the basis of the entry into force named."""
    lead = words(of_class(act, "lead")[0])
    assert lead.startswith("Ratification by New Zealand of Optional Protocol")
    assert "consents to be bound" in lead
    assert "When 20 September 2011" in lead
    assert "since 20 October 2011, computed from the date of deposit" in lead


def test_an_act_says_which_call_it_answered_and_after_how_many_days(act: Element) -> None:
    """And which promise it kept."""
    said = words(part(act, "answer"))
    assert "Met 446 days after the call of 1 July 2010" in said
    assert "35 days after the petition was handed over" in said
    assert "Kept 35 days after the promise" in said


def test_an_act_shows_the_date_that_each_source_states(act: Element) -> None:
    """Side by side, and that a source states none of its own."""
    found = {next(row[0].iter("a")).get("href"): row_of(row) for row in rows(part(act, "origins"))}
    assert found["/doc/publication/report-2011"].endswith("Appendix, New Zealand 20 September 2011")
    assert found["/doc/publication/untc-iv-11-c"].endswith("no other date")


def test_an_act_whose_day_is_not_known_shows_its_period(project_client: FlaskClient) -> None:
    """And says that the day is not known."""
    tree = page(project_client, "/doc/treaty-action/opsc-are-consent-to-be-bound-2016")
    lead = words(of_class(tree, "lead")[0])
    assert "When 2016 exact date unknown" in lead
    assert "do not say whether it was a ratification" in lead


def test_a_signature_answers_no_call(project_client: FlaskClient) -> None:
    """Its page says so, and shows the call that is still open."""
    said = words(part(page(project_client, LATE_SIGNATURE), "answer"))
    assert "A signature does not answer a call for consent." in said
    assert said.endswith("Open")


def test_a_record_shows_the_status_and_the_acts_behind_it(project_client: FlaskClient) -> None:
    """One treaty, one jurisdiction."""
    tree = page(project_client, "/doc/treaty-record/opsc-nzl")
    assert words(part(tree, "acts")).startswith("Acts on record Signature 7 September 2000 Ratification 20 September")
    assert "Party" in words(of_class(tree, "lead")[0])
    assert "Newest source: January 2015." in words(of_class(tree, "lead")[0])


def test_an_indicator_groups_its_calls_by_who_was_asked(project_client: FlaskClient) -> None:
    """With their outcomes where known."""
    tree = page(project_client, "/doc/indicator/optional-protocol")
    found = {words(row[0]): row_of(row) for row in rows(part(tree, "calls"))}
    requested = api(project_client, "calls.json?indicator=optional-protocol")
    assert set(found) == {row["jurisdictionName"] for row in requested}
    assert "Met Optional Protocol on the sale of children (OPSC), 26 August 2013" in found["Czechia"]


def test_an_indicator_shows_ratings_that_are_not_known_as_unknown(project_client: FlaskClient) -> None:
    """The number of known ones is that of the data; nothing is guessed."""
    tree = page(project_client, "/doc/indicator/helpline")
    cells = api(project_client, "progress-matrix.json?indicator=helpline&limit=1000")
    known = [row for row in cells if row["rating"]]
    unknown = f"The rating of {len(cells) - len(known)} of {len(cells)} reviewed jurisdictions is unknown"
    assert unknown in words(part(tree, "ratings"))
    assert f"{len(known)} of {len(cells)} ratings known" in words(of_class(tree, "figures")[0])


def test_an_indicator_leads_to_its_goal_and_to_the_others_of_that_goal(project_client: FlaskClient) -> None:
    """Three others."""
    tree = page(project_client, "/doc/indicator/helpline")
    goal = [node.get("href") for node in of_class(tree, "kinds")[0].iter("a")]
    assert "/doc/goal/3" in goal
    assert len(list(part(tree, "beside").iter("li"))) == 3


def test_a_goal_counts_what_is_under_each_indicator_and_names_who_was_asked(project_client: FlaskClient) -> None:
    """The same numbers as in the answers to the questions."""
    tree = page(project_client, "/doc/goal/2")
    counted = [[words(cell) for cell in row[2:]] for row in rows(part(tree, "indicators"))]
    expected = api(project_client, "indicators.json?goal=2")
    assert counted == [[str(row[name]) for name in ("calls", "findings", "statistics")] for row in expected]
    (goal,) = [row for row in api(project_client, "calls-by-goal.json") if row["goal"].endswith("/2")]
    assert len(of_class(tree, "region")) == goal["jurisdictions"]


@pytest.mark.parametrize("path", PAGES)
def test_headings_are_in_order_and_nothing_is_styled_or_scripted_in_the_page(
    project_client: FlaskClient, path: str
) -> None:
    """One heading of the first level, no level left out, every header of a table with its scope, every id once."""
    tree = page(project_client, path)
    levels = [int(node.tag[1]) for node in tree.iter() if re.fullmatch(r"h[1-6]", str(node.tag))]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [node for node in tree.iter() if node.tag == "style" or "style" in node.attrib] == []
    assert [words(node) for node in tree.iter("th") if not node.get("scope")] == []
    identifiers = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("kind", ["treaty", "treaty-action", "treaty-record", "goal", "indicator", "rating"])
def test_the_pages_work_where_little_is_known(client: FlaskClient, kind: str) -> None:
    """Every thing of the kind in the smallest data set has its page."""
    things = client.get(f"/doc/{kind}/", headers={"Accept": "application/json"}).get_json()["things"]
    paths = [f"/doc/{thing['id'].partition('/id/')[2]}" for thing in things]
    assert [path for path in paths if client.get(path, headers=HTML).status_code != 200] == []
