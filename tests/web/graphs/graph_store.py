"""A graph store to test: a client of an app on a copy of the tiny data, and tokens for it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from uphold.journal import tokens
from uphold.journal.journal import Journal
from uphold.settings import Settings

__all__ = ["TURTLE", "GraphStore", "secret_of", "triples"]

TURTLE = "text/turtle"
NUMBERS = itertools.count(1)


def secret_of(settings: Settings, glob: str = "*", **options: Any) -> str:
    """A new token for graphs that this glob matches."""
    with Journal.open(settings) as journal:
        return tokens.create(journal, f"token-{next(NUMBERS)}", glob, **options)


def triples(content: bytes | str, form: ox.RdfFormat = ox.RdfFormat.TURTLE) -> set[str]:
    """The statements of a document in canonical form, as lines of N-Triples."""
    data = ox.Dataset(ox.parse(content, format=form))
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad.triple) for quad in data}


@dataclass(frozen=True, slots=True)
class GraphStore:
    """A client with a token for every graph."""

    client: FlaskClient
    settings: Settings
    secret: str

    def new(self) -> str:
        """An address of a graph that is not there."""
        return f"/graphs/test/{next(NUMBERS)}"

    def iri(self, address: str) -> str:
        """The IRI of the graph at an address."""
        return f"{self.settings.base}graph/{address.removeprefix('/graphs/')}"

    def send(
        self,
        method: str,
        address: str,
        body: str | bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        secret: str | None = None,
    ) -> TestResponse:
        """A request with the token, and with Turtle unless the headers say otherwise."""
        fields = {"Authorization": f"Bearer {secret or self.secret}", **({"Content-Type": TURTLE} if body else {})}
        return self.client.open(address, method=method, data=body, headers={**fields, **(headers or {})})

    def read(self, address: str, **headers: str) -> TestResponse:
        """A graph, without a token."""
        return self.client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def snapshot(self) -> str:
        """The id of the current snapshot."""
        return str(self.client.get("/healthz").get_json()["snapshot"])
