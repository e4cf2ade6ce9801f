"""The pages of graphs that partners have written, whose names may be long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import LOOKS
from tests.browser.looking import Kind, look
from tests.conftest import copied
from tests.replicas.replica import AGENT, ask
from tests.web.test_server import serving
from uphold.journal import tokens
from uphold.journal.journal import Journal
from uphold.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets", "axe")]

LONG = "partner/acme/" + "a-name-that-is-longer-than-a-telephone-is-wide" * 3
KINDS = [
    Kind("graphs", "/graphs", [["link", LONG], ["link", f"History of {LONG}"]]),
    Kind("graph", f"/graphs/{LONG}", [["heading", f"Graph {LONG}"], ["text", "you can change this graph"]]),
    Kind("history", f"/graphs/{LONG}/history", [["columnheader", "Token"], ["cell", "acme"], ["link", "The graph"]]),
    Kind("pages of a history", f"/graphs/{LONG}/history?limit=1", [["link", "Earlier changes"]]),
]


@pytest.fixture(scope="module")
def written(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a graph that was written twice."""
    settings = copied(tiny, tmp_path_factory.mktemp("written"))
    with Journal.open(settings) as journal:
        secret = tokens.create(journal, "acme", "partner/acme/*")
    with serving(settings, processes=1) as running:
        for number in (1, 2):
            assert ask(running.address, f"/graphs/{LONG}", AGENT.format(number).encode(), secret).status in (201, 204)
        yield running.address


@pytest.mark.parametrize("appearance", LOOKS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_page_of_a_written_graph_holds_what_it_promises(
    browser: Browser, written: str, kind: Kind, appearance: str
) -> None:
    """What every page promises."""
    assert look(browser, written, kind, appearance).faults(kind) == {}
