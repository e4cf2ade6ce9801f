"""Every kind of page holds what it promises, wide and light or narrow and dark; a row of pages.toml is a kind of page.

A long run visits each kind with both looks.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import LOOKS
from tests.browser.looking import KINDS, Kind, look

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets", "axe")]


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
    assert look(browser, project_address, kind, appearance).faults(kind) == {}
