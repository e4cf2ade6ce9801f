"""GET and HEAD of a graph (Graph Store HTTP Protocol, 5.2 and 5.6)."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from tests.web.graphs.graph_store import GraphStore, triples

FORMS = {
    "text/turtle": ("ttl", ox.RdfFormat.TURTLE),
    "application/n-triples": ("nt", ox.RdfFormat.N_TRIPLES),
    "application/ld+json": ("jsonld", ox.RdfFormat.JSON_LD),
    "application/rdf+xml": ("rdf", ox.RdfFormat.RDF_XML),
}
SENT = """
@prefix e: <http://a.example/> .
e:s e:p "a"@en, "a"@fr, "a", "1", 1, 1.5, true, "x\\ny" ; e:q [ e:r e:s, [ e:t _:x ] ] .
_:x e:p _:x .
"""


@pytest.fixture(scope="module")
def address(store: GraphStore) -> str:
    """The address of a graph with terms of every kind."""
    found = store.new()
    assert store.send("PUT", found, SENT).status_code == 201
    return found


@pytest.mark.parametrize("media_type", FORMS)
def test_a_graph_is_returned_as_it_was_sent(store: GraphStore, address: str, media_type: str) -> None:
    """In each format, by Accept and by name, with blank nodes and without a statement more."""
    short, form = FORMS[media_type]
    response = store.read(address, Accept=media_type)
    assert response.mimetype == media_type
    assert triples(response.data, form) == triples(SENT)
    assert store.read(f"{address}?format={short}").data == response.data
    head = store.client.head(address, headers={"Accept": media_type})
    assert head.data == b""
    for name in ("ETag", "Content-Type", "Content-Length", "Vary", "Uphold-Snapshot", "Cache-Control"):
        assert head.headers[name] == response.headers[name]


def test_turtle_is_the_default(store: GraphStore, address: str) -> None:
    """Without Accept, and for a client that takes anything."""
    assert store.read(address).mimetype == store.read(address, Accept="*/*").mimetype == "text/turtle"
    assert store.read(address, Accept="image/png").status_code == 406


def test_blank_nodes_have_the_labels_that_queries_return(store: GraphStore, address: str) -> None:
    """They can be found again."""
    query = f"SELECT ?b {{ GRAPH <{store.iri(address)}> {{ ?b <http://a.example/r> ?o }} }}"
    found = store.client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/json"})
    labels = {row["b"]["value"] for row in found.get_json()["results"]["bindings"]}
    assert len(labels) == 1
    assert f"_:{labels.pop()} <http://a.example/r>" in store.read(address, Accept="application/n-triples").text


def test_an_etag_follows_from_the_content_of_the_graph_alone(store: GraphStore, address: str) -> None:
    """A write to another graph keeps it, one to this graph changes it, and the same content brings it back."""
    tag, body = store.read(address).headers["ETag"], store.read(address).data
    assert tag.startswith('"')
    store.send("PUT", store.new(), SENT)
    assert store.read(address).headers["ETag"] == tag
    store.send("POST", address, "<http://a.example/s> <http://a.example/p> 7 .")
    assert store.read(address).headers["ETag"] != tag
    store.send("DELETE", address)
    lines = sorted(triples(SENT), reverse=True)
    store.send("PUT", address, " .\n".join([*lines, ""]))
    assert store.read(address).headers["ETag"] == tag
    assert store.read(address).data == body


def test_each_representation_has_its_own_etag(store: GraphStore, address: str) -> None:
    """A strong ETag belongs to one sequence of bytes (RFC 9110, 8.8.3); a compressed variant is another."""
    tags = {store.read(address, Accept=form).headers["ETag"] for form in FORMS}
    store.send("PUT", long := store.new(), "".join(f"<urn:a:{n}> <urn:a:p> {n} .\n" for n in range(99)))
    packed = store.read(long, Accept_Encoding="gzip").headers["ETag"]
    assert len({*tags, packed, store.read(long).headers["ETag"]}) == len(FORMS) + 2


def test_a_client_that_has_the_graph_gets_304(store: GraphStore, address: str) -> None:
    """Until the graph changes; a tag of another format does not count."""
    turtle, lines = (store.read(address, Accept=form) for form in ("text/turtle", "application/n-triples"))
    known = store.read(address, If_None_Match=turtle.headers["ETag"])
    assert (known.status_code, known.data) == (304, b"")
    assert known.headers["ETag"] == turtle.headers["ETag"]
    assert store.read(address, If_None_Match=lines.headers["ETag"]).status_code == 200
    assert store.read(address, If_Match='"another"').status_code == 412
    assert "no-cache" in turtle.headers["Cache-Control"]


def test_a_graph_that_is_not_there_is_a_problem(store: GraphStore) -> None:
    """404 for GET and HEAD (5.2); a page for a browser."""
    address = store.new()
    assert store.read(address).get_json()["type"].endswith("/problem/graph-not-found")
    assert store.client.head(address).status_code == 404
    assert "There is no such graph" in store.read(address, Accept="text/html").text


def test_a_protected_graph_can_be_read(store: GraphStore) -> None:
    """It is the graph that queries see."""
    places = store.read("/graphs/places", Accept="application/n-triples")
    query = "CONSTRUCT { ?s ?p ?o } { GRAPH <https://w3id.org/uphold/graph/places> { ?s ?p ?o } }"
    asked = store.client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/n-triples"})
    assert sorted(places.data.splitlines()) == sorted(asked.data.splitlines())


def test_the_unnamed_graph_is_always_there(store: GraphStore) -> None:
    """It can be empty, never missing (SPARQL 1.1 Query, 13)."""
    assert store.send("DELETE", "/graphs?default").status_code == 204
    assert (store.read("/graphs?default").status_code, store.read("/graphs?default").data) == (200, b"")
    assert store.send("PUT", "/graphs?default", "<urn:a:b> <urn:a:c> <d> .").status_code == 204
    written = store.read("/graphs?default", Accept="application/n-triples")
    assert written.text == "<urn:a:b> <urn:a:c> <https://w3id.org/uphold/d> .\n"
    named = {each["graph"] for each in store.client.get("/graphs?format=json").get_json()["graphs"]}
    assert None in named
    assert "urn:uphold:unnamed-graph" not in named
    assert store.send("DELETE", "/graphs?default").status_code == 204


def test_a_browser_gets_pages(store: GraphStore, address: str) -> None:
    """Of the list, of a graph with links to its formats, and of its history."""
    page = store.read(address, Accept="text/html").text
    for short, _ in FORMS.values():
        assert f'href="{address}?format={short}"' in page
    assert f'href="{address}/history"' in page
    assert f'href="{address}"' in store.read("/graphs", Accept="text/html").text
    assert "With a token for it" in page
    assert "no token can change it" in store.read("/graphs/places", Accept="text/html").text


def test_the_store_describes_itself(store: GraphStore, address: str) -> None:
    """In Turtle: each graph with its name and size (SPARQL 1.1 Service Description, 3.2)."""
    described = triples(store.read("/graphs", Accept="text/turtle").data)
    named = "<http://www.w3.org/ns/sparql-service-description#name>"
    assert any(f"{named} <{store.iri(address)}>" in line for line in described)
