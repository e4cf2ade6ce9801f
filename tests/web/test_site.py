"""The site's rules hold on every route: who may read, which snapshot it is, one form for every error."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from uphold.build.pipeline import build
from uphold.errors import SnapshotNotFound, all_kinds
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]

ROUTES = [
    *("/", "/doc/jurisdiction/nzl", "/doc/jurisdiction/nzl.ttl", "/doc/jurisdiction/", "/ontology", "/ontology.ttl"),
    *("/shapes", "/shapes/", "/graph/places", "/dumps/", "/dumps/SHA256SUMS", "/dumps/uphold.nq.gz", "/sparql"),
    *("/.well-known/void", "/robots.txt", "/problem/not-found", "/static/uphold.css", "/sparql?query=ASK%7B%7D"),
]
OTHERS = ["/healthz", "/id/jurisdiction/nzl", "/nothing", "/doc/none/x", "/sparql?query=x"]


@pytest.mark.parametrize("path", [*ROUTES, *OTHERS])
def test_every_answer_names_its_snapshot_and_may_be_read_from_anywhere(
    client: FlaskClient, tiny: Settings, path: str
) -> None:
    """Errors and redirects too; credentials are never requested."""
    headers = client.get(path).headers
    assert headers["Uphold-Snapshot"] == current(tiny.state).id
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Uphold-Snapshot" in headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", [*ROUTES, *OTHERS])
def test_every_answer_restricts_the_browser(client: FlaskClient, path: str) -> None:
    """No script from anywhere, no frame, no guessing of types."""
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ROUTES)
def test_what_the_client_has_is_not_sent_again(client: FlaskClient, path: str) -> None:
    """A strong ETag, and 304 with no body when it is sent back."""
    first = client.get(path)
    etag = first.headers["ETag"]
    assert not etag.startswith("W/")
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
def test_head_has_no_body_and_the_same_headers(client: FlaskClient, path: str) -> None:
    """HEAD returns the headers of GET."""
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (200, b"")
    own = {"Date", "X-Request-Id", "Server-Timing"}
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in get.headers.items() if k not in own
    }


def test_two_representations_have_two_etags(client: FlaskClient) -> None:
    """A cache cannot mix them up."""
    etags = [client.get(f"/doc/treaty/opsc.{suffix}").headers["ETag"] for suffix in ("ttl", "nt", "json", "html")]
    assert len(set(etags)) == 4


def test_a_preflight_is_answered(client: FlaskClient) -> None:
    """A page elsewhere may POST a query."""
    headers = client.options("/sparql", headers={"Origin": "https://example.org"}).headers
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/doc/x/y", 404), ("/sparql?query=x", 400)])
def test_every_error_has_one_shape(client: FlaskClient, path: str, status: int) -> None:
    """Problem details (RFC 9457); the type is an address that explains it."""
    response = client.get(path)
    problem = response.get_json()
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert set(problem) >= {"type", "title", "status", "detail", "remedy"}
    assert problem["status"] == status
    meaning = client.get(problem["type"][len(BASE) - 1 :], headers={"Accept": "application/json"}).get_json()
    assert (meaning["title"], meaning["type"]) == (problem["title"], problem["type"])


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.code)
def test_every_kind_of_error_explains_itself(client: FlaskClient, kind: type) -> None:
    """As a page and as JSON."""
    address = f"/problem/{kind.code}"  # type: ignore[attr-defined]
    assert client.get(address, headers={"Accept": "application/json"}).get_json()["remedy"]
    assert kind.title in client.get(address, headers={"Accept": "text/html"}).text  # type: ignore[attr-defined]


def test_a_browser_gets_an_error_as_a_page(client: FlaskClient) -> None:
    """With the same status."""
    response = client.get("/doc/x/y", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "id/x/y" in response.text


def test_a_fault_of_ours_says_nothing_of_its_inside(app_client: AppClient, tiny: Settings) -> None:
    """500 in the standard form; the reason is in the log only."""
    with app_client(tiny) as client:

        def fail() -> str:
            raise RuntimeError("a secret detail")

        client.application.add_url_rule("/fault", view_func=fail)
        response = client.get("/fault")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "secret" not in response.text


def test_a_redirect_for_a_slash_stays_on_the_host(client: FlaskClient) -> None:
    """The Host header makes no address."""
    response = client.get("/dumps", headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (308, "/dumps/")


def test_downloads_are_what_their_checksums_say(client: FlaskClient) -> None:
    """The list, the page and the files agree."""
    files = client.get("/dumps/", headers={"Accept": "application/json"}).get_json()["files"]
    page = client.get("/dumps/", headers={"Accept": "text/html"}).text
    sums = client.get("/dumps/SHA256SUMS").text
    assert files
    for file in files:
        name = file["id"].rpartition("/")[2]
        content = client.get(f"/dumps/{name}").data
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["size"]
        assert f"{file['sha256']}  {name}" in sums
        assert file["sha256"] in page
        assert gzip.decompress(content)


@pytest.mark.parametrize("name", ["..%2Fdata.nq", "../data.nq", "snapshot.json", "%00", "nothing.gz"])
def test_only_downloads_can_be_downloaded(client: FlaskClient, name: str) -> None:
    """No path leads out of the folder."""
    assert client.get(f"/dumps/{name}").status_code == 404


def test_health_names_the_snapshot(client: FlaskClient, tiny: Settings) -> None:
    """JSON with status and snapshot, never cached."""
    response = client.get("/healthz")
    assert response.get_json().items() >= {"status": "ok", "snapshot": current(tiny.state).id}.items()
    assert response.headers["Cache-Control"] == "no-store"


def test_the_front_page_counts_what_is_there_and_links_to_it(client: FlaskClient) -> None:
    """The figures are those of the snapshot; every link of the page leads somewhere."""
    page = client.get("/", headers={"Accept": "text/html"}).text
    assert "<strong>9</strong> calls to action" in page
    assert "<strong>2 of 2</strong> demands to join a treaty met after the call" in page
    for part in page.split('href="')[1:]:
        address = part.partition('"')[0].replace("&amp;", "&").partition("#")[0]
        if address.startswith("/"):
            assert client.get(address, headers={"Accept": "text/html, */*;q=0.8"}).status_code == 200, address


def test_a_new_snapshot_is_served_without_a_restart(app_client: AppClient, tiny_copy: Settings) -> None:
    """When `current` moves, the next answers are of the new snapshot, within a second or so."""
    settings = dataclasses.replace(tiny_copy, query_workers=1)
    old = build(settings).id
    with app_client(settings) as client:
        first = client.application.extensions["uphold"].open_snapshot
        assert client.get("/healthz").get_json()["snapshot"] == old
        table = next(settings.files.rglob("CallToAction.csv"))
        table.write_text(table.read_text("utf-8").replace(",1,", ",9,", 1), "utf-8")
        new = build(settings).id
        assert new != old
        time.sleep(1.1)
        assert client.get("/healthz").get_json()["snapshot"] == new
        assert client.get("/sparql?query=ASK%7B%7D").headers["Uphold-Snapshot"] == new
        assert (first.readers, first.engine.fork_server.closed) == (0, True)


def test_without_a_snapshot_there_is_nothing_to_serve(app_client: AppClient, tiny: Settings, tmp_path: Path) -> None:
    """The error says what to run."""
    with (
        pytest.raises(SnapshotNotFound, match="Nothing has been built"),
        app_client(Settings(files=tiny.files, state=tmp_path / "empty")),
    ):
        pass


def test_the_server_starts_and_answers_over_http(served: str, tiny: Settings) -> None:
    """`uphold serve` on a free port, one request over a real connection."""
    with urllib.request.urlopen(f"{served}/healthz") as response:
        assert response.headers["Uphold-Snapshot"] == current(tiny.state).id


@pytest.mark.parametrize("name", ["uphold.css", "api.css", "editor.css"])
def test_every_block_of_a_stylesheet_is_closed(name: str, client: FlaskClient) -> None:
    """A rule for narrow screens would otherwise include all rules after it."""
    depth = 0
    for line in client.get(f"/static/{name}").text.splitlines():
        assert not (line.startswith(("@media", "@supports")) and depth), line
        depth += line.count("{") - line.count("}")
    assert depth == 0
