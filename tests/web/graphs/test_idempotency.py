"""Repeated requests (draft-ietf-httpapi-idempotency-key-header): a key makes one change of several equal requests."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.graphs.graph_store import GraphStore, secret_of, triples

ONE, TWO = "<urn:a:b> <urn:a:c> 1 .", "<urn:a:b> <urn:a:c> 2 ."


def entries(store: GraphStore, address: str) -> int:
    """The number of changes of a graph."""
    return len(store.read(f"{address}/history?format=json").get_json()["changes"])


@pytest.mark.parametrize("prefer", ["return=minimal", "return=representation"])
def test_the_same_request_again_changes_nothing_and_gets_the_same_status(store: GraphStore, prefer: str) -> None:
    """Also after the graph was changed by others."""
    address = store.new()
    headers = {"Idempotency-Key": f"{address}-key", "Prefer": prefer}
    first = store.send("POST", address, ONE, headers)
    store.send("POST", address, TWO)
    again = store.send("POST", address, ONE, headers)
    assert first.status_code == again.status_code == 201
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Uphold-Snapshot"] == first.headers["Uphold-Snapshot"]
    assert entries(store, address) == 2
    assert triples(store.read(address).data) == triples(ONE + TWO)
    if prefer == "return=representation":
        for name in ("graphs", "entry", "snapshot"):
            assert again.get_json()[name] == first.get_json()[name]


@pytest.mark.parametrize("changed", ["body", "graph", "method"])
def test_another_request_with_the_same_key_is_refused(store: GraphStore, changed: str) -> None:
    """422 (2.7 of the draft); nothing has changed."""
    address, other = store.new(), store.new()
    headers = {"Idempotency-Key": f"{address}-key"}
    assert store.send("PUT", address, ONE, headers).status_code == 201
    before = store.snapshot()
    response = store.send(
        "POST" if changed == "method" else "PUT",
        other if changed == "graph" else address,
        TWO if changed == "body" else ONE,
        headers,
    )
    assert response.status_code == 422
    assert response.get_json()["type"].endswith("/problem/idempotency-key-reused")
    assert store.snapshot() == before


def test_keys_of_different_tokens_are_different(store: GraphStore) -> None:
    """One client cannot take the key of another."""
    address, headers = store.new(), {"Idempotency-Key": "common"}
    assert store.send("PUT", address, ONE, headers).status_code == 201
    assert store.send("PUT", address, TWO, headers, secret=secret_of(store.settings)).status_code == 204


def test_equal_requests_at_once_make_one_graph(store: GraphStore) -> None:
    """Of a new graph, too: each gets the address of the same one."""
    headers = {"Idempotency-Key": "at-once"}
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: store.send("POST", "/graphs", ONE, headers), range(4)))
    assert {reply.status_code for reply in replies} == {201}
    (address,) = {reply.headers["Location"] for reply in replies}
    assert entries(store, address) == 1


def test_a_form_is_the_same_whatever_its_boundary(store: GraphStore) -> None:
    """A client that repeats a form chooses another."""
    address, headers = store.new(), {"Authorization": f"Bearer {store.secret}", "Idempotency-Key": "form"}
    for _ in range(2):
        form = {"a": (io.BytesIO(ONE.encode()), "a.ttl"), "b": (io.BytesIO(TWO.encode()), "b.ttl")}
        assert store.client.post(address, data=form, headers=headers).status_code == 201
    assert entries(store, address) == 1


def test_a_refused_change_can_be_sent_again(store: GraphStore) -> None:
    """Neither a 422 nor a dry run uses the key up."""
    address = store.new()
    headers = {"Idempotency-Key": f"{address}-key"}
    wrong = '<https://w3id.org/uphold/id/goal/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "<b>a</b>"@zu .'
    assert store.send("PUT", address, wrong, headers).status_code == 422
    assert store.send("PUT", address, ONE, {**headers, "Prefer": "handling=dry-run"}).status_code == 200
    assert store.send("PUT", address, ONE, headers).status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 256, "caf\u00e9"])
def test_a_key_that_cannot_be_stored_is_refused(store: GraphStore, key: str) -> None:
    """400, before anything changes."""
    assert store.send("PUT", store.new(), ONE, {"Idempotency-Key": key}).status_code == 400
