"""Formats: media types in any case, names in `format=`, and errors in a form that says what they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.protocol.tables import cases, rows

FORMATS = cases("formats.toml")
KINDS = ("select", "ask", "construct")
NAMES = [(kind, name, given) for kind in KINDS for name, given in FORMATS[kind]["names"].items()]
DIRECT, FORM = "application/sparql-query", "application/x-www-form-urlencoded"


def check(response: Any, media_type: str) -> None:
    """The answer has the media type, or is 400 and lists what fits."""
    if media_type:
        assert (response.status_code, response.mimetype) == (200, media_type), response.text[:300]
        return
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("start", ["", "/snapshots/{snapshot}"])
@pytest.mark.parametrize(("kind", "name", "given"), NAMES)
def test_a_format_that_is_named_is_given_or_refused(
    client: FlaskClient, start: str, kind: str, name: str, given: str
) -> None:
    """By GET and by POST, about the current snapshot and about a named one."""
    address = start.replace("{snapshot}", client.get("/healthz").get_json()["snapshot"]) + "/sparql"
    fields = {"query": FORMATS[kind]["query"], "format": name}
    got = client.get(address, query_string=fields)
    check(got, given)
    check(client.post(address, data=fields), given)
    if not given:
        problem = got.get_json()
        assert problem["type"].endswith("problem/unsupported-format")
        fitting = {media_type for media_type in FORMATS[kind]["names"].values() if media_type}
        assert all(media_type in problem["detail"] for media_type in fitting)


@pytest.mark.parametrize("case", FORMATS["fields"], ids=lambda case: case["sent"])
def test_fields_of_clients_for_any_endpoint_are_read(client: FlaskClient, case: dict[str, str]) -> None:
    """The same field several times, and several fields for the same thing."""
    query = FORMATS[case["query"]]["query"]
    check(client.get(f"/sparql?query={quote(query)}&{case['sent']}"), case["media-type"])


@pytest.mark.parametrize("case", FORMATS["address"], ids=lambda case: case["path"])
def test_every_address_that_negotiates_reads_the_field(client: FlaskClient, case: dict[str, str]) -> None:
    """Given or refused, never passed over."""
    check(client.get(case["path"]), case["media-type"])


def test_the_form_comes_before_accept(client: FlaskClient) -> None:
    """The address names it, whatever the client prefers."""
    fields = {"query": FORMATS["select"]["query"], "format": "text/csv"}
    assert client.get("/sparql", query_string=fields, headers={"Accept": "text/html"}).mimetype == "text/csv"
    assert client.get("/ontology?format=nt", headers={"Accept": "text/html"}).mimetype == "application/n-triples"


@pytest.mark.parametrize("case", rows("accept.csv"), ids=lambda case: f"{case['path']} {case['accept']}")
def test_accept_minds_neither_case_nor_parameters(client: FlaskClient, case: dict[str, str]) -> None:
    """Case, spaces, weights, ranges and further names of the forms of RDF."""
    path, fields = case["path"], None
    if path in KINDS:
        path, fields = "/sparql", {"query": FORMATS[path]["query"]}
    response = client.get(path, query_string=fields, headers={"Accept": case["accept"]})
    expected = (200, case["media-type"]) if case["media-type"] else (406, "application/problem+json")
    assert (response.status_code, response.mimetype) == expected


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("Application/SPARQL-Query", 200),
        ("application/sparql-query; charset=UTF-8", 200),
        ('application/sparql-query ;charset="utf-8"', 200),
        ("APPLICATION/SPARQL-QUERY;CHARSET=utf-8", 200),
        ("application/sparql-query; charset=latin-1", 415),
        ("text/plain", 415),
    ],
)
def test_the_type_of_a_body_minds_no_case(client: FlaskClient, content_type: str, status: int) -> None:
    """RFC 9110, 8.3.1: type, subtype and the names of parameters."""
    assert client.post("/sparql", data="ASK {}", content_type=content_type).status_code == status


@pytest.mark.parametrize("content_type", ["Application/X-WWW-Form-URLencoded", f"{FORM};charset=UTF-8"])
def test_the_type_of_a_form_minds_no_case(client: FlaskClient, content_type: str) -> None:
    """The same for queries in a form, and for data to validate."""
    assert client.post("/sparql", data=b"query=ASK+%7B%7D", content_type=content_type).status_code == 200
    for named in ("text/turtle", "Text/Turtle", "ttl", "turtle"):
        sent = f"text=%3Curn:a%3E+%3Curn:b%3E+1+.&format={named}".encode()
        assert client.post("/validate", data=sent, content_type=content_type).status_code == 200, named
    refused = client.post("/validate", data=b"text=x&format=nonsense", content_type=content_type)
    assert refused.status_code == 415
    assert "text/turtle" in refused.get_json()["remedy"]


@pytest.mark.parametrize("case", rows("problems.csv"), ids=lambda case: case["accept"])
@pytest.mark.parametrize("path", ["/nothing", "/sparql?query=x", "/api/nothing", "/doc/treaty/nothing.ttl"])
def test_an_error_says_what_it_is(client: FlaskClient, path: str, case: dict[str, str]) -> None:
    """RFC 9457, 3: problem details have their own media type; a page is for clients that prefer pages."""
    response = client.get(path, headers={"Accept": case["accept"]} if case["accept"] else {})
    assert response.mimetype == case["media-type"]
    assert response.status_code >= 400
    assert "Accept" in response.vary


@pytest.mark.parametrize("case", rows("errors.csv"), ids=lambda case: f"{case['method']} {case['path']}")
@pytest.mark.parametrize("accept", ["application/json", "text/csv;q=0.5, */*;q=0.1", None])
def test_every_error_is_labelled_as_a_problem(client: FlaskClient, case: dict[str, str], accept: str | None) -> None:
    """At every address, by every method; HEAD says the same."""
    headers = {"Accept": accept} if accept else {}
    sent: dict[str, Any] = {"data": b"nothing", "content_type": case["content-type"]} if case["content-type"] else {}
    response = client.open(case["path"], method=case["method"], headers=headers, **sent)
    assert (response.status_code, response.mimetype) == (int(case["status"]), "application/problem+json")
    assert response.get_json()["status"] == response.status_code
    if case["method"] == "GET":
        head = client.head(case["path"], headers=headers)
        assert (head.status_code, head.mimetype, head.data) == (response.status_code, response.mimetype, b"")


@pytest.mark.parametrize("start", ["/id/jurisdiction/nzl", "/id/jurisdiction/"])
def test_a_redirect_to_a_document_preserves_the_format(client: FlaskClient, start: str) -> None:
    """A thing leads to its document (303) in the form that was named, which is given or refused there."""
    for name, given in (("json", "application/json"), ("nonsense", "")):
        led = client.get(f"{start}?format={name}&x=1", headers={"Accept": "text/csv"})
        assert (led.status_code, led.headers["Location"]) == (303, f"{start.replace('id', 'doc', 1)}?format={name}")
        check(client.get(led.headers["Location"]), given)


@pytest.mark.parametrize("coding", ["gzip", "br", "nonsense"])
def test_a_compressed_query_is_refused(client: FlaskClient, coding: str) -> None:
    """RFC 9110, 8.4 and 15.5.16: a coding that is not read is 415, also where the same bytes were sent without it."""
    for _ in range(2):
        assert client.post("/sparql", data="ASK {}", content_type=DIRECT).status_code == 200
    for content_type, sent in ((DIRECT, "ASK {}"), (FORM, "query=ASK+%7B%7D")):
        refused = client.post("/sparql", data=sent, content_type=content_type, headers={"Content-Encoding": coding})
        assert (refused.status_code, refused.mimetype) == (415, "application/problem+json")
        assert coding in refused.get_json()["detail"]
    as_it_is = {"Content-Encoding": "Identity"}
    assert client.post("/sparql", data="ASK {}", content_type=DIRECT, headers=as_it_is).status_code == 200
