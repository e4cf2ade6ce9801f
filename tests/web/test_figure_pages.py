"""The pages of figures and of their basis: what is printed, what is recomputed, and where they disagree."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

from uphold.settings import CANONICAL_BASE as BASE

HTML = {"Accept": "text/html", "Accept-Language": "en"}
PRINTED = "/doc/statistic/opsc-not-ratified"
NOT_RECOMPUTED = "/doc/statistic/stores"
RECOMPUTED = "/doc/recomputed-statistic/opsc-not-ratified-europe-2011-09-01"
BY_HAND = "/doc/discrepancy/untip-seven-or-six"
BY_RULE = "/doc/discrepancy/recomputed-opsc-not-ratified"
FINDING = "/doc/finding/czech-republic-untip"
REPORT = "/doc/publication/report-2011"
PLACE = "/doc/citation/legal-facts"
ASSUMPTION = "/doc/assumption/reviewed-europe"
RULE = "/doc/rule/recomputed-statistic"
PAGES = [PRINTED, NOT_RECOMPUTED, RECOMPUTED, BY_HAND, BY_RULE, FINDING, REPORT, PLACE, ASSUMPTION, RULE]
TINY = [
    "/doc/statistic/insufficient-progress",
    "/doc/discrepancy/insufficient-progress-no-count",
    "/doc/finding/ezeilo-thailand",
    "/doc/publication/report-2011",
    "/doc/citation/global-overview",
    "/doc/rule/label",
]


def read(client: FlaskClient, path: str) -> Element:
    """A page as a tree."""
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    tree: Element = html5lib.parse(answer.text, namespaceHTMLElements=False)
    return tree


def words(node: Element) -> str:
    """The text in a node, without the notes of sources, with single spaces."""
    for parent in [*node.iter()]:
        for child in [*parent]:
            if "source" in child.get("class", "").split():
                child.text, child[:] = "", []
    return " ".join("".join(node.itertext()).split())


def of_class(tree: Element, name: str) -> list[Element]:
    """The nodes of a class."""
    return [node for node in tree.iter() if name in node.get("class", "").split()]


def section(tree: Element, name: str) -> Element:
    """The section under the heading with this id."""
    return next(node for node in tree.iter("section") if node.get("aria-labelledby") == name)


def facts(tree: Element) -> dict[str, str]:
    """The terms of the lists of facts in a tree, with the text beside each."""
    return {words(row[0]): words(row[1]) for each in tree.iter("dl") for row in each if len(row) == 2}


def links(tree: Element) -> set[str]:
    """The addresses that a tree links to."""
    return {node.get("href", "") for node in tree.iter("a")}


def rows(client: FlaskClient, address: str) -> list[dict[str, object]]:
    """The rows that the API returns."""
    found: list[dict[str, object]] = client.get(f"/api/{address}").get_json()["data"]
    return found


def test_a_figure_is_shown_as_printed(project_client: FlaskClient) -> None:
    """Big, in the words of its source."""
    assert words(of_class(read(project_client, PRINTED), "printed")[0]) == "24%"


def test_a_figure_says_in_words_what_it_counts(project_client: FlaskClient) -> None:
    """Of which set, for which year, in which unit."""
    said = facts(section(read(project_client, PRINTED), "says"))
    assert said["What it counts"] == "countries that have not ratified the Optional Protocol"
    assert said["Population"].startswith("countries reviewed in 2011, 42 in all")
    assert said["Year"] == "2011"
    assert said["Unit"].startswith("Per cent")


def test_a_figure_says_how_exact_it_is(project_client: FlaskClient) -> None:
    """A qualifier in words, and that there is none."""
    assert facts(read(project_client, NOT_RECOMPUTED))["Precision"].startswith("More than")
    assert facts(read(project_client, PRINTED))["Precision"] == "Not stated"


def test_a_figure_names_the_one_it_is_compared_with(project_client: FlaskClient) -> None:
    """As that one is printed."""
    compared = next(row for row in rows(project_client, "statistics?limit=1000") if row["comparedWith"])
    path = str(compared["statistic"]).replace(f"{BASE}id/", "/doc/")
    assert str(compared["comparedWithPrinted"]) in facts(read(project_client, path))["Compared with"]


def test_a_figure_is_beside_its_recomputed_values(project_client: FlaskClient) -> None:
    """A row for each day of the treaty record: what was counted, the result, whether that agrees."""
    table = next(section(read(project_client, PRINTED), "again").iter("tbody"))
    shown = [[words(cell) for cell in row][1:] for row in table]
    assert shown == [
        [
            f"{row['numerator']} of {row['denominator']}",
            f"{row['recomputedValue']}%",
            "✓Agrees" if row["agrees"] else "✕Differs",
        ]
        for row in rows(project_client, "reported-and-recomputed?statistic=opsc-not-ratified")
    ]


def test_the_drawing_puts_printed_and_recomputed_on_one_scale(project_client: FlaskClient) -> None:
    """What is further to the right is greater; the printed value has one place on all days."""
    again = section(read(project_client, PRINTED), "again")
    places: dict[float, float] = {}
    printed = set()
    for day in again.iter():
        said = re.match(r"As of \S+: ([\d.]+)%", day.get("aria-label", ""))
        if said:
            places[float(said[1])] = float(of_class(day, "told")[0].get("x", "").rstrip("%"))
            printed |= {line.get("x1", "") for line in of_class(day, "reported")}
    assert len(printed) == 1
    places[24.0] = float(printed.pop().rstrip("%"))
    assert len(places) == 4
    assert [places[value] for value in sorted(places)] == sorted(places.values())


def test_a_figure_that_cannot_be_recomputed_says_so(project_client: FlaskClient) -> None:
    """Plainly, and without a drawing."""
    again = section(read(project_client, NOT_RECOMPUTED), "again")
    assert "it can be neither confirmed nor refuted" in words(again)
    assert of_class(again, "tracks") == []


def test_recomputed_values_name_their_rule_and_assumptions(project_client: FlaskClient) -> None:
    """With links to both."""
    found = links(section(read(project_client, "/doc/statistic/opsc-not-ratified-europe"), "again"))
    assert {"/doc/rule/recomputed-statistic", "/doc/assumption/publication-month", ASSUMPTION} <= found


def test_a_figure_leads_to_its_discrepancies(project_client: FlaskClient) -> None:
    """All that the API knows, and the one with the treaty record beside the recomputed values."""
    tree = read(project_client, PRINTED)
    known = rows(project_client, "discrepancies?statement=statistic:opsc-not-ratified")
    expected = {str(row["discrepancy"]).replace(f"{BASE}id/", "/doc/") for row in known}
    assert expected
    assert expected <= links(section(tree, "disputed"))
    assert BY_RULE in links(section(tree, "again"))


def test_a_recomputed_figure_says_how_it_was_derived(project_client: FlaskClient) -> None:
    """By which rule, from which inputs, on which assumptions."""
    found = links(section(read(project_client, RECOMPUTED), "how"))
    assert {RULE, ASSUMPTION, "/graph/treaty-actions", "/doc/statistic/opsc-not-ratified-europe"} <= found


def test_a_discrepancy_sets_its_statements_side_by_side(project_client: FlaskClient) -> None:
    """Each with what it says and the place in its source."""
    cards = of_class(read(project_client, BY_HAND), "statement")
    big = {words(of_class(card, "big")[0]) for card in cards}
    assert big == {"17%", "83% of these countries", "42 countries"}
    assert [card for card in cards if not of_class(card, "source")] == []


def test_a_discrepancy_explains_its_kind(project_client: FlaskClient) -> None:
    """With the definition of the kind, and the way to all of that kind."""
    respect = section(read(project_client, BY_HAND), "respect")
    assert "Numbers that should add up" in facts(respect)["Type of disagreement"]
    assert any("/discrepancies?kind=" in address for address in links(respect))


def test_a_derived_discrepancy_names_its_rule(project_client: FlaskClient) -> None:
    """And another one says that a person found it."""
    assert "/doc/rule/recomputed-discrepancy" in links(section(read(project_client, BY_RULE), "respect"))
    assert facts(section(read(project_client, BY_HAND), "respect"))["Found by"].startswith("Hand")


def test_a_finding_says_whom_and_what_it_is_about(project_client: FlaskClient) -> None:
    """Whom, which indicator, which instrument, and whether it is good practice."""
    said = facts(section(read(project_client, FINDING), "about"))
    assert said["About"] == "Czechia and Europe"
    assert said["Indicators"] == "Trafficking Protocol"
    assert said["Instruments"] == "Trafficking Protocol (UNTIP)"
    assert said["Good practice"] == "The source does not say so"


def test_a_finding_leads_to_the_others_about_the_same(project_client: FlaskClient) -> None:
    """To each of them, and not to itself."""
    tree = read(project_client, FINDING)
    shown = {
        address
        for node in tree.iter("section")
        if node.get("aria-labelledby", "").startswith("others")
        for address in links(node)
    }
    known = {
        str(row["finding"]).replace(f"{BASE}id/", "/doc/")
        for whom in ("cze", "europe")
        for row in rows(project_client, f"findings?about=jurisdiction:{whom}")
    }
    assert known - {FINDING} <= shown
    assert FINDING not in shown


def test_a_publication_shows_its_bibliographic_facts(project_client: FlaskClient) -> None:
    """Title, authors, publishers, and when it was issued."""
    said = facts(section(read(project_client, REPORT), "publication"))
    assert said["Title"] == "Upholding Commitments to Protect Children from Trafficking"
    assert said["Authors"] == "Alessia Altamura, Patchareeboon Sakulpitakphon"
    assert said["Published by"] == "ECPAT International and The Body Shop"
    assert said["Issued"] == "September 2011"


def test_a_publication_lists_its_places_with_what_each_supports(project_client: FlaskClient) -> None:
    """As many places as the API has, each with its number of statements."""
    table = next(section(read(project_client, REPORT), "places").iter("tbody"))
    shown = {(words(row[0]), words(row[1])) for row in table}
    known = rows(project_client, "citations?publication=report-2011&limit=1000")
    assert shown == {(str(row["locator"]), str(row["facts"])) for row in known}


def test_what_is_based_on_a_publication_is_grouped_by_class(project_client: FlaskClient) -> None:
    """The number beside each class is that of the things of this class; a long list is folded."""
    rests = section(read(project_client, REPORT), "rests")
    shown = {words(node) for node in rests.iter("h3")}
    known: dict[str, set[object]] = {}
    for page in (1, 2):
        for row in rows(project_client, f"publication-facts?publication=report-2011&limit=1000&page={page}"):
            known.setdefault(str(row["className"]).capitalize(), set()).add(row["fact"])
    assert {f"{name} {len(things)}" for name, things in known.items()} >= {text for text in shown if "call" in text}
    assert len(shown) == len(known)
    assert len([*rests.iter("details")]) == len([things for things in known.values() if len(things) > 12])


@pytest.mark.parametrize(
    ("path", "thing"),
    [(PLACE, "citation:legal-facts"), (ASSUMPTION, "assumption:reviewed-europe"), (RULE, "rule:recomputed-statistic")],
)
def test_a_basis_lists_what_is_derived_from_it(path: str, thing: str, project_client: FlaskClient) -> None:
    """A cited place, an assumption, a rule: everything that the API names."""
    known = {str(row["fact"]) for row in rows(project_client, f"derivations?thing={thing}&limit=1000")}
    assert known
    shown = links(section(read(project_client, path), "rests"))
    assert {iri.replace(f"{BASE}id/", "/doc/") for iri in known} <= shown


@pytest.mark.parametrize("path", [ASSUMPTION, RULE])
def test_an_assumption_and_a_rule_say_what_they_say(path: str, project_client: FlaskClient) -> None:
    """Their description, under the name."""
    name = path.split("/")[2]
    known = next(row for row in rows(project_client, f"{name}s") if str(row[name]).endswith(path.rpartition("/")[2]))
    assert known["description"] == words(of_class(read(project_client, path), "purpose")[0])


@pytest.mark.parametrize("path", PAGES)
def test_headings_lead_through_the_page_in_order(path: str, project_client: FlaskClient) -> None:
    """One of the first rank, and none skips a rank."""
    ranks = [int(node.tag[1]) for node in read(project_client, path).iter() if re.fullmatch("h[1-6]", str(node.tag))]
    assert ranks.count(1) == 1
    assert [pair for pair in pairwise(ranks) if pair[1] - pair[0] > 1] == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_a_page_needs_what_its_policy_forbids(path: str, project_client: FlaskClient) -> None:
    """No style in the page, no handler of events."""
    tree = read(project_client, path)
    assert [node for node in tree.iter() if node.tag == "style" or "style" in node.attrib] == []
    assert [name for node in tree.iter() for name in node.attrib if str(name).startswith("on")] == []


@pytest.mark.parametrize("path", TINY)
def test_a_page_works_where_little_is_known(path: str, client: FlaskClient) -> None:
    """On the smallest data set."""
    assert client.get(path, headers=HTML).status_code == 200
