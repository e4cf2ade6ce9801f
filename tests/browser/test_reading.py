"""A person reads: without scripts, by the keyboard, on paper, in the dark, in a language of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Visit, open_page

pytestmark = pytest.mark.browser

JURISDICTION = "/doc/jurisdiction/nzl"
SHEET = 760  # about the width of A4 between its margins, in pixels of style sheets
PROTOCOL = "Optional Protocol on the sale of children (OPSC)"
IN_ITS_LANGUAGE = [("fr", "Nouvelle-Zélande", "ltr"), ("ar", "نيوزيلندا", "rtl"), ("zh", "新西兰", "ltr")]
LIGHT_OF = "([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255"


@pytest.fixture
def reader(browser: Browser) -> Iterator[Visit]:
    """A person at a desk, with scripts."""
    with open_page(browser, 1440, "light") as visit:
        yield visit


def record_of(page: Page, treaty: str) -> Locator:
    """The row of a treaty in the record of a jurisdiction."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=treaty))


def test_a_reader_learns_whether_a_state_joined_when_and_whether_it_was_asked(
    plain_visit: Visit, project_address: str
) -> None:
    """From the front page to the row that says it all, without scripts."""
    page = plain_visit.page
    page.goto(f"{project_address}/")
    page.get_by_role("link", name="Jurisdictions").first.click()
    page.get_by_label("Name contains").fill("zealand")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="New Zealand", exact=True).first.click()
    row = record_of(page, PROTOCOL)
    expect(row).to_contain_text("Party")
    expect(row).to_contain_text("Ratification 20 September 2011")
    expect(row.get_by_role("link", name="Called on")).to_be_visible()
    expect(row).to_contain_text("Met")


def test_a_reader_follows_links_to_the_call_the_act_the_treaty_and_the_source(
    plain_visit: Visit, project_address: str
) -> None:
    """Each fact of the row leads on: to what was asked, to the act, to the treaty, to where it is written."""
    page = plain_visit.page
    leads: list[tuple[str, str | re.Pattern[str]]] = [
        ("Called on", "by ratifying the Optional Protocol"),
        ("20 September 2011", re.compile("New Zealand")),
        (PROTOCOL, PROTOCOL),
        ("Source", re.compile("participants|Appendix|status", re.IGNORECASE)),
    ]
    for name, heading in leads:
        page.goto(f"{project_address}{JURISDICTION}")
        record_of(page, PROTOCOL).get_by_role("link", name=name).last.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert plain_visit.fits()


def test_a_reader_finds_and_asks_without_scripts(plain_visit: Visit, project_address: str) -> None:
    """A name half remembered, then a question of the reader's own."""
    page = plain_visit.page
    page.goto(f"{project_address}{JURISDICTION}")
    page.get_by_label("Search for a name or a code").fill("irland")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Ireland", exact=True).first.click()
    assert page.url == f"{project_address}/doc/jurisdiction/irl"
    page.get_by_role("link", name="SPARQL").first.click()
    page.get_by_label("Query").fill("ASK { ?act a uphold:Ratification ; uphold:by jurisdiction:irl }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".truth")).to_have_text("Yes")
    assert plain_visit.requests_elsewhere(project_address) == []


def test_a_reader_sees_all_outcomes_and_then_only_the_open_ones(plain_visit: Visit, project_address: str) -> None:
    """The calls to join a treaty, narrowed down by following links."""
    page = plain_visit.page
    page.goto(f"{project_address}/outcomes")
    rows = page.get_by_role("group", name="Calls to join a treaty").get_by_role("row")
    every = rows.count()
    page.get_by_role("link", name=re.compile("still open, according to the newest source")).click()
    assert "outcome=open" in page.url
    assert 1 < rows.count() < every
    expect(rows.nth(1)).to_contain_text("Open")
    assert plain_visit.fits()


def test_a_reader_puts_two_states_side_by_side(plain_visit: Visit, project_address: str) -> None:
    """One is there; another is chosen from the list and added, and can be removed again."""
    page = plain_visit.page
    page.goto(f"{project_address}{JURISDICTION}")
    page.get_by_label("Compare with another").select_option(label="Ireland")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New Zealand and Ireland, side by side")
    page.get_by_role("link", name="Remove Ireland").click()
    expect(page.get_by_text("Choose at least one more")).to_be_visible()
    assert plain_visit.fits()


def test_a_reader_filters_the_matrix(plain_visit: Visit, project_address: str) -> None:
    """By a region: fewer rows, all of that region, in a table that scrolls by itself."""
    page = plain_visit.page
    page.goto(f"{project_address}/matrix")
    heads = page.locator("#cells ~ .matrix tbody").get_by_role("rowheader")
    every = heads.count()
    page.get_by_label("Region").select_option(label="Oceania")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**region=*")
    assert 0 < heads.count() < every
    expect(heads.filter(has_text="New Zealand")).to_have_count(1)
    assert plain_visit.fits()


def test_the_map_shows_another_year_without_scripts(plain_visit: Visit, project_address: str) -> None:
    """The form beside it requests the page again."""
    page = plain_visit.page
    page.goto(f"{project_address}/")
    before = page.locator("#m-counts").inner_text()
    page.get_by_label("Year").fill("2003")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**year=2003**")
    expect(page.locator("#m-shown")).to_have_text("2003")
    assert page.locator("#m-counts").inner_text() != before


def test_the_map_follows_the_keyboard(reader: Visit, project_address: str) -> None:
    """One press of an arrow key is one year; the counts, the address and the table follow."""
    page = reader.page
    page.goto(f"{project_address}/?year=2003&treaty=opsc")
    before = page.locator("#m-counts").inner_text()
    page.get_by_label("Year").press("ArrowLeft")
    expect(page.locator("#m-shown")).to_have_text("2002")
    expect(page.locator("#m-counts")).not_to_have_text(before)
    expect(page.locator("#m-table")).to_have_attribute("href", re.compile("year=2002"))
    assert "year=2002" in page.url
    assert reader.complaints == []


def test_a_source_is_shown_by_the_keyboard_and_hidden_by_escape(reader: Visit, project_address: str) -> None:
    """It is beside its number while that has the focus, and comes back when the reader does."""
    page = reader.page
    page.goto(f"{project_address}{JURISDICTION}")
    source = page.locator("td .source").first
    shown = source.locator(".tip")
    assert height(shown) <= 1
    page.keyboard.press("Tab")
    source.focus()
    assert height(shown) > 10
    page.keyboard.press("Escape")
    assert height(shown) <= 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert height(shown) > 10


def test_a_source_leads_to_its_citation(reader: Visit, project_address: str) -> None:
    """The number is a link to the place in the publication, by the keyboard too."""
    page = reader.page
    page.goto(f"{project_address}{JURISDICTION}")
    source = page.locator("td .source").first
    wanted = source.get_attribute("href")
    source.press("Enter")
    page.wait_for_url(f"{project_address}{wanted}")
    assert "/doc/citation/" in page.url


def test_every_stop_of_the_keyboard_can_be_seen(reader: Visit, project_address: str) -> None:
    """What has the focus is on the screen, has an outline, and nothing traps the focus."""
    page = reader.page
    page.goto(f"{project_address}{JURISDICTION}")
    stops = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        place, outline, seen = page.evaluate(
            """() => { const at = document.activeElement, box = at.getBoundingClientRect();
            return [at.outerHTML.slice(0, 200) + [box.left, box.top + scrollY], getComputedStyle(at).outlineStyle,
                box.bottom > 0 && box.top < innerHeight && box.width > 0]; }"""
        )
        assert (outline, seen) == ("solid", True), place
        stops.add(place)
    assert len(stops) == 60


def test_paper_has_the_facts_and_their_sources(reader: Visit, project_address: str) -> None:
    """Printed, a page has no navigation and no forms; the story, the numbers and the list of sources stay."""
    page = reader.page
    page.goto(f"{project_address}{JURISDICTION}")
    page.emulate_media(media="print")
    for gone in ("header.site nav", "form", ".skip", ".statements"):
        assert page.locator(gone).filter(visible=True).count() == 0, gone
    for kept in ("h1", "#treaties", "td .source", "#notes", ".notes li a"):
        expect(page.locator(kept).first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.set_viewport_size({"width": SHEET, "height": 1100})
    assert reader.fits()
    assert page.pdf(format="A4").startswith(b"%PDF-")


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_a_page_follows_the_light_of_the_reader(
    browser: Browser, project_address: str, scheme: str, dark: bool
) -> None:
    """Dark where the reader wants it dark: the paper, and the ink against it."""
    with open_page(browser, 1440, scheme) as visit:
        visit.page.goto(f"{project_address}{JURISDICTION}")
        style = visit.page.evaluate(
            "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.body))"
        )
        paper, ink = (visit.page.evaluate(LIGHT_OF, [int(part) for part in re.findall(r"\d+", each)]) for each in style)
        assert (paper < ink) == dark


@pytest.mark.parametrize(("language", "name", "direction"), IN_ITS_LANGUAGE, ids=lambda value: value)
def test_names_are_in_the_readers_language(
    browser: Browser, project_address: str, language: str, name: str, direction: str
) -> None:
    """By what the browser requests; each name says its language and runs in its own direction, the page in its own."""
    with open_page(browser, 390, "light", locale=language) as visit:
        visit.page.goto(f"{project_address}{JURISDICTION}")
        shown = visit.page.locator("h1 bdi")
        expect(shown).to_have_text(name)
        expect(shown).to_have_attribute("lang", language)
        assert shown.evaluate("element => getComputedStyle(element).direction") == direction
        assert visit.page.evaluate("getComputedStyle(document.body).direction") == "ltr"
        assert visit.fits()


def height(part: Locator) -> float:
    """How high something is as it is shown."""
    return float(part.evaluate("element => element.getBoundingClientRect().height"))
