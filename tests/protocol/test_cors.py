"""Pages elsewhere may send requests (Fetch standard, CORS): a preflight allows what the address accepts."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

SENT = (
    *("Accept", "Accept-Datetime", "Accept-Language", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match"),
    *("If-Range", "If-Unmodified-Since", "Prefer", "Range", "X-Request-Id", "X-Requested-With"),
)
READ = (
    *("Accept-Ranges", "Content-Location", "Content-Range", "ETag", "Link", "Location", "Memento-Datetime"),
    *("Retry-After", "X-Request-Id", "Uphold-Snapshot"),
)
ORIGIN = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}


def listed(header: str) -> set[str]:
    """The elements of a header."""
    return {each.strip() for each in header.split(",")}


def addresses(client: FlaskClient) -> dict[str, set[str]]:
    """An address of every route, and the methods that the route accepts."""
    values = {"kind": "jurisdiction", "key": "nzl", "code": "not-found", "name": "places", "suffix": "json"}
    values["identity"] = client.get("/healthz").get_json()["snapshot"]
    found: dict[str, set[str]] = {}
    for rule in client.application.url_map.iter_rules():
        path = rule.rule
        for argument in sorted(rule.arguments - {*(rule.defaults or {})}):
            start = path.find("<")
            value = (
                "jurisdiction/nzl" if argument == "key" and "kind" not in rule.arguments else values.get(argument, "1")
            )
            path = path[:start] + value + path[path.find(">", start) + 1 :]
        found.setdefault(path, set()).update(rule.methods or ())
    return found


def test_a_preflight_allows_what_the_address_takes(client: FlaskClient) -> None:
    """For every route: the methods of the route and no others, and every header that is of use."""
    allowed = addresses(client)
    assert len(allowed) > 50
    for path, methods in allowed.items():
        response = client.options(path, headers=ORIGIN)
        assert response.status_code == 200, path
        headers = response.headers
        assert listed(headers["Access-Control-Allow-Methods"]) == listed(headers["Allow"]) == methods, path
        assert set(SENT) <= listed(headers["Access-Control-Allow-Headers"])
        assert set(READ) <= listed(headers["Access-Control-Expose-Headers"])
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert int(headers["Access-Control-Max-Age"]) > 0
    assert {"GET", "POST"} <= allowed["/sparql"]
    assert "POST" not in allowed["/ontology"]


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/sparql/nothing", "/doc"])
def test_an_address_that_does_not_exist_allows_nothing(client: FlaskClient, path: str) -> None:
    """404, without the headers of a preflight."""
    response = client.options(path, headers=ORIGIN)
    assert response.status_code == 404
    assert "Access-Control-Allow-Methods" not in response.headers


def test_every_answer_may_be_read(client: FlaskClient) -> None:
    """Errors, redirections, parts and 304, too."""
    tag = client.get("/ontology").headers["ETag"]
    for path, headers, status in (
        ("/ontology", {}, 200),
        ("/ontology", {"If-None-Match": tag}, 304),
        ("/ontology", {"If-Match": '"x"'}, 412),
        ("/ontology", {"Range": "bytes=0-9"}, 206),
        ("/ontology", {"Range": "bytes=99999999-"}, 416),
        ("/ontology/", {}, 308),
        ("/nothing", {}, 404),
        ("/id/jurisdiction/nzl", {}, 303),
    ):
        response = client.get(path, headers={**ORIGIN, **headers})
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert set(READ) <= listed(response.headers["Access-Control-Expose-Headers"])


@pytest.mark.parametrize("path", ["/sparql/", "//sparql", "/validate/", "/doc/treaty", "/api/calls-met/"])
def test_a_preflight_is_never_redirected(client: FlaskClient, path: str) -> None:
    """Fetch standard, CORS-preflight fetch: only with a status of 200 to 299 does the request follow."""
    meant = client.options({"/doc/treaty": "/doc/treaty/"}.get(path, "/" + path.strip("/")), headers=ORIGIN)
    environ = EnvironBuilder(method="OPTIONS", headers=[*ORIGIN.items()]).get_environ() | {"PATH_INFO": path}
    _, status, headers = run_wsgi_app(client.application, environ, buffered=True)
    assert status.startswith("200")
    for name in ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Allow-Origin"):
        assert headers[name] == meant.headers[name]
    assert "Location" not in headers
