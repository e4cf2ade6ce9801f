"""`/api/search` answers in the shape of every question, refuses what it does not know, and has a plain page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from uphold.build.pipeline import build
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import current

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
TINY = Path(__file__).parents[1] / "tiny"
WRONG = [
    *("", "q=", "q=new&lang=xx", "q=new&type=nothing", "q=new&page=0", "q=new&page=x", "q=new&limit=0", "Q=new"),
    *("q=new&limit=101", "q=new&q=old", "q=new&offset=3", "q=" + "a" * 201, "q=new&type=State&type=Region"),
]
HOSTILE = '<script>alert("x")</script>'


class Seen(HTMLParser):
    """The elements of a page and the addresses it leads to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "action")]


def test_an_answer_has_the_shape_of_every_question(client: FlaskClient, tiny: Settings) -> None:
    """Hits with label, language, what matched, kind, classes and score; links; what the answer says of itself."""
    reply = client.get("/api/search?q=Nouvelle-Zelande&limit=1")
    snapshot = current(tiny.state)
    assert reply.mimetype == "application/json"
    assert reply.json == {
        "data": [
            {
                "id": f"{BASE}id/jurisdiction/nzl",
                "label": "New Zealand",
                "language": "en",
                "matched": "Nouvelle-Zélande",
                "kind": "jurisdiction",
                "types": [f"{BASE}ontology#Jurisdiction", f"{BASE}ontology#State"],
                "score": 1.0,
            }
        ],
        "links": dict.fromkeys(("self", "first", "last"), "/api/search?q=Nouvelle-Zelande&limit=1"),
        "meta": {
            "question": "search",
            "snapshot": snapshot.id,
            "generated": snapshot.created,
            "licence": "https://creativecommons.org/licenses/by/4.0/",
            "source": BASE,
            "total": 1,
            "page": 1,
            "limit": 1,
        },
    }
    assert reply.headers["Content-Location"] == "/api/search.json?q=Nouvelle-Zelande&limit=1"
    assert "Accept" in reply.headers["Vary"]


def test_the_suffix_is_the_same_as_the_header(client: FlaskClient) -> None:
    """JSON by default, the page for a browser."""
    plain = client.get("/api/search?q=new").json
    named = client.get("/api/search.json?q=new", headers={"Accept": "text/html"}).json
    assert plain["data"] == named["data"]  # type: ignore[index]
    assert client.get("/api/search?q=new", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/api/search.html?q=new").mimetype == "text/html"
    assert client.get("/api/search?q=new", headers={"Accept": "image/png"}).status_code == 406


def test_what_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    """A strong ETag, another one for another search."""
    first = client.get("/api/search?q=new")
    tag = first.headers["ETag"]
    assert client.get("/api/search?q=new", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/api/search?q=new&limit=2").headers["ETag"] != tag


def test_pages_lead_to_one_another(client: FlaskClient) -> None:
    """In the body and in the Link header, with the filters preserved."""
    address, found = "/api/search?q=c&type=call&limit=2", []
    while address:
        reply = client.get(address)
        links = reply.json["links"]  # type: ignore[index]
        found += [hit["id"] for hit in reply.json["data"]]  # type: ignore[index]
        assert ("next" in links) == any('rel="next"' in link for link in reply.headers.getlist("Link"))
        address = links.get("next", "")
    assert len(found) == len(set(found)) == reply.json["meta"]["total"] > 2  # type: ignore[index]


@pytest.mark.parametrize("query", WRONG, ids=lambda query: query[:30])
def test_what_search_does_not_know_is_refused(client: FlaskClient, query: str) -> None:
    """Before anything is looked for."""
    reply = client.get(f"/api/search?{query}")
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    assert reply.json["type"] == f"{BASE}problem/invalid-parameter"  # type: ignore[index]


def test_fields_that_nobody_filled_in_do_not_count(client: FlaskClient) -> None:
    """A form sends them."""
    found, same = (client.get(f"/api/search.html?q=new{more}").text for more in ("", "&type=&lang=&page="))
    hits = re.findall(r'href="(/doc/[^"]+)"', found)
    assert hits
    assert re.findall(r'href="(/doc/[^"]+)"', same) == hits


def test_the_page_has_a_form_and_leads_to_the_things(client: FlaskClient) -> None:
    """Without a text it is the form alone; with one, each hit is a link on this host."""
    empty = client.get("/api/search.html")
    assert empty.status_code == 200
    assert "form" in Seen(empty.text).tags
    page = client.get("/api/search.html?q=zeland&lang=es&type=jurisdiction")
    seen = Seen(page.text)
    assert "/doc/jurisdiction/nzl" in seen.addresses
    assert "script" not in seen.tags
    assert 'value="zeland"' in page.text
    assert "<option selected>es</option>" in page.text


def test_every_page_has_the_search_box(client: FlaskClient) -> None:
    """With a label; the page of the hits has its own form instead."""
    for path in ("/", "/doc/jurisdiction/nzl", "/api", "/shapes", "/problem/not-found", "/sparql"):
        page = client.get(path, headers={"Accept": "text/html"}).text
        assert Seen(page).addresses.count("/api/search") == 1
        assert '<label class="quiet" for="search">' in page
    assert Seen(client.get("/api/search.html").text).addresses.count("/api/search") == 1


def test_what_is_typed_and_what_is_found_stay_text(tmp_path: Path, app_client: AppClient) -> None:
    """Markup in a search or in a label makes no element, even if no shape had refused the label."""
    files = tmp_path / "files"
    shutil.copytree(TINY, files)
    (files / "shapes" / "labels.ttl").unlink()
    table = files / "data" / "places" / "State.csv"
    table.write_text(table.read_text("utf-8").replace(",Kingdom of Thailand,", ",Kingdom <script>,"), "utf-8")
    settings = Settings(files=files, state=tmp_path / "state")
    build(settings)
    with app_client(settings) as client:
        page = client.get(f"/api/search.html?q={quote(HOSTILE)}&type=State&lang=en").text
        assert "script" not in Seen(page).tags
        assert "&lt;script&gt;" in page
        page = client.get("/api/search.html?q=kingdom").text
        assert "script" not in Seen(page).tags
        assert "Kingdom &lt;script&gt;" in page


def test_a_new_snapshot_is_searched_at_once(tiny_copy: Settings, app_client: AppClient) -> None:
    """The index is that of the current snapshot."""
    with app_client(tiny_copy) as client:
        before = client.get("/api/search?q=Siam").json
        assert "Siam" not in [hit["matched"] for hit in before["data"]]  # type: ignore[index]
        table = tiny_copy.files / "data" / "places" / "State.csv"
        table.write_text(table.read_text("utf-8").replace(",Kingdom of Thailand,", ",Siam,"), "utf-8")
        new = build(tiny_copy)
        client.application.extensions["uphold"].version()
        reply = client.get("/api/search?q=Siam")
        assert reply.headers["Uphold-Snapshot"] == new.id
        assert [hit["matched"] for hit in reply.json["data"]] == ["Siam"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ireland optional protocol", "/doc/treaty/opsc?of=irl#found"),
        ("OPSC Ireland", "/doc/treaty/opsc?of=irl#found"),
        ("Has Kenya joined the Optional Protocol?", "/doc/treaty/opsc?of=ken#found"),
        ("hong kong optional protocol", "/doc/treaty/opsc?of=hkg#found"),
        ("lanzarote convention norway", "/doc/treaty/cets-201?of=nor#found"),
        ("Irlande OPSC", "/doc/treaty/opsc?of=irl#found"),
    ],
)
def test_a_jurisdiction_and_a_treaty_lead_to_whether_it_joined(
    project_client: FlaskClient, text: str, address: str
) -> None:
    """In either order, also inside a question, and before all hits."""
    page = project_client.get("/api/search.html", query_string={"q": text}).text
    first = page[page.index("<h1") :].partition("<a href=")[2]
    assert first.startswith(f'"{address}"')


@pytest.mark.parametrize("text", ["Kenya", "optional protocol", "new zealand", "of the", "?", "x " * 99])
def test_what_names_no_jurisdiction_with_a_treaty_is_only_searched(project_client: FlaskClient, text: str) -> None:
    """No summary of a treaty is shown for a search that does not name one."""
    assert 'id="joining"' not in project_client.get("/api/search.html", query_string={"q": text}).text
