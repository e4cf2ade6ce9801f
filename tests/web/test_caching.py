"""Caching is exact: a cached response equals a fresh one, and nothing else is cached."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families as read_metrics
from werkzeug.test import TestResponse

from tests.conftest import running_server
from uphold.build.pipeline import build
from uphold.settings import Settings
from uphold.web.http.request_context import context_of
from uphold.web.middleware.access_log import AccessLog
from uphold.web.middleware.transfer_limit import TransferLimit

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
NAME = "SELECT ?name { jurisdiction:tha skos:altLabel ?name }"
ROWS = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 40"
SLOW = """SELECT (COUNT(*) AS ?n) {
  GRAPH graph:questions { ?a ?b ?c } GRAPH graph:ontology { ?d ?e ?f } FILTER (STRLEN(CONCAT(STR(?a), STR(?f))) = 3)
}"""
CSV, HTML, JSON = {"Accept": "text/csv"}, {"Accept": "text/html"}, {"Accept": "application/sparql-results+json"}
OF_ONE_REQUEST = ("X-Request-Id", "Server-Timing", "Date")
PATHS = [
    *("/", "//", "/sparql", "/sparql/", "//sparql", "/doc", "/doc/jurisdiction/", "/doc/jurisdiction/?page=2"),
    *("/doc/jurisdiction/tha", "/doc/jurisdiction/tha.ttl", "/doc/jurisdiction%2Ftha", "/doc//jurisdiction/tha"),
    *("/doc/jurisdiction/tha/", "/doc/jurisdiction/nowhere", "/id/jurisdiction/tha", "/ontology", "/ontology.ttl"),
    *("/shapes", "/shapes/", "/.well-known/void", "/snapshots", "/problem/not-found", "/robots.txt", "/sitemap.xml"),
    *(f"/sparql?{urlencode({'query': ROWS})}", f"/sparql?{urlencode({'query': ROWS, 'format': 'csv'})}"),
    *(f"/sparql?{urlencode({'format': 'csv', 'query': ROWS})}", f"/sparql?{urlencode({'query': ROWS + ' #'})}"),
    *(f"/sparql?{urlencode({'query': ROWS})}&", f"/sparql?{urlencode({'query': 'nothing'})}", "/sparql?query="),
    *(f"/sparql?{urlencode({'query': 'CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3'})}", "/sparql?query=ASK%7b%7d"),
]
HEADERS: dict[str, list[str | None]] = {
    "Accept": [None, "text/html", "text/turtle", "text/csv", "application/json", "image/png", "text/*;q=0.5, */*;q=.1"],
    "Accept-Encoding": [None, "gzip", "br", "identity", "gzip;q=0", "identity;q=0, gzip"],
    "Accept-Language": [None, "th"],
    "Accept-Datetime": [None, None, None, "Thu, 01 Jan 2099 00:00:00 GMT", "yesterday"],
    "If-None-Match": [None, None, None, "*", '"x"', 'W/"x", "y"'],
    "If-Match": [None, None, None, None, '"x"'],
    "Range": [None, None, None, "bytes=0-9"],
    "Host": [None, "elsewhere.example"],
}
BODIES: list[tuple[str, bytes]] = [
    ("application/x-www-form-urlencoded", urlencode({"query": ROWS}).encode()),
    ("application/sparql-query", ROWS.encode()),
    ("application/sparql-query; charset=utf-8", ROWS.encode()),
    ("application/sparql-query; charset=latin-1", ROWS.encode()),
    ("text/plain", ROWS.encode()),
]


def ask(client: FlaskClient, query: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
    """The answer to a query by GET."""
    return client.get("/sparql", query_string={"query": query, **fields}, headers=headers or JSON)


def runs(text: str) -> float:
    """How many queries have run, by what /metrics says."""
    samples = [sample for family in read_metrics(text) for sample in family.samples]
    return sum(
        each.value
        for each in samples
        if each.name == "uphold_result_cache_requests_total" and each.labels["result"] == "miss"
    )


@pytest.fixture(scope="module")
def uncached(tiny: Settings, app_client: AppClient) -> Iterator[FlaskClient]:
    """A client of an app without caches."""
    with app_client(dataclasses.replace(tiny, result_cache_mb=0, response_cache_mb=0)) as made:
        yield made


def requests(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Requests at random, of which many differ in one thing only."""
    made: list[dict[str, Any]] = []
    for _ in range(count):
        chosen = {name: value for name, values in HEADERS.items() if (value := chance.choice(values)) is not None}
        one: dict[str, Any] = {"path": chance.choice(PATHS), "method": chance.choice(("GET", "GET", "HEAD", "POST"))}
        if one["method"] == "POST":
            media_type, one["data"] = chance.choice(BODIES)
            one["path"] = chance.choice(("/sparql", *PATHS[:1], *PATHS[-5:]))
            chosen["Content-Type"] = media_type
        if chance.random() < 0.2:
            one["environ_overrides"] = {"SCRIPT_NAME": "/below"}
        made.append({**one, "headers": {**chosen, "X-Request-ID": "one"}})
    return made


def content_of(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of a reply but what is about the one request."""
    kept = sorted((name, value) for name, value in response.headers if name not in OF_ONE_REQUEST)
    return response.status_code, kept, response.data


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """More seeds in a long run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, 21) if metafunc.config.getoption("long") else [1])


def test_every_response_equals_that_of_an_app_without_caches(
    tiny: Settings, app_client: AppClient, uncached: FlaskClient, seed: int, pytestconfig: pytest.Config
) -> None:
    """Byte for byte and header for header, in whatever order requests come, and for most of them several times."""
    chance = random.Random(seed)  # noqa: S311
    sent = requests(chance, 250 if pytestconfig.getoption("long") else 100)
    truth = [content_of(uncached.open(**each)) for each in sent]
    order = [*range(len(sent))] * 3
    chance.shuffle(order)
    with app_client(tiny) as client:
        hits = 0
        for place in order:
            response = client.open(**sent[place])
            assert content_of(response) == truth[place], sent[place]
            hits += response.headers["Server-Timing"] == "cache;desc=hit"
    assert hits > len(sent) // 5


def test_a_page_that_was_posted_for_is_sent_from_the_cache_too(client: FlaskClient, uncached: FlaskClient) -> None:
    """Only GET and HEAD of a page are conditional (RFC 9110, 13.1.2), as without caches."""
    for app in (uncached, client, client):
        reply = app.post(
            "/sparql",
            data="ASK { ?s ?p ?o }",
            headers={"Accept": "text/html", "Content-Type": "application/sparql-query", "If-None-Match": "*"},
        )
        assert (reply.status_code, reply.mimetype) == (200, "text/html")
    assert reply.headers["Server-Timing"] == "cache;desc=hit"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("keeps", [True, False])
def test_a_client_with_the_answer_gets_304_and_no_query_runs(
    client: FlaskClient, uncached: FlaskClient, encoding: str, keeps: bool
) -> None:
    """Also where nothing is cached, since the ETag of an answer is known before it."""
    own = client if keeps else uncached
    headers = {**JSON, "Accept-Encoding": encoding}
    first = ask(own, ROWS, headers)
    before = runs(own.get("/metrics").text)
    for known in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"x", {first.headers["ETag"]}', "*"):
        again = ask(own, ROWS, {**headers, "If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
        for name in ("Vary", "Cache-Control", "Uphold-Snapshot"):
            assert again.headers[name] == first.headers[name]
    assert runs(own.get("/metrics").text) == before


def test_the_name_of_an_answer_does_not_depend_on_the_way_of_asking(client: FlaskClient) -> None:
    """Nor on space, comments or the time limit of the query; all of them are one run."""
    before = runs(client.get("/metrics").text)
    query = f"{ROWS} OFFSET 1"
    direct = {**JSON, "Content-Type": "application/sparql-query"}
    given = [
        ask(client, query),
        client.head("/sparql", query_string={"query": query}, headers=JSON),
        ask(client, query, timeout="5"),
        ask(client, query, {"Accept": "*/*"}, format="json"),
        ask(client, query.replace(" ", "\n  ") + " # so"),
        client.post("/sparql", data={"query": query}, headers=JSON),
        client.post("/sparql", data=query, headers=direct),
    ]
    assert [each.status_code for each in given] == [200] * len(given)
    assert len({each.headers["ETag"] for each in given}) == 1
    assert len({each.headers["Content-Length"] for each in given}) == 1
    assert runs(client.get("/metrics").text) == before + 1


def test_the_name_of_an_answer_depends_on_all_that_its_bytes_depend_on(client: FlaskClient) -> None:
    """Format, encoding, graphs and their role, and the text of strings."""
    base = "https://w3id.org/uphold/graph/"
    given = [
        ask(client, ROWS),
        ask(client, ROWS, CSV),
        ask(client, ROWS, {**JSON, "Accept-Encoding": "gzip"}),
        client.get("/sparql", query_string={"query": ROWS, "default-graph-uri": f"{base}places"}, headers=JSON),
        client.get("/sparql", query_string={"query": ROWS, "named-graph-uri": f"{base}places"}, headers=JSON),
        client.get("/sparql", query_string={"query": ROWS, "default-graph-uri": f"{base}treaties"}, headers=JSON),
        ask(client, 'SELECT ("a  b" AS ?x) {}'),
        ask(client, 'SELECT ("a b" AS ?x) {}'),
    ]
    assert len({each.headers["ETag"] for each in given}) == len(given)


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
@pytest.mark.parametrize("headers", [JSON, HTML], ids=["json", "html"])
def test_what_changes_from_run_to_run_is_never_cached(client: FlaskClient, call: str, headers: dict[str, str]) -> None:
    """Neither here nor by anybody else, whether for programs or as a page."""
    before = runs(client.get("/metrics").text)
    given = [ask(client, f"SELECT ({call} AS ?x) {{}}", headers) for _ in range(3)]
    assert [each.headers["Cache-Control"] for each in given] == ["no-store"] * 3
    assert not any("ETag" in each.headers for each in given)
    assert runs(client.get("/metrics").text) == before + 3


@pytest.mark.parametrize("headers", [JSON, HTML, {**HTML, "If-None-Match": "*"}])
@pytest.mark.parametrize(
    ("path", "status"),
    [("/sparql?query=SELECT", 400), ("/sparql?query=ASK%7B%7D&timeout=x", 400), ("/doc/jurisdiction/nowhere.ttl", 404)],
)
def test_no_error_is_cached(client: FlaskClient, headers: dict[str, str], path: str, status: int) -> None:
    """Also not as a page that shows the query again, and not under a name."""
    for _ in range(2):
        response = client.get(path, headers=headers)
        assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")
        assert "ETag" not in response.headers
        assert "hit" not in response.headers["Server-Timing"]


def test_a_cached_reply_has_the_id_of_its_own_request(client: FlaskClient) -> None:
    """And no other: the id of the request that filled the cache is not stored."""
    for name in ("first", "second"):
        response = client.get("/doc/jurisdiction/nzl.ttl", headers={"X-Request-Id": name})
        assert response.headers.getlist("X-Request-Id") == [name]


def test_a_condition_that_fails_is_an_error_and_not_cached(client: FlaskClient) -> None:
    """Also when the page itself is cached already."""
    client.get("/doc/jurisdiction/tha.ttl")
    response = client.get("/doc/jurisdiction/tha.ttl", headers={"If-Match": '"x"'})
    assert (response.status_code, response.headers["Cache-Control"]) == (412, "no-store")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
def test_every_response_names_its_snapshot(client: FlaskClient, method: str) -> None:
    """Pages, answers, redirects, static files, errors, and what needs no view."""
    identity = client.get("/healthz").headers["Uphold-Snapshot"]
    for path in (*PATHS, "/static/style.css", "/static/none", "/metrics", "/healthz", "/dumps/uphold.nq.gz"):
        assert client.open(path, method=method).headers["Uphold-Snapshot"] == identity, path


def test_an_unforeseen_error_around_the_app_names_its_snapshot(client: FlaskClient, tiny: Settings) -> None:
    """Once the request has acquired one."""

    def broken(environ: dict[str, Any], _: Any) -> list[bytes]:
        context_of(environ).snapshot_id = client.application.extensions["uphold"].snapshot.id
        raise RuntimeError

    app = Flask("broken")
    app.wsgi_app = AccessLog(broken, tiny, TransferLimit(1))  # type: ignore[method-assign]
    response = app.test_client().get("/")
    assert response.status_code == 500
    assert response.headers["Uphold-Snapshot"] == client.application.extensions["uphold"].snapshot.id


def test_a_length_that_is_not_a_number_is_a_bad_request(client: FlaskClient) -> None:
    """400, though some digits are not numbers."""
    wrong = {"CONTENT_LENGTH": "\u00b2"}
    assert client.post("/sparql", data={"query": ROWS}, environ_overrides=wrong).status_code == 400


def test_caches_stay_within_their_bound(tiny: Settings, app_client: AppClient) -> None:
    """By its own count and by the process's memory, while several times as much is answered."""
    with app_client(dataclasses.replace(tiny, result_cache_mb=10, response_cache_mb=10)) as client:
        manager = client.application.extensions["uphold"]
        before, size = resident(), 0
        for number in range(500):
            query = f"SELECT ?a ?b ?c ?d ?e {{ ?a ?b ?c . ?d ?e ?f }} OFFSET {number} LIMIT 500"
            size += len(ask(client, query).data)
            assert manager.result_cache.cached.currsize <= 10_000_000
            assert client.application.wsgi_app.wsgi.entries.currsize <= 10_000_000  # type: ignore[attr-defined]
        assert size > 50_000_000
        assert resident() - before < 50_000_000


def resident() -> int:
    """Bytes of memory that this process has."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        pytest.skip("memory is measured by /proc, which only Linux has")


def test_names_of_any_length_fill_no_memory(client: FlaskClient) -> None:
    """What a stranger sends as format or Accept is not remembered when it is long."""
    before = resident()
    for number in range(200):
        sent = {"query": f"ASK {{ FILTER (1 = {number}) }}", "format": f"{number}" + "x" * 500_000}
        assert client.post("/sparql", data=sent, headers={"Accept": f"*/*, a/{'b' * 100_000}{number}"}).data
    assert resident() - before < 60_000_000


def test_the_same_query_of_many_clients_runs_once(tiny: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP, with a query slow enough for all to wait for it."""
    monkeypatch.setenv("UPHOLD_SERVER_PROCESSES", "1")
    monkeypatch.setenv("UPHOLD_QUERY_TIMEOUT", "120")
    with running_server(tiny) as address:

        def fetch(path: str) -> bytes:
            with urllib.request.urlopen(f"{address}{path}", timeout=150) as response:
                found: bytes = response.read()
                return found

        path = f"/sparql?{urlencode({'query': SLOW, 'format': 'json'})}"
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(fetch, [path] * 8))
        assert len(found) == 1
        assert json.loads(found.pop())["results"]["bindings"]
        assert runs(fetch("/metrics").decode()) == 1


def test_no_reply_mixes_two_snapshots_or_comes_late(app_client: AppClient, tiny_copy: Settings) -> None:
    """While four clients ask and the snapshot changes: header and body agree, and later answers are of the new."""
    table = tiny_copy.files / "data" / "places" / "State.csv"
    text, texts = table.read_text("utf-8"), dict[str, str]()
    for name in ("Siam", "Muang Thai", "Kingdom of Thailand"):
        table.write_text(text.replace("Kingdom of Thailand", name), "utf-8")
        texts[build(tiny_copy).id] = table.read_text("utf-8")
    *later, _ = texts
    stop, seen = threading.Event(), list[tuple[str, str, str, bytes]]()
    with app_client(tiny_copy) as client:
        application = client.application

        def watch() -> None:
            own = application.test_client()
            while not stop.wait(0.002):
                row = own.get("/sparql", query_string={"query": NAME}, headers={**CSV, "Accept-Encoding": "identity"})
                page = own.get("/doc/jurisdiction/tha.ttl")
                for reply in (row, page):
                    seen.append(
                        (reply.headers["Uphold-Snapshot"], str(reply.mimetype), reply.headers["ETag"], reply.data)
                    )

        def late() -> str:
            return ask(application.test_client(), NAME, CSV).headers["Uphold-Snapshot"]

        with ThreadPoolExecutor(4) as pool:
            watching = [pool.submit(watch) for _ in range(4)]
            try:
                for identity in later * 3:
                    table.write_text(texts[identity], "utf-8")
                    assert build(tiny_copy).id == identity  # which it finds built, and makes current
                    time.sleep(0.05)  # how old the look at what is current may be
                    assert {late() for _ in range(20)} == {identity}
            finally:
                stop.set()
            for each in watching:
                each.result(60)
    assert {identity for identity, *_ in seen} <= texts.keys()
    assert len({identity for identity, *_ in seen}) >= 2
    assert len(set(seen)) == len({(identity, form) for identity, form, _, _ in seen})
    assert len({etag for *_, etag, _ in seen}) == len({data for *_, data in seen})
