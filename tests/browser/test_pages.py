"""A person reads the pages and runs a query: in a real browser, without scripts, without a request elsewhere."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_reader_goes_from_the_front_page_to_a_fact_and_asks_a_question(plain_visit: Visit, served: str) -> None:
    """Front page, list, thing, SPARQL form, answer: all from this host, all quiet."""
    page = plain_visit.page
    page.goto(f"{served}/")
    assert page.get_by_role("heading", level=1).count() == 1
    assert plain_visit.fits()
    page.get_by_role("link", name="Jurisdictions").first.click()
    page.get_by_role("link", name="New Zealand", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "New Zealand"
    assert page.url == f"{served}/doc/jurisdiction/nzl"
    assert plain_visit.fits()
    page.get_by_role("link", name="SPARQL").click()
    page.get_by_label("Query").fill("SELECT (COUNT(?call) AS ?calls) WHERE { ?call a uphold:CallToAction }")
    page.get_by_role("button", name="Run").click()
    assert page.get_by_role("cell").all_inner_texts() == ["9"]
    assert plain_visit.fits()
    assert plain_visit.requests_elsewhere(served) == []
    assert plain_visit.complaints == []


def test_a_reader_finds_a_thing_by_a_name_half_remembered(visit: Visit, served: str) -> None:
    """From the box on any page, with the keyboard alone, to the hits and to the thing."""
    page = visit.page
    page.goto(f"{served}/shapes")
    page.get_by_label("Search for a name or a code").fill("nouvele zeland")
    page.keyboard.press("Enter")
    page.wait_for_url("**/api/search?q=*")
    assert page.get_by_role("heading", level=1).inner_text() == "Search"
    assert page.get_by_label("Name or code").input_value() == "nouvele zeland"
    assert visit.fits()
    page.get_by_role("link", name="New Zealand", exact=True).click()
    assert page.url == f"{served}/doc/jurisdiction/nzl"
    assert visit.complaints == []


def test_a_mistake_in_a_query_is_shown_beside_the_query(plain_visit: Visit, served: str) -> None:
    """The reader fixes it without typing it again."""
    page = plain_visit.page
    page.goto(f"{served}/sparql")
    page.get_by_label("Query").fill("SELECT * WHERE { ?s ?p }")
    page.get_by_role("button", name="Run").click()
    assert "line 1" in page.get_by_role("alert").inner_text().lower()
    assert page.get_by_role("textbox", name="Query").input_value().strip() == "SELECT * WHERE { ?s ?p }"


def test_a_reader_finds_a_term_without_scripts(plain_visit: Visit, served: str) -> None:
    """From its IRI to its place on the overview, by words to its page, and from there to what its property leads to."""
    page = plain_visit.page
    page.goto(f"{served}/ontology#addressedTo")
    assert page.locator(":target").get_by_role("link").first.inner_text() == "addressed to"
    page.get_by_label("Words in the name or the definition").fill("ADDRESSED")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name="addressed to", exact=True).click()
    assert page.url == f"{served}/ontology/addressedTo"
    page.get_by_role("link", name="jurisdiction", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "jurisdiction"
    assert plain_visit.fits()
    assert plain_visit.requests_elsewhere(served) == []
    assert plain_visit.complaints == []


@pytest.mark.parametrize(
    "path", ["/ontology", "/ontology/Treaty", "/shapes/", "/dumps/", "/graph/places", "/problem/not-found"]
)
def test_every_kind_of_page_is_quiet_and_contacts_no_other_host(visit: Visit, served: str, path: str) -> None:
    """No external request, nothing that the page's own policy stops."""
    visit.page.goto(f"{served}{path}")
    assert visit.page.title()
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []


def test_the_keyboard_reaches_the_content_first(visit: Visit, served: str) -> None:
    """The first stop of the Tab key skips the navigation."""
    visit.page.goto(f"{served}/")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to content"
