"""Behind a path prefix, as a proxy may set one, every address on a page is below the prefix."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

PREFIX = "/below"
THINGS = ("/doc/jurisdiction/tha", "/doc/jurisdiction/", "/doc/treaty/opsc", "/doc/goal/", "/embed/jurisdiction/tha")
ADDRESS = re.compile(r'(?:href|src|action)="(/[^"]*)"')
IN_HEADER = re.compile(r"<(/[^>]*)>")


def pages(client: FlaskClient) -> list[str]:
    """Every page with nothing to fill in in its path."""
    rules = client.application.url_map.iter_rules()
    return sorted(
        {
            rule.rule
            for rule in rules
            if rule.methods and "GET" in rule.methods and not rule.arguments - {*(rule.defaults or {})}
        }
    )


def test_no_link_leaves_the_prefix(client: FlaskClient) -> None:
    """Neither in a page nor in a header."""
    outside: dict[str, list[str]] = {}
    for path in [*pages(client), *THINGS]:
        response = client.get(path, headers={"Accept": "text/html"}, environ_overrides={"SCRIPT_NAME": PREFIX})
        found = ADDRESS.findall(response.text) if response.mimetype == "text/html" else []
        found += [address for value in response.headers.getlist("Link") for address in IN_HEADER.findall(value)]
        found += [value for name in ("Location", "Content-Location") if (value := response.headers.get(name))]
        if left := [address for address in found if not f"{address}/".startswith(f"{PREFIX}/")]:
            outside[path] = left
    assert outside == {}


@pytest.mark.parametrize("path", ["/matrix", "/partners"])
def test_the_navigation_marks_the_page_that_is_open(client: FlaskClient, path: str) -> None:
    """With a prefix as without one."""
    for prefix in ("", PREFIX):
        page = client.get(path, headers={"Accept": "text/html"}, environ_overrides={"SCRIPT_NAME": prefix}).text
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', page) == [f"{prefix}{path}"]
