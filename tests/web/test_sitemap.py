"""The sitemap lists every document once, and follows the rules of sitemaps.org however much there is."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
import rdflib
from flask.testing import FlaskClient

from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.publication_log import debuts, timeline
from uphold.snapshots.snapshot import current
from uphold.web.data.sitemap import files

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
CHILDREN = {"urlset": "url", "sitemapindex": "sitemap"}
W3C_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


def read(text: str) -> tuple[str, list[str]]:
    """The kind of a sitemap and its addresses, having checked every rule of sitemaps.org that can be checked."""
    assert len(text.encode()) <= 52_428_800
    root = ET.fromstring(text)  # noqa: S314 our own text
    kind = root.tag.removeprefix(NAMESPACE)
    assert root.tag == NAMESPACE + kind
    assert {child.tag for child in root} == {NAMESPACE + CHILDREN[kind]}
    assert 1 <= len(root) <= 50_000
    found = []
    for child in root:
        loc, lastmod = child  # in this order and no more
        assert (loc.tag, lastmod.tag) == (f"{NAMESPACE}loc", f"{NAMESPACE}lastmod")
        assert loc.text
        assert lastmod.text
        assert W3C_TIME.fullmatch(lastmod.text)
        assert dt.datetime.fromisoformat(lastmod.text) <= dt.datetime.now(dt.UTC)
        assert loc.text.startswith(BASE)  # the folder of the sitemap itself
        assert loc.text.isascii()
        assert len(loc.text) < 2048
        assert urlsplit(loc.text).fragment == ""
        found.append(loc.text)
    assert len(set(found)) == len(found)
    return kind, found


def test_the_sitemap_lists_every_document_once(client: FlaskClient) -> None:
    """Each kind has its list, each thing on a list its document, and each term of the ontology its page."""
    response = client.get("/sitemap.xml")
    assert response.mimetype == "application/xml"
    kind, found = read(response.text)
    assert kind == "urlset"
    kinds = [url for url in found if url.endswith("/") and url.startswith(f"{BASE}doc/")]
    listed: list[str] = []
    for url in kinds:
        page = client.get(f"/{url.removeprefix(BASE)}", headers={"Accept": "application/json"}).json
        assert page
        listed += [quote(thing["id"].replace("/id/", "/doc/"), safe="/:%") for thing in page["things"]]
    views = ("compare", "discrepancies", "matrix", "outcomes", "timeline")
    whole = [f"{BASE}{page}" for page in ("", *views, "ontology", "shapes", "dumps/", "partners", "words")]
    ontology = rdflib.Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    declared = {str(term) for term in ontology.subjects(rdflib.RDFS.isDefinedBy)}
    terms = [term.replace("#", "/") for term in declared]
    assert (len(kinds) > 5, len(terms) > 100) == (True, True)
    assert sorted(found) == sorted([*whole, *kinds, *listed, *terms])


def test_what_the_sitemap_lists_is_there(client: FlaskClient) -> None:
    """No address leads nowhere, or elsewhere."""
    _, found = read(client.get("/sitemap.xml").text)
    for url in found[:: max(1, len(found) // 40)]:
        assert client.get(f"/{url.removeprefix(BASE)}").status_code == 200, url


def test_a_document_has_changed_when_its_snapshot_was_first_published(client: FlaskClient, tiny: Settings) -> None:
    """A build that finds nothing new sends no crawler round again."""
    (moment,) = (m for m in debuts(timeline(tiny.state)) if m.snapshot.id == current(tiny.state).id)
    assert set(re.findall("<lastmod>(.*?)</lastmod>", client.get("/sitemap.xml").text)) == {moment.time.isoformat()}


def test_a_crawler_that_has_the_sitemap_is_not_sent_it_again(client: FlaskClient) -> None:
    """As with every page."""
    etag = client.get("/sitemap.xml").headers["ETag"]
    assert client.get("/sitemap.xml", headers={"If-None-Match": etag}).status_code == 304


def test_robots_txt_names_the_sitemap_and_forbids_nothing_in_it(client: FlaskClient) -> None:
    """By its full address, as the rules want it."""
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    assert robots.site_maps() == [f"{BASE}sitemap.xml"]
    _, found = read(client.get("/sitemap.xml").text)
    assert [url for url in found if not robots.can_fetch("*", f"/{url.removeprefix(BASE)}")] == []


def test_a_part_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    """And neither is one of a sitemap that needs no parts; the first part is number 1."""
    assert [client.get(f"/sitemap-{number}.xml").status_code for number in (0, 1, 99)] == [404, 404, 404]


TIME = "2026-01-02T03:04:05+00:00"


@pytest.mark.parametrize(("count", "parts"), [(1, 1), (50_000, 1), (50_001, 2), (120_000, 3)])
def test_more_addresses_than_one_file_may_have_are_split(count: int, parts: int) -> None:
    """The first file then lists the others, and together they have every address."""
    wanted = [f"{BASE}doc/thing/{number}" for number in range(count)]
    first, *others = files(BASE, wanted, TIME)
    kind, found = read(first)
    if parts == 1:
        assert (kind, found, others) == ("urlset", wanted, [])
        return
    assert (kind, found) == ("sitemapindex", [f"{BASE}sitemap-{number}.xml" for number in range(1, parts + 1)])
    read_parts = [read(text) for text in others]
    assert [kind for kind, _ in read_parts] == ["urlset"] * parts
    assert [url for _, urls in read_parts for url in urls] == wanted


def test_long_addresses_are_split_by_their_size() -> None:
    """50,000 of them would be more than 50 MB."""
    wanted = [f"{BASE}doc/thing/{'x' * 1900}{number}" for number in range(40_000)]
    first, *others = files(BASE, wanted, TIME)
    assert read(first)[0] == "sitemapindex"
    assert [url for text in others for url in read(text)[1]] == wanted


def test_any_address_is_written_so_that_it_can_be_read(tmp_path: Path) -> None:
    """Letters of other alphabets percent-encoded, what means something in XML escaped."""
    (text,) = files(BASE, [f"{BASE}doc/thing/é&<'%20"], TIME)
    assert read(text)[1] == [f"{BASE}doc/thing/%C3%A9&%3C'%20"]
    assert "%C3%A9&amp;%3C'%20" in text
