"""Slashes: one too many or too few leads to the address that exists, by 308, and never to another host."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tests.protocol.tables import rows
from tests.protocol.test_query_operation import send
from uphold.settings import CANONICAL_BASE as BASE

CASES = rows("slashes.csv")


def ask(client: FlaskClient, method: str, target: str, prefix: str = "") -> TestResponse:
    """The answer to a request line as it is: the test client would read `//name` as a host."""
    path, _, query = target.partition("?")
    environ = EnvironBuilder(method=method, query_string=query).get_environ()
    environ |= {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "SCRIPT_NAME": prefix,
        "HTTP_HOST": "evil.example",
    }
    body, status, headers = run_wsgi_app(client.application, environ, buffered=True)
    return TestResponse(body, status, headers, EnvironBuilder().get_request())


@pytest.mark.parametrize("prefix", ["", "/below"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['method']} {case['path']}")
def test_an_address_leads_to_the_one_that_exists(client: FlaskClient, case: dict[str, str], prefix: str) -> None:
    """Only then, with its query, below the prefix, on this host."""
    snapshot = client.get("/healthz").get_json()["snapshot"]
    path, location = (case[name].replace("{snapshot}", snapshot) for name in ("path", "location"))
    response = ask(client, case["method"], path, prefix)
    assert response.status_code == int(case["status"])
    assert response.headers.get("Location") == (f"{prefix}{location}" if location else None)
    if location:
        assert response.data == b""
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        arrived = ask(client, "GET", location)
        assert arrived.status_code != 404
        assert "Location" not in arrived.headers or arrived.status_code == 303
    elif case["status"] == "404":
        assert response.mimetype == "application/problem+json"


def test_what_was_percent_encoded_stays_so(client: FlaskClient) -> None:
    """No line break gets into a header."""
    assert ask(client, "GET", "/doc/treaty/o%25%0D%0A/").status_code == 404
    response = ask(client, "GET", "/sparql/?query=ASK%7B%7D%0D%0AX:y")
    assert response.headers["Location"] == "/sparql?query=ASK%7B%7D%0D%0AX:y"


def test_a_real_server_redirects(served: str) -> None:
    """Over HTTP, where the request line has two slashes; the body of a POST goes to the new address."""
    for path, location in (
        ("//sparql?query=ASK%7B%7D", "/sparql?query=ASK%7B%7D"),
        ("/doc/treaty/opsc/", "/doc/treaty/opsc"),
    ):
        reply = send(served, "GET", path)
        assert (reply.status, reply.headers["Location"], reply.body) == (308, location, b"")
    headers = {"Content-Type": "application/sparql-query"}
    reply = send(served, "POST", "/sparql/", "ASK {}", headers)
    assert (reply.status, reply.headers["Location"]) == (308, "/sparql")
    assert send(served, "GET", "//evil.example/").status == 404
    assert BASE not in reply.headers["Location"]
