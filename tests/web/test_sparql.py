"""The endpoint follows the SPARQL 1.1 Protocol, and says what is wrong when a request does not."""

from __future__ import annotations

import io
import json
import random
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, TURTLE, XML, SPARQLWrapper
from werkzeug.test import TestResponse

from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.web.http.sparql_protocol import unescape

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
CALLS = "SELECT (COUNT(?call) AS ?calls) WHERE { ?call a uphold:CallToAction }"
ONE = "SELECT * WHERE { ?s ?p ?o } LIMIT 1"
GRAPH = "CONSTRUCT WHERE { ?call a uphold:CallToAction }"
ENDLESS = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"


def calls(response: TestResponse) -> int:
    """The number in the answer to CALLS."""
    assert response.status_code == 200, response.text
    return int(json.loads(response.data)["results"]["bindings"][0]["calls"]["value"])


def kind(response: TestResponse) -> tuple[int, str]:
    """Status and code of a problem."""
    assert response.mimetype == "application/problem+json"
    return response.status_code, response.get_json()["type"].rpartition("/")[2]


def test_a_query_is_answered_by_get_and_both_posts(client: FlaskClient) -> None:
    """The three ways of the protocol (2.1) return the same answer."""
    assert calls(client.get("/sparql", query_string={"query": CALLS})) == 9
    assert calls(client.post("/sparql", data={"query": CALLS})) == 9
    assert calls(client.post("/sparql", data=CALLS, content_type=DIRECT)) == 9
    assert calls(client.post("/sparql", data=CALLS, content_type=f"{DIRECT}; charset=UTF-8")) == 9


@pytest.mark.parametrize(
    ("query", "accept", "given"),
    [
        (ONE, None, "application/sparql-results+json"),
        (ONE, "*/*", "application/sparql-results+json"),
        (ONE, "application/json", "application/json"),
        (ONE, "application/sparql-results+xml", "application/sparql-results+xml"),
        (ONE, "application/xml", "application/xml"),
        (ONE, "text/csv", "text/csv"),
        (ONE, "text/tab-separated-values", "text/tab-separated-values"),
        (ONE, "text/html", "text/html"),
        ("ASK {}", None, "application/sparql-results+json"),
        (GRAPH, None, "text/turtle"),
        (GRAPH, "application/ld+json", "application/ld+json"),
        (GRAPH, "application/rdf+xml", "application/rdf+xml"),
        (GRAPH, "application/n-triples", "application/n-triples"),
        (GRAPH, "text/html", "text/html"),
        ("DESCRIBE treaty:opsc", "text/turtle", "text/turtle"),
    ],
)
def test_the_form_of_an_answer_is_negotiated(client: FlaskClient, query: str, accept: str | None, given: str) -> None:
    """Results and graphs each have four forms and a page."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.mimetype) == (200, given)
    assert "Accept" in response.vary


@pytest.mark.parametrize("accept", ["text/turtle", "image/png"])
def test_a_form_that_does_not_fit_is_refused(client: FlaskClient, accept: str) -> None:
    """Rows are not Turtle: 406 lists the available formats."""
    response = client.get("/sparql", query_string={"query": ONE}, headers={"Accept": accept})
    assert kind(response) == (406, "not-acceptable")
    assert "text/csv" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("GET", {"query_string": "query="}, (400, "malformed-request")),
        ("GET", {"query_string": "other=1"}, (400, "malformed-request")),
        ("GET", {"query_string": "query=ASK%7B%7D&query=ASK%7B%7D"}, (400, "malformed-request")),
        ("GET", {"query_string": "query=%FF%FE"}, (400, "malformed-request")),
        ("GET", {"query_string": "update=CLEAR+ALL"}, (400, "malformed-request")),
        ("POST", {"data": "", "content_type": FORM}, (400, "malformed-request")),
        ("POST", {"data": "", "content_type": DIRECT}, (400, "malformed-request")),
        ("POST", {"data": b"ASK { \xff }", "content_type": DIRECT}, (400, "malformed-request")),
        ("POST", {"data": b"query=%FF", "content_type": FORM}, (400, "malformed-request")),
        ("POST", {"data": b"query=\xff", "content_type": FORM}, (400, "malformed-request")),
        ("POST", {"data": "query=ASK%7B%7D&query=ASK%7B%7D", "content_type": FORM}, (400, "malformed-request")),
        ("POST", {"data": ONE}, (415, "unsupported-media-type")),
        ("POST", {"data": ONE, "content_type": "text/plain"}, (415, "unsupported-media-type")),
        ("POST", {"data": ONE, "content_type": f"{DIRECT}; charset=latin-1"}, (415, "unsupported-media-type")),
        ("POST", {"data": {"query": (io.BytesIO(b"ASK{}"), "q.rq")}}, (415, "unsupported-media-type")),
        ("PUT", {"data": ONE, "content_type": DIRECT}, (405, "method-not-allowed")),
        ("DELETE", {}, (405, "method-not-allowed")),
        ("GET", {"query_string": {"query": "SELECT * WHERE {"}}, (400, "query-syntax-error")),
        ("GET", {"query_string": {"query": "CLEAR ALL"}}, (400, "query-syntax-error")),
        ("GET", {"query_string": {"query": "ASK { SERVICE <http://x/> {} }"}}, (403, "query-forbidden")),
        ("GET", {"query_string": {"query": "ASK " + "{" * 500 + "}" * 500}}, (400, "query-too-deep")),
        ("POST", {"data": "ASK {}" + " " * 300_000, "content_type": DIRECT}, (413, "query-too-long")),
        ("POST", {"data": " " * 3_000_000, "content_type": DIRECT}, (413, "query-too-long")),
        ("GET", {"query_string": {"query": ONE, "default-graph-uri": "not an iri"}}, (400, "malformed-request")),
    ],
)
def test_a_request_that_breaks_the_protocol_is_refused(
    client: FlaskClient, method: str, given: dict[str, object], expected: tuple[int, str]
) -> None:
    """Each with its status and its own code, never a fault of the server."""
    assert kind(client.open("/sparql", method=method, **given)) == expected  # type: ignore[arg-type]


def test_percent_decoding_is_that_of_the_library() -> None:
    """Whatever is encoded, and whatever only looks like it."""
    chance = random.Random(3)  # noqa: S311
    texts = [bytes(chance.choices(b"%%%%09afAF+zg \r\n\t\x00\x7f?<>_.", k=chance.randrange(12))) for _ in range(20_000)]
    texts += [f"%{byte:02{form}}\n ".encode() for byte in range(256) for form in "xX"]
    for text in texts:
        assert unescape(text) == unquote_to_bytes(text)


def test_a_refused_method_says_which_are_taken(client: FlaskClient) -> None:
    """405 with Allow."""
    assert client.put("/sparql").headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_query_that_does_not_parse_is_reported_with_its_place(client: FlaskClient) -> None:
    """The place is in the JSON, and on the page beside the query."""
    query = "SELECT *\nWHERE { ?s ?p }"
    problem = client.get("/sparql", query_string={"query": query}).get_json()
    assert (problem["line"], problem["column"]) == (2, 15)
    page = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "Line 2, column 15." in page.text
    assert "WHERE { ?s ?p }" in page.text


def test_the_graphs_of_a_request_come_before_those_of_the_query(client: FlaskClient) -> None:
    """Protocol 2.1.4; an unknown graph is an empty one."""
    places, report = f"{BASE}graph/places", f"{BASE}graph/report-2011"
    params = {"query": CALLS}
    assert calls(client.get("/sparql", query_string={**params, "default-graph-uri": report})) == 9
    assert calls(client.get("/sparql", query_string={**params, "default-graph-uri": places})) == 0
    assert calls(client.get("/sparql", query_string={**params, "default-graph-uri": [places, report]})) == 9
    assert calls(client.get("/sparql", query_string={**params, "default-graph-uri": "http://nowhere.example/"})) == 0
    assert calls(client.get("/sparql", query_string={**params, "named-graph-uri": report})) == 0
    with_from = CALLS.replace("WHERE", f"FROM <{report}> WHERE")
    assert calls(client.post(f"/sparql?default-graph-uri={places}", data=with_from, content_type=DIRECT)) == 0
    in_graph = CALLS.replace("{ ?call", "{ GRAPH ?g { ?call").replace("}", "} }")
    assert calls(client.post("/sparql", data={"query": in_graph, "named-graph-uri": report})) == 9
    assert calls(client.post("/sparql", data={"query": in_graph, "named-graph-uri": places})) == 0


def test_from_in_a_query_limits_what_it_is_about(client: FlaskClient) -> None:
    """FROM names the default graph; without it that is the union of all."""
    assert calls(client.get("/sparql", query_string={"query": CALLS})) == 9
    for name, count in (("places", 0), ("report-2011", 9)):
        query = CALLS.replace("WHERE", f"FROM <{BASE}graph/{name}> WHERE")
        assert calls(client.get("/sparql", query_string={"query": query})) == count


@pytest.mark.parametrize("accept", [None, "text/turtle", "application/rdf+xml", "application/ld+json"])
def test_without_a_query_the_service_describes_itself(client: FlaskClient, accept: str | None) -> None:
    """Formats, union default graph and every named graph."""
    response = client.get("/sparql", headers={"Accept": accept} if accept else {})
    graph = rdflib.Graph().parse(data=response.data, format=response.mimetype)
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    service = rdflib.URIRef(f"{BASE}sparql")
    assert (service, sd.feature, sd.UnionDefaultGraph) in graph
    assert len(set(graph.objects(service, sd.resultFormat))) == 10
    assert rdflib.URIRef(f"{BASE}graph/report-2011") in set(graph.objects(None, sd.name))


def test_the_form_works_without_scripts(client: FlaskClient) -> None:
    """A browser gets a form that sends the query by GET; the editor is laid over it where scripts run."""
    page = client.get("/sparql", headers={"Accept": "text/html"}).text
    assert re.search('<form id="ask" action="/sparql" method="get"', page)
    assert '<textarea id="query" name="query"' in page
    assert re.findall("<script(?! (?:(?:defer|type=.module.) src=./static/|type=.application/ld))", page) == []


def test_a_result_page_has_a_row_for_each_solution_and_links_that_stay(client: FlaskClient) -> None:
    """The table is plain HTML; the caption counts."""
    query = "SELECT ?call ?label WHERE { ?call a uphold:CallToAction ; skos:prefLabel ?label }"
    page = client.get("/sparql", query_string={"query": query, "format": "html"}).text
    assert "9 rows</caption>" in page
    assert 'href="/doc/call/nzl-1"' in page


def test_head_returns_the_headers_of_get(client: FlaskClient) -> None:
    """The same length and ETag, and no body."""
    head, get = (client.open("/sparql", method=method, query_string={"query": CALLS}) for method in ("HEAD", "GET"))
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.data))
    assert head.headers["ETag"] == get.headers["ETag"]


def test_an_answer_that_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    """304 by the ETag of the bytes."""
    params = {"query": CALLS}
    first = client.get("/sparql", query_string=params)
    again = client.get("/sparql", query_string=params, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_query_past_its_time_is_a_problem_and_never_a_short_answer(app_client: AppClient, tiny: Settings) -> None:
    """An answer that breaks off is not sent at all, and the next one is fine."""
    hurried = Settings(files=tiny.files, state=tiny.state, query_timeout=1, query_workers=1)
    with app_client(hurried) as client:
        calls(client.get("/sparql", query_string={"query": CALLS}))  # the worker is ready
        began = time.monotonic()
        assert kind(client.get("/sparql", query_string={"query": ENDLESS})) == (503, "query-timeout")
        assert time.monotonic() - began < 5
        assert calls(client.get("/sparql", query_string={"query": CALLS})) == 9


def test_an_answer_past_the_limit_is_a_problem_and_leaves_no_file(app_client: AppClient, tiny: Settings) -> None:
    """The disk does not fill up with answers."""
    small = Settings(files=tiny.files, state=tiny.state, result_max_mb=5, query_workers=1)
    with app_client(small) as client:
        assert kind(client.get("/sparql", query_string={"query": ENDLESS})) == (503, "result-too-large")
    assert not list(tiny.state.glob("answer-*"))


def test_sparqlwrapper_gets_every_form_over_http(served: str) -> None:
    """The usual client, over a real connection, by GET and by both POSTs."""
    wrapper: Any = SPARQLWrapper(f"{served}/sparql")
    wrapper.setQuery(CALLS)
    for method, request_kind in (("GET", None), (POST, None), (POST, POSTDIRECTLY)):
        wrapper.setMethod(method)
        if request_kind:
            wrapper.setRequestMethod(request_kind)
        wrapper.setReturnFormat(JSON)
        assert wrapper.queryAndConvert()["results"]["bindings"][0]["calls"]["value"] == "9"
    wrapper.setReturnFormat(CSV)
    assert wrapper.queryAndConvert().split() == [b"calls", b"9"]
    wrapper.setReturnFormat(XML)
    assert ">9<" in wrapper.queryAndConvert().toxml()
    wrapper.setQuery(GRAPH)
    wrapper.setReturnFormat(TURTLE)
    assert len(rdflib.Graph().parse(data=wrapper.queryAndConvert(), format="turtle")) == 9


def test_a_large_answer_is_complete(client: FlaskClient, tiny: Settings) -> None:
    """What does not fit in memory goes through a file, and not a byte is lost."""
    query = "SELECT * WHERE { ?s ?p ?o . VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 } }"
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "all.nq"
        copy.write_bytes((tiny.state / "current" / "data.nq").read_bytes())
        triples = {quad.triple for quad in ox.parse(path=str(copy), format=ox.RdfFormat.N_QUADS)}
    assert len(response.data) > 4_000_000
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert response.data.count(b"\r\n") >= len(triples) * 16
