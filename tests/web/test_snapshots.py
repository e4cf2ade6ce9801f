"""Archived snapshots never change: listed, compared, queried, reached by date, cited; and gone when removed."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.conftest import copied
from uphold.build.pipeline import build
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot

NAME = "SELECT ?name { jurisdiction:tha skos:altLabel ?name }"
ASK = f"sparql?{urlencode({'query': NAME})}"
CSV, HTML, JSON = {"Accept": "text/csv"}, {"Accept": "text/html"}, {"Accept": "application/json"}
IMMUTABLE = "public, max-age=31536000, immutable"
NAMES = ["Kingdom of Thailand", "Siam", "Muang Thai"]
DAYS = ["2024-01-01", "2025-01-01", "2026-01-01"]
HTTP_DATES = ["Mon, 01 Jan 2024 00:00:00 GMT", "Wed, 01 Jan 2025 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"]
AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]


class Three(NamedTuple):
    """A client of an app with three stored snapshots, in each of which Thailand has another second name."""

    client: FlaskClient
    stored: list[Snapshot]
    settings: Settings


@pytest.fixture(scope="module")
def built(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Snapshot]]:
    """Three builds, a year apart as far as the history knows."""
    settings = dataclasses.replace(copied(tiny, tmp_path_factory.mktemp("three")), archived_snapshots_max=1)
    table, stored = settings.files / "data" / "places" / "State.csv", []
    text = table.read_text("utf-8")
    for name in NAMES:
        table.write_text(text.replace(NAMES[0], name), "utf-8")
        stored.append(build(settings))
    lines = [f"{day}T00:00:00+00:00 {each.id}\n" for day, each in zip(DAYS, stored, strict=True)]
    (settings.state / "history").write_text("".join(lines), "ascii")
    return settings, stored


@pytest.fixture(scope="module")
def three(built: tuple[Settings, list[Snapshot]], app_client: AppClient) -> Iterator[Three]:
    """An app on them."""
    settings, stored = built
    with app_client(settings) as client:
        yield Three(client, stored, settings)


def test_an_archived_snapshot_returns_the_old_answer_and_the_current_the_new(three: Three) -> None:
    """Each in turn, though only one old one may be open at a time."""
    assert three.client.get(f"/{ASK}", headers=CSV).text.split("\r\n")[1] == NAMES[2]
    for snapshot, name in [*zip(three.stored, NAMES, strict=True)] * 2:
        response = three.client.get(f"/snapshots/{snapshot.id}/{ASK}", headers=CSV)
        assert response.text.split("\r\n")[1] == name
        assert response.headers["Uphold-Snapshot"] == snapshot.id
        assert response.headers["Cache-Control"] == IMMUTABLE
    posted = three.client.post(f"/snapshots/{three.stored[0].id}/sparql", data={"query": NAME}, headers=CSV)
    assert posted.text.split("\r\n")[1] == NAMES[0]
    assert len(three.client.application.extensions["uphold"].archived) == 1


def test_an_old_snapshot_is_closed_when_idle(built: tuple[Settings, list[Snapshot]], app_client: AppClient) -> None:
    """And opened again for the next question."""
    settings, stored = built
    own = Settings(files=settings.files, state=settings.state, archived_snapshots_idle_timeout=0)
    with app_client(own) as client:
        manager = client.application.extensions["uphold"]
        assert client.get(f"/snapshots/{stored[0].id}/{ASK}").status_code == 200
        assert len(manager.archived) == 1
        client.get("/healthz")
        assert not manager.archived
        assert client.get(f"/snapshots/{stored[0].id}/{ASK}").status_code == 200


def test_a_wrong_query_is_not_immutable(three: Three) -> None:
    """An error is the same problem as elsewhere, and no cache stores it."""
    response = three.client.get(f"/snapshots/{three.stored[0].id}/sparql?query=x")
    assert (response.status_code, response.headers["Cache-Control"]) == (400, "no-store")


def test_the_list_says_what_changed(three: Three) -> None:
    """The newest first, with the current one marked; the first has nothing before it."""
    found = three.client.get("/snapshots", headers=JSON).get_json()["snapshots"]
    assert [each["id"] for each in found] == [snapshot.id for snapshot in reversed(three.stored)]
    assert [each["current"] for each in found] == [True, False, False]
    assert {"graph": f"{BASE}graph/places", "added": 1, "removed": 1} in found[0]["changes"]
    assert (found[2]["previous"], found[2]["changes"]) == (None, None)
    page = three.client.get("/snapshots", headers=HTML).text
    assert page.count("These changes as an RDF Patch") == 2
    one = three.client.get(f"/snapshots/{three.stored[1].id}", headers=JSON).get_json()
    assert one == found[1]
    assert three.stored[1].id in three.client.get(f"/snapshots/{three.stored[1].id}", headers=HTML).text


def test_the_patch_turns_the_one_before_into_it(three: Three) -> None:
    """Without `from` it may change when old ones are removed; with it, it never does."""
    old, _, new = three.stored
    named = three.client.get(f"/snapshots/{new.id}/changes.rdfp?from={old.id}")
    assert (named.mimetype, named.headers["Cache-Control"]) == ("application/rdf-patch", IMMUTABLE)
    lines = set(old.data.read_bytes().splitlines())
    lines -= {row[2:] for row in named.data.splitlines() if row.startswith(b"D ")}
    lines |= {row[2:] for row in named.data.splitlines() if row.startswith(b"A ")}
    assert lines == set(new.data.read_bytes().splitlines())
    before = three.client.get(f"/snapshots/{new.id}/changes.rdfp")
    assert before.headers["Cache-Control"] == "no-cache"
    assert f"H prev <{BASE}snapshots/{three.stored[1].id}>" in before.text
    assert three.client.get(f"/snapshots/{old.id}/changes.rdfp").status_code == 404


@pytest.mark.parametrize(
    ("requested", "place"),
    [
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0),
        (HTTP_DATES[1], 1),
        ("Tue, 01 Jul 2025 12:00:00 GMT", 1),
        (HTTP_DATES[2], 2),
    ],
)
def test_a_date_leads_to_the_document_of_that_time(three: Three, requested: str, place: int) -> None:
    """Memento's round trip: TimeGate, state, and from there back to the original."""
    gate = three.client.get("/doc/jurisdiction/tha.ttl", headers={"Accept-Datetime": requested})
    path = f"/snapshots/{three.stored[place].id}/doc/jurisdiction/tha.ttl"
    assert (gate.status_code, gate.headers["Location"]) == (302, path)
    assert "Accept-Datetime" in gate.vary
    state = three.client.get(path)
    assert NAMES[place] in state.text
    assert state.headers["Memento-Datetime"] == HTTP_DATES[place]
    assert state.headers["Cache-Control"] == IMMUTABLE
    assert '</doc/jurisdiction/tha.ttl>; rel="original timegate"' in state.headers["Link"]


def test_a_document_links_its_states(three: Three) -> None:
    """The current document links to TimeGate, TimeMap and the state that it shows; the TimeMap lists all three."""
    response = three.client.get("/doc/jurisdiction/tha")
    assert set(response.vary) == {"Accept", "Accept-Datetime", "Accept-Encoding", "Accept-Language"}
    assert "Memento-Datetime" not in response.headers
    assert f'/snapshots/{three.stored[2].id}/doc/jurisdiction/tha>; rel="memento"' in response.headers["Link"]
    found = re.search(r'<([^>]+)>; rel="timemap"; type="application/link-format"', response.headers["Link"])
    assert found
    listed = three.client.get(found[1])
    assert listed.mimetype == "application/link-format"
    mementos = re.findall(r'<([^>]+)>; rel="[a-z ]*memento"; datetime="([^"]+)"', listed.text)
    assert [date for _, date in mementos] == HTTP_DATES
    assert all(three.client.get(path).status_code == 200 for path, _ in mementos)


@pytest.mark.parametrize("requested", ["yesterday", "", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_an_invalid_date_is_refused(three: Three, requested: str) -> None:
    """400 (RFC 7089, 4.5.1)."""
    assert three.client.get("/doc/jurisdiction/tha", headers={"Accept-Datetime": requested}).status_code == 400


def test_links_on_an_old_page_stay_in_its_snapshot(three: Three) -> None:
    """And the page says which one that is, and where the current one is."""
    start = f"/snapshots/{three.stored[0].id}"
    page = three.client.get(f"{start}/doc/jurisdiction/tha.html").text
    assert 'href="/doc/jurisdiction/tha"' in page
    paths = re.findall(rf'href="({start}/doc/[^"]+)"', page)
    assert len(paths) > 5
    assert all(three.client.get(path).status_code == 200 for path in paths[:8])
    assert f'action="{start}/sparql"' in three.client.get(f"{start}/sparql", headers=HTML).text


@pytest.mark.parametrize("path", ["/doc/treaty/opsc", "/outcomes"])
def test_an_old_page_says_that_its_charts_are_of_the_current_snapshot(three: Three, path: str) -> None:
    """The API answers for the current snapshot alone, and the pages show its charts."""
    words, start = "Its charts and downloads show the current snapshot.", f"/snapshots/{three.stored[0].id}"
    page = three.client.get(f"{start}{path}", headers=HTML).text
    assert 'href="/api/' in page
    assert words in page
    assert words not in three.client.get(path, headers=HTML).text
    assert words not in three.client.get(f"{start}/doc/assessment/", headers=HTML).text


def test_a_result_and_a_document_say_how_to_cite_them(three: Three) -> None:
    """Text and BibTeX, with an address under the base that this host answers with the same."""
    now = three.stored[2]
    page = three.client.get(f"/{ASK}", headers=HTML).text
    link = re.search(r'<a href="(/snapshots/[^"]+)">Permanent version', page)
    assert link
    address = link[1].replace("&amp;", "&")
    assert three.client.get(address, headers=CSV).text.split("\r\n")[1] == NAMES[2]
    assert f"{BASE}{link[1][1:]}" in page
    assert f"@misc{{uphold-{now.id[:12]}-" in page
    assert now.created[:10] in page
    document = three.client.get("/doc/jurisdiction/tha.html").text
    assert (
        f"Thailand (Snapshot {now.id[:12]}) [Data set]. Uphold. {BASE}snapshots/{now.id}/doc/jurisdiction/tha"
        in document
    )
    assert "Cite this" not in three.client.get("/sparql", headers=HTML).text


@pytest.mark.parametrize("identity", ["0" * 64, "zzz", "..", "current", "é" * 64])
@pytest.mark.parametrize("rest", ["", "/sparql?query=ASK%7B%7D", "/doc/jurisdiction/tha", "/changes.rdfp"])
def test_an_unknown_snapshot_is_not_there(three: Three, identity: str, rest: str) -> None:
    """404 as a problem, whatever is requested."""
    response = three.client.get(f"/snapshots/{identity}{rest}")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_a_removed_snapshot_is_gone_at_once(
    built: tuple[Settings, list[Snapshot]], app_client: AppClient, tmp_path: Path
) -> None:
    """Also while it is open: a build with `keep_snapshots` 2 removes the oldest, and its address is a 404 problem."""
    settings, stored = built
    state = shutil.copytree(settings.state, tmp_path / "state", symlinks=True)
    own = Settings(files=settings.files, state=state, keep_snapshots=2)
    with app_client(own) as client:
        assert client.get(f"/snapshots/{stored[0].id}/{ASK}").status_code == 200
        assert build(own).id == stored[2].id
        response = client.get(f"/snapshots/{stored[0].id}/{ASK}")
        assert (response.status_code, response.get_json()["type"]) == (404, f"{BASE}problem/snapshot-not-found")
        assert client.get(f"/snapshots/{stored[1].id}/{ASK}").status_code == 200
        listed = client.get("/snapshots", headers=JSON).get_json()["snapshots"]
        assert [each["id"] for each in listed] == [stored[2].id, stored[1].id]


def test_the_api_counts_what_changed_between_two_snapshots(app_client: AppClient, tiny_copy: Settings) -> None:
    """By graph, with a link to the patch; the last two when none is named."""
    first = build(tiny_copy)
    table = tiny_copy.files / "data" / "places" / "State.csv"
    table.write_text(table.read_text("utf-8").replace("Kingdom of Thailand", "Siam"), "utf-8")
    second = build(tiny_copy)
    with app_client(tiny_copy) as client:
        found = client.get("/api/changes").json
        assert found is not None
        assert {"graph": "https://w3id.org/uphold/graph/places", "added": 1, "removed": 1} in found["data"]
        assert (found["meta"]["from"], found["meta"]["to"]) == (first.id, second.id)
        assert client.get(found["links"]["patch"]).text.startswith("H id")
        assert '"data": []' in client.get(f"/api/changes?from={second.id}&to={second.id}").text
        assert client.get("/api/changes.csv").text.startswith("graph,added,removed\r\n")
        assert client.get(f"/api/changes?from={'0' * 64}").status_code == 404
        assert client.get("/api/changes?since=yesterday").status_code == 400
