"""Uploads are validated and never stored, and no upload blocks the server for others."""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from uphold.settings import Settings
from uphold.snapshots.snapshot import current

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
ID, SH = "https://w3id.org/uphold/id/", "http://www.w3.org/ns/shacl#"
GOOD = f'<{ID}goal/77> <http://www.w3.org/2004/02/skos/core#altLabel> "A further name"@en .'
BAD = f'<{ID}goal/77> <http://www.w3.org/2004/02/skos/core#altLabel> "<script>alert(1)</script>"@en .'
TTL, JSON, XML = "text/turtle", "application/ld+json", "application/rdf+xml"
BOMB = '<!DOCTYPE r [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>'
Reply = tuple[int, http.client.HTTPMessage, bytes]


def post(address: str, body: bytes | str, media_type: str = TTL, path: str = "/validate", **headers: str) -> Reply:
    """Send a body over a new connection."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=90)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body.encode() if isinstance(body, str) else body
    try:
        connection.request("POST", path, content, {**({"Content-Type": media_type} if media_type else {}), **named})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def multipart(*parts: tuple[str, str, str]) -> tuple[bytes, str]:
    """A form of (name, file name, content), and its media type."""
    boundary = uuid.uuid4().hex
    text = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        f'{f"""; filename="{file}" """.rstrip() if file else ""}\r\n\r\n{content}\r\n'
        for name, file, content in parts
    )
    return f"{text}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def problem(reply: Reply) -> tuple[int, str]:
    """Status and code of a problem."""
    assert reply[1].get_content_type() == "application/problem+json", reply
    return reply[0], json.loads(reply[2])["type"].rpartition("/")[2]


def test_the_report_comes_as_json_turtle_and_a_page(served: str) -> None:
    """The same results in each; only nodes of the upload are validated; markup stays text."""
    status, headers, body = post(served, BAD)
    assert (status, headers.get_content_type()) == (200, "application/json")
    report = json.loads(body)
    assert report["conforms"] is False
    assert {result["focusNode"] for result in report["results"]} == {f"{ID}goal/77"}
    assert "<script>alert(1)</script>" in {result["value"] for result in report["results"]}

    graph = list(ox.parse(post(served, BAD, Accept=TTL)[2], format=ox.RdfFormat.TURTLE))
    kinds = [quad.object.value for quad in graph if isinstance(quad.object, ox.NamedNode)]
    assert kinds.count(f"{SH}ValidationReport") == 1
    assert kinds.count(f"{SH}ValidationResult") == len(report["results"])
    assert ox.Literal("<script>alert(1)</script>", language="en") in [quad.object for quad in graph]

    status, headers, body = post(served, BAD, Accept="text/html")
    assert (status, headers.get_content_type()) == (200, "text/html")
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(body)
    assert tree.find(".//script") is None
    assert len(tree.findall(".//tbody/tr")) == len(report["results"])
    links = {link.get("href") for link in tree.findall(".//tbody//a")}
    assert links == {f"/{result['shape'].partition('/uphold/')[2]}" for result in report["results"]}


def test_what_conforms_is_reported_and_not_stored(served: str, tiny: Settings) -> None:
    """The snapshot is the same before and after."""
    before = current(tiny.state).id
    status, headers, body = post(served, gzip.compress(GOOD.encode()), Content_Encoding="gzip")
    report = json.loads(body)
    assert (status, report["conforms"], report["results"]) == (200, True, [])
    assert (report["triples"], report["things"], report["thingsOfKnownClass"]) == (1, 1, 0)
    assert (headers["Cache-Control"], headers["Uphold-Snapshot"]) == ("no-store", before)
    assert current(tiny.state).id == before


def test_a_table_is_validated_whichever_way_its_class_is_stated(served: str) -> None:
    """In the address, in the name of the file, in a column, in a field of the form."""
    table = "id,label\ngoal:1,<b>\n"
    form, kind = multipart(("file", "Goal.csv", table))
    replies = [
        post(served, table, "text/csv", "/validate?class=Goal"),
        post(served, table, "text/csv", Content_Disposition='attachment; filename="Goal.csv"'),
        post(served, "id,label,type\ngoal:1,<b>,Goal\n", "text/csv"),
        post(served, form, kind),
        post(served, *multipart(("text", "", table), ("format", "", "text/csv"), ("class", "", "Goal"))),
    ]
    assert [status for status, _, _ in replies] == [200] * 5
    assert len({body for _, _, body in replies}) == 1
    assert "labels-markup" in replies[0][2].decode()


def test_the_form_works_without_script(client: FlaskClient) -> None:
    """A page to people, a description to programs; what was typed stays when it does not parse."""
    page = client.get("/validate", headers={"Accept": "text/html"})
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.text)
    form = tree.find(".//main//form")
    assert (form.get("method"), form.get("enctype")) == ("post", "multipart/form-data")
    assert {field.get("name") for field in form.iter() if field.get("name")} == {"text", "file", "format", "class"}
    assert {node.get("type") for node in tree.iter("script")} == {"application/ld+json"}  # data, which nothing runs
    assert TTL in client.get("/validate", headers={"Accept": "application/json"}).get_json()["takes"]
    assert list(ox.parse(client.get("/validate", headers={"Accept": TTL}).data, format=ox.RdfFormat.TURTLE))
    broken = client.post("/validate", data={"text": "<a:b>\n</textarea> ."}, headers={"Accept": "text/html"})
    assert broken.status_code == 400
    assert "Line 2, column 1." in broken.text
    assert "&lt;/textarea&gt; ." in broken.text


TWO_TEXTS = multipart(("text", "", GOOD), ("file", "a.ttl", GOOD))
HOSTILE: dict[str, tuple[bytes | str, str, int, str]] = {
    "entity bomb": (BOMB, XML, 400, "unsafe-body"),
    "document type in UTF-16": (BOMB.encode("utf-16"), XML, 400, "body-syntax-error"),
    "arrays": ("[" * 5000 + "]" * 5000, JSON, 400, "body-too-deep"),
    "blank nodes": ("<a:b> <a:c> " + "[ <a:c> " * 5000, TTL, 400, "body-too-deep"),
    "collections": ("<a:b> <a:c> " + "(" * 5000 + ")" * 5000, TTL, 400, "body-too-deep"),
    "context from elsewhere": ('{"@context": "http://127.0.0.1:9/", "@id": "a:b"}', JSON, 400, "unsafe-body"),
    "ten megabytes": (b" " * 10_000_000, TTL, 413, "body-too-large"),
    "no UTF-8": (b'<a:b> <a:c> "\xff" .', TTL, 400, "body-syntax-error"),
    "javascript": ("<javascript:alert(1)> a <a:b> .", TTL, 400, "unsafe-body"),
    "space in an IRI": ("<http://a.test/a b> a <a:b> .", TTL, 400, "body-syntax-error"),
    "quote in an IRI": ('<http://a.test/"> a <a:b> .', TTL, 400, "body-syntax-error"),
    "huge line": (f"<a:b> <a:c> {'x' * 4_000_000} .", TTL, 400, "body-syntax-error"),
    "ten thousand parts": (*multipart(*[("text", "", GOOD)] * 10_000), 413, "body-too-large"),
    "ten thousand fields": (
        "&".join(["text=x"] * 10_000),
        "application/x-www-form-urlencoded",
        400,
        "malformed-request",
    ),
    "no bytes": ("", TTL, 400, "body-syntax-error"),
    "no statement": ('{"nothing": "known"}', JSON, 400, "body-syntax-error"),
    "no media type": (GOOD, "", 415, "unsupported-media-type"),
    "another media type": (GOOD, "text/plain", 415, "unsupported-media-type"),
    "two bodies": (*TWO_TEXTS, 400, "malformed-request"),
    "no boundary": (GOOD, "multipart/form-data", 400, "malformed-request"),
    "broken form": (TWO_TEXTS[0][:200], TWO_TEXTS[1], 400, "malformed-request"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_and_the_server_unharmed(served: str, case: str) -> None:
    """Each gets its error over real HTTP, at once, and the next request is answered."""
    body, media_type, status, code = HOSTILE[case]
    began = time.monotonic()
    reply = post(served, body, media_type)
    assert problem(reply) == (status, code)
    assert len(reply[2]) < 2_000
    assert time.monotonic() - began < 20
    assert post(served, "SELECT * {} LIMIT 1", "application/sparql-query", "/sparql")[0] == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
def test_a_compression_bomb_is_not_unpacked(served: str, encoding: str) -> None:
    """A packed body is unpacked up to the limit, once, and only in the encodings that are read."""
    bomb = gzip.compress(b" " * 100_000_000)
    expected = (413, "body-too-large") if encoding == "gzip" else (415, "unsupported-media-type")
    assert problem(post(served, bomb, Content_Encoding=encoding)) == expected


def test_a_body_without_a_stated_length_has_the_same_limits(served: str) -> None:
    """Chunks are counted as they come; nothing is cut off silently, and a client that still sends gets the response."""
    chunk = f"{GOOD}\n".encode() * 5_000

    def chunks() -> Iterator[bytes]:
        for _ in range(8_000_000 // len(chunk)):  # over the limit, and not so far over that the server hangs up
            yield chunk
            time.sleep(0.1)

    with closing(http.client.HTTPConnection(urlsplit(served).netloc, timeout=60)) as connection:
        connection.request("POST", "/validate", chunks(), {"Content-Type": TTL}, encode_chunked=True)
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("limit", [{"validate_timeout": 0.2}, {"validate_memory_mb": 60}])
def test_validation_ends_at_its_limits(tiny: Settings, app_client: AppClient, limit: dict[str, Any]) -> None:
    """Past its time or its memory the worker is killed, and a slot is free."""
    with app_client(dataclasses.replace(tiny, validate_workers=1, **limit)) as limited:
        for _ in range(2):
            reply = limited.post("/validate", data=GOOD, content_type=TTL)
            assert reply.status_code == 503
            assert reply.get_json()["type"].endswith("/validation-limit-exceeded")
        assert limited.get("/healthz").status_code == 200
