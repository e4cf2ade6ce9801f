"""Whatever font a reader has, no text leaves its picture and no two texts touch, in charts, cards and pages."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserType, Page

from tests.browser.conftest import CHROMIUM, FLAGS, open_page
from uphold.assets.vendor import VENDOR
from uphold.questions.charts import ChartRenderer

pytestmark = pytest.mark.browser

CASES = tomllib.loads((Path(__file__).parent / "lettering.toml").read_text("utf-8"))
QUERIES = Path(__file__).parents[2] / "queries"
CHARTS = sorted(path.name.removesuffix(".vl.json") for path in QUERIES.rglob("*.vl.json"))
IN_LANGUAGES = [
    name
    for name in CHARTS
    if re.search(r"^#\+   lang:", next(QUERIES.rglob(f"{name}.rq")).read_text("utf-8"), re.MULTILINE)
]
LONG = "A name that is longer than all those that the data has, as a name may be that is added one day"
"""Replaces the names of places; the widest that the data has are half as long."""
MOST_BYTES = 64_000
"""Of a chart as it is sent, compressed."""
FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir>
  <match target="pattern"><edit name="family" mode="assign" binding="same"><string>{family}</string></edit></match>
</fontconfig>
"""
"""Every family that a page requests is this one."""
FAULTS = """([pictures, margin]) => [...document.querySelectorAll(pictures)].flatMap((picture) => {
  const frame = picture.getBoundingClientRect();
  const name = picture.parentElement?.id || picture.getAttribute("aria-label") || picture.textContent.trim();
  const texts = [...picture.querySelectorAll("text, tspan")]
    .filter((text) => text.checkVisibility() && !text.querySelector("tspan") && text.textContent.trim())
    .map((text) => ({ said: text.textContent, box: text.getBoundingClientRect() }));
  const inside = (box) => box.left >= frame.left - margin && box.right <= frame.right + margin
    && box.top >= frame.top - margin && box.bottom <= frame.bottom + margin;
  const touch = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 0.5
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 0.5;
  return [
    ...texts.filter(({ box }) => !box.width).map(({ said }) => `${name}: ${said} has no width`),
    ...texts.filter(({ box }) => !inside(box)).map(({ said }) => `${name}: ${said} leaves the picture`),
    ...texts.flatMap((one, at) => texts.slice(at + 1).filter((other) => touch(one.box, other.box))
      .map((other) => `${name}: ${one.said} touches ${other.said}`)),
  ];
})"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every font in a long run, else the widest and the one with the highest lines."""
    if "reader" in metafunc.fixturenames:
        fonts = CASES["fonts"] if metafunc.config.getoption("long") else CASES["extremes"]
        metafunc.parametrize("reader", fonts, indirect=True, scope="module")


@pytest.fixture(scope="module")
def reader(
    request: pytest.FixtureRequest, chromium: BrowserType, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium where every font is one of the table; a skip that says how to get it."""
    family, package = request.param, CASES["fonts"][request.param]
    installed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout
    if family not in re.split(r"[,\n]", installed):
        pytest.skip(f"there is no font {family}; apt-get install {package}")
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "fonts.conf").write_text(FONTCONFIG.format(cache=folder / "cache", family=family), "utf-8")
    browser = chromium.launch(
        executable_path=CHROMIUM, args=FLAGS, env={**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    )
    with open_page(browser, 1440, "light") as visit:
        visit.page.set_content("<p style='font-family: Arial, sans-serif'>Uphold</p>")
        assert families(visit.page, "p") == {family}
    yield browser
    browser.close()


def families(page: Page, selector: str) -> set[str]:
    """The fonts that the browser draws the first such element with."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    return {font["familyName"] for font in devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]}


@pytest.fixture(scope="module")
def pictures(project_client: FlaskClient, pytestconfig: pytest.Config) -> dict[str, str]:
    """The tested charts and cards, drawn once, by their names: every second one, in a long run all."""
    charts = [*(f"{name}.svg" for name in CHARTS), *CASES["charts"]]
    charts += [f"{name}.svg?lang={language}" for name, language in zip(IN_LANGUAGES, cycle(CASES["languages"]))]
    charts = charts if pytestconfig.getoption("long") else charts[::2]
    cards = [re.sub(r"(\?|$)", r".svg\1", card, count=1) for card in CASES["cards"]]
    addresses = [*(f"/api/{chart}" for chart in charts), *(f"/embed/{card}" for card in cards)]
    answers = {address: project_client.get(address) for address in addresses}
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code != 200} == {}
    return {address: answer.get_data(as_text=True) for address, answer in answers.items()} | long(project_client)


def long(client: FlaskClient) -> dict[str, str]:
    """Every chart with names of places that are longer than any the data has."""
    renderer, drawn = ChartRenderer(VENDOR / "world-110m.json"), {}
    try:
        for name in CHARTS:
            spec = client.get(f"/api/{name}.vl").get_json()
            for row in spec["datasets"]["rows"]:
                if row.get("jurisdictionName"):
                    row["jurisdictionName"] = LONG
            drawn[f"{name} with long names"] = renderer.draw(spec, "image/svg+xml").decode()
    finally:
        renderer.close()
    return drawn


@pytest.mark.timeout(600)  # the first draws all the pictures
def test_no_text_leaves_its_picture_or_touches_another(reader: Browser, pictures: dict[str, str]) -> None:
    """Of charts with few, many and long rows, in other languages, and of cards of every kind."""
    with open_page(reader, 1440, "light") as visit:
        parts = "".join(f'<div id="{name.replace("&", "&amp;")}">{svg}</div>' for name, svg in pictures.items())
        visit.page.set_content(f"<!DOCTYPE html><meta charset=utf-8>{parts}")
        assert visit.page.locator("body > div > svg").count() == len(pictures)
        assert visit.page.evaluate(FAULTS, ["body > div > svg", 0.5]) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_no_text_in_a_page_leaves_its_picture_or_touches_another(
    reader: Browser, project_address: str, width: int
) -> None:
    """Years on lines of time, values on rulers, bars by year."""
    with open_page(reader, width, "light") as visit:
        faults = {}
        for path in CASES["pages"]:
            visit.page.goto(f"{project_address}{path}")
            assert visit.page.locator("svg text").count()
            faults[path] = visit.page.evaluate(FAULTS, ["svg:has(text):not(svg svg)", 1])
        assert {path: found for path, found in faults.items() if found} == {}


def test_a_chart_is_complete_by_itself(browser: Browser, project_address: str) -> None:
    """Opened as a document it has its title, breaks no policy and contacts no other host; as sent it is small."""
    with open_page(browser, 1440, "light") as visit:
        for name in CHARTS:
            answer = visit.page.goto(f"{project_address}/api/{name}.svg")
            assert answer is not None
            assert visit.page.title()
            assert answer.request.sizes()["responseBodySize"] < MOST_BYTES
            assert visit.page.evaluate(FAULTS, [":root", 0.5]) == []
        assert [said for said in visit.complaints if "Content Security Policy" in said] == []
        assert visit.requests_elsewhere(project_address) == []
