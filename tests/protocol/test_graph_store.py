"""The Graph Store HTTP Protocol over real HTTP, against servers that share one state folder."""

from __future__ import annotations

import gzip
import http.client
import json
import subprocess
import time
import tomllib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import brotli
import pytest

from tests.conftest import copied, running_server
from tests.protocol.target import repeated_text
from tests.web.graphs.graph_store import TURTLE, secret_of, triples
from uphold.settings import Settings

HERE = Path(__file__).parent
STEPS: list[dict[str, Any]] = tomllib.loads((HERE / "http" / "graph-store.toml").read_text("utf-8"))["steps"]
UPLOADS = tomllib.loads((HERE / "hostile" / "uploads.toml").read_text("utf-8"))
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
ONE = "<urn:a:b> <urn:a:c> 1 ."
Pair = tuple[str, str]


class Server:
    """A running server, its state folder, and a token for every graph."""

    def __init__(self, address: str, settings: Settings, secret: str) -> None:
        self.address, self.settings, self.secret = address, settings, secret
        place = urlsplit(address)
        self.host, self.port = str(place.hostname), int(place.port or 0)

    def send(
        self, method: str, path: str, body: str | bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """A response to a request with the token, and its body."""
        channel = http.client.HTTPConnection(self.host, self.port, timeout=60)
        content = body.encode() if isinstance(body, str) else body
        fields = {"Authorization": f"Bearer {self.secret}", "Content-Type": TURTLE, **(headers or {})}
        try:
            channel.request(method, path, content or None, fields)
            response = channel.getresponse()
            return response, response.read()
        finally:
            channel.close()


@pytest.fixture(scope="module")
def servers(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two servers of one process each, on one state folder."""
    settings = replace(copied(tiny, tmp_path_factory.mktemp("servers")), server_processes=1, query_workers=1)
    secret = secret_of(settings)
    with running_server(settings) as one, running_server(settings) as other:
        yield Server(one, settings, secret), Server(other, settings, secret)


@pytest.fixture(scope="module")
def server(servers: tuple[Server, Server]) -> Server:
    """One of them."""
    return servers[0]


def place_of(step: dict[str, Any]) -> str:
    """The address of a step."""
    if "query" in step:
        return f"/graphs?{step['query']}"
    if "graph" in step:
        return f"/graphs/{step['graph']}"
    return f"/graphs?graph={quote(step['iri'], safe='')}" if "iri" in step else "/graphs?default" * ("default" in step)


def test_the_cases_of_the_protocol(server: Server) -> None:
    """Each step has one of the statuses that its section allows, and leads to the graph that it must."""
    assert len(STEPS) >= 17
    for step in STEPS:
        place, kind = place_of(step) or "/graphs", {"Content-Type": step.get("type", TURTLE)}
        response, content = server.send(step["method"], place, step.get("body", ""), kind)
        assert response.status in step["status"], (step["name"], content)
        if response.status == 201:
            place = response.headers["Location"]
        if "has" in step:
            read, found = server.send("GET", place)
            assert read.status == 200, step["name"]
            assert triples(found) == triples(step["has"]), step["name"]
            head, nothing = server.send("HEAD", place)
            assert (head.status, nothing, head.headers["ETag"]) == (200, b"", read.headers["ETag"])
        if step.get("gone"):
            assert server.send("GET", place)[0].status == 404, step["name"]


def test_a_write_is_visible_at_once_in_every_process(servers: tuple[Server, Server]) -> None:
    """Fifty writes, by turns at each of two servers, and each is read at the other without a pause."""
    for number in range(50):
        writer, reader = servers if number % 2 else servers[::-1]
        written, _ = writer.send("PUT", "/graphs/visible", f"<urn:a:b> <urn:a:c> {number} .")
        read, content = reader.send("GET", "/graphs/visible", headers={"Accept": "application/n-triples"})
        assert written.status in (201, 204)
        assert f'"{number}"' in content.decode()
        assert read.headers["Uphold-Snapshot"] == written.headers["Uphold-Snapshot"]


def test_a_cached_response_is_never_older_than_a_write(servers: tuple[Server, Server]) -> None:
    """A query that was answered from the cache just before has a new answer just after."""
    query = "/sparql?query=" + quote("SELECT ?o { GRAPH ?g { <urn:cached:s> <urn:cached:p> ?o } }")
    for number in range(5):
        for each in servers:
            for _ in range(3):  # the third time from the cache
                each.send("GET", query, headers={"Accept": "text/csv"})
        servers[0].send("PUT", "/graphs/cached", f"<urn:cached:s> <urn:cached:p> {number} .")
        for each in servers[::-1]:
            assert each.send("GET", query, headers={"Accept": "text/csv"})[1].split() == [b"o", str(number).encode()]


def test_writers_of_both_servers_lose_nothing(servers: tuple[Server, Server]) -> None:
    """Twelve merges at once: all are there, and the history has each."""

    def merge(number: int) -> int:
        return servers[number % 2].send("POST", "/graphs/merged", f"<urn:a:b> <urn:a:c> {number} .")[0].status

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(merge, range(12)))
    assert statuses == [201, *[204] * 11]
    for each in servers:
        _, content = each.send("GET", "/graphs/merged", headers={"Accept": "application/n-triples"})
        assert content.count(b"\n") == 12
    _, content = servers[0].send("GET", "/graphs/merged/history?format=json")
    assert [row["added"] for row in json.loads(content)["changes"]] == [1] * 12


def test_curl_is_a_client(server: Server, tmp_path: Path) -> None:
    """Uploads of a file, forms, conditions, and a body that is large enough for Expect: 100-continue."""
    file, large = tmp_path / "one.ttl", tmp_path / "large.nt"
    file.write_text(ONE, "utf-8")
    large.write_text("".join(f'<urn:a:{n}> <urn:a:p> "{"x" * 9_000}" .\n' for n in range(150)), "utf-8")
    place = f"{server.address}/graphs/curl"

    def curl(*arguments: str) -> str:
        command = ["curl", "--silent", "--max-time", "60", "--output", f"{tmp_path}/out", "--write-out", "%{http_code}"]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=True).stdout

    token = ("--header", f"Authorization: Bearer {server.secret}")
    turtle = ("--header", "Content-Type: text/turtle")
    assert curl(*token, *turtle, "--upload-file", str(file), place) == "201"
    assert curl(*token, *turtle, "--upload-file", str(file), "--header", "If-None-Match: *", place) == "412"
    assert curl(*token, "--form", f"a=@{file};type=text/turtle", place) == "204"
    assert curl(*token, "--form", f"a=<{file};type=text/turtle", place) == "204"
    assert curl(place) == "200"
    assert triples((tmp_path / "out").read_bytes()) == triples(ONE)
    lines = ("--header", "Content-Type: application/n-triples")
    assert curl(*lines, "--upload-file", str(large), place) == "401"
    assert curl(*token, *lines, "--upload-file", str(large), place) == "204"
    chunked = ("--header", "Transfer-Encoding: chunked")
    assert curl(*token, *turtle, *chunked, "--upload-file", str(file), place) == "204"
    assert curl(*token, "--request", "DELETE", place) == "204"
    assert curl(place) == "404"


@pytest.mark.parametrize("name", UPLOADS)
def test_a_hostile_body_changes_nothing(server: Server, name: str) -> None:
    """It gets what /validate answers to it, or is a graph like any other; here as a dry run."""
    case = UPLOADS[name]
    body = repeated_text(case["body"]).replace("LISTENER", "http://127.0.0.1:9/").encode()
    body = PACK[case["packed"]](body) if "packed" in case else body
    headers = {"Content-Type": case["type"], "Prefer": "handling=dry-run"}
    headers |= {"Content-Encoding": case["encoding"]} if "encoding" in case else {}
    method = "POST" if case["type"].startswith("multipart/") else "PUT"
    response, content = server.send(method, "/graphs/hostile", body, headers)
    says = str(response.status)
    if response.status >= 400:
        says = f"{says} {json.loads(content)['type'].rpartition('/')[2]}"
    empty = response.status == 200 and "400 body-syntax-error" in case["answers"]  # no statement is a graph, too
    assert says in case["answers"] or says == "422 change-does-not-conform" or empty, content
    assert len(content) < 200_000
    assert server.send("GET", "/graphs/hostile")[0].status == 404


def test_a_slow_body_holds_nobody_up(server: Server) -> None:
    """A client that sends its body slowly waits before it has the write lock."""
    slow = http.client.HTTPConnection(server.host, server.port, timeout=60)
    slow.putrequest("PUT", "/graphs/slow")
    for name, value in (
        ("Authorization", f"Bearer {server.secret}"),
        ("Content-Type", TURTLE),
        ("Content-Length", "23"),
    ):
        slow.putheader(name, value)
    slow.endheaders(b"<urn:a:b> ")
    began = time.monotonic()
    assert server.send("PUT", "/graphs/fast", ONE)[0].status == 201
    assert time.monotonic() - began < 10
    slow.send(b"<urn:a:c> 1 .")
    assert slow.getresponse().status == 201
    slow.close()


def test_the_log_has_no_token(server: Server) -> None:
    """Wherever a client puts it: the header, the path, the query string or the request id."""
    for path, headers in (
        ("/graphs/logged", {}),
        (f"/graphs/{server.secret}", {}),
        (f"/graphs?graph=urn:a:b&access_token={server.secret}", {}),
        ("/graphs/logged", {"X-Request-Id": server.secret}),
        ("/graphs/logged", {"Authorization": server.secret}),
    ):
        server.send("PUT", path, ONE, headers)
    logs = "".join(file.read_text("utf-8") for file in server.settings.state.glob("server-*.log"))
    assert '"method": "PUT"' in logs or "method=PUT" in logs or "PUT" in logs
    assert server.secret not in logs
