"""The editor at /sparql: a person runs a query, sees rows or the place of a mistake, and shares the query."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets")]

CALLS = "SELECT (COUNT(?call) AS ?calls) WHERE { ?call a uphold:CallToAction }"
BY_STATE = """SELECT ?name (COUNT(?call) AS ?calls) WHERE {
  ?call uphold:addressedTo ?state . ?state skos:prefLabel ?name . FILTER (LANG(?name) = "en")
} GROUP BY ?name ORDER BY ?name"""
CALLS_MET = ".questions li[data-words^='calls-met '] a"
BAD_REQUEST = "Failed to load resource: the server responded with a status of 400 (Bad Request)"
NARROW = 1000


def write(page: Page, query: str) -> None:
    """Put a query into the editor in place of what is there."""
    page.locator("#editor .CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)


def ask(page: Page, query: str) -> None:
    """Ask a query by the keyboard."""
    write(page, query)
    page.keyboard.press("Control+Enter")


def outcome(page: Page) -> str:
    """What the line above the answer says, once there is one."""
    status = page.locator("#live > [role=status]")
    expect(status).to_contain_text(" ms, from snapshot ")
    return status.inner_text()


def open_questions(page: Page) -> None:
    """On a narrow screen the list of questions is folded."""
    if page.viewport_size and page.viewport_size["width"] < NARROW:
        page.locator(".questions > summary").click()


def test_a_question_from_the_list_is_put_into_the_editor_and_answered(visit: Visit, served: str) -> None:
    """Rows, time and snapshot; the address leads there again; no other host is contacted, no error is logged."""
    page = visit.page
    page.goto(f"{served}/sparql")
    open_questions(page)
    page.locator(CALLS_MET).click()
    count, snapshot = outcome(page).split(" ")[0], page.request.get(f"{served}/healthz").json()["snapshot"]
    rows = page.locator("#live tbody tr")
    expect(rows).to_have_count(int(count))
    assert int(count) > 0
    expect(page.locator("#live > [role=status] a")).to_have_attribute("href", re.compile("snapshots"))
    assert snapshot[:12] in outcome(page)
    expect(page.locator("#live td a").first).to_have_attribute("href", re.compile("^/doc/call/"))
    assert visit.fits()
    page.reload()
    assert outcome(page).split(" ")[0] == count
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []


def test_the_prefixes_of_the_site_need_no_declaration(visit: Visit, served: str) -> None:
    """The server declares them, and the editor does not call them mistakes."""
    page = visit.page
    page.goto(f"{served}/sparql")
    page.wait_for_load_state("networkidle")
    ask(page, CALLS)
    assert outcome(page).startswith("1 row in ")
    expect(page.locator("#live tbody td").last).to_have_text("9")
    expect(page.locator("#editor .parseErrorIcon")).to_have_count(0)


def test_a_mistake_is_marked_at_its_line_and_column(visit: Visit, served: str) -> None:
    """The character is underlined in its line, and the cursor is there; a change removes the mark."""
    page = visit.page
    page.goto(f"{served}/sparql")
    ask(page, "SELECT *\nWHERE { ?s ?p }")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Line 2, column 15")
    expect(page.locator("#editor .mistake")).to_have_text("}")
    line = page.locator("#editor .CodeMirror-code > div", has=page.locator(".mistake-line"))
    assert "WHERE { ?s ?p }" in line.inner_text()
    assert visit.fits()
    page.get_by_role("button", name="Line 2, column 15").click()
    page.keyboard.type("?o ")
    expect(page.locator("#editor .mistake")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#mistake")).to_be_hidden()
    assert "WHERE { ?s ?p ?o }" in page.locator("#query").input_value()
    assert [said for said in visit.complaints if said != BAD_REQUEST] == []


@pytest.mark.parametrize(
    ("typed", "offered", "meaning"),
    [
        ("SELECT * WHERE { ?call a uphold:CallT", "uphold:CallToAction", "One demand"),
        ("SELECT * WHERE { ?call uphold:addr", "uphold:addressedTo", ""),
        ("SELECT * WHERE { ?call uphold:addressedTo jurisdiction:new", "jurisdiction:nzl", "New Zealand"),
        ("PREFIX upho", "uphold: <https://w3id.org/uphold/ontology#>", ""),
    ],
    ids=["class", "property", "thing-by-its-name", "prefix"],
)
def test_names_are_completed_from_our_own_data(
    visit: Visit, served: str, typed: str, offered: str, meaning: str
) -> None:
    """Classes, properties, things and prefixes, with what they mean; no other site is contacted."""
    page = visit.page
    page.goto(f"{served}/sparql")
    page.wait_for_load_state("networkidle")
    write(page, typed[:-1])
    page.keyboard.type(typed[-1])
    hint = page.locator(".CodeMirror-hint").first
    expect(hint).to_contain_text(offered)
    expect(hint).to_contain_text(meaning)
    page.wait_for_timeout(700)  # the list is updated after the last letter, and a key in between is the editor's
    page.keyboard.press("Enter")
    expect(page.locator("#query")).to_have_value(re.compile(re.escape(offered) + "$"))
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []


def test_the_search_leaves_the_questions_with_all_the_words(visit: Visit, served: str) -> None:
    """By summary, description, tag or group; a message says when none is left."""
    page = visit.page
    page.goto(f"{served}/sparql")
    open_questions(page)
    search, questions = page.locator(".questions").get_by_role("searchbox"), page.locator(".questions li")
    search.fill("consent days")
    expect(questions.filter(visible=True).first).to_contain_text("consent")
    search.fill("no question has these words")
    expect(questions.filter(visible=True)).to_have_count(0)
    expect(page.get_by_text("No results.")).to_be_visible()


def test_an_answer_is_also_a_chart_and_as_it_came(visit: Visit, served: str) -> None:
    """The chart draws a figure by a name; raw is what the server sent. Both under the page's policy."""
    page = visit.page
    page.goto(f"{served}/sparql?query={quote(BY_STATE)}")
    outcome(page)
    page.get_by_role("button", name="Shows Chart view").click()
    expect(page.locator(".chart-place svg")).to_contain_text("New Zealand")
    page.get_by_role("button", name="Shows Raw view").click()
    expect(page.locator("#live .CodeMirror")).to_contain_text('"vars"')
    assert visit.fits()
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []


TOGETHER = """SELECT ?state ?treaty ?days WHERE { VALUES (?state ?treaty ?days) {
  ("Czechia" "OPSC" 1083) ("Russia" "OPSC" 1181) ("Czechia" "UNTIP" 1632) ("Malaysia" "OPSC" 651)
  ("Russia" "CETS 201" 1135) ("A name that is much longer than the room at the left of a chart has for a name" "CRC" 35)
  ("India" "UNTIP" 308) ("India" "UNTIP" 309) ("Egypt" "CRC" 1915) ("Malta" "CETS 201" 12) ("Japan" "OPSC" 700)
  ("Kenya" "OPSC" 90) ("Latvia" "OPSC" 46) ("Norway" "OPSC" 29) ("Peru" "OPSC" 408) ("Qatar" "OPSC" 1)
  ("Spain" "OPSC" 2)
} }"""
SAME_NAMES = {"Czechia (OPSC)", "Czechia (UNTIP)", "Russia (OPSC)", "Russia (CETS 201)", "India (1)", "India (2)"}


def test_a_chart_has_a_bar_for_each_row(visit: Visit, served: str) -> None:
    """Also for rows of one name, which their labels distinguish; few lines cross it, and no label leaves it."""
    page = visit.page
    page.goto(f"{served}/sparql?query={quote(TOGETHER)}")
    outcome(page)
    page.get_by_role("button", name="Shows Chart view").click()
    bars = page.locator(".chart-place .role-mark path")
    expect(bars).to_have_count(17)
    boxes = [box for bar in bars.all() if (box := bar.bounding_box())]
    assert len({round(box["y"]) for box in boxes}) == 17
    labels = page.locator(".chart-place .role-axis-label text").all_text_contents()
    assert set(labels) >= SAME_NAMES | {"Spain", "Qatar"}
    assert 2 <= page.locator(".chart-place .role-axis-grid line").count() <= 6
    frame = page.locator(".chart-place svg").bounding_box()
    assert frame
    for label in page.locator(".chart-place svg text").all():
        box = label.bounding_box()
        assert box is None or (box["x"] >= frame["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"])
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [("ASK { ?call a uphold:CallToAction }", "True"), ("CONSTRUCT WHERE { treaty:opsc a ?kind }", "treaty:opsc")],
    ids=["truth", "graph"],
)
def test_a_truth_and_a_graph_are_shown_too(visit: Visit, served: str, query: str, shown: str) -> None:
    """ASK and CONSTRUCT, without another choice to make."""
    visit.page.goto(f"{served}/sparql?query={quote(query)}")
    outcome(visit.page)
    expect(visit.page.locator("#live .answer")).to_contain_text(shown)
    assert visit.complaints == []


def test_a_query_too_long_for_an_address_is_stored_in_the_fragment(visit: Visit, served: str) -> None:
    """It is sent by POST, and its link still leads there."""
    page = visit.page
    page.goto(f"{served}/sparql")
    ask(page, CALLS + "".join(f"\n# {number}: a comment that makes the query longer" for number in range(150)))
    assert outcome(page).startswith("1 row in ")
    assert urlsplit(page.url).fragment.startswith("query=SELECT")
    assert not urlsplit(page.url).query
    page.goto("about:blank")
    page.go_back()
    assert outcome(page).startswith("1 row in ")
    assert "# 149: a comment" in page.locator("#query").input_value()


def test_the_permanent_link_leads_to_the_same_answer(visit: Visit, served: str) -> None:
    """It names the snapshot; the editor there queries that snapshot, and the page says how to cite it."""
    page = visit.page
    page.goto(f"{served}/sparql?query={quote(CALLS)}")
    outcome(page)
    page.get_by_role("link", name="snapshot").filter(has=page.locator("code")).first.click()
    assert "/snapshots/" in page.url
    assert outcome(page).startswith("1 row in ")
    expect(page.get_by_text("Cite this result")).to_be_visible()
    assert [url for url in visit.requests if url.endswith(f"/sparql?query={quote(CALLS)}") and "/snapshots/" in url]


def test_what_data_and_queries_say_stays_text(visit: Visit, served: str) -> None:
    """Markup in a value is not markup in the page, and an IRI that is a script is not a link."""
    page = visit.page
    query = (
        'SELECT ("<img src=x onerror=alert(1)>" AS ?markup) (<javascript:alert(1)> AS ?script) '
        "(IRI(\"http://e.example/'onclick='x\") AS ?attribute) {}"
    )
    page.goto(f"{served}/sparql?query={quote(query)}")
    outcome(page)
    expect(page.locator("#live tbody")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#live tbody img, #live tbody [onclick], #live a[href^=javascript]").count() == 0
    assert visit.complaints == []


def test_the_keyboard_goes_through_the_editor_and_out_of_it(visit: Visit, served: str) -> None:
    """Tab leads on to the button and is never trapped."""
    page = visit.page
    page.goto(f"{served}/sparql")
    page.locator("#editor .CodeMirror").click()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Query"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Query"


def test_no_query_and_no_answer_is_stored_in_the_browser(visit: Visit, served: str) -> None:
    """No cookie and no local storage; until the tab is closed, the widths of columns."""
    page = visit.page
    page.goto(f"{served}/sparql?query={quote(BY_STATE)}")
    outcome(page)
    page.get_by_role("button", name="Shows Raw view").click()
    assert page.evaluate("[Object.keys(localStorage), document.cookie]") == [[], ""]
    assert re.fullmatch(r"[\[\]{}\"\w:,. ]*", widths := page.evaluate("JSON.stringify(sessionStorage)")), widths
    assert "New Zealand" not in widths
    assert "SELECT" not in widths


def test_another_format_is_requested_as_without_scripts(visit: Visit, served: str) -> None:
    """The form still sends itself when the answer is to be a file."""
    page = visit.page
    page.goto(f"{served}/sparql")
    write(page, CALLS)
    page.get_by_label("Format").select_option("json")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**format=json**")
    assert '"calls"' in page.locator("body").inner_text()


def test_the_form_answers_in_a_browser_without_scripts(plain_visit: Visit, served: str) -> None:
    """The text field, the button, the rows, the questions."""
    page = plain_visit.page
    page.goto(f"{served}/sparql")
    page.get_by_label("Query").fill(BY_STATE)
    page.get_by_role("button", name="Run").click()
    assert page.get_by_role("cell", name="New Zealand").count() == 1
    page.locator(".questions > summary").click()
    page.locator(CALLS_MET).click()
    page.wait_for_load_state("load")
    assert page.get_by_role("row").count() > 1
    assert page.locator(".questions").get_by_role("searchbox").count() == 0
    assert plain_visit.fits()
    assert plain_visit.requests_elsewhere(served) == []


def test_the_console_of_the_api_runs_a_question(visit: Visit, served: str) -> None:
    """Swagger UI on our own OpenAPI document, under the same policy; the list beside it needs no script."""
    page = visit.page
    page.goto(f"{served}/api")
    assert page.locator("main dl.facts a[href='/api/calls-met']").count() == 1
    page.locator("#console .opblock-summary-control", has_text="calls-met").first.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("#console .responses-table.live-responses-table")).to_contain_text("200")
    assert visit.fits()
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []
