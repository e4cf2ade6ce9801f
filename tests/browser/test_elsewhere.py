"""A page of another site queries: the browser sends its preflight, and the page reads the answer and its headers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

FETCH = """async ([address, options]) => {
  const answer = await fetch(address, options);
  const named = ["etag", "content-range", "uphold-snapshot", "x-request-id", "accept-ranges", "link"];
  const headers = Object.fromEntries(named.map((name) => [name, answer.headers.get(name)]));
  return { status: answer.status, headers, text: await answer.text() };
}"""


class Blank(BaseHTTPRequestHandler):
    """A site with one empty page."""

    def do_GET(self) -> None:
        """Send it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    """The page of another origin, open."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{site.server_port}/")
    yield page
    context.close()
    site.shutdown()
    site.server_close()


def fetch(page: Page, address: str, **options: Any) -> dict[str, Any]:
    """What the page gets; the test fails with the browser's own words when it may not."""
    found: dict[str, Any] = page.evaluate(FETCH, [address, options])
    return found


def test_a_page_elsewhere_sends_headers_of_its_own(elsewhere: Page, served: str) -> None:
    """A GET with a range, a condition, and what libraries add: none of these goes without a preflight."""
    sent = {"X-Requested-With": "XMLHttpRequest", "X-Request-Id": "page-1", "Range": "bytes=0-9", "If-Match": "*"}
    found = fetch(elsewhere, f"{served}/api/calls-met.csv", headers=sent)
    assert (found["status"], len(found["text"])) == (206, 10)
    assert found["headers"]["content-range"].startswith("bytes 0-9/")
    assert found["headers"]["x-request-id"] == "page-1"
    assert found["headers"]["etag"]
    assert found["headers"]["uphold-snapshot"]


def test_a_page_elsewhere_posts_a_query(elsewhere: Page, served: str) -> None:
    """As `application/sparql-query`, which needs a preflight too; an error can be read as well."""
    headers = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
    found = fetch(elsewhere, f"{served}/sparql", method="POST", headers=headers, body="ASK {}")
    assert (found["status"], '"boolean":true' in found["text"]) == (200, True)
    wrong = fetch(elsewhere, f"{served}/sparql", method="POST", headers=headers, body="ASK")
    assert (wrong["status"], "query-syntax-error" in wrong["text"]) == (400, True)


def test_a_page_elsewhere_requests_an_older_state(elsewhere: Page, served: str) -> None:
    """`Accept-Datetime` needs a preflight, and the browser follows the way to the state."""
    headers = {"Accept-Datetime": "Thu, 01 Jan 2026 00:00:00 GMT", "Accept": "text/turtle"}
    found = fetch(elsewhere, f"{served}/doc/treaty/opsc", headers=headers)
    assert found["status"] == 200
    assert 'rel="original timegate"' in found["headers"]["link"]


def test_a_method_that_an_address_does_not_take_is_stopped_by_the_browser(elsewhere: Page, served: str) -> None:
    """The preflight does not name it."""
    with pytest.raises(Exception, match="Failed to fetch"):
        fetch(elsewhere, f"{served}/ontology", method="PUT", body="x")
