"""Ranges (RFC 9110, section 14), for every address that says that it accepts them."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.protocol.tables import cases
from tests.protocol.test_query_operation import send

ROWS = quote("SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 30")
TAKES_RANGES = [
    *("/dumps/uphold.nq.gz", "/dumps/SHA256SUMS", "/static/uphold.css", "/doc/jurisdiction/nzl.ttl", "/ontology"),
    *("/api/calls-met.csv", f"/sparql?query={ROWS}&format=csv", "/sitemap.xml", "/api/openapi.json"),
    f"/snapshots/{{snapshot}}/sparql?query={ROWS}&format=csv",
]
CASES: list[dict[str, Any]] = cases("ranges.toml")["case"]
DIFFERENT = ("Content-Length", "Content-Range", "Content-Type", "X-Request-Id", "Server-Timing", "Date")


def place(text: str | int, size: int) -> int:
    """A place that a case names."""
    if isinstance(text, int):
        return text
    whole, _, less = text.replace("{last}", str(size - 1)).replace("{size}", str(size)).partition("-")
    return int(whole) - int(less or 0)


def parts_of(response: TestResponse) -> list[tuple[str, bytes]]:
    """Content-Range and bytes of each part of a 206."""
    if response.mimetype != "multipart/byteranges":
        return [(response.headers["Content-Range"], response.data)]
    assert "Content-Range" not in response.headers  # 15.3.7.2
    whole: Any = message_from_bytes(
        b"Content-Type: " + response.headers["Content-Type"].encode() + b"\r\n\r\n" + response.data, policy=HTTP
    )
    return [(part["Content-Range"], part.get_payload(decode=True)) for part in whole.iter_parts()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
@pytest.mark.parametrize("path", ["/dumps/uphold.nq.gz", "/dumps/SHA256SUMS", "/api/calls-met.csv"])
def test_a_range_returns_what_the_rfc_says(client: FlaskClient, path: str, case: dict[str, Any]) -> None:
    """206 with the parts, 416 with the size, or 200 with the whole."""
    whole = client.get(path)
    size, tag = len(whole.data), whole.headers["ETag"]
    headers = {"Range": case["range"].replace("{size}", str(size))}
    if "if-range" in case:
        headers["If-Range"] = case["if-range"].replace("{etag}", tag)
    response = client.open(path, method=case.get("method", "GET"), headers=headers)
    status = case.get("status", 206 if "parts" in case else 200)
    assert response.status_code == status
    if status == 416:
        assert response.headers["Content-Range"] == f"bytes */{size}"
        assert response.get_json()["type"].endswith("problem/range-not-satisfiable")
    elif status == 206:
        wanted = [(place(first, size), place(last, size)) for first, last in case["parts"]]
        assert parts_of(response) == [
            (f"bytes {first}-{last}/{size}", whole.data[first : last + 1]) for first, last in wanted
        ]
        assert int(response.headers["Content-Length"]) == len(response.data)
        assert response.headers["ETag"] == tag
    else:
        assert response.data == (b"" if case.get("method") == "HEAD" else whole.data)
        assert "Content-Range" not in response.headers


@pytest.mark.parametrize("path", TAKES_RANGES)
def test_an_address_that_says_that_it_takes_ranges_does(client: FlaskClient, path: str) -> None:
    """GET and HEAD say so; the parts put together are the whole, and have its headers."""
    path = path.replace("{snapshot}", client.get("/healthz").get_json()["snapshot"])
    whole = client.get(path)
    assert whole.headers["Accept-Ranges"] == client.head(path).headers["Accept-Ranges"] == "bytes"
    middle = len(whole.data) // 2
    begin = client.get(path, headers={"Range": f"bytes=0-{middle - 1}"})
    rest = client.get(path, headers={"Range": f"bytes={middle}-", "If-Range": whole.headers["ETag"]})
    assert (begin.status_code, rest.status_code) == (206, 206)
    assert begin.data + rest.data == whole.data
    assert plain(begin) == plain(whole)
    assert begin.headers["Content-Type"] == whole.headers["Content-Type"]


def plain(response: TestResponse) -> dict[str, str]:
    """The headers that a part and the whole have alike."""
    return {name: value for name, value in response.headers if name not in DIFFERENT}


def test_a_file_is_known_by_its_date_too(client: FlaskClient) -> None:
    """13.1.5: exactly the same date, in any form of date."""
    path = "/dumps/uphold.nq.gz"
    changed = client.get(path).headers["Last-Modified"]
    day, date, month, year, time, _ = re.split(" ", changed)
    long_day = {
        "Mon": "Mon",
        "Tue": "Tues",
        "Wed": "Wednes",
        "Thu": "Thurs",
        "Fri": "Fri",
        "Sat": "Satur",
        "Sun": "Sun",
    }
    obsolete = f"{long_day[day[:3]]}day, {date}-{month}-{year[2:]} {time} GMT"
    asctime = f"{day[:3]} {month} {int(date):2} {time} {year}"
    for known in (changed, obsolete, asctime):
        assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": known}).status_code == 206, known


def test_a_range_with_a_coding_has_bytes_of_the_plain_form(client: FlaskClient) -> None:
    """A part is never compressed; a client with part of a compressed form gets the whole of it again."""
    path = "/doc/jurisdiction/nzl.ttl"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Accept-Ranges" not in packed.headers
    part = client.get(path, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-99"})
    assert (part.status_code, part.data) == (206, client.get(path).data[:100])
    assert part.headers["Vary"] == client.get(path).headers["Vary"]
    again = {"Accept-Encoding": "gzip", "Range": "bytes=0-9", "If-Range": packed.headers["ETag"]}
    assert client.get(path, headers=again).data == packed.data
    insisting = {"Accept-Encoding": "gzip, identity;q=0", "Range": "bytes=0-9"}
    assert client.get(path, headers=insisting).data == packed.data


def test_a_range_comes_after_the_other_conditions(client: FlaskClient) -> None:
    """13.2.2: 304 and 412 come first."""
    path = "/dumps/SHA256SUMS"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"Range": "bytes=0-9", "If-None-Match": tag}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=0-9", "If-Match": '"x"'}).status_code == 412


def test_a_real_server_sends_parts(served: str) -> None:
    """Over HTTP: one part, several, and none."""
    path = "/dumps/uphold.nq.gz"
    whole = send(served, "GET", path).body
    one = send(served, "GET", path, headers={"Range": "bytes=-7"})
    assert (one.status, one.body) == (206, whole[-7:])
    several = send(served, "GET", path, headers={"Range": "bytes=0-4,9-10"})
    assert (several.status, several.media_type) == (206, "multipart/byteranges")
    assert int(several.headers["Content-Length"]) == len(several.body)
    none = send(served, "GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert (none.status, none.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
