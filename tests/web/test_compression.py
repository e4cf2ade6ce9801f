"""Answers are compressed as the client accepts, each encoding with its own ETag, and never in one that it refuses."""

from __future__ import annotations

import csv
import gzip
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from tests.web.contexts import with_context
from uphold.web.middleware.compression import BUFFER_LIMIT, MIN_SIZE, Compression

CASES = list(csv.DictReader(Path(__file__).with_name("accept-encoding.csv").read_text("utf-8").splitlines()))
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda packed: zstandard.ZstdDecompressor().decompressobj().decompress(packed),
    "gzip": gzip.decompress,
    None: bytes,
}
CODINGS = ("br", "zstd", "gzip")
PAGE = "/doc/jurisdiction/nzl"
TEXT = b"What states promised, and what they then did. " * 100


def unpacked(response: TestResponse) -> bytes:
    """The body as it was before it was compressed."""
    return UNPACK[response.headers.get("Content-Encoding")](response.data)


def client_of(response: Callable[[Request], Response]) -> Client:
    """A client of an app that answers each request so, behind the encoding."""
    app = Request.application(response)
    return Client(with_context(Compression(app)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["accept"])
def test_accept_encoding_chooses_the_coding(client: FlaskClient, case: dict[str, str]) -> None:
    """Weight first, then the server's order; nothing that is not accepted, and the bytes are always the same."""
    response = client.get(f"{PAGE}.ttl", headers={"Accept-Encoding": case["accept"]})
    assert response.headers.get("Content-Encoding", "") == case["coding"]
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert unpacked(response) == client.get(f"{PAGE}.ttl").data


def test_a_header_of_absurd_length_is_not_read(client: FlaskClient) -> None:
    """Nobody can fill the memory of the server with headers."""
    assert "Content-Encoding" not in client.get(PAGE, headers={"Accept-Encoding": "gzip," * 100}).headers


COMPRESSIBLE = [
    *(PAGE, f"{PAGE}.rdf", f"{PAGE}.jsonld", f"{PAGE}.nt", f"{PAGE}.json", "/ontology", "/dumps/SHA256SUMS"),
    *("/static/uphold.css", "/sparql?query=ASK%7B%7D", "/nothing", "/robots.txt"),
]


@pytest.mark.parametrize("path", COMPRESSIBLE)
@pytest.mark.parametrize("accept", [None, "gzip", "identity"])
def test_what_can_be_compressed_says_that_it_varies(client: FlaskClient, path: str, accept: str | None) -> None:
    """A cache on the way to the client separates the variants, and still separates what varied before."""
    response = client.get(path, headers={"Accept-Encoding": accept} if accept else {})
    assert "Accept-Encoding" in response.vary
    assert len(response.headers.getlist("Vary")) == 1


@pytest.mark.parametrize("accept", [None, *CODINGS])
def test_a_page_still_varies_by_what_it_varied_by(client: FlaskClient, accept: str | None) -> None:
    """The form is chosen by Accept, the state by Accept-Datetime."""
    vary = client.get(PAGE, headers={"Accept-Encoding": accept} if accept else {}).vary
    assert {"Accept", "Accept-Datetime", "Accept-Encoding"} <= set(vary)


def test_what_is_compressed_already_is_sent_as_it_is(client: FlaskClient) -> None:
    """A dump is a gzip file: its bytes are those that the checksums are of."""
    response = client.get("/dumps/uphold.nq.gz", headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in response.headers
    assert "Accept-Encoding" not in response.vary
    assert response.data == client.get("/dumps/uphold.nq.gz").data


def test_a_short_body_is_not_compressed(client: FlaskClient) -> None:
    """It would cost time and become longer, unless the client accepts nothing else."""
    short = client.get("/robots.txt", headers={"Accept-Encoding": "gzip"})
    assert len(short.data) < MIN_SIZE
    assert "Content-Encoding" not in short.headers
    insisted = client.get("/robots.txt", headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert insisted.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(insisted.data) == short.data


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.ttl", "/sparql", "/ontology.ttl", "/static/uphold.css"])
def test_each_variant_has_its_own_etag_and_only_that_one_returns_304(client: FlaskClient, path: str) -> None:
    """A cache with the gzip bytes never gets 304 for the br bytes."""
    accepted = [None, *CODINGS]
    tags = {accept: client.get(path, headers=sending(accept)).headers["ETag"] for accept in accepted}
    assert len(set(tags.values())) == len(accepted)
    assert not any(tag.startswith("W/") for tag in tags.values())
    for accept in accepted:
        for held, tag in tags.items():
            if held is None:
                continue  # what a client has as it is, it may use on
            response = client.get(path, headers={**sending(accept), "If-None-Match": tag})
            assert response.status_code == (304 if held == accept else 200), (accept, held)


def sending(accept: str | None) -> dict[str, str]:
    """Request headers with this Accept-Encoding, if any."""
    return {"Accept-Encoding": accept} if accept else {}


def test_not_modified_has_the_headers_of_the_full_answer(client: FlaskClient) -> None:
    """A cache updates a stored response with the headers of a 304 (RFC 9111, 3.2)."""
    whole = client.get(PAGE, headers={"Accept-Encoding": "br"})
    found = client.get(PAGE, headers={"Accept-Encoding": "br", "If-None-Match": whole.headers["ETag"]})
    assert (found.status_code, found.data) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control", "Content-Location", "Uphold-Snapshot"):
        assert found.headers[name] == whole.headers[name]
    assert {"Content-Length", "Content-Type", "Content-Encoding"}.isdisjoint(found.headers.keys())


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("*", 304),
        ('"x", "{tag}-gzip"', 304),
        ('W/"{tag}-gzip"', 304),
        ('"{tag}"', 200),
        ('"{tag}-br"', 200),
        ('W/"{tag}"', 200),
        ("nonsense", 200),
    ],
)
def test_if_none_match_is_about_the_variant_that_would_be_sent(
    client: FlaskClient, condition: str, status: int
) -> None:
    """Lists, weak comparison and `*` included (RFC 9110, 13.1.2)."""
    tag = client.get(PAGE).headers["ETag"].strip('"')
    headers = {"Accept-Encoding": "gzip", "If-None-Match": condition.format(tag=tag)}
    assert client.get(PAGE, headers=headers).status_code == status


def test_a_dump_that_the_client_has_is_not_sent_again_with_gzip(client: FlaskClient) -> None:
    """What is never compressed has one tag."""
    headers = {"Accept-Encoding": "gzip", "If-None-Match": client.get("/dumps/uphold.nq.gz").headers["ETag"]}
    assert client.get("/dumps/uphold.nq.gz", headers=headers).status_code == 304


def test_a_part_of_a_file_is_sent_as_it_is(client: FlaskClient) -> None:
    """The requested bytes are those of the file, not of something made from it."""
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-999"}
    response = client.get("/static/uphold.css", headers=headers)
    assert (response.status_code, len(response.data)) == (206, 1000)
    assert "Content-Encoding" not in response.headers


def test_head_names_the_variant_that_get_would_send(client: FlaskClient) -> None:
    """All but the length, which is only known when the body has been compressed."""
    get, head = (client.open(PAGE, method=name, headers={"Accept-Encoding": "br"}) for name in ("GET", "HEAD"))
    passing = {"Date", "Content-Length", "X-Request-Id", "Server-Timing"}
    assert head.data == b""
    assert {k: v for k, v in head.headers.items() if k not in passing} == {
        k: v for k, v in get.headers.items() if k not in passing
    }


def test_an_answer_that_has_a_coding_already_is_not_encoded_again() -> None:
    """Nothing is packed twice."""
    packed = zlib.compress(TEXT)
    app = client_of(lambda _: Response(packed, content_type="text/plain", headers={"Content-Encoding": "deflate"}))
    response = app.get("/", headers={"Accept-Encoding": "gzip"})
    assert (response.headers["Content-Encoding"], response.data) == ("deflate", packed)


def test_an_answer_that_must_not_be_changed_is_not() -> None:
    """`no-transform` is for everybody on the way."""
    app = client_of(lambda _: Response(TEXT, headers={"Cache-Control": "no-transform"}))
    assert app.get("/", headers={"Accept-Encoding": "gzip"}).data == TEXT


def test_a_weak_tag_stays_as_it_is() -> None:
    """It promises the same meaning, not the same bytes."""

    def answer(request: Request) -> Response:
        return Response(TEXT, headers={"ETag": 'W/"abc"'}).make_conditional(request)

    first = client_of(answer).get("/", headers={"Accept-Encoding": "gzip"})
    assert first.headers["ETag"] == 'W/"abc"'
    again = client_of(answer).get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": 'W/"abc"'})
    assert again.status_code == 304


class Source:
    """A body that is made piece by piece, and knows how far it was read and whether it was closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks, self.read, self.closed = iter(chunks), 0, 0

    def __iter__(self) -> Iterator[bytes]:
        """The pieces."""
        for chunk in self.chunks:
            self.read += 1
            yield chunk

    def close(self) -> None:
        """Called when the body is no longer needed."""
        self.closed += 1


def call(body: Any, headers: list[tuple[str, str]], **environ: str) -> tuple[Any, dict[str, str]]:
    """What `Compression` returns for a body, and the headers it sends."""
    sent: list[tuple[str, str]] = []

    def app(_: dict[str, Any], start: Callable[..., Any]) -> Any:
        start("200 OK", [("Content-Type", "text/plain"), *headers])
        return body

    given = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": "gzip", **environ}
    found = with_context(Compression(app))(given, lambda *started: sent.extend(started[1]))
    return found, dict(sent)


def test_a_list_stays_a_list_of_one() -> None:
    """The server sends it at once, and a cache can store it."""
    found, headers = call([TEXT], [("Content-Length", str(len(TEXT)))])
    assert isinstance(found, list)
    assert [gzip.decompress(part) for part in found] == [TEXT]
    assert headers["Content-Length"] == str(len(found[0]))
    assert call([TEXT], [], HTTP_ACCEPT_ENCODING="")[0] == [TEXT]


@pytest.mark.parametrize("coding", CODINGS)
def test_a_stream_is_compressed_as_it_comes(coding: str) -> None:
    """The first piece is out, and can be unpacked, before the second one is made."""
    source = Source([b"first ", b"second ", b"third"])
    found, headers = call(source, [], HTTP_ACCEPT_ENCODING=coding)
    assert "Content-Length" not in headers
    parts = iter(found)
    first = next(parts)
    assert source.read == 1
    unpack: dict[str, Callable[[], bytes]] = {
        "br": lambda: brotli.Decompressor().process(first),
        "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress(first),
        "gzip": lambda: zlib.decompressobj(31).decompress(first),
    }
    assert unpack[coding]() == b"first "
    assert UNPACK[coding](first + b"".join(parts)) == b"first second third"


def test_a_long_answer_of_known_length_is_a_stream_too() -> None:
    """No answer is held in memory twice, however long it is."""
    chunks = [b"x" * 65_536] * (BUFFER_LIMIT // 65_536 + 2)
    source = Source(chunks)
    found, headers = call(source, [("Content-Length", str(sum(map(len, chunks))))])
    assert "Content-Length" not in headers
    next(iter(found))
    assert source.read < len(chunks)


@pytest.mark.parametrize("length", [None, len(TEXT)])
@pytest.mark.parametrize("accept", ["", "gzip"])
def test_a_body_is_closed_once_it_is_out(accept: str, length: int | None) -> None:
    """Also when nobody read it: the client may have gone."""
    for read in (True, False):
        source = Source([TEXT])
        headers = [] if length is None else [("Content-Length", str(length))]
        found, _ = call(source, headers, HTTP_ACCEPT_ENCODING=accept)
        if read:
            list(found)
        if hasattr(found, "close"):
            found.close()
        assert source.closed == 1


def test_a_body_that_breaks_is_closed_and_its_error_propagates() -> None:
    """The layer outside sees what went wrong."""

    def broken() -> Iterator[bytes]:
        yield TEXT
        raise OSError("the disk is gone")

    source = Source(broken())
    with pytest.raises(OSError, match="disk"):
        call(source, [("Content-Length", "10000")])
    assert source.closed == 1


@pytest.mark.parametrize("coding", CODINGS)
def test_a_real_server_sends_what_a_client_can_unpack(served: str, coding: str) -> None:
    """Over HTTP, a page and the results of a query."""
    for path in (
        PAGE,
        "/sparql?query=SELECT%20*%20%7B%3Fs%20a%20%3Fo%20FILTER%20isIRI(%3Fs)%7DORDER%20BY%20%3Fs%20%3Fo&format=json",
    ):
        request = urllib.request.Request(served + path, headers={"Accept-Encoding": coding})
        with urllib.request.urlopen(request) as packed, urllib.request.urlopen(served + path) as plain:
            assert packed.headers["Content-Encoding"] == coding
            assert UNPACK[coding](packed.read()) == plain.read()
