"""Preconditions of writes (RFC 9110, 13): evaluated against the newest data, while nobody else can write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.graphs.graph_store import GraphStore, secret_of

ONE, TWO = "<urn:a:b> <urn:a:c> 1 .", "<urn:a:b> <urn:a:c> 2 ."


@pytest.mark.parametrize(
    ("there", "condition", "holds"),
    [
        (True, "If-Match: {tag}", True),
        (True, 'If-Match: "x", {tag}', True),
        (True, "If-Match: *", True),
        (True, 'If-Match: "x"', False),
        (True, "If-Match: W/{tag}", False),
        (False, "If-Match: *", False),
        (False, "If-Match: {tag}", False),
        (True, "If-None-Match: *", False),
        (True, "If-None-Match: {tag}", False),
        (True, "If-None-Match: W/{tag}", False),
        (True, 'If-None-Match: "x"', True),
        (False, "If-None-Match: *", True),
        (False, "If-None-Match: {tag}", True),
        (True, "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT", True),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_write_happens_if_its_precondition_holds(
    store: GraphStore, method: str, there: bool, condition: str, holds: bool
) -> None:
    """Strong comparison for If-Match (13.1.1), weak for If-None-Match (13.1.2); else 412, and nothing has changed."""
    address, model = store.new(), store.new()
    store.send("PUT", address if there else model, ONE)
    tag = store.read(address if there else model).headers["ETag"]
    before = store.snapshot()
    header, value = condition.format(tag=tag).split(": ")
    response = store.send(method, address, TWO, {header: value})
    if holds:
        assert response.status_code == (204 if there else 201)
    else:
        assert response.status_code == 412
        assert response.get_json()["type"].endswith("/problem/precondition-failed")
        assert store.snapshot() == before


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_the_etag_of_any_representation_is_accepted(store: GraphStore, accept: str) -> None:
    """Compressed ones too: a write changes them all."""
    address = store.new()
    store.send("PUT", address, "".join(f"<urn:a:{n}> <urn:a:p> {n} .\n" for n in range(99)))
    plain, packed = (store.read(address, Accept=accept, Accept_Encoding=coding) for coding in ("identity", "gzip"))
    assert packed.headers["Content-Encoding"] == "gzip"
    for response in (plain, packed):
        dry = {"If-Match": response.headers["ETag"], "Prefer": "handling=dry-run"}
        assert store.send("PUT", address, TWO, dry).status_code == 200
    assert store.send("DELETE", address, headers={"If-Match": packed.headers["ETag"]}).status_code == 204


def test_a_graph_that_is_not_there_is_reported_before_its_preconditions(store: GraphStore) -> None:
    """RFC 9110, 13.2.1."""
    assert store.send("DELETE", store.new(), headers={"If-Match": '"x"'}).status_code == 404


def test_of_two_writers_with_the_same_etag_one_loses(store: GraphStore) -> None:
    """No update is lost (RFC 9110, 13.1.1), however many write at once."""
    address = store.new()
    store.send("PUT", address, ONE)
    tag = store.read(address).headers["ETag"]

    def write(number: int) -> int:
        return store.send("PUT", address, f"<urn:a:b> <urn:a:c> {number} .", {"If-Match": tag}).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(write, range(10, 14))) == [204, 412, 412, 412]


def test_a_token_may_demand_a_precondition(store: GraphStore) -> None:
    """RFC 6585, 3: 428 without one, also for what changes several graphs; a new graph and a dry run need none."""
    secret, address = secret_of(store.settings, conditional=True), store.new()

    def status(method: str, where: str, body: str = ONE, headers: dict[str, str] | None = None) -> int:
        response = store.send(method, where, body, headers, secret=secret)
        if response.status_code == 428:
            assert response.get_json()["type"].endswith("/problem/precondition-required")
        return response.status_code

    before = store.snapshot()
    patch, update = {"Content-Type": "application/rdf-patch"}, {"Content-Type": "application/sparql-update"}
    assert status("PUT", address) == 428
    assert status("POST", address) == 428
    assert status("DELETE", address, "") == 428
    assert status("PATCH", address, "TX .\nTC .\n", patch) == 428
    assert status("PATCH", "/graphs", "TX .\nTC .\n", patch) == 428
    assert status("POST", "/sparql/update", "INSERT DATA { <urn:a:a> <urn:a:b> 1 }", update) == 428
    assert status("PUT", address, ONE, {"Prefer": "handling=dry-run"}) == 200
    assert store.snapshot() == before
    assert status("PUT", address, ONE, {"If-None-Match": "*"}) == 201
    assert status("PUT", address, TWO, {"If-Match": '"other"'}) == 412
    assert status("PUT", address, TWO, {"If-Match": store.read(address).headers["ETag"]}) == 204
