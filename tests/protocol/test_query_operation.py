"""The query operation of the SPARQL 1.1 Protocol (section 2.1), one case for each of its requirements, over real HTTP.

The cases follow the list of the W3C test suite for the protocol, in words and data of our own.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest

from uphold.settings import CANONICAL_BASE as BASE

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
REPORT, PLACES = f"{BASE}graph/report-2011", f"{BASE}graph/places"
CALLS = "ASK { ?call a uphold:CallToAction }"
STATES = "ASK { ?state a uphold:State }"
BOTH = "ASK { ?call a uphold:CallToAction . ?state a uphold:State }"
NAMED = f"ASK {{ GRAPH <{REPORT}> {{ ?call a uphold:CallToAction }} }}"
NAMED_BOTH = f"ASK {{ GRAPH <{REPORT}> {{ ?c a uphold:CallToAction }} GRAPH <{PLACES}> {{ ?s a uphold:State }} }}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def truth(self) -> bool:
        """The answer of an ASK."""
        assert self.status == 200, self.body
        return bool(json.loads(self.body)["boolean"])

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get_content_type()


def send(
    address: str, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def ask(address: str, way: str, query: str, graphs: list[tuple[str, str]] | None = None) -> Reply:
    """Ask in one of the three ways of the protocol."""
    given = graphs or []
    if way == "get":
        return send(address, "GET", f"/sparql?{urlencode([('query', query), *given])}")
    if way == "form":
        return send(address, "POST", "/sparql", urlencode([("query", query), *given]), {"Content-Type": FORM})
    path = f"/sparql?{urlencode(given)}" if given else "/sparql"
    return send(address, "POST", path, query, {"Content-Type": DIRECT})


every_way = pytest.mark.parametrize("way", ["get", "form", "direct"])


@every_way
def test_each_way_answers(served: str, way: str) -> None:
    """2.1.1 to 2.1.3."""
    reply = ask(served, way, CALLS)
    assert reply.truth
    assert reply.media_type == "application/sparql-results+json"


@every_way
@pytest.mark.parametrize(
    ("query", "default", "named", "expected"),
    [
        (CALLS, [REPORT], [], True),
        (CALLS, [PLACES], [], False),
        (BOTH, [REPORT], [], False),
        (BOTH, [REPORT, PLACES], [], True),
        (NAMED, [], [REPORT], True),
        (NAMED, [], [PLACES], False),
        (NAMED_BOTH, [], [REPORT, PLACES], True),
        (NAMED_BOTH, [], [REPORT], False),
        (f"ASK {{ ?s a uphold:State GRAPH <{REPORT}> {{ ?c a uphold:CallToAction }} }}", [PLACES], [REPORT], True),
        (CALLS, [], [REPORT], False),
        (NAMED, [REPORT], [], False),
        (CALLS, ["http://nowhere.example/"], [], False),
    ],
)
def test_the_request_names_the_data_set(  # noqa: PLR0917 a row of a table
    served: str, way: str, query: str, default: list[str], named: list[str], expected: bool
) -> None:
    """2.1.4: one and several default graphs, one and several named ones, and both; what is not named is not there."""
    graphs = [("default-graph-uri", iri) for iri in default] + [("named-graph-uri", iri) for iri in named]
    assert ask(served, way, query, graphs).truth is expected


@every_way
def test_the_data_set_of_the_request_overrides_that_of_the_query(served: str, way: str) -> None:
    """2.1.4: FROM and FROM NAMED count only when the request names no graph."""
    from_places = CALLS.replace("ASK", f"ASK FROM <{PLACES}>")
    assert not ask(served, way, from_places).truth
    assert ask(served, way, from_places, [("default-graph-uri", REPORT)]).truth
    from_named = NAMED.replace("ASK", f"ASK FROM NAMED <{REPORT}>")
    assert ask(served, way, from_named).truth
    assert not ask(served, way, from_named, [("named-graph-uri", PLACES)]).truth


@pytest.mark.parametrize(
    ("method", "path", "body", "media_type", "status"),
    [
        ("GET", f"/sparql?query={quote_plus(CALLS)}&query={quote_plus(CALLS)}", None, None, 400),
        ("POST", "/sparql", f"query={quote_plus(CALLS)}&query={quote_plus(CALLS)}", FORM, 400),
        ("POST", f"/sparql?query={quote_plus(CALLS)}", CALLS, DIRECT, 400),
        ("GET", "/sparql?default-graph-uri=http%3A%2F%2Fx%2F", None, None, 400),
        ("POST", "/sparql", "", FORM, 400),
        ("POST", "/sparql", "", DIRECT, 400),
        ("POST", "/sparql", CALLS, None, 415),
        ("POST", "/sparql", CALLS, "text/plain", 415),
        ("POST", "/sparql", CALLS, "application/sparql-update", 415),
        ("POST", "/sparql", f"query={quote_plus(CALLS)}", "text/plain", 415),
        ("POST", "/sparql", CALLS.encode("utf-16"), DIRECT, 400),
        ("POST", "/sparql", "ASK { ?s ?p 'é' }".encode("latin-1"), DIRECT, 400),
        ("POST", "/sparql", CALLS.encode("utf-16"), f"{DIRECT}; charset=UTF-16", 415),
        ("POST", "/sparql", b"query=ASK+%7B+%3Fs+%3Fp+%27%E9%27+%7D", FORM, 400),
        ("GET", "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp", None, None, 400),
        ("GET", "/sparql?query=CLEAR%20ALL", None, None, 400),
        ("PUT", "/sparql", CALLS, DIRECT, 405),
        ("PATCH", "/sparql", CALLS, DIRECT, 405),
    ],
)
def test_a_bad_request_gets_400(  # noqa: PLR0917 a row of a table
    served: str, method: str, path: str, body: bytes | str | None, media_type: str | None, status: int
) -> None:
    """2.1.6 and HTTP: 400, 405 or 415 with a problem document, never 200 and never a fault of ours."""
    reply = send(served, method, path, body, {"Content-Type": media_type} if media_type else {})
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert json.loads(reply.body)["status"] == status


ROWS = "SELECT ?call WHERE { ?call a uphold:CallToAction }"
FORMS_OF_RESULTS = [
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
]
FORMS_OF_GRAPHS = [
    *("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"),
    *("application/n-quads", "application/trig"),
]


@pytest.mark.parametrize("query", [ROWS, CALLS])
@pytest.mark.parametrize("form", FORMS_OF_RESULTS)
def test_select_and_ask_have_each_form_of_results(served: str, query: str, form: str) -> None:
    """2.1.5; an ASK in CSV or TSV, which their specification leaves open, is the bare word true or false."""
    reply = send(served, "GET", f"/sparql?{urlencode({'query': query})}", None, {"Accept": form})
    assert (reply.status, reply.media_type) == (200, form)
    assert "Accept" in reply.headers["Vary"]
    assert reply.body
    if query == CALLS and form.startswith("text/"):
        assert reply.body.strip() == b"true"


@pytest.mark.parametrize("query", [ROWS.replace("SELECT ?call", "CONSTRUCT"), "DESCRIBE treaty:opsc"])
@pytest.mark.parametrize("form", FORMS_OF_GRAPHS)
def test_construct_and_describe_have_each_form_of_rdf(served: str, query: str, form: str) -> None:
    """2.1.5; N-Quads and TriG have the triples without a graph name, since a query's graph has none."""
    reply = send(served, "GET", f"/sparql?{urlencode({'query': query})}", None, {"Accept": form})
    assert (reply.status, reply.media_type) == (200, form)
    assert reply.body


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("text/turtle, */*;q=0.1", "application/sparql-results+json"),
        ("text/tab-separated-values, text/csv;q=0.5", "text/tab-separated-values"),
        ("image/*, application/*;q=0.5", "application/sparql-results+json"),
    ],
)
def test_quality_and_wildcards_decide(served: str, accept: str, expected: str) -> None:
    """RFC 9110, 12.5.1."""
    reply = send(served, "GET", f"/sparql?{urlencode({'query': ROWS})}", None, {"Accept": accept})
    assert reply.media_type == expected


@pytest.mark.parametrize(("query", "listed"), [(ROWS, FORMS_OF_RESULTS), ("DESCRIBE treaty:opsc", FORMS_OF_GRAPHS)])
def test_what_is_not_on_offer_is_answered_with_what_is(served: str, query: str, listed: list[str]) -> None:
    """406 lists every form, and varies with Accept as the answer would."""
    reply = send(served, "GET", f"/sparql?{urlencode({'query': query})}", None, {"Accept": "image/png"})
    assert (reply.status, reply.media_type) == (406, "application/problem+json")
    assert [form for form in listed if form not in json.loads(reply.body)["detail"]] == []
    assert "Accept" in reply.headers["Vary"]


def test_head_returns_the_headers_of_get(served: str) -> None:
    """The same status, type, length and ETag, and no body."""
    path = f"/sparql?{urlencode({'query': ROWS})}"
    got, head = send(served, "GET", path), send(served, "HEAD", path)
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Uphold-Snapshot"):
        assert head.headers[name] == got.headers[name] is not None, name


def test_any_site_may_ask(served: str) -> None:
    """A browser's preflight is allowed, and the answer may be read; never with credentials."""
    preflight_headers = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = send(served, "OPTIONS", "/sparql", None, preflight_headers)
    assert preflight.status in (200, 204)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    reply = send(served, "POST", "/sparql", CALLS, {"Content-Type": DIRECT, "Origin": "https://elsewhere.example"})
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Uphold-Snapshot" in reply.headers["Access-Control-Expose-Headers"]
    assert reply.headers["Access-Control-Allow-Credentials"] is None


def test_the_host_header_decides_nothing(served: str) -> None:
    """IRIs, redirects and relative IRIs in a query come from the settings, whatever Host and proxies' headers say."""
    spoofed = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    relative = urlencode({"query": "SELECT (STR(<id/x>) AS ?iri) {}"})
    for path in ("/sparql", f"/sparql?{relative}", "/id/treaty/opsc", "/doc/treaty/opsc", "/.well-known/void", "/"):
        reply = send(served, "GET", path, None, {**spoofed, "Accept": "text/turtle, text/csv;q=0.5, */*;q=0.1"})
        assert reply.status < 400, (path, reply.body)
        assert b"evil.example" not in reply.body + str(reply.headers).encode(), path
    assert f"{BASE}id/x".encode() in send(served, "GET", f"/sparql?{relative}", None, spoofed).body


@every_way
def test_a_caller_may_ask_for_less_time(served: str, way: str) -> None:
    """`timeout` in seconds shortens the deadline and never lengthens it; what is not a number is refused."""
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c != ?f && ?f != ?i) }"
    reply = ask(served, way, endless, [("timeout", "0.3")])
    assert reply.status == 503
    assert "0.3 s" in json.loads(reply.body)["detail"]
    assert ask(served, way, CALLS, [("timeout", "100000")]).truth
    for wrong in ("0", "-1", "soon", "nan", "inf", "1e999"):
        assert ask(served, way, CALLS, [("timeout", wrong)]).status == 400
