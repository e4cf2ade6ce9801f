"""A service that writes to a copy of the tiny data, with a token for every graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from uphold.journal import tokens
from uphold.rdf.sources import Files
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.validation.upload import Sent, Upload, receive
from uphold.writes.operations import Kind, Operation
from uphold.writes.service import Outcome, Write, WriteService
from uphold.writes.worker import workspace_of
from uphold.writes.workspace import Workspace

PREFIXES = """
@prefix call: <https://w3id.org/uphold/id/call/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix jurisdiction: <https://w3id.org/uphold/id/jurisdiction/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix treaty: <https://w3id.org/uphold/id/treaty/> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .
"""


def upload(turtle: str, settings: Settings) -> Upload:
    """Turtle as a client sends it."""
    return receive(Sent((PREFIXES + turtle).encode(), "text/turtle", "", "", ""), settings)


@dataclass
class Client:
    """Writes graphs as a client with a token."""

    settings: Settings
    service: WriteService
    token: tokens.Token

    def write(self, kind: Kind, path: str, turtle: str | None = None, **how: Any) -> Outcome:
        """The outcome of one operation; the path of a graph, or `-` for the unnamed one, or an IRI."""
        name = "" if path == "-" else path if ":" in path else f"{self.settings.base}graph/{path}"
        body = None if turtle is None else upload(turtle, self.settings)
        return self.service.write(Write([Operation(kind, name, body)], self.token, kind.upper(), **how))

    def put(self, path: str, turtle: str, **how: Any) -> Outcome:
        """The outcome of a PUT."""
        return self.write(Kind.PUT, path, turtle, **how)

    def post(self, path: str, turtle: str, **how: Any) -> Outcome:
        """The outcome of a POST."""
        return self.write(Kind.POST, path, turtle, **how)

    def delete(self, path: str, **how: Any) -> Outcome:
        """The outcome of a DELETE."""
        return self.write(Kind.DELETE, path, **how)


@pytest.fixture
def open_client() -> Iterator[Callable[[Settings], Client]]:
    """A function that opens a client of a service with some settings, as a process has one."""
    services = []

    def opened(settings: Settings) -> Client:
        services.append(service := WriteService(settings))
        if not any(token.name == "partner" for token in tokens.listed(service.journal)):
            tokens.create(service.journal, "partner", "*")
        (token,) = (each for each in tokens.listed(service.journal) if each.name == "partner")
        return Client(settings, service, token)

    yield opened
    for service in services:
        with closing(service):
            pass


@pytest.fixture
def client(tiny_copy: Settings, open_client: Callable[[Settings], Client]) -> Client:
    """A client of a service on a copy of the tiny data."""
    return open_client(tiny_copy)


@pytest.fixture(scope="module")
def workspace(tiny: Settings) -> Workspace:
    """A workspace, whose store each test fills."""
    return workspace_of(current(tiny.state), Files(tiny.files, tiny.base))
