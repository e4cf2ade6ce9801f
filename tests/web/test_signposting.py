"""Signposting: programs find the identifier, the data, the licence and the author of each document by its links."""

from __future__ import annotations

import json
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from requests.utils import parse_header_links

from uphold.settings import CANONICAL_BASE as BASE

HTML = {"Accept": "text/html"}
DOCUMENT = "/doc/treaty/opsc"
RDF = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
}


def links(client: FlaskClient, path: str, method: str = "GET", accept: str = "text/html") -> dict[str, dict[str, str]]:
    """The targets of the links by relation, each with the type that the link states; a real parser reads them."""
    response = client.open(path, method=method, headers={"Accept": accept})
    found: dict[str, dict[str, str]] = {}
    for link in parse_header_links(response.headers["Link"]):
        for relation in link["rel"].split():
            found.setdefault(relation, {})[link["url"]] = link.get("type", "")
    return found


def test_a_document_cites_as_the_identifier_that_leads_to_it(client: FlaskClient) -> None:
    """The permanent identifier redirects to the document."""
    [identifier] = links(client, DOCUMENT)["cite-as"]
    assert identifier == f"{BASE}id/treaty/opsc"
    assert client.get(identifier.removeprefix(BASE[:-1])).headers["Location"] == DOCUMENT


def test_a_document_is_described_by_each_form_of_rdf(client: FlaskClient) -> None:
    """Each answers with the type that the link states."""
    found = links(client, DOCUMENT)["describedby"]
    assert {form: target for target, form in found.items()} == {
        form: f"{DOCUMENT}.{suffix}" for form, suffix in RDF.items()
    }
    assert [target for target, form in found.items() if client.get(target).mimetype != form] == []


def test_a_document_says_of_what_class_it_is(client: FlaskClient) -> None:
    """A page about something, and what that is."""
    assert set(links(client, DOCUMENT)["type"]) == {"https://schema.org/AboutPage", "https://schema.org/Legislation"}


def test_a_document_has_licence_author_and_list(client: FlaskClient) -> None:
    """The licence is that of the graphs which speak of the thing."""
    found = links(client, DOCUMENT)
    assert set(found["license"]) == {"https://creativecommons.org/licenses/by/4.0/"}
    assert set(found["author"]) == {f"{BASE}id/organisation/uphold-contributors"}
    assert set(found["collection"]) == {"/doc/treaty/"}
    assert client.get("/doc/treaty/").status_code == 200


def test_the_links_to_other_times_are_there_as_well(client: FlaskClient) -> None:
    """Memento and Signposting share one header."""
    found = links(client, DOCUMENT)
    assert {"original", "timegate", "timemap", "memento", "describes", "cite-as"} <= set(found)


@pytest.mark.parametrize("path", ["/", DOCUMENT, "/doc/treaty/", "/graph/places", "/doc/treaty/opsc.ttl"])
def test_head_has_the_links_of_get(client: FlaskClient, path: str) -> None:
    """A program need not fetch the page."""
    assert links(client, path, "HEAD") == links(client, path)


@pytest.mark.parametrize("suffix", [*RDF.values(), "json"])
def test_a_form_leads_back_to_the_page_and_to_the_thing(client: FlaskClient, suffix: str) -> None:
    """The data link to the page for people."""
    found = links(client, f"{DOCUMENT}.{suffix}")["describes"]
    assert found == {f"{BASE}id/treaty/opsc": "", f"{BASE}doc/treaty/opsc": "text/html"}


def test_a_state_of_a_document_cites_as_itself(client: FlaskClient) -> None:
    """A citation of an archived snapshot means that one."""
    identity = client.get("/healthz").get_json()["snapshot"]
    found = links(client, f"/snapshots/{identity}{DOCUMENT}")
    assert set(found["cite-as"]) == {f"{BASE}snapshots/{identity}{DOCUMENT}"}
    assert {client.get(target).status_code for target in found["describedby"]} == {200}


def test_the_front_page_links_to_the_files_of_the_whole_data_set(client: FlaskClient) -> None:
    """Items with their type, and the description of the data set."""
    found = links(client, "/")
    assert {"/dumps/uphold.nq.gz", "/dumps/uphold.trig.gz"} <= set(found["item"])
    assert [target for target, form in found["item"].items() if client.head(target).mimetype != form] == []
    assert client.get("/.well-known/void", headers={"Accept": "text/turtle"}).mimetype == "text/turtle"
    assert found["describedby"] == {"/.well-known/void": "text/turtle"}


@pytest.mark.parametrize("path", ["/", DOCUMENT, "/doc/treaty/", "/doc/jurisdiction/nzl", "/doc/call/nzl-1"])
def test_the_set_of_links_has_those_of_the_header_and_the_shape_of_rfc_9264(client: FlaskClient, path: str) -> None:
    """An array of contexts, each with an anchor, relations as keys, and targets with href and text attributes."""
    header = links(client, path)
    [address] = header.pop("linkset")
    response = client.get(address)
    assert response.mimetype == "application/linkset+json"
    document = json.loads(response.data)
    assert [*document] == ["linkset"]
    for context in document["linkset"]:
        check_context(context)
    own = next(context for context in document["linkset"] if context["anchor"] == f"{BASE}{path[1:]}")
    for relation in set(header) - {"original", "timegate", "timemap", "memento", "describes", "first", "next"}:
        targets = {urljoin(BASE, target.lstrip("/")) for target in header[relation]}
        assert targets <= {target["href"] for target in own[relation]}, relation


def check_context(context: dict[str, object]) -> None:
    """One link context object (RFC 9264, 4.2.2 and 4.2.3)."""
    assert urlsplit(str(context["anchor"])).scheme == "https"
    for relation, targets in context.items():
        if relation == "anchor":
            continue
        assert isinstance(targets, list)
        assert targets
        for target in targets:
            assert set(target) <= {"href", "type"}
            assert urlsplit(target["href"]).scheme == "https"
            assert all(isinstance(value, str) for value in target.values())


def test_each_form_leads_back_in_the_set_of_links(client: FlaskClient) -> None:
    """So one document has all that a program needs."""
    found = client.get("/linkset/treaty/opsc", headers=HTML)
    contexts = {context["anchor"]: context for context in json.loads(found.data)["linkset"]}
    back = [{"href": f"{BASE}doc/treaty/opsc", "type": "text/html"}]
    assert [contexts[f"{BASE}doc/treaty/opsc.{suffix}"]["describes"] for suffix in RDF.values()] == [back] * len(RDF)


def test_the_set_of_a_list_has_each_thing_on_it(client: FlaskClient) -> None:
    """Nine calls are nine items."""
    context = json.loads(client.get("/linkset/call/").data)["linkset"][0]
    assert len(context["item"]) == 9


@pytest.mark.parametrize("path", ["/linkset/treaty/none", "/linkset/none/", "/linkset/%3Cb%3E/x"])
def test_what_is_not_there_has_no_links(client: FlaskClient, path: str) -> None:
    """A problem that says so."""
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    ["/outcomes", "/timeline", "/matrix", "/compare?jurisdiction=nzl", "/discrepancies", "/words", "/api/calls.html"],
)
def test_a_page_about_no_one_thing_says_how_it_is_cited_and_what_it_shows_as_data(
    client: FlaskClient, path: str
) -> None:
    """Each answer behind it is an item in the format of its link; what is cited is permanent and shows the page."""
    found = links(client, path)
    [cited] = found["cite-as"]
    assert client.get(cited.removeprefix(BASE[:-1]), headers=HTML).status_code == 200
    assert set(found["license"]) == {"https://creativecommons.org/licenses/by/4.0/"}
    assert "https://schema.org/WebPage" in found["type"]
    items = found.get("item", {})
    assert items or path == "/words"
    assert [target for target, form in items.items() if client.get(target).mimetype != form] == []
