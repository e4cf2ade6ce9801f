"""SERVICE over HTTP: the errors of a client, and that no answer that is not of the snapshot alone is cached."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
import rdflib
from flask.testing import FlaskClient

from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
NOBODY = "http://127.0.0.1:9/sparql"


@pytest.fixture(scope="module")
def federated(tiny: Settings, served: str, app_client: AppClient) -> Iterator[FlaskClient]:
    """A client of an app that may call another server, and a port where nobody answers."""
    allowed = f"{served}/sparql {NOBODY}"
    with app_client(replace(tiny, service_allowlist=allowed, service_private_networks="127.0.0.1")) as made:
        yield made


def test_an_answer_from_elsewhere_is_returned_and_not_cached(federated: FlaskClient, served: str) -> None:
    """Neither here nor by a cache on the way: it has no ETag, and each request calls the endpoint."""
    query = f"SELECT (COUNT(?call) AS ?n) {{ SERVICE <{served}/sparql> {{ ?call a uphold:CallToAction }} }}"
    for _ in range(2):
        response = federated.get("/sparql", query_string={"query": query})
        assert json.loads(response.data)["results"]["bindings"][0]["n"]["value"] == "9"
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("clause", "expected", "detail"),
    [
        ("<http://other.example/>", (403, "service-forbidden"), "may not call the endpoint http://other.example/"),
        ("?where", (403, "service-forbidden"), "the variable ?where"),
        (f"<{NOBODY}>", (502, "service-failed"), f"The endpoint {NOBODY} could not be reached."),
    ],
)
def test_what_cannot_be_called_is_reported(
    federated: FlaskClient, clause: str, expected: tuple[int, str], detail: str
) -> None:
    """With the endpoint as the client wrote it, and what to do about it."""
    query = f"SELECT * {{ VALUES ?where {{ <{NOBODY}> }} SERVICE {clause} {{ ?s ?p ?o }} }}"
    response = federated.get("/sparql", query_string={"query": query})
    problem = json.loads(response.data)
    assert (response.status_code, problem["type"].rpartition("/")[2]) == expected
    assert detail in problem["detail"]
    assert "service_allowlist" in problem["remedy"] or "SILENT" in problem["remedy"]
    page = federated.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert page.status_code == expected[0]


def test_with_silent_a_query_continues_without_the_endpoint(federated: FlaskClient) -> None:
    """With one empty solution in its place."""
    query = f"SELECT * {{ SERVICE SILENT <{NOBODY}> {{ ?s ?p ?o }} }}"
    response = federated.get("/sparql", query_string={"query": query})
    assert json.loads(response.data)["results"]["bindings"] == [{}]


def test_the_service_description_says_so(federated: FlaskClient) -> None:
    """The feature is stated only where it is so."""
    graph = rdflib.Graph().parse(data=federated.get("/sparql").data, format="turtle")
    service = rdflib.URIRef(f"{BASE}sparql")
    assert set(graph.objects(service, SD.feature)) == {SD.UnionDefaultGraph, SD.BasicFederatedQuery}
