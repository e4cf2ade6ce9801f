"""304 says what 200 would have said (RFC 9110, 15.4.5), and HEAD what GET would (9.3.2), at every address."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.protocol.test_cors import addresses

ALIKE = ("Cache-Control", "Content-Location", "ETag", "Expires", "Vary")
OF_ONE_REQUEST = ("X-Request-Id", "Server-Timing", "Date", "Content-Length")
QUERY = "ASK%7B%7D"
MORE = (
    *(f"/sparql?query={QUERY}", f"/sparql?query={QUERY}&format=html", "/api/calls-met", "/api/calls-met.csv"),
    *("/doc/jurisdiction/nzl", "/doc/jurisdiction/nzl.rdf", "/doc/treaty/", "/embed/jurisdiction/nzl.svg"),
    *("/embed/jurisdiction/nzl.png", "/dumps/uphold.nq.gz", "/dumps/SHA256SUMS", "/static/uphold.css", "/sitemap.xml"),
    *("/ontology.ttl", "/api/search?q=zealand", f"/snapshots/{{snapshot}}/sparql?query={QUERY}"),
    "/snapshots/{snapshot}/doc/jurisdiction/nzl",
)


PAGE, DATA = "text/html", "text/turtle, application/json;q=0.9, */*;q=0.1"
PAIRS = [(PAGE, None), (DATA, None), (DATA, "gzip"), (PAGE, "gzip"), (PAGE, "br"), (DATA, "br")]


@pytest.mark.one_in(2, ("accept", "coding"), PAIRS)
def test_not_modified_and_head_say_what_get_says(client: FlaskClient, accept: str, coding: str | None) -> None:
    """Twice each, so that one is answered by the app and one by the cache."""
    snapshot = client.get("/healthz").get_json()["snapshot"]
    headers = {"Accept": accept} | ({"Accept-Encoding": coding} if coding else {})
    compared = 0
    for path in [*addresses(client), *(each.replace("{snapshot}", snapshot) for each in MORE)]:
        whole = client.get(path, headers=headers)
        for _ in range(2):
            head = client.head(path, headers=headers)
            assert head.status_code == whole.status_code, path
            assert head.data == b""
            assert plain(head.headers) == plain(whole.headers), path
            if tag := whole.headers.get("ETag"):
                known = client.get(path, headers={**headers, "If-None-Match": tag})
                assert (known.status_code, known.data) == (304, b""), path
                assert [known.headers.get(name) for name in ALIKE] == [whole.headers.get(name) for name in ALIKE], path
                compared += 1
    assert compared > 80


def plain(headers: object) -> dict[str, str]:
    """The headers that are about the answer."""
    return {name: value for name, value in headers if name not in OF_ONE_REQUEST}  # type: ignore[attr-defined]
