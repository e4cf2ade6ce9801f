"""Among many clients, hostile or slow, everybody else is answered as quickly as ever.

Seconds are measured here, so nothing else should run beside these tests.
"""

from __future__ import annotations

import dataclasses
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.protocol.target import NUMBERS, PATIENCE, Reply, Target, endless, receive, target, tight
from uphold.settings import Settings

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
GOOD = '<https://w3id.org/uphold/id/goal/77> <http://www.w3.org/2004/02/skos/core#altLabel> "A further name"@en .'


@pytest.fixture(scope="module")
def server(tiny: Settings) -> Iterator[Target]:
    """A server with tight limits."""
    with tight(tiny) as found:
        yield found


def start(server: Target, query: str) -> socket.socket:
    """A connection on which a query was sent."""
    return server.connect("POST /sparql HTTP/1.1", ["Content-Type: application/sparql-query"], query.encode())


def free_again(server: Target) -> float:
    """Seconds until a worker answers."""
    began = time.monotonic()
    server.is_well()
    return time.monotonic() - began


def test_among_hostile_queries_everybody_else_is_answered(server: Target) -> None:
    """A well-behaved client gets each answer, or when to try again; pages and health are always there."""
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
        patient.is_well()  # its workers are loaded, so a query runs, and its client is looked at, at once
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
def test_clients_that_never_send_their_body_delay_nobody_else(server: Target, path: str) -> None:
    """Pages and queries by GET are as quick as ever; requests with a body get 503 with Retry-After."""
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


def test_clients_that_never_read_their_answer_delay_nobody_else(server: Target) -> None:
    """Long answers that nobody reads leave the server as quick as ever; further long ones come later."""
    with ExitStack() as stack:
        for number in range(6):
            channel = stack.enter_context(socket.socket())
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            channel.connect(server.address)
            query = f"SELECT * {{ ?s ?p ?o VALUES ?n {{ {' '.join(str(number + n) for n in range(5))} }} }}"
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


def test_an_upload_that_finds_the_queue_full_gets_503(tiny: Settings, app_client: AppClient) -> None:
    """503 with Retry-After at once; then there is room again."""
    with app_client(dataclasses.replace(tiny, validate_workers=1, validate_queue_size=0)) as limited:
        first: list[int] = []
        other = limited.application.test_client()
        working = threading.Thread(
            target=lambda: first.append(other.post("/validate", data=GOOD, content_type="text/turtle").status_code)
        )
        working.start()
        time.sleep(0.5)
        began = time.monotonic()
        second = limited.post("/validate", data=GOOD, content_type="text/turtle")
        assert (second.status_code, second.headers["Retry-After"]) == (503, "5")
        assert limited.get("/healthz").status_code == 200
        assert time.monotonic() - began < 1
        working.join()
        assert first == [200]
        assert limited.post("/validate", data=GOOD, content_type="text/turtle").status_code == 200


def test_eight_clients_at_once_all_get_reports(tiny: Settings, app_client: AppClient) -> None:
    """With two workers the others wait, and none is sent away."""
    with app_client(dataclasses.replace(tiny, validate_workers=2)) as client:

        def post(_: int) -> int:
            reply = client.application.test_client().post("/validate", data=GOOD, content_type="text/turtle")
            return reply.status_code

        with ThreadPoolExecutor(8) as clients:
            assert list(clients.map(post, range(24))) == [200] * 24
