"""The history of a graph: what changed it, newest first."""

from __future__ import annotations

import pytest

from tests.web.graphs.graph_store import GraphStore


@pytest.fixture(scope="module")
def address(store: GraphStore) -> str:
    """A graph with five changes: created, replaced, extended, emptied, and created again."""
    found = store.new()
    bodies = [("PUT", 1), ("PUT", 2), ("POST", 3), ("DELETE", 0), ("PUT", 4)]
    for method, number in bodies:
        store.send(method, found, f"<urn:a:b> <urn:a:c> {number} ." if number else "")
    return found


def test_a_history_lists_each_change(store: GraphStore, address: str) -> None:
    """With its numbers of statements, its token by name, and the snapshot that it led to."""
    found = store.read(f"{address}/history", Accept="application/json").get_json()
    assert found["graph"] == store.iri(address)
    rows = found["changes"]
    assert [(row["removed"], row["added"]) for row in rows] == [(0, 1), (2, 0), (0, 1), (1, 1), (0, 1)]
    numbers = [row["entry"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert {row["kind"] for row in rows} == {"write"}
    assert rows[0]["snapshot"] == store.read(address).headers["Uphold-Snapshot"]
    assert store.read(rows[0]["links"]["snapshot"], Accept="application/json").get_json()["id"] == rows[0]["snapshot"]
    patch = store.read(rows[0]["links"]["changes"]).text.splitlines()
    assert [line[:1] for line in patch if line.endswith(f"<{store.iri(address)}> .") and "<urn:a:c>" in line] == ["A"]


def test_a_history_has_pages(store: GraphStore, address: str) -> None:
    """Following `next` leads through all of it, each change once."""
    whole = store.read(f"{address}/history?format=json").get_json()["changes"]
    place, found = f"{address}/history?limit=2&format=json", []
    while place:
        page = store.read(place, Accept="application/json").get_json()
        assert len(page["changes"]) <= 2
        found += page["changes"]
        place = page["links"].get("next", "")
    assert found == whole


@pytest.mark.parametrize("query", ["before=0", "before=x", "limit=0", "limit=101", "limit=1&limit=2", "after=3"])
def test_a_wrong_page_is_refused(store: GraphStore, address: str, query: str) -> None:
    """400."""
    assert store.read(f"{address}/history?{query}").status_code == 400


def test_a_deleted_graph_keeps_its_history(store: GraphStore) -> None:
    """The graph itself is not there; one that never was has no history."""
    address = store.new()
    store.send("PUT", address, "<urn:a:b> <urn:a:c> 1 .")
    store.send("DELETE", address)
    assert store.read(address).status_code == 404
    assert len(store.read(f"{address}/history?format=json").get_json()["changes"]) == 2
    assert store.read(f"{store.new()}/history").status_code == 404


def test_a_graph_of_the_build_has_the_entry_of_the_build(store: GraphStore) -> None:
    """The first entry of the journal has all data."""
    places = store.read("/graphs/places", Accept="application/n-triples").data.count(b"\n")
    (row,) = store.read("/graphs/places/history?format=json").get_json()["changes"]
    assert (row["kind"], row["token"], row["removed"], row["added"]) == ("build", None, 0, places)
    assert "(build)" in store.read("/graphs/places/history?format=html").text
