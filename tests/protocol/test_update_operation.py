"""The update operation of the SPARQL 1.1 Protocol (2.2) and PATCH of graphs, over real HTTP."""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import copied, running_server
from tests.protocol.test_query_operation import FORM, Reply, send
from tests.web.graphs.graph_store import secret_of
from uphold.settings import Settings

REQUESTS = tomllib.loads((Path(__file__).parent / "http" / "update.toml").read_text("utf-8"))["request"]
DIRECT = "application/sparql-update"
NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, with a token for every graph and one for those below `partner/`."""

    address: str
    base: str
    secret: str
    partner: str

    def new(self) -> str:
        """The IRI of a graph that is not there."""
        return f"{self.base}graph/partner/{next(NUMBERS)}"

    def send(self, method: str, path: str, body: str, headers: Mapping[str, str], secret: str | None = None) -> Reply:
        """The reply to a request with a token."""
        fields = {"Authorization": f"Bearer {secret or self.secret}", **headers}
        return send(self.address, method, path, body, {name: value for name, value in fields.items() if value})

    def update(self, text: str, secret: str | None = None) -> Reply:
        """The reply to an update."""
        return self.send("POST", "/sparql/update", text, {"Content-Type": DIRECT}, secret)

    def ask(self, pattern: str) -> bool:
        """Whether the data match a pattern."""
        return send(self.address, "GET", f"/sparql?{urlencode({'query': f'ASK {{ {pattern} }}'})}").truth


@pytest.fixture(scope="module")
def server(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a copy of the tiny data."""
    settings = copied(tiny, tmp_path_factory.mktemp("updates"))
    secrets = secret_of(settings), secret_of(settings, "partner/*")
    with running_server(settings) as address:
        yield Server(address, settings.base, *secrets)


def says(reply: Reply) -> dict[str, Any]:
    """The problem that a reply reports."""
    found: dict[str, Any] = json.loads(reply.body)
    assert found["remedy"]
    return found


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["name"])
def test_a_request_gets_what_the_protocol_says(server: Server, case: dict[str, Any]) -> None:
    """And a request that is refused changes nothing."""
    graph = server.new()

    def filled(text: str) -> str:
        return text.replace("NEW", graph).replace("BASE", server.base).replace("FILL", "x" * 250_000)

    parameters, fields = (
        [(name, filled(value)) for name, value in case.get(part, [])] for part in ("parameters", "fields")
    )
    body = urlencode(fields) if fields else filled(case.get("update", ""))
    headers = {"Content-Type": FORM if fields else DIRECT, **case.get("headers", {})}
    path = f"/sparql/update?{urlencode(parameters)}" if parameters else "/sparql/update"
    before = snapshot(server)
    reply = server.send(case.get("method", "POST"), path, body, headers)
    assert reply.status == case["status"], reply.body
    if case["status"] >= 400:
        assert reply.media_type == "application/problem+json"
        problem = says(reply)
        assert problem["type"].rpartition("/")[2] == case.get("problem", problem["type"].rpartition("/")[2])
        assert problem["remedy"] == case.get("remedy", problem["remedy"])
        assert snapshot(server) == before
    assert server.ask(filled(case.get("ask", "")))
    if case["status"] == 204:
        assert reply.headers["Uphold-Snapshot"] == snapshot(server)
        assert reply.body == b""


def snapshot(server: Server) -> str:
    """The id of the current snapshot."""
    return str(json.loads(send(server.address, "GET", "/healthz").body)["snapshot"])


def test_the_table_is_whole() -> None:
    """The test above would pass on an empty table."""
    assert len(REQUESTS) >= 30
    assert {case["status"] for case in REQUESTS} >= {200, 204, 400, 401, 403, 405, 413, 415, 422}


def test_a_token_changes_the_graphs_of_its_glob_only(server: Server) -> None:
    """Whatever the operation: one graph beside them, and nothing has changed."""
    mine, other = server.new(), f"{server.base}graph/other"
    insert = "INSERT DATA {{ GRAPH <{}> {{ <urn:a:a> <urn:a:p> 1 }} }}".format
    assert server.update(f"{insert(mine)} ; {insert(other)}").status == 204
    before = snapshot(server)
    pattern = f"GRAPH <{mine}> {{ ?s ?p ?o }}"
    for text in (
        f"CLEAR GRAPH <{mine}> ; CLEAR GRAPH <{other}>",
        f"MOVE <{other}> TO <{mine}x>",
        f"COPY <{mine}> TO DEFAULT",
        f"ADD <{mine}> TO <urn:a:graph>",
        "DROP ALL",
        f"INSERT {{ ?s ?p 2 }} WHERE {{ {pattern} }}",
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g IN (<{mine}>, <{other}>)) }}",
        f"INSERT {{ GRAPH ?g {{ <urn:a:a> ?p 2 }} }} WHERE {{ {pattern} BIND(IRI('{other}') AS ?g) }}",
    ):
        reply = server.update(text, server.partner)
        assert (reply.status, says(reply)["type"].rpartition("/")[2]) == (403, "graph-protected"), text
        assert snapshot(server) == before
    assert (
        server.update(f"INSERT {{ GRAPH <{mine}> {{ ?s ?p 2 }} }} WHERE {{ {pattern} }}", server.partner).status == 204
    )
    assert server.update(f"INSERT DATA {{ GRAPH <{other}> {{ <urn:a:a> <urn:a:p> 1 }} }}", server.partner).status == 204


def test_an_update_at_the_endpoint_of_queries_is_told_where_to_go(server: Server) -> None:
    """It is refused as before."""
    form = server.send("POST", "/sparql", urlencode({"update": "CLEAR ALL"}), {"Content-Type": FORM})
    direct = server.send("POST", "/sparql", "CLEAR ALL", {"Content-Type": DIRECT})
    text = server.send("POST", "/sparql", "CLEAR ALL", {"Content-Type": "application/sparql-query"})
    for reply, status in ((form, 400), (direct, 415), (text, 400)):
        assert reply.status == status
        assert "/sparql/update" in says(reply)["remedy"]


PATCHES = [
    (DIRECT, "DELETE { ?s ?p ?o } INSERT { ?s ?p 2 } WHERE { ?s ?p ?o }", 204, "2"),
    (DIRECT, "DELETE DATA { <urn:a:a> <urn:a:p> 1 } ; INSERT DATA { <urn:a:a> <urn:a:p> 2 }", 204, "2"),
    ("application/rdf-patch", "TX .\nD <urn:a:a> <urn:a:p> 1 .\nA <urn:a:a> <urn:a:p> 2 .\nTC .\n", 204, "2"),
    ("application/rdf-patch", "TX .\nD <urn:a:a> <urn:a:p> 1 .\nTA .\n", 204, "1"),
    ("application/rdf-patch", "TX .\nD <urn:a:a> <urn:a:p> 1 .\n", 400, "1"),
    ("application/rdf-patch", "A <urn:a:a> <urn:a:p> 2 <urn:a:other> .\n", 403, "1"),
    (DIRECT, "INSERT DATA { GRAPH <urn:a:other> { <urn:a:a> <urn:a:p> 2 } }", 403, "1"),
    (DIRECT, "DROP ALL", 403, "1"),
    (DIRECT, "LOAD <http://127.0.0.1:1/>", 403, "1"),
    ("text/turtle", "<urn:a:a> <urn:a:p> 2 .", 415, "1"),
    ("application/sparql-query", "ASK {}", 415, "1"),
]


@pytest.mark.parametrize(("media_type", "body", "status", "value"), PATCHES)
def test_a_patch_changes_its_graph_only(server: Server, media_type: str, body: str, status: int, value: str) -> None:
    """Graph Store HTTP Protocol, 5.7; RFC 5789, 2.2 for what is refused."""
    graph = server.new()
    path = f"/graphs/{graph.removeprefix(f'{server.base}graph/')}"
    put = server.send("PUT", path, "<urn:a:a> <urn:a:p> 1 .", {"Content-Type": "text/turtle"})
    assert put.status == 201
    reply = server.send("PATCH", path, body, {"Content-Type": media_type})
    assert reply.status == status, reply.body
    assert server.ask(f"GRAPH <{graph}> {{ <urn:a:a> <urn:a:p> {value} }}")
    assert not server.ask(f"GRAPH <{graph}> {{ <urn:a:a> <urn:a:p> {3 - int(value)} }}")


def test_a_patch_has_preconditions_and_creates_a_graph(server: Server) -> None:
    """RFC 5789, 2: a patch of what is not there may create it; If-Match guards against a lost update."""
    graph = server.new()
    path = f"/graphs/{graph.removeprefix(f'{server.base}graph/')}"
    row = {"Content-Type": "application/rdf-patch"}
    assert server.send("PATCH", path, "A <urn:a:a> <urn:a:p> 1 .", {**row, "If-Match": "*"}).status == 412
    assert server.send("PATCH", path, "A <urn:a:a> <urn:a:p> 1 .", row).status == 201
    etag = str(send(server.address, "GET", path, None, {"Accept": "text/turtle"}).headers["ETag"])
    assert server.send("PATCH", path, "A <urn:a:a> <urn:a:p> 2 .", {**row, "If-Match": etag}).status == 204
    assert server.send("PATCH", path, "A <urn:a:a> <urn:a:p> 3 .", {**row, "If-Match": etag}).status == 412


def test_the_patch_between_two_snapshots_is_accepted(server: Server) -> None:
    """What /snapshots offers of one server changes another, or the same one back."""
    graph = server.new()
    first = snapshot(server)
    server.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:a:a> <urn:a:p> 'x. # y'@en , 2 }} }}")
    server.update(f"DELETE DATA {{ GRAPH <{graph}> {{ <urn:a:a> <urn:a:p> 2 }} }}")
    patch = send(server.address, "GET", f"/snapshots/{snapshot(server)}/changes.rdfp?from={first}").body.decode()
    ours = "".join(f"{line}\n" for line in patch.splitlines() if line[:2] not in ("A ", "D ") or f"<{graph}> ." in line)
    assert "\nA " in ours
    assert server.update(f"DROP GRAPH <{graph}>").status == 204
    reply = server.send("PATCH", "/graphs", ours, {"Content-Type": "application/rdf-patch"})
    assert reply.status == 204, reply.body
    assert server.ask(f"GRAPH <{graph}> {{ <urn:a:a> <urn:a:p> 'x. # y'@en }}")
