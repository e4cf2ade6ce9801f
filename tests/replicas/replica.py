"""A client of one of several servers on the same journal."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote

from tests.web.test_server import Running

__all__ = ["AGENT", "Replica", "Response"]

AGENT = "<urn:agent:{0}> a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> 'Agent {0}' ."
COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <http://xmlns.com/foaf/0.1/Agent> FILTER STRSTARTS(STR(?s), 'urn:agent:') }"


@dataclass(frozen=True)
class Response:
    """Status, headers and body."""

    status: int
    headers: Message
    body: bytes

    @property
    def snapshot(self) -> str:
        """The id of the snapshot that the response is from."""
        return self.headers["Uphold-Snapshot"]


@dataclass(frozen=True)
class Replica:
    """One server and a token for it."""

    running: Running
    secret: str

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Response:
        """The response to a GET, or to a POST of Turtle with the token."""
        return ask(self.running.address, path, body, self.secret, **headers)

    def write(self, number: int, path: str = "partner/a") -> Response:
        """The response to a POST of an agent."""
        return self.ask(f"/graphs/{path}", AGENT.format(number).encode())

    @property
    def snapshot(self) -> str:
        """The id of its current snapshot."""
        return self.ask("/healthz").snapshot

    @property
    def agents(self) -> int:
        """How many agents it has."""
        response = self.ask(f"/sparql?query={quote(COUNT)}&format=csv")
        return int(response.body.split()[1])


def ask(address: str, path: str, body: bytes | None = None, secret: str = "", **headers: str) -> Response:
    """The response to a GET, or to a POST of Turtle with a token."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        given |= {"Content-Type": "text/turtle", "Authorization": f"Bearer {secret}"}
    request = urllib.request.Request(f"{address}{path}", body, given)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Response(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, error.headers, error.read())
