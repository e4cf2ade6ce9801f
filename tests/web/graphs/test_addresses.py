"""Addresses of graphs: direct and indirect identification (Graph Store HTTP Protocol, 4.1 and 4.2)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.web.graphs.graph_store import GraphStore

ONE = "<http://a.example/s> <http://a.example/p> 1 ."
BASE = "https://w3id.org/uphold/graph/"


@pytest.mark.parametrize(
    ("address", "iri"),
    [
        ("/graphs/addresses/a", f"{BASE}addresses/a"),
        ("/graphs/addresses/a/", f"{BASE}addresses/a/"),
        ("/graphs/addresses/%C3%A9t%C3%A9", f"{BASE}addresses/été"),
        ("/graphs/addresses/a%20b", f"{BASE}addresses/a%20b"),
        ("/graphs/addresses/50%25", f"{BASE}addresses/50%25"),
        ("/graphs/addresses/a%3Fb", f"{BASE}addresses/a%3Fb"),
        ("/graphs/addresses/%3Cb%3E", f"{BASE}addresses/%3Cb%3E"),
        ("/graphs/addresses/history/2", f"{BASE}addresses/history/2"),
        ("/graphs/addresses/ahistory", f"{BASE}addresses/ahistory"),
        (f"/graphs?graph={BASE}addresses/b", f"{BASE}addresses/b"),
        (f"/graphs?graph={quote('http://b.example/g#1', safe='')}", "http://b.example/g#1"),
        ("/graphs?graph=urn:example:g", "urn:example:g"),
    ],
)
def test_an_address_names_one_graph(store: GraphStore, address: str, iri: str) -> None:
    """A query finds what was written there in the graph with this IRI, and the list of graphs leads back."""
    assert store.send("PUT", address, ONE).status_code == 201
    query = f"ASK {{ GRAPH <{iri}> {{ <http://a.example/s> <http://a.example/p> 1 }} }}"
    found = store.client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/json"})
    assert found.get_json()["boolean"]
    listed = {each["graph"]: each for each in store.client.get("/graphs?format=json").get_json()["graphs"]}
    assert not listed[iri]["protected"]
    assert listed[iri]["triples"] == 1
    assert store.read(listed[iri]["address"]).status_code == 200
    assert store.read("/graphs", Accept="text/html").get_data(as_text=True).count(listed[iri]["address"]) >= 1


@pytest.mark.parametrize(
    "address",
    [
        "/graphs?graph=",
        "/graphs?graph=a",
        "/graphs?graph=/graph/a",
        "/graphs?graph=//a.example/b",
        "/graphs?graph=http://a.example/%20",
        "/graphs?graph=http://a.example/%3Cb%3E",
        "/graphs?graph=javascript:alert(1)",
        "/graphs?graph=urn:uphold:unnamed-graph",
        f"/graphs?graph=http://a.example/{'a' * 2_000}",
        "/graphs?graph=urn:a:b&graph=urn:a:b",
        "/graphs?graph=urn:a:b&default",
        "/graphs?default&default",
        "/graphs?default=urn:a:b",
        "/graphs?grpah=urn:a:b",
        f"/graphs?graph={BASE}addresses/history",
        "/graphs/a?graph=urn:a:b",
        "/graphs/a?default",
        "/graphs/a%FF",
        "/graphs/history",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_address_that_names_no_graph_is_refused_with_a_remedy(store: GraphStore, method: str, address: str) -> None:
    """400, except for the history, which is only read."""
    response = store.send(method, address, ONE if method in ("PUT", "POST") else b"")
    if address == "/graphs/history":
        assert response.status_code == 404
        return
    assert response.status_code == 400
    assert response.get_json()["remedy"]


def test_no_request_is_led_to_a_graph_whose_name_has_other_slashes(store: GraphStore) -> None:
    """Neither a DELETE nor a GET is redirected: these are different graphs."""
    address = store.new()
    store.send("PUT", address, ONE)
    for other in (f"{address}/", address.replace("/test/", "/test//")):
        for method in ("GET", "DELETE"):
            assert store.send(method, other).status_code == 404
    assert store.read(address).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_write_without_a_graph_is_refused(store: GraphStore, method: str) -> None:
    """Only GET and POST have a meaning for the store itself."""
    assert store.send(method, "/graphs", ONE).status_code == 400


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/graphs", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("/graphs/a", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("/graphs/a/history", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_refused_with_those_that_are_allowed(store: GraphStore, address: str, allowed: str) -> None:
    """RFC 9110, 15.5.6."""
    response = store.send("PROPFIND", address, ONE)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    if "history" in address:
        assert store.send("DELETE", address).status_code == 405
