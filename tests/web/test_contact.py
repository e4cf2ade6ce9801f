"""Whom to ask about a server: what its operator states is in all that describes it, and nothing is when nobody does."""

from __future__ import annotations

import dataclasses
import json
import urllib.request
from collections.abc import Iterator
from html import escape

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import DCAT, RDF

from tests.conftest import running_server
from tests.data.dcat_ap import faults
from uphold.errors import InvalidSetting
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

VCARD = rdflib.Namespace("http://www.w3.org/2006/vcard/ns#")
NODE = rdflib.URIRef(f"{BASE}.well-known/void#contact")
EMAIL, PAGE = "data+uphold@example.org", "https://example.org/contact?about=uphold&lang=en"
STATED = {
    EMAIL: (VCARD.hasEmail, rdflib.URIRef("mailto:data+uphold@example.org"), {"email": EMAIL}),
    PAGE: (VCARD.hasURL, rdflib.URIRef(PAGE), {"url": PAGE}),
}
DESCRIPTIONS = ["/.well-known/void", "/", "/sparql", "/validate"]
"""Where a client gets the description of the data set and of services as RDF."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A real server with a contact."""

    contact: str
    address: str

    def get(self, path: str, accept: str) -> str:
        """The body of a response."""
        request = urllib.request.Request(self.address + path, headers={"Accept": accept})
        with urllib.request.urlopen(request) as response:
            text: str = response.read().decode()
            return text

    def graph(self, path: str) -> rdflib.Graph:
        """The body of a response as RDF."""
        return rdflib.Graph().parse(data=self.get(path, "text/turtle"), format="turtle")


@pytest.fixture(scope="module", params=[EMAIL, PAGE], ids=["e-mail", "page"])
def asked(request: pytest.FixtureRequest, tiny: Settings) -> Iterator[Asked]:
    """A server whose contact is an e-mail address, and one whose contact is a page."""
    with running_server(dataclasses.replace(tiny, contact=request.param, server_processes=1)) as address:
        yield Asked(request.param, address)


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_a_description_states_the_contact(asked: Asked, path: str) -> None:
    """As a vcard:Kind with nothing else in it, by the ontology of vCard: an IRI in hasEmail or in hasURL."""
    graph = asked.graph(path)
    property_, value, _ = STATED[asked.contact]
    assert set(graph.predicate_objects(NODE)) == {(RDF.type, VCARD.Kind), (property_, value)}
    assert set(graph.subjects(RDF.type, VCARD.Kind)) == {NODE}


def test_every_data_set_catalogue_and_service_has_the_contact(asked: Asked) -> None:
    """DCAT 3, 6.4.2: contact point; the endpoint and the validator state it at their own addresses too."""
    graph = asked.graph("/.well-known/void")
    kinds = (DCAT.Dataset, DCAT.Catalog, DCAT.DataService)
    described = {thing for kind in kinds for thing in graph.subjects(RDF.type, kind)}
    assert {rdflib.URIRef(BASE), rdflib.URIRef(f"{BASE}sparql"), rdflib.URIRef(f"{BASE}graph/void")} <= described
    assert {(thing, NODE) for thing in described} == set(graph.subject_objects(DCAT.contactPoint))
    for name in ("sparql", "validate"):
        stated = asked.graph(f"/{name}").subject_objects(DCAT.contactPoint)
        assert set(stated) == {(rdflib.URIRef(f"{BASE}{name}"), NODE)}


def test_a_catalogue_with_a_contact_meets_dcat_ap(asked: Asked) -> None:
    """All but the source that the tiny data set does not have."""
    found = {fault for fault in faults(asked.graph("/.well-known/void")) if fault[0] != "Dataset.source"}
    assert found == set()


def test_the_openapi_document_states_the_contact(asked: Asked) -> None:
    """OpenAPI 3.1.1, 4.8.3: Contact Object."""
    info = json.loads(asked.get("/api/openapi.json", "application/json"))["info"]
    assert info["contact"] == STATED[asked.contact][2]


@pytest.mark.parametrize("path", ["/", "/doc/jurisdiction/nzl", "/sparql", "/api"])
def test_every_page_has_the_contact_at_its_foot(asked: Asked, path: str) -> None:
    """A link with the address as its text."""
    link = f'<a href="{escape(STATED[asked.contact][1])}" rel="noreferrer">{escape(asked.contact)}</a>'
    assert asked.get(path, "text/html").partition("<footer")[2].count(link) == 1


def test_the_contact_is_not_in_the_data(asked: Asked, tiny: Settings) -> None:
    """It is about the server: the snapshot is the one of a server without it, and no query finds it."""
    assert json.loads(asked.get("/healthz", "application/json"))["snapshot"] == current(tiny.state).id
    query = "ASK%20%7B%20%3Fa%20%3Chttp%3A%2F%2Fwww.w3.org%2Fns%2Fdcat%23contactPoint%3E%20%3Fb%20%7D"
    assert json.loads(asked.get(f"/sparql?query={query}", "application/sparql-results+json"))["boolean"] is False


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_without_the_setting_no_description_has_a_contact(client: FlaskClient, path: str) -> None:
    """Nor a term of it."""
    text = client.get(path, headers={"Accept": "application/n-triples" if path != "/validate" else "text/turtle"}).text
    assert "DataService" in text or path == "/sparql"
    for term in ("contact", "vcard", "mailto:"):
        assert term not in text


def test_without_the_setting_no_page_and_no_openapi_document_has_a_contact(client: FlaskClient) -> None:
    """No empty element either."""
    assert "contact" not in client.get("/api/openapi.json").get_json()["info"]
    foot = client.get("/").text.partition("<footer")[2]
    assert "Snapshot" in foot
    assert "ontact" not in foot
    assert "<p></p>" not in foot


def test_the_contact_is_read_from_the_environment() -> None:
    """Like every setting; empty means not set."""
    assert Settings.from_environment({"UPHOLD_CONTACT": EMAIL}).contact == EMAIL
    assert Settings.from_environment({"UPHOLD_CONTACT": ""}).contact_iri == Settings().contact_iri == ""


@pytest.mark.parametrize(
    ("contact", "iri"),
    [
        ("someone@example.org", "mailto:someone@example.org"),
        ("a.b-c_d+e@data.example.org", "mailto:a.b-c_d+e@data.example.org"),
        ("r&d@example.org", "mailto:r%26d@example.org"),  # RFC 6068, 2: what would begin a header field is encoded
        ("50%/a?b#c@example.org", "mailto:50%25%2Fa%3Fb%23c@example.org"),
        ("https://example.org", "https://example.org"),
        ("https://example.org:8443/contact#people", "https://example.org:8443/contact#people"),
        ("https://example.org/a@b", "https://example.org/a@b"),
    ],
)
def test_a_contact_is_an_address_or_a_page(contact: str, iri: str) -> None:
    """Its IRI is that of the mail scheme, or the address itself."""
    assert Settings(contact=contact).contact_iri == iri


@pytest.mark.parametrize(
    "contact",
    [
        *(
            "us",
            "us@",
            "@example.org",
            "a@b@example.org",
            "us at example.org",
            "Us <us@example.org>",
            "us@-example.org",
        ),
        *("us@example.org, you@example.org", "us@example.org\n", " us@example.org", "mailto:us@example.org"),
        *("http://example.org/", "HTTPS://example.org/", "ftp://example.org/", "https://", "https:///contact"),
        *("https://us:secret@example.org/", "https://us@example.org/", "https://example.org/a b", "tel:+123"),
        *("https://example.org:99999/", "https://example.org:port/", 'https://example.org/"><script>', "javascript:1"),
        *(
            "https://example.org/<",
            "https://example.org/\\",
            "https://exämple.org/",
            "üs@example.org",
            "//example.org/",
        ),
    ],
)
def test_anything_else_is_refused_when_the_server_starts(contact: str) -> None:
    """With the value, and what it must be."""
    with pytest.raises(InvalidSetting) as refused:
        Settings(contact=contact)
    assert str(refused.value) == (
        f"contact is {contact!r}; it must be an e-mail address or the https address of a page."
    )
