"""Hostile clients over real HTTP: each gets a clean answer, the server continues, and nobody else is harmed.

The cases are the files in `hostile/`. Every request is followed by a simple one to the same server process, which is
known by the beginning of its request ids.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import brotli
import pytest

from tests.protocol.target import DEADLINE, NUMBERS, Target, endless, tight
from uphold.settings import Settings

HERE = Path(__file__).parent / "hostile"
QUERIES = sorted(HERE.glob("*.rq"))
REQUESTS = tomllib.loads((HERE / "requests.toml").read_text("utf-8"))
UPLOADS = tomllib.loads((HERE / "uploads.toml").read_text("utf-8"))
PATHS = (HERE / "paths.txt").read_text("utf-8").split()
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@pytest.fixture(scope="module")
def server(tiny: Settings) -> Iterator[Target]:
    """A server with tight limits."""
    with tight(tiny) as found:
        yield found


def test_no_case_is_lost() -> None:
    """The tests below would pass on an empty folder."""
    assert len(QUERIES) >= 75
    assert len(REQUESTS) >= 55
    assert len(UPLOADS) >= 35
    assert len(PATHS) >= 45


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: case.stem)
def test_a_hostile_query_gets_a_clean_answer(server: Target, case: Path) -> None:
    """One of those that its first line names, soon, and whole."""
    first, text = case.read_text("utf-8").split("\n", 1)
    began = time.monotonic()
    reply = server.ask(server.fill(text.removesuffix("\n")))
    assert reply.says in first.removeprefix("# ").split(" | ")
    assert time.monotonic() - began < DEADLINE + 5
    if reply.status == 200:
        json.loads(reply.body)
    else:
        assert len(reply.body) < 2_500
    server.is_well()


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (r"SELECT ('\u0001' AS ?x) {}", "application/sparql-results+xml"),
        (r"SELECT ('\uFFFE' AS ?x) {}", "application/sparql-results+xml"),
        (r"CONSTRUCT { <a:b> <a:c> 'a\u0000' } {}", "application/rdf+xml"),
        ("CONSTRUCT { <a:b> <http://a.example/1> 'a' } {}", "application/rdf+xml"),
    ],
)
def test_what_xml_cannot_hold_is_a_problem_and_never_broken_xml(server: Target, query: str, accept: str) -> None:
    """The other forms hold it."""
    assert server.ask(query, accept).says == "406 not-representable"
    assert server.ask(query, "application/sparql-results+json, application/n-triples").status == 200
    server.is_well()


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_gets_a_clean_answer(server: Target, name: str) -> None:
    """One of those in the table, soon, and no longer than it needs to be; no redirect leaves the host."""
    case = REQUESTS[name]
    headers = [server.fill(header) for header in case.get("headers", [])]
    body = server.fill(case.get("body", "")).encode()
    began = time.monotonic()
    reply = server.send(server.fill(case["line"]), headers, body, closes=case.get("closes", False))
    assert reply.says in case["answers"]
    assert time.monotonic() - began < 5
    if reply.status >= 300:
        assert len(reply.body) < 2_500
        assert re.fullmatch(r"(/(?!/)[!-~]*)?", reply.headers.get("Location", ""))
        assert "Set-Cookie" not in reply.headers
    server.is_well()


def test_no_path_leads_out_of_its_folder(server: Target) -> None:
    """Whatever represents `..` and `/`, there is nothing, and the error has the standard form."""
    replies = {path: server.send(f"GET {path} HTTP/1.1").says for path in PATHS}
    assert {path: says for path, says in replies.items() if not says.startswith("404 ")} == {}
    server.is_well()


@pytest.mark.parametrize("name", UPLOADS)
def test_a_hostile_upload_gets_a_clean_answer(server: Target, name: str) -> None:
    """One of those in the table."""
    case = UPLOADS[name]
    body = server.fill(case["body"]).encode()
    headers = [f"Content-Type: {case['type']}"]
    headers += [f"Content-Encoding: {case['encoding']}"] if "encoding" in case else []
    reply = server.send("POST /validate HTTP/1.1", headers, PACK[case["packed"]](body) if "packed" in case else body)
    assert reply.says in case["answers"]
    assert len(reply.body) < 20_000
    server.is_well()


UNKEYED = [
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: javascript",
    "X-Forwarded-Prefix: /evil",
    "Forwarded: host=evil.example",
    "X-Original-URL: /validate",
    "X-Rewrite-URL: /validate",
    "Referer: http://evil.example/",
    "User-Agent: <script>evil.example</script>",
    "Cookie: a=evil.example",
    "Authorization: Basic ZXZpbA==",
    "Origin: http://evil.example",
]


@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK%7B%7D", "/doc/treaty/opsc", "/ontology.ttl", "/nothing-here"])
def test_no_header_outside_the_key_poisons_a_cached_answer(server: Target, path: str) -> None:
    """What a hostile request leaves behind is what anybody would have got."""
    number = next(NUMBERS)
    fresh = f"{path}{'&' if '?' in path else '?'}timeout={number + 1}"
    first = server.send(f"GET {fresh} HTTP/1.1", UNKEYED)
    second = server.send(f"GET {fresh} HTTP/1.1")
    for reply in (first, second):
        assert b"evil" not in reply.body + str(reply.headers).encode()
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in reply.headers
    if first.status == 200:
        assert first.body == second.body
        assert first.headers["ETag"] == second.headers["ETag"]


def test_an_error_is_never_cached(server: Target) -> None:
    """A query that failed is sent again, and its status is the same without any trick of the one before."""
    for path in (f"/sparql?query={quote(endless())}", "/sparql?query=ASK", "/nothing-here", "/doc/nothing/here"):
        for _ in range(2):
            reply = server.send(f"GET {path} HTTP/1.1")
            assert reply.status >= 400
            assert reply.headers["Cache-Control"] == "no-store"
            assert "ETag" not in reply.headers
            assert "hit" not in reply.headers.get("Server-Timing", "")


def test_variants_of_a_request_get_each_their_own_answer(server: Target) -> None:
    """Neither method nor format, encoding or a further parameter returns the answer to another request."""
    query = f"/sparql?query=SELECT+({next(NUMBERS)}+AS+%3Fn)%7B%7D"
    table = server.send(f"GET {query} HTTP/1.1", ["Accept: text/csv"])
    assert (
        server.send(f"GET {query} HTTP/1.1", ["Accept: application/json"]).headers.get_content_type()
        == "application/json"
    )
    assert server.send(f"GET {query}&format=csv HTTP/1.1", ["Accept: text/html"]).body == table.body
    assert server.send(f"GET {query}&query=ASK%7B%7D HTTP/1.1", ["Accept: text/csv"]).status == 400
    kinds = ["Content-Type: application/x-www-form-urlencoded", "Accept: text/csv"]
    assert server.send(f"POST {query} HTTP/1.1", kinds, b"query=ASK%7B%7D").status == 400
    assert (
        server.send(f"GET {query} HTTP/1.1", ["Accept: text/csv", f"If-None-Match: {table.headers['ETag']}"]).status
        == 304
    )
    assert (
        server.send(f"GET {query} HTTP/1.1", ["Accept: text/csv", 'If-None-Match: "guess", W/"guess-br"']).body
        == table.body
    )
