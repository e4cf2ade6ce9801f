"""A server to attack over real HTTP, with tight limits, and what its attackers send."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import running_server
from uphold.settings import Settings

__all__ = [
    "DEADLINE",
    "NUMBERS",
    "PATIENCE",
    "Reply",
    "Target",
    "endless",
    "receive",
    "repeated_text",
    "target",
    "tight",
]

REPEAT = re.compile(r"⟦(\d+)\|(.*?)⟧", re.DOTALL)
DEADLINE, PATIENCE = 1.0, 30.0
NUMBERS = itertools.count()
ENDLESS = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c != ?f && ?i != {}) }}"


def repeated(found: re.Match[str]) -> str:
    """A mark written out; § in it counts up."""
    times, text = int(found[1]), found[2]
    return "".join(text.replace("§", str(n)) for n in range(times)) if "§" in text else text * times


def repeated_text(text: str) -> str:
    """A text with its marks written out."""
    return REPEAT.sub(repeated, text)


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
        return repeated_text(text)

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
        """The same process answers a new query, and no other host was called."""
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


@contextmanager
def tight(tiny: Settings) -> Iterator[Target]:
    """A server with tight limits whose validators are ready."""
    limits: dict[str, Any] = {
        "query_timeout": DEADLINE,
        "query_memory_mb": 400,
        "result_max_mb": 20,
        "query_queue_size": 4,
        "query_queue_timeout": 3,
        "max_slow_transfers": 4,
        "server_processes": 1,
        "validate_timeout": 8,
    }
    with target(Settings(files=tiny.files, state=tiny.state, **limits)) as found:
        until = time.monotonic() + 4 * PATIENCE
        while found.send("POST /validate HTTP/1.1", ["Content-Type: text/turtle"], b"<a:b> a <a:c> .").status == 503:
            assert time.monotonic() < until, "no validator gets ready"
        yield found


def endless() -> str:
    """A new query without an end."""
    return ENDLESS.format(next(NUMBERS))
