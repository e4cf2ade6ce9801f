"""Hostile clients over real HTTP: each gets a clean answer, the server goes on, and nobody else is harmed.

The cases are the files in `hostile/`. Every request is followed by a simple one to the same server process, which is
known by the beginning of its request ids.
"""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import re
import socket
import time
import tomllib
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import brotli
import pytest

from tests.conftest import running_server
from uphold.settings import Settings

HERE = Path(__file__).parent / "hostile"
QUERIES = sorted(HERE.glob("*.rq"))
REQUESTS = tomllib.loads((HERE / "requests.toml").read_text("utf-8"))
UPLOADS = tomllib.loads((HERE / "uploads.toml").read_text("utf-8"))
PATHS = (HERE / "paths.txt").read_text("utf-8").split()
REPEAT = re.compile(r"⟦(\d+)\|(.*?)⟧", re.DOTALL)
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
DEADLINE, PATIENCE = 1.0, 30.0
NUMBERS = itertools.count()
ENDLESS = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c != ?f && ?i != {}) }}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def says(self) -> str:
        """The status, and for a problem its code."""
        if self.headers.get_content_type() != "application/problem+json":
            return str(self.status)
        problem = json.loads(self.body)
        assert problem["status"] == self.status
        return f"{self.status} {problem['type'].rpartition('/')[2]}"

    @property
    def process(self) -> str:
        """Names the server process."""
        return str(self.headers["X-Request-Id"]).rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Target:
    """A server with tight limits, and a socket on which nobody may call."""

    address: tuple[str, int]
    process: str
    listener: socket.socket

    def fill(self, text: str) -> str:
        """A case with its marks written out."""
        text = text.replace("LISTENER", f"http://127.0.0.1:{self.listener.getsockname()[1]}/")
        return REPEAT.sub(lambda found: "".join(found[2].replace("§", str(n)) for n in range(int(found[1]))), text)

    def connect(self, line: str, headers: list[str], body: bytes = b"") -> socket.socket:
        """A connection on which one request was sent, as far as the server took it."""
        fields = [*headers, "Host: here.example", "Connection: close"]
        if body and not any(field.lower().startswith(("content-length", "transfer-encoding")) for field in headers):
            fields.append(f"Content-Length: {len(body)}")
        channel = socket.create_connection(self.address, PATIENCE)
        with suppress(OSError):  # a server that refuses does not read on
            channel.sendall("\r\n".join([line, *fields, "", ""]).encode("latin-1") + body)
        return channel

    def send(self, line: str, headers: list[str] | None = None, body: bytes = b"", *, closes: bool = False) -> Reply:
        """One request and its reply, on a connection of its own."""
        with self.connect(line, headers or [], body) as channel:
            if closes:
                channel.shutdown(socket.SHUT_WR)
            return receive(channel)

    def ask(self, query: str, accept: str = "*/*") -> Reply:
        """A query, as it is."""
        kinds = ["Content-Type: application/sparql-query", f"Accept: {accept}"]
        return self.send("POST /sparql HTTP/1.1", kinds, query.encode("utf-8", "surrogatepass"))

    def is_well(self) -> None:
        """The same process answers a query that nobody asked before, and nobody was called."""
        number = next(NUMBERS)
        reply = self.ask(f"SELECT ({number} AS ?n) {{}}", "text/csv")
        assert (reply.status, reply.body.split()) == (200, [b"n", str(number).encode()])
        assert reply.process == self.process
        with pytest.raises(BlockingIOError):
            self.listener.accept()


def receive(channel: socket.socket) -> Reply:
    """The reply on a connection, to its end."""
    with closing(http.client.HTTPResponse(channel)) as response:
        response.begin()
        return Reply(response.status, response.headers, response.read())


@contextmanager
def target(settings: Settings) -> Iterator[Target]:
    """A running server to attack."""
    with running_server(settings) as address, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        place = urlsplit(address)
        server = Target((str(place.hostname), int(place.port or 0)), "", listener)
        process = server.send("GET /healthz HTTP/1.1").process
        yield Target(server.address, process, listener)


@pytest.fixture(scope="module")
def server(tiny: Settings) -> Iterator[Target]:
    """A server with tight limits."""
    limits: dict[str, Any] = {"query_timeout": DEADLINE, "query_memory_mb": 400, "result_max_mb": 20}
    limits |= {
        "query_queue": 4,
        "query_queue_timeout": 3,
        "max_slow_transfers": 4,
        "server_processes": 1,
        "validate_timeout": 4,
    }
    with target(Settings(files=tiny.files, state=tiny.state, **limits)) as found:
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
    assert time.monotonic() - began < 2
    if reply.status >= 300:
        assert len(reply.body) < 2_500
        assert re.fullmatch(r"(/(?!/)[!-~]*)?", reply.headers.get("Location", ""))
        assert "Set-Cookie" not in reply.headers
    server.is_well()


def test_no_path_leads_out_of_its_folder(server: Target) -> None:
    """Whatever stands for `..` and `/`, there is nothing, and it is told in the one shape."""
    told = {path: server.send(f"GET {path} HTTP/1.1").says for path in PATHS}
    assert {path: says for path, says in told.items() if not says.startswith("404 ")} == {}
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


def endless() -> str:
    """A query without an end that nobody asked before."""
    return ENDLESS.format(next(NUMBERS))


def start(server: Target, query: str) -> socket.socket:
    """A connection on which a query was asked."""
    return server.connect("POST /sparql HTTP/1.1", ["Content-Type: application/sparql-query"], query.encode())


def free_again(server: Target) -> float:
    """Seconds until a worker answers."""
    began = time.monotonic()
    server.is_well()
    return time.monotonic() - began


def test_among_hostile_queries_everybody_else_is_answered(server: Target) -> None:
    """A well-behaved client gets each answer, or is told when to come back; pages and health are always there."""
    stop = time.monotonic() + 4

    def attack(number: int) -> None:
        while time.monotonic() < stop:
            server.ask(
                endless() if number % 2 else f"SELECT * {{ ?a ?b ?c . ?d ?e ?f . ?g ?h {number} }} ORDER BY ?c ?f"
            )

    with ThreadPoolExecutor(12) as crowd:
        running = [crowd.submit(attack, number) for number in range(12)]
        longest = 0.0
        while time.monotonic() < stop:
            number = next(NUMBERS)
            simple = server.ask(f"SELECT ({number} AS ?n) {{}}", "text/csv")
            if simple.status == 200:
                assert simple.body.split() == [b"n", str(number).encode()]
            else:
                assert (simple.says, simple.headers["Retry-After"]) == ("503 server-busy", "5")
            began = time.monotonic()
            assert server.send(f"GET /doc/treaty/opsc?{number} HTTP/1.1").status == 200
            assert server.send("GET /healthz HTTP/1.1").status == 200
            longest = max(longest, time.monotonic() - began)
        for each in running:
            each.result()
    assert longest < 2
    server.is_well()


def test_the_query_of_a_client_that_left_is_stopped(tiny: Settings) -> None:
    """Its worker is free within a second or so, long before the deadline."""
    with target(Settings(files=tiny.files, state=tiny.state, query_timeout=20.0, server_processes=1)) as patient:
        for channel in [start(patient, endless()) for _ in range(2)]:
            time.sleep(0.4)
            channel.close()
        assert free_again(patient) < 2


def test_a_client_that_waits_is_not_taken_for_one_that_left(server: Target) -> None:
    """Others come, are answered and go, on connections that stay or not; the one that waits gets its answer."""
    with start(server, endless()) as waiting, closing(http.client.HTTPConnection(*server.address)) as kept:
        for _ in range(4):
            kept.request("GET", "/healthz")
            kept.getresponse().read()
            start(server, endless()).close()
            time.sleep(0.15)
        assert receive(waiting).says == "503 query-timeout"


@pytest.mark.parametrize("path", ["/sparql", "/validate"])
def test_clients_that_never_send_their_body_keep_nobody_else_waiting(server: Target, path: str) -> None:
    """Pages and queries by GET are as quick as ever; whoever sends a body is told to come back."""
    kinds = [
        "Content-Type: " + ("text/turtle" if path == "/validate" else "application/sparql-query"),
        "Content-Length: 9",
    ]
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(server.connect(f"POST {path} HTTP/1.1", kinds))
        time.sleep(0.5)
        began = time.monotonic()
        assert server.send("GET / HTTP/1.1").status == 200
        assert server.send(f"GET /sparql?query=SELECT+({next(NUMBERS)}+AS+%3Fn)%7B%7D HTTP/1.1").status == 200
        refused = server.send(f"POST {path} HTTP/1.1", kinds, b"ASK { } #")
        assert (refused.says, refused.headers["Retry-After"]) == ("503 server-busy", "5")
        assert time.monotonic() - began < 2
    server.is_well()


def test_clients_that_never_read_their_answer_keep_nobody_else_waiting(server: Target) -> None:
    """Long answers that nobody takes leave the rest of the server as quick as ever; further long ones come later."""
    with ExitStack() as stack:
        for number in range(6):
            channel = stack.enter_context(socket.socket())
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            channel.connect(server.address)
            query = f"SELECT * {{ ?s ?p ?o VALUES ?n {{ {' '.join(str(number + n) for n in range(7))} }} }}"
            channel.sendall(
                f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: h\r\nAccept: text/csv\r\n\r\n".encode()
            )
            head = channel.recv(30)
            assert (b" 200 " if number < 4 else b" 503 ") in head
        began = time.monotonic()
        assert server.send("GET / HTTP/1.1").status == 200
        server.is_well()
        assert time.monotonic() - began < 2
    assert wait_for_long_answer(server).status == 200


def wait_for_long_answer(server: Target) -> Reply:
    """A long answer, once there is a place again."""
    until = time.monotonic() + PATIENCE
    while True:
        reply = server.ask("SELECT * { ?s ?p ?o VALUES ?n { 90 91 92 93 94 } }", "text/csv")
        if reply.status == 200 or time.monotonic() > until:
            return reply
        time.sleep(0.1)


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
def test_no_header_outside_the_key_poisons_a_kept_answer(server: Target, path: str) -> None:
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


def test_an_error_is_never_kept(server: Target) -> None:
    """A query that failed is asked again, and its status is the same without any trick of the one before."""
    for path in (f"/sparql?query={quote(endless())}", "/sparql?query=ASK", "/nothing-here", "/doc/nothing/here"):
        for _ in range(2):
            reply = server.send(f"GET {path} HTTP/1.1")
            assert reply.status >= 400
            assert reply.headers["Cache-Control"] == "no-store"
            assert "ETag" not in reply.headers
            assert "hit" not in reply.headers.get("Server-Timing", "")


def test_variants_of_a_request_get_each_their_own_answer(server: Target) -> None:
    """Neither method nor form, encoding or a further parameter brings the answer of another request."""
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
