"""The map of the world never shows one year over another's figures, however fast the year changes.

What each year should show is computed here from data/treaties/TreatyAction.csv and TreatyRecord.csv.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Visit, open_page
from uphold.assets.vendor import OUTLINES, VENDOR, vendored

DATA = Path(__file__).parents[2] / "data"
PRESSES = 15
CONSENTS = ("Ratification", "Accession", "Acceptance", "Approval", "Succession", "ConsentToBeBound")
pytestmark = pytest.mark.skipif(OUTLINES not in vendored(), reason="no outlines of states; `make setup` draws them")
WATCH = """() => {
  window.frames_seen = [];
  const look = () => {
    const shapes = {};
    for (const path of document.querySelectorAll(".world path[id^='m-']")) {
      const kind = path.getAttribute("class").replace(" stale", "");
      shapes[kind] = (shapes[kind] || 0) + 1;
    }
    const legend = {};
    for (const item of document.querySelectorAll("#m-counts li:not([hidden])")) {
      const kind = item.className.replace(" stale", "");
      legend[kind] = (legend[kind] || 0) + Number(item.querySelector("strong").textContent);
    }
    window.frames_seen.push([document.getElementById("m-shown").textContent, legend, shapes]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def table(*path: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with DATA.joinpath(*path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def expected(treaty: str, year: int) -> Counter[str]:
    """How many places with an outline have each status at the end of a year; nobody has left a treaty."""
    outlines = json.loads((VENDOR / OUTLINES).read_text("utf-8"))["outlines"]
    acts = [act for act in table("treaties", "TreatyAction.csv") if act["treaty"] == f"treaty:{treaty}"]
    assert not any(act["type"] == "Denunciation" for act in acts)
    looked_up = {
        row["jurisdiction"] for row in table("treaties", "TreatyRecord.csv") if row["treaty"] == f"treaty:{treaty}"
    }
    end, counts = f"{year}-12-31", Counter[str]()
    for kind in ("State", "Territory"):
        for place in table("places", f"{kind}.csv"):
            if place["m49"] not in outlines:
                continue
            if place["id"] not in looked_up:
                counts["unknown"] += kind == "State"
                continue
            own = [act for act in acts if act["by"] == place["id"] and act["notBefore"] <= end]
            consents = [act for act in own if act["type"] in CONSENTS]
            signatures = [act for act in own if act["type"] == "Signature"]
            if found := consents or signatures:
                certain = any(act["notAfter"] <= end for act in found)
                counts[("party" if consents else "signatory") if certain else "uncertain"] += 1
            else:
                counts["neither"] += 1
    return +counts


def seen(visit: Visit) -> list[tuple[int, dict[str, int], dict[str, int]]]:
    """What each frame showed since the page is watched: the year, the legend and the shapes."""
    found: list[Any] = visit.page.evaluate("window.frames_seen")
    return [(int(year), legend, shapes) for year, legend, shapes in found]


@pytest.mark.parametrize(
    ("address", "treaty"), [("/?treaty=untip&year=2016", "untip"), ("/doc/treaty/opsc?year=2016", "opsc")]
)
def test_fast_keys_never_show_one_year_over_another(
    visit: Visit, project_address: str, address: str, treaty: str
) -> None:
    """At every frame the label, the legend and the shapes are of the same year, and the last is the chosen year."""
    page = visit.page
    page.goto(f"{project_address}{address}")
    page.evaluate(WATCH)
    year = page.get_by_role("slider", name="Year")
    year.focus()
    for _ in range(PRESSES):
        page.keyboard.press("ArrowLeft", delay=0)
    expect(page.locator("#m-shown")).to_have_text("2001")
    page.evaluate("new Promise(requestAnimationFrame)")
    frames = seen(visit)
    for shown, legend, shapes in frames:
        right = expected(treaty, shown)
        assert (shown, legend) == (shown, right)
        assert (shown, {kind: count for kind, count in shapes.items() if kind}) == (shown, right)
    assert frames[-1][0] == 2001
    assert "year=2001" in page.url
    assert visit.complaints == []


def test_another_treaty_changes_years_and_names_together(visit: Visit, project_address: str) -> None:
    """The years are those of that treaty's record, and those not party are named for it."""
    page = visit.page
    page.goto(f"{project_address}/?treaty=opsc&year=2025")
    page.evaluate(WATCH)
    page.get_by_label("Treaty", exact=True).select_option("untip")
    expect(page.locator("#m-shown")).to_have_text("2023")
    assert page.get_by_role("slider", name="Year").get_attribute("max") == "2023"
    named = page.locator("#m-absent .signatory.stale").inner_text()
    assert "Congo" in named
    assert "Uganda" in named
    assert "European Union (party)" in page.locator("#m-absent").inner_text()
    for shown, legend, _ in seen(visit):
        assert legend == expected("opsc" if shown == 2025 else "untip", shown)
    assert visit.fits()


def test_one_answer_draws_all_years(visit: Visit, project_address: str) -> None:
    """The browser sends one request for a treaty, for less than 5 kB."""
    page, sizes = visit.page, []
    page.on("response", lambda response: sizes.append(response) if "treaty-map" in response.url else None)
    page.goto(f"{project_address}/?year=2010")
    page.get_by_role("slider", name="Year").focus()
    for _ in range(PRESSES):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#m-shown")).to_have_text("2000")
    assert [response.request.sizes()["responseBodySize"] < 5_000 for response in sizes] == [True]


def test_a_year_that_is_moved_before_the_answer_sends_no_further_request(visit: Visit, project_address: str) -> None:
    """All moves wait for the same answer."""
    page, asked = visit.page, list[Route]()
    page.route("**/treaty-map-changes*", lambda route: asked.append(route))  # noqa: PLW0108 -- not a method of a list
    page.goto(f"{project_address}/?year=2010")
    page.get_by_role("slider", name="Year").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('#m-year').value === '2007'")
    assert len(asked) == 1
    asked[0].continue_()
    expect(page.locator("#m-shown")).to_have_text("2007")
    assert len(asked) == 1


def test_the_answers_of_the_front_page_fit_one_screen(browser: Browser, project_address: str) -> None:
    """At 1440 by 900: the promises, the map with its names, and the way to the contradicted figures."""
    with open_page(browser, 1440, "light") as visit:
        visit.page.goto(f"{project_address}/")
        boxes = [part.bounding_box() for part in visit.page.locator(".answers section").all()]
        assert len(boxes) == 3
        assert [box["y"] + box["height"] <= 900 for box in boxes if box] == [True] * 3
