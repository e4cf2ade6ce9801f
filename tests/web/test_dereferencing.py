"""Linked data: identifiers lead to documents, and every IRI of ours leads somewhere that speaks of it."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient

from tests.web.contexts import request_to
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current

NZL = rdflib.URIRef(f"{BASE}id/jurisdiction/nzl")
RDF_FORMS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
PARTS = 8


def iris_of_ours(snapshot: Snapshot) -> Iterator[str]:
    """Every IRI under the base that a snapshot uses, in any place."""
    for quad in ox.parse(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS):
        for term in quad:
            iri = term.datatype.value if isinstance(term, ox.Literal) else getattr(term, "value", "")
            if not isinstance(term, ox.BlankNode) and iri.startswith(BASE):
                yield iri


def follow(client: FlaskClient, iri: str, accept: str) -> tuple[int, str]:
    """Status and text at the end of the way that begins at an IRI."""
    path = urlsplit(iri[len(BASE) - 1 :]).path
    response = client.get(path, headers={"Accept": accept})
    if response.status_code == 303:
        response = client.get(response.headers["Location"], headers={"Accept": accept})
    return response.status_code, response.text


def test_a_thing_answers_303_to_its_document(client: FlaskClient) -> None:
    """A country is not a document: /id/ redirects to /doc/ on the same host."""
    response = client.get("/id/jurisdiction/nzl", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (303, "/doc/jurisdiction/nzl")


def test_a_suffix_survives_the_303(client: FlaskClient) -> None:
    """/id/….ttl leads to the Turtle."""
    assert client.get("/id/jurisdiction/nzl.ttl").headers["Location"] == "/doc/jurisdiction/nzl.ttl"


@pytest.mark.parametrize(
    "path",
    [
        *("/id/jurisdiction/zzz", "/doc/jurisdiction/zzz", "/doc/nothing/", "/id/nothing/"),
        *("/doc/jurisdiction/nzl%23x", "/graph/places%23x", "/shapes/labels-length%23", "/ontology/Treaty%23"),
    ],
)
def test_what_nothing_mentions_is_not_there(client: FlaskClient, path: str) -> None:
    """404, also for the redirect: a typing error shows at once."""
    response = client.get(path)
    assert (response.status_code, response.get_json()["type"]) == (404, f"{BASE}problem/resource-not-found")


@pytest.mark.parametrize("suffix", RDF_FORMS)
def test_every_rdf_form_says_the_same(client: FlaskClient, suffix: str) -> None:
    """The forms differ in writing only."""
    turtle = rdflib.Graph().parse(data=client.get("/doc/jurisdiction/nzl.ttl").data, format="turtle")
    other = rdflib.Graph().parse(data=client.get(f"/doc/jurisdiction/nzl.{suffix}").data, format=RDF_FORMS[suffix])
    assert set(other) == set(turtle)
    assert (NZL, rdflib.SKOS.prefLabel, rdflib.Literal("New Zealand", lang="en")) in turtle
    assert (rdflib.URIRef(f"{BASE}id/call/nzl-1"), rdflib.URIRef(f"{BASE}ontology#addressedTo"), NZL) in turtle
    assert (rdflib.URIRef(f"{BASE}doc/jurisdiction/nzl"), rdflib.FOAF.primaryTopic, NZL) in turtle


def test_the_json_form_has_label_facts_incoming_links_and_sources(client: FlaskClient) -> None:
    """The plain form for people who do not want RDF."""
    found = client.get("/doc/jurisdiction/nzl.json").get_json()
    assert found["id"] == str(NZL)
    assert found["label"] == "New Zealand"
    assert {kind["label"]: kind["id"] for kind in found["types"]} == {
        "state": f"{BASE}ontology#State",
        "jurisdiction": f"{BASE}ontology#Jurisdiction",
    }
    assert found["facts"]["skos:prefLabel"][0] == {"value": "New Zealand", "language": "en"}
    assert found["facts"]["uphold:iso3"] == [{"value": "NZL"}]
    assert found["incoming"]["uphold:addressedTo"]["count"] == 3
    assert found["sources"][0]["publication"]["label"]
    assert found["prefixes"]["uphold"] == f"{BASE}ontology#"


def test_a_page_shows_names_in_their_language_and_direction(client: FlaskClient) -> None:
    """Arabic reads from the right, also between Latin letters."""
    page = client.get("/doc/jurisdiction/nzl.html").text
    assert '<bdi lang="ar" dir="auto">' in page
    assert '<h1><bdi lang="en" dir="auto">New Zealand</bdi></h1>' in page


def test_links_on_a_page_stay_on_the_host(client: FlaskClient) -> None:
    """What is ours is linked by its path; the canonical IRI is shown as text."""
    page = client.get("/doc/call/nzl-1.html").text
    assert 'href="/doc/jurisdiction/nzl"' in page
    assert not re.findall(rf'<a [^>]*href="{BASE}', page)


def test_only_web_addresses_become_links(client: FlaskClient) -> None:
    """A javascript: IRI in the data would stay plain text."""
    with request_to(client.application, "/"):
        href = client.application.jinja_env.filters["href"]
        assert href("javascript:alert(1)") is None
        assert href("https://example.org/") == "https://example.org/"
        assert href(f"{BASE}//evil.example/") == "/evil.example/"
        assert href(f"{BASE}ontology#Treaty") == "/ontology/Treaty"
        assert href(f"{BASE}ontology") == "/ontology"


def test_the_list_of_a_kind_has_every_thing_of_it(client: FlaskClient) -> None:
    """Nine calls are nine links, and nine entries in JSON."""
    page = client.get("/doc/call/", headers={"Accept": "text/html"}).text
    listed = client.get("/doc/call/", headers={"Accept": "application/json"}).get_json()
    assert listed["count"] == len(listed["things"]) == 9
    assert all(f'href="/doc/{thing["id"].partition("/id/")[2]}"' in page for thing in listed["things"])


@pytest.mark.parametrize("page", ["0", "x", "-1", "1" * 20, "²"])
def test_an_invalid_page_number_is_refused(client: FlaskClient, page: str) -> None:
    """400, never a fault of the server."""
    assert client.get("/doc/call/", query_string={"page": page}).status_code == 400


def test_the_ontology_is_a_page_and_a_graph(client: FlaskClient) -> None:
    """A page for browsers, every statement for machines."""
    page = client.get("/ontology", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    graph = rdflib.Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    assert (rdflib.URIRef(f"{BASE}ontology#Treaty"), rdflib.RDF.type, rdflib.OWL.Class) in graph
    assert client.get("/ontology", headers={"Accept": "application/rdf+xml"}).mimetype == "application/rdf+xml"


def test_every_term_is_at_its_anchor_on_the_ontology_page(client: FlaskClient) -> None:
    """A browser that follows the IRI of a term arrives at that term."""
    graph = rdflib.Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    kinds = (rdflib.OWL.Class, rdflib.OWL.ObjectProperty, rdflib.OWL.DatatypeProperty)
    terms = {str(term) for kind in kinds for term in graph.subjects(rdflib.RDF.type, kind)}
    ours = {term.partition("#")[2] for term in terms if term.startswith(f"{BASE}ontology#")}
    assert len(ours) > 100
    assert ours - set(re.findall(r' id="([^"]+)"', client.get("/ontology.html").text)) == set()


def test_the_ontology_page_contacts_no_other_host(client: FlaskClient) -> None:
    """Its policy allows this host and no other place; it embeds nothing from elsewhere."""
    response = client.get("/ontology.html")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    found = re.findall(r"<(?:script|img|iframe|link)[^>]+(?:src|href)=[\"']https?:[^>]*>", response.text)
    assert found == [f'<link rel="canonical" href="{BASE}ontology">']  # a name, which no browser fetches


def test_the_catalogue_is_at_its_well_known_place(client: FlaskClient) -> None:
    """VoID in Turtle, with the downloads."""
    response = client.get("/.well-known/void")
    graph = rdflib.Graph().parse(data=response.data, format="turtle")
    assert response.mimetype == "text/turtle"
    dumps = set(graph.objects(None, rdflib.VOID.dataDump))
    assert dumps
    for dump in dumps:
        assert client.get(str(dump)[len(BASE) - 1 :]).status_code == 200


def test_parts_without_a_name_are_inside_what_they_belong_to(project_client: FlaskClient) -> None:
    """The Turtle of all shapes names no blank node."""
    assert "_:" not in project_client.get("/shapes.ttl").text


def test_a_list_in_the_data_is_a_list_on_the_page_and_in_json(project_client: FlaskClient) -> None:
    """Nobody has to read rdf:first and rdf:rest."""
    found = project_client.get("/shapes/privacy-small-numerator.json").get_json()
    assert len(found["facts"]["sh:or"][0]["list"]) == 4
    assert "rdf:first" not in project_client.get("/shapes/privacy-small-numerator.html").text


@pytest.mark.parametrize("path", ["/shapes.ttl", "/shapes.jsonld", "/ontology.rdf", "/doc/jurisdiction/nzl.ttl"])
def test_equal_statements_are_equal_bytes_in_every_process(
    project_client: FlaskClient, project_address: str, path: str
) -> None:
    """Two servers return the same document with the same ETag, so a strong ETag is true."""
    ours = project_client.get(path)
    with urllib.request.urlopen(f"{project_address}{path}") as theirs:
        assert (theirs.read(), theirs.headers["ETag"]) == (ours.data, ours.headers["ETag"])


@pytest.fixture(scope="module")
def by_document(project: Snapshot) -> dict[str, list[str]]:
    """Every IRI of the project's snapshot, by its document."""
    found: dict[str, list[str]] = {}
    for iri in sorted(set(iris_of_ours(project))):
        found.setdefault(iri.partition("#")[0], []).append(iri)
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_iri_of_ours_leads_to_a_document_that_mentions_it(
    by_document: dict[str, list[str]], project_client: FlaskClient, part: int, request: pytest.FixtureRequest
) -> None:
    """Every eighth IRI of the project's snapshot, with `--long` all, as N-Triples; hash IRIs lead to their document.

    The addresses of the API are pages themselves, and answer. In parts, which run beside one another.
    """
    step = PARTS if request.config.getoption("--long") else 8 * PARTS
    assert sum(map(len, by_document.values())) > 3000
    failed = []
    for document, named in list(by_document.items())[part::step]:
        status, text = follow(project_client, document, "application/n-triples, */*;q=0.1")
        is_page = f"{document}/".startswith(f"{BASE}api/")
        failed += [(iri, status) for iri in named if status != 200 or (f"<{iri}>" not in text and not is_page)]
    assert failed == []


def test_no_description_leaves_a_part_out(project: Snapshot, project_client: FlaskClient) -> None:
    """A part without a name that a document mentions is described in it, however deep."""
    quads = ox.Dataset(ox.parse(path=str(project.data), format=ox.RdfFormat.N_QUADS))
    owners = {
        q.subject.value for q in quads if isinstance(q.object, ox.BlankNode) and isinstance(q.subject, ox.NamedNode)
    }
    for owner in sorted(owner for owner in owners if owner.startswith(f"{BASE}shapes/")):
        graph = rdflib.Graph().parse(data=follow(project_client, owner, "application/n-triples")[1], format="nt")
        open_ends = {o for o in graph.objects() if isinstance(o, rdflib.BNode)} - set(graph.subjects())
        assert (owner, open_ends) == (owner, set())


def test_a_page_and_its_json_are_of_the_same_snapshot(client: FlaskClient, tiny: Settings) -> None:
    """Every answer names its snapshot."""
    for suffix in ("html", "json", "ttl"):
        response = client.get(f"/doc/treaty/opsc.{suffix}")
        assert response.headers["Uphold-Snapshot"] == current(tiny.state).id


def test_labels_are_escaped(client: FlaskClient) -> None:
    """Markup in a query comes back as text."""
    query = 'SELECT ("<script>alert(1)</script>" AS ?x) {}'
    page = client.get("/sparql", query_string={"query": query, "format": "html"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_json_is_utf_8_as_it_is(client: FlaskClient) -> None:
    """No escapes where none are needed."""
    raw = client.get("/doc/jurisdiction/nzl.json").data
    assert "Nouvelle-Zélande" in raw.decode("utf-8")
    assert json.loads(raw)["id"] == str(NZL)
