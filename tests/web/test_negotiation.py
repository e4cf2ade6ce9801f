"""Which form a client gets follows from its Accept header or the suffix, and from nothing else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

THING = "/doc/jurisdiction/nzl"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
RDFLIB = "text/turtle;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (FIREFOX, "text/html"),
        (RDFLIB, "text/turtle"),
        ("text/turtle", "text/turtle"),
        ("text/turtle, */*", "text/turtle"),
        ("TEXT/TURTLE", "text/turtle"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        ("text/*", "text/html"),
        ("text/*, text/html;q=0", "text/turtle"),
        ("text/html;q=0, */*", "text/turtle"),
        ("text/html;q=0.4, application/rdf+xml;q=0.5", "application/rdf+xml"),
        ("application/*", "application/n-triples"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("application/json", "application/json"),
        ("application/n-triples, image/png", "application/n-triples"),
    ],
)
def test_accept_chooses_the_form(client: FlaskClient, accept: str | None, given: str) -> None:
    """Quality first, then what is named, then the server's order."""
    response = client.get(THING, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.mimetype) == (200, given)
    assert "Accept" in response.vary


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "application/zip, image/*"])
def test_what_is_not_on_offer_is_refused_with_the_list_of_what_is(client: FlaskClient, accept: str) -> None:
    """406 says which media types there are."""
    response = client.get(THING, headers={"Accept": accept})
    assert response.status_code == 406
    assert response.mimetype == "application/problem+json"
    assert "text/turtle" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("suffix", "given"),
    [
        ("html", "text/html"),
        ("ttl", "text/turtle"),
        ("nt", "application/n-triples"),
        ("jsonld", "application/ld+json"),
        ("rdf", "application/rdf+xml"),
        ("json", "application/json"),
    ],
)
def test_the_suffix_wins_over_accept(client: FlaskClient, suffix: str, given: str) -> None:
    """A format has its own address, where Accept makes no difference."""
    response = client.get(f"{THING}.{suffix}", headers={"Accept": "image/png"})
    assert (response.status_code, response.mimetype) == (200, given)
    assert "Accept" not in response.vary


def test_a_negotiated_document_says_where_its_form_is(client: FlaskClient) -> None:
    """Content-Location names the address of the form that was chosen."""
    response = client.get(THING, headers={"Accept": "text/turtle"})
    assert response.headers["Content-Location"] == f"{THING}.ttl"
    assert client.get(f"{THING}.ttl").data == response.data
