"""PUT, POST and DELETE of a graph (Graph Store HTTP Protocol, 5.3 to 5.5), as the standards want it."""

from __future__ import annotations

import gzip
import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import open_app
from tests.web.graphs.graph_store import TURTLE, GraphStore, secret_of, triples
from uphold.settings import Settings

CASES = tomllib.loads((Path(__file__).parent / "statuses.toml").read_text("utf-8"))
ONE, TWO = "<urn:a:b> <urn:a:c> 1 .", "<urn:a:b> <urn:a:c> 2 ."
WRONG = '<https://w3id.org/uphold/id/goal/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "<b>a</b>"@zu .'


def size(store: GraphStore, address: str) -> int | str:
    """The number of statements of a graph, or "none" if it is not there."""
    response = store.read(address, Accept="application/n-triples")
    return "none" if response.status_code == 404 else response.data.count(b"\n")


@pytest.mark.parametrize("name", CASES)
def test_a_request_gets_the_status_of_the_table(store: GraphStore, name: str) -> None:
    """And the graph has what it should have; a snapshot is new only if something changed."""
    case: dict[str, Any] = CASES[name]
    address = store.new()
    if case.get("there"):
        store.send("PUT", address, ONE)
    before, was = store.snapshot(), size(store, address)
    body = case.get("body", "#" * case.get("fill", 0))
    headers = {"Content-Type": case.get("type", TURTLE), **case.get("headers", {})}
    headers = {key: value for key, value in headers.items() if value}
    if case["method"] == "DELETE" or not case.get("type", TURTLE):
        response = store.client.open(
            address, method=case["method"], data=body, headers={"Authorization": f"Bearer {store.secret}"}
        )
    else:
        response = store.send(case["method"], address + case.get("query", ""), body, headers)
    assert response.status_code == case["status"], response.text
    if "problem" in case:
        assert response.mimetype == "application/problem+json"
        assert response.get_json()["type"].rpartition("/")[2] == case["problem"]
        assert response.get_json()["remedy"]
    else:
        assert response.data == b""
        assert ("Location" in response.headers) == (case["status"] == 201)
    assert size(store, address) == case["after"]
    assert response.headers["Uphold-Snapshot"] == store.snapshot()
    assert (store.snapshot() == before) == (was == case["after"] and name != "put-replaces")
    assert response.headers["Cache-Control"] == "no-store"


def test_the_table_is_whole() -> None:
    """The test above would pass on an empty table."""
    assert len(CASES) >= 30
    assert {case["method"] for case in CASES.values()} == {"PUT", "POST", "DELETE"}


def test_what_is_written_is_visible_at_once(store: GraphStore) -> None:
    """In the graph, in a query on everything, and in the snapshot that responses name."""
    address = store.new()
    response = store.send("PUT", address, "<urn:visible:at> <urn:a:c> <once> .")
    assert response.headers["Uphold-Snapshot"] == store.read(address).headers["Uphold-Snapshot"]
    query = "SELECT ?o { <urn:visible:at> ?p ?o }"
    found = store.client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    assert found.text.split() == ["o", f"{store.settings.base}graph/test/once"]
    assert found.headers["Uphold-Snapshot"] == response.headers["Uphold-Snapshot"]


def test_relative_iris_are_resolved_against_the_iri_of_the_graph(store: GraphStore) -> None:
    """RFC 3986, 5.1: the graph's own IRI is the base, also for an indirect address."""
    direct, iri = store.new(), "http://a.example/dir/graph"
    store.send("PUT", direct, "<> <urn:a:c> <#x>, <sibling> .")
    store.send("PUT", f"/graphs?graph={iri}", "<> <urn:a:c> <#x>, <sibling> .")
    home = store.iri(direct)
    sibling = f"{home.rpartition('/')[0]}/sibling"
    assert triples(store.read(direct).data) == {f"<{home}> <urn:a:c> <{iri}>" for iri in (f"{home}#x", sibling)}
    assert triples(store.read(f"/graphs?graph={iri}").data) == {
        f"<{iri}> <urn:a:c> <{iri}#x>",
        f"<{iri}> <urn:a:c> <http://a.example/dir/sibling>",
    }
    store.send("DELETE", f"/graphs?graph={iri}")


def test_a_merge_keeps_blank_nodes_apart(store: GraphStore) -> None:
    """RDF 1.1 Semantics, 4.1: the same label in two documents is two nodes, and a PUT replaces both."""
    address = store.new()
    store.send("PUT", address, "_:x <urn:a:c> 1 .")
    store.send("POST", address, "_:x <urn:a:c> 2 .")
    assert triples(store.read(address).data) == triples("_:x <urn:a:c> 1 . _:y <urn:a:c> 2 .")
    store.send("PUT", address, "_:x <urn:a:c> 1 .")
    assert size(store, address) == 1


def test_numbers_are_kept_by_their_value(store: GraphStore) -> None:
    """So the digest is that of what is returned: sending the same again changes nothing, by another worker either."""
    address, body = store.new(), "<urn:a:b> <urn:a:c> 01, 1, 1.50 ."
    found = []
    for _ in range(2):
        response = store.send("PUT", address, body)
        found.append((response.status_code, response.headers["Uphold-Snapshot"]))
        assert triples(store.read(address).data) == triples("<urn:a:b> <urn:a:c> 1, 1.5 .")
        store.send("PUT", address, "broken")  # ends the worker
    assert found == [(201, found[0][1]), (204, found[0][1])]


def test_a_compressed_graph_is_accepted(store: GraphStore) -> None:
    """With Content-Encoding (RFC 9110, 8.4)."""
    address = store.new()
    response = store.send("PUT", address, gzip.compress(TWO.encode()), {"Content-Encoding": "gzip"})
    assert response.status_code == 201
    assert triples(store.read(address).data) == triples(TWO)


PACKED = gzip.compress(b"_:x a _:x .")


Part = tuple[str, str, str | bytes]
"""A file in a form: its name, media type and content."""


def form(*parts: Part) -> dict[str, Any]:
    """A form with files."""
    return {
        f"part{number}": (io.BytesIO(content if isinstance(content, bytes) else content.encode()), name, kind)
        for number, (name, kind, content) in enumerate(parts)
    }


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([("a.ttl", TURTLE, ONE), ("b.nt", "application/n-triples", '<urn:a:b> <urn:a:c> "2" .')], 201),
        ([("a.ttl", "application/octet-stream", ONE), ("b.ttl.gz", "application/gzip", PACKED)], 201),
        ([("a.ttl", TURTLE, "_:x <urn:a:c> 1 ."), ("b.ttl", TURTLE, "_:x <urn:a:c> 2 .")], 201),
        ([("a.ttl", TURTLE, ONE), ("b.ttl", TURTLE, "broken")], 400),
        ([("a.ttl", TURTLE, ONE), ("b.png", "image/png", "x")], 415),
        ([("a.ttl", TURTLE, "")], 400),
        ([(f"{number}.ttl", TURTLE, ONE) for number in range(21)], 400),
    ],
)
def test_a_form_merges_all_its_graphs(store: GraphStore, parts: list[Part], status: int) -> None:
    """Each part by its own media type or file name (5.5); all of them or none."""
    address = store.new()
    response = store.client.post(address, data=form(*parts), headers={"Authorization": f"Bearer {store.secret}"})
    assert response.status_code == status, response.text
    assert size(store, address) == (2 if status == 201 else "none")


def test_a_form_without_file_names_is_read_by_media_types(store: GraphStore) -> None:
    """As `curl --form 'a=…;type=text/turtle'` sends it."""
    head = "--x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/turtle\r\n\r\n"
    address, kind = store.new(), {"Content-Type": "multipart/form-data; boundary=x"}
    assert store.send("POST", address, f"{head}{ONE}\r\n{head}{TWO}\r\n--x--\r\n", kind).status_code == 201
    assert triples(store.read(address).data) == triples(ONE + TWO)
    for broken in (f"{head}{ONE}", "nothing", "--x--\r\n", f"{head}{ONE}\r\n--y--\r\n"):
        assert store.send("POST", store.new(), broken, kind).status_code == 400
    for method, expected in (("PUT", 415), ("POST", 400)):
        other = store.send(method, store.new(), ONE, {"Content-Type": "multipart/form-data"})
        assert other.status_code == expected


def test_post_to_the_store_creates_a_graph(store: GraphStore) -> None:
    """5.5: 201 with the address of a new graph, whose name the token allows."""
    secret = secret_of(store.settings, "partner/*/notes/*")
    first, second = (store.send("POST", "/graphs", ONE, secret=secret) for _ in range(2))
    places = [response.headers["Location"] for response in (first, second)]
    assert {first.status_code, second.status_code} == {201}
    assert len({*places}) == 2
    for place in places:
        assert place.startswith("/graphs/partner/")
        assert triples(store.read(place).data) == triples(ONE)
    only = secret_of(store.settings, "partner/one")
    assert store.send("POST", "/graphs", ONE, secret=only).status_code == 403


def test_a_client_can_have_the_change_returned(store: GraphStore) -> None:
    """RFC 7240, 4.2: the report, the counts of each graph, the snapshot, the entry and the ETag."""
    address, wants = store.new(), {"Prefer": "return=representation"}
    made = store.send("PUT", address, ONE + TWO, wants)
    assert (made.status_code, made.headers["Preference-Applied"]) == (201, "return=representation")
    found = made.get_json()
    assert (found["conforms"], found["results"]) == (True, [])
    assert {"graph": store.iri(address), "removed": 0, "added": 2} in found["graphs"]
    assert found["snapshot"] == store.snapshot() == made.headers["Uphold-Snapshot"]
    assert found["etag"] == store.read(address).headers["ETag"]
    changed = store.send("PUT", address, ONE, wants)
    assert changed.status_code == 200
    assert {"graph": store.iri(address), "removed": 1, "added": 0} in changed.get_json()["graphs"]
    assert changed.get_json()["entry"] == found["entry"] + 1
    assert store.send("PUT", address, ONE, {"Prefer": "return=minimal"}).status_code == 204
    assert "accepted" in store.send("PUT", address, TWO, {**wants, "Accept": "text/html"}).text


def test_etags_of_responses_to_writes(store: GraphStore) -> None:
    """A POST tells the new ETag; a PUT must not, since the graph is not returned as it was sent (RFC 9110, 9.3.4)."""
    address = store.new()
    assert "ETag" not in store.send("PUT", address, ONE).headers
    assert store.send("POST", address, TWO).headers["ETag"] == store.read(address).headers["ETag"]
    assert "ETag" not in store.send("DELETE", address).headers


def test_a_change_that_does_not_conform_is_refused_with_the_report(store: GraphStore) -> None:
    """As JSON with the members of a problem, as Turtle, and as a page; what /validate says of it, and no change."""
    address, before = store.new(), store.snapshot()
    refused = store.send("PUT", address, WRONG)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    problem = refused.get_json()
    validated = store.client.post("/validate", data=WRONG, headers={"Content-Type": TURTLE}).get_json()
    assert {name: problem[name] for name in validated} == validated
    assert (problem["status"], problem["conforms"]) == (422, False)
    assert problem["type"].endswith("/problem/change-does-not-conform")
    assert store.client.get(f"/problem/{problem['type'].rpartition('/')[2]}").status_code == 200
    report = store.send("PUT", address, WRONG, {"Accept": TURTLE})
    assert (report.status_code, report.mimetype) == (422, TURTLE)
    assert "ValidationReport" in report.text
    page = store.send("PUT", address, WRONG, {"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (422, "text/html")
    assert "nothing has changed" in page.text
    assert "&lt;b&gt;a&lt;/b&gt;" in page.text
    assert store.snapshot() == before
    assert size(store, address) == "none"


@pytest.mark.parametrize("accept", ["application/json", TURTLE, "text/html"])
def test_a_dry_run_says_what_would_happen_and_changes_nothing(tiny_copy: Settings, accept: str) -> None:
    """Not a file, and not the answer to the next request; then the change leads to the snapshot that it named."""
    with open_app(tiny_copy) as client:  # with few writes, so that nothing else happens to its files
        try_and_write(GraphStore(client, tiny_copy, secret_of(tiny_copy)), accept)


def try_and_write(store: GraphStore, accept: str) -> None:
    """A dry run, then the write."""
    address = store.new()
    store.send("PUT", store.new(), ONE)  # what the first write creates is there
    before, kept = store.snapshot(), contents(store.settings.state)
    tried = store.send("PUT", address, TWO, {"Prefer": "handling=dry-run", "Accept": accept})
    assert (tried.status_code, tried.headers["Preference-Applied"]) == (200, "handling=dry-run")
    assert tried.mimetype == accept
    assert contents(store.settings.state) == kept
    assert tried.headers["Uphold-Snapshot"] == store.snapshot() == before
    assert size(store, address) == "none"
    if accept == "application/json":
        done = store.send("PUT", address, TWO)
        assert tried.get_json()["snapshot"] == done.headers["Uphold-Snapshot"]
        assert tried.get_json()["entry"] is None
    refused = store.send("PUT", address, WRONG, {"Prefer": "handling=dry-run", "Accept": accept})
    assert refused.status_code == 422


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the state folder but the journal's, which records that a token was used, and downloads.

    Downloads of the snapshot before are made in the background.
    """
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith(("journal", "current.lock", "data.nq", "dumps.lock"))
        and not {"dumps", "dumps.new"} & {*path.parts}
    }


def test_a_dry_run_shows_what_would_be_derived(store: GraphStore) -> None:
    """A call has an outcome; the statements are those that the change then adds to the graph of derived facts."""
    address = f"{store.new()}?class=CallToAction"
    call = (
        "id,addressedTo,ordinal,label,goal,indicator,callsForConsentTo,basis,partOf,source\n"
        "call:hkg-9,jurisdiction:hkg,9,Ratify the protocol,goal:1,indicator:prevention,treaty:opsc,basis:petition,"
        "petition:hkg,citation:appendix-hkg"
    )
    kind = {"Content-Type": "text/csv"}
    before = triples(store.read("/graphs/derived").data)
    tried = store.send("POST", address, call, {**kind, "Prefer": "handling=dry-run"})
    assert tried.status_code == 200, tried.text
    assert triples(store.read("/graphs/derived").data) == before
    assert store.send("POST", address, call, kind).status_code == 201
    after = triples(store.read("/graphs/derived").data)
    found = {name: triples("\n".join(lines)) for name, lines in tried.get_json()["derived"].items()}
    assert found == {"removed": before - after, "added": after - before}
    assert any("call-outcome" in line for line in found["added"])


def test_a_client_finds_out_which_patches_are_accepted(store: GraphStore) -> None:
    """RFC 5789, 2.2 and 3.1: in the response to OPTIONS, and where a patch of another type is refused."""
    accepted = "application/sparql-update, application/rdf-patch"
    for address in ("/graphs", store.new()):
        assert store.client.options(address).headers["Accept-Patch"] == accepted
        refused = store.send("PATCH", address, ONE)
        assert (refused.status_code, refused.headers["Accept-Patch"]) == (415, accepted)
    assert "Accept-Patch" not in store.read("/graphs").headers
