"""What the tests of federation share: an endpoint that answers as a test sets it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

RESULTS = "application/sparql-results+json"


class Endpoint:
    """A server on a free port of the loopback, which records its requests."""

    def __init__(self) -> None:
        self.reply: Callable[[BaseHTTPRequestHandler], None] = lambda request: respond(request, b"")
        self.requests: list[tuple[str, dict[str, str], str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.requests.append((self.path, headers, parse_qs(body)["query"][0]))
                endpoint.reply(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.address = f"http://127.0.0.1:{self.port}/sparql"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answers(self, content: str | bytes, status: int = 200, **headers: str) -> None:
        """Answer with these bytes from now on."""
        raw = content.encode() if isinstance(content, str) else content
        self.reply = lambda request: respond(request, raw, status, **headers)

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()


def respond(request: BaseHTTPRequestHandler, content: bytes, status: int = 200, **headers: str) -> None:
    """Send one answer."""
    request.send_response(status)
    for name, value in {"Content_Type": RESULTS, "Content_Length": str(len(content)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(content)


@pytest.fixture(scope="module")
def shared_endpoint() -> Iterator[Endpoint]:
    """One endpoint for the tests of a module, so that they can share engines that may call it."""
    made = Endpoint()
    yield made
    made.close()


@pytest.fixture
def endpoint(shared_endpoint: Endpoint) -> Endpoint:
    """An endpoint without requests yet."""
    shared_endpoint.answers("")
    shared_endpoint.requests = []
    return shared_endpoint
