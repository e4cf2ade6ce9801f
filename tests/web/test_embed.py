"""Cards for pages elsewhere: small, true, harmless, and each leads to where its figures come from."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import time
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest
from flask.testing import FlaskClient

from tests.web.contexts import request_to
from uphold.settings import CANONICAL_BASE as BASE
from uphold.web.resources.cards import KINDS, Card, Figure
from uphold.web.resources.embed import draw, width, wrap

NAMES = tomllib.loads((Path(__file__).parent / "hostile-names.toml").read_text("utf-8"))["names"]
THINGS = ["jurisdiction/nzl", "treaty/opsc", "call/nzl-1", "commitment/nzl-1"]
SVG = "{http://www.w3.org/2000/svg}"


def policy(client: FlaskClient, path: str) -> dict[str, list[str]]:
    """The Content-Security-Policy of an answer, by directive."""
    text = client.get(path).headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in text.split(";"))}


def texts(picture: str) -> list[str]:
    """The lines of text of an SVG card."""
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 our own


@pytest.mark.parametrize("thing", THINGS)
def test_a_card_names_its_source_the_permanent_link_and_the_day(client: FlaskClient, thing: str) -> None:
    """As a page and as a picture."""
    built = client.get("/healthz").get_json()["created"]
    page = client.get(f"/embed/{thing}").text
    shown = " ".join(texts(client.get(f"/embed/{thing}.svg").text))
    assert f'datetime="{built}"' in page
    for part in ("Uphold", f"{BASE.removeprefix('https://')}id/{thing}", "snapshot of"):
        assert part in page
        assert part in shown


@pytest.mark.parametrize("thing", THINGS)
def test_every_link_of_a_card_leads_to_its_page_in_the_whole_window(client: FlaskClient, thing: str) -> None:
    """It leaves the frame, and the page that is left cannot be reached from there."""
    tree = html5lib.parse(client.get(f"/embed/{thing}").text, namespaceHTMLElements=False)
    found = [(node.get("href"), node.get("target"), node.get("rel")) for node in tree.iter("a")]
    assert found == [(f"/doc/{thing}", "_top", "noopener")] * 2


@pytest.mark.parametrize("thing", THINGS)
def test_any_site_may_frame_a_card_and_a_card_runs_nothing(client: FlaskClient, thing: str) -> None:
    """No script, no form, nothing inline, nothing from elsewhere but the style sheet of this host."""
    found = policy(client, f"/embed/{thing}")
    assert found["frame-ancestors"] == ["*"]
    assert found["default-src"] == ["'none'"]
    assert found["style-src"] == ["'self'"]
    assert "script-src" not in found
    tree = html5lib.parse(client.get(f"/embed/{thing}").text, namespaceHTMLElements=False)
    assert [node.tag for node in tree.iter() if node.tag in ("script", "form", "img", "style", "iframe")] == []
    assert [node for node in tree.iter() if "style" in node.attrib] == []


@pytest.mark.parametrize("path", ["/", "/doc/jurisdiction/nzl", "/partners", "/sparql", "/embed/none/x", "/validate"])
def test_no_other_page_may_be_framed(client: FlaskClient, path: str) -> None:
    """Only cards are made for it; a page in a hidden frame could be clicked unseen."""
    assert policy(client, path)["frame-ancestors"] == ["'none'"]


def test_the_style_of_a_picture_is_known_by_its_digest(client: FlaskClient) -> None:
    """So the dark colours also apply where the picture is opened by itself, and no other style does."""
    answer = client.get("/embed/jurisdiction/nzl.svg")
    style = re.search("<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy(client, "/embed/jurisdiction/nzl.svg")["style-src"] == [f"'sha256-{digest}'"]
    assert "prefers-color-scheme: dark" in style[1]


@pytest.mark.parametrize("thing", THINGS)
def test_a_card_as_png_is_of_the_size_that_its_page_states(client: FlaskClient, thing: str) -> None:
    """1200 by 630, which sites that show links expect."""
    answer = client.get(f"/embed/{thing}.png")
    assert answer.mimetype == "image/png"
    assert answer.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.data[16:24]) == (1200, 630)


def test_the_figures_of_a_jurisdiction_are_those_of_the_questions(project_client: FlaskClient) -> None:
    """The same question, through the API, returns the same number."""
    rows = project_client.get("/api/jurisdiction-treaties.json?jurisdiction=nzl").get_json()["data"]
    joined = sum(row["status"] == "party" for row in rows)
    looked_up = sum(row["status"] != "unknown" for row in rows)
    shown = texts(project_client.get("/embed/jurisdiction/nzl.svg").text)
    assert f"{joined} of {looked_up}" in shown


def test_the_card_of_a_treaty_counts_parties_and_calls(project_client: FlaskClient) -> None:
    """As the questions do."""
    row = next(
        row for row in project_client.get("/api/treaties.json").get_json()["data"] if row["treaty"].endswith("/opsc")
    )
    assert str(row["parties"]) in texts(project_client.get("/embed/treaty/opsc.svg").text)


def test_the_card_of_a_call_shows_its_outcome_and_the_day(project_client: FlaskClient) -> None:
    """With the days, as the question has them."""
    rows = project_client.get("/api/call-outcomes.json?jurisdiction=nzl").get_json()["data"]
    row = next(row for row in rows if row["call"].endswith("/nzl-1"))
    shown = " ".join(texts(project_client.get("/embed/call/nzl-1.svg").text))
    assert "✓ Met" in shown
    assert f"{row['days']} days after the call" in shown


def test_what_is_not_known_is_not_guessed(client: FlaskClient) -> None:
    """A call with an outcome that no source states says so, and so does a thing without any figure."""
    for thing in ("call/nzl-2", "jurisdiction/nzl"):
        assert "? Not known" in texts(client.get(f"/embed/{thing}.svg").text)


@pytest.mark.parametrize("path", ["/embed/goal/1", "/embed/indicator/helpline.svg", "/embed/%3Cscript%3E/x.png"])
def test_the_error_for_a_kind_without_a_card_names_those_with_one(client: FlaskClient, path: str) -> None:
    """404, and the names of those that have."""
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["type"]) == (404, f"{BASE}problem/card-not-found")
    assert all(kind in answer.get_json()["detail"] for kind in KINDS)


@pytest.mark.parametrize("path", ["/embed/call/none", "/embed/jurisdiction/zzz.svg", "/embed/treaty/<b>.png"])
def test_a_thing_that_is_not_there_has_no_card(client: FlaskClient, path: str) -> None:
    """404, and no picture of nothing."""
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["type"]) == (404, f"{BASE}problem/resource-not-found")


def test_a_language_is_wanted_by_the_address_alone(client: FlaskClient) -> None:
    """Every reader of a page elsewhere sees the same card; a wrong tag is a problem."""
    english = client.get("/embed/jurisdiction/nzl.svg", headers={"Accept-Language": "fr"})
    assert "New Zealand" in texts(english.text)
    assert "Accept-Language" not in english.headers.get("Vary", "")
    assert "Nouvelle-Zélande" in texts(client.get("/embed/jurisdiction/nzl.svg?lang=fr").text)
    assert client.get("/embed/jurisdiction/nzl.svg?lang=<b>").status_code == 400


def test_an_archived_snapshot_has_the_card_as_it_was(client: FlaskClient) -> None:
    """It stays for ever, and its link leads to that state."""
    identity = client.get("/healthz").get_json()["snapshot"]
    answer = client.get(f"/snapshots/{identity}/embed/jurisdiction/nzl")
    assert "immutable" in answer.headers["Cache-Control"]
    assert f'href="/snapshots/{identity}/doc/jurisdiction/nzl"' in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_text_on_a_card_and_ends_no_process(client: FlaskClient, name: str) -> None:
    """The picture is still well-formed XML with the same elements, and can be drawn."""
    card = Card(f"{BASE}id/call/x", name, name, (Figure(name, name), Figure("1", "x")))
    with request_to(client.application, "/"):
        picture = draw(card)
    root = ET.fromstring(picture)  # noqa: S314 our own
    assert {node.tag.removeprefix(SVG) for node in root.iter()} == {"svg", "title", "style", "rect", "a", "text"}
    assert not [key for node in root.iter() for key in node.attrib if key.startswith("on")]
    renderer: Any = client.application.extensions["uphold"].chart_renderer
    assert renderer.rasterise(picture).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", [*NAMES, "W" * 3_000, "童" * 500, "one two three " * 300])
def test_no_text_leaves_the_card(text: str) -> None:
    """It is cut into so many lines of so many letters; a long word takes no longer."""
    began = time.thread_time()
    lines = wrap(text, 40, 4)
    assert time.thread_time() - began < 1
    assert 1 <= len(lines) <= 4
    assert max(map(width, lines)) <= 40


def test_a_text_is_cut_after_a_whole_word() -> None:
    """Where there are words."""
    assert wrap("one two three four five six", 9, 2) == ["one two", "three…"]


@pytest.mark.parametrize("thing", THINGS)
def test_the_page_offers_the_lines_that_show_its_card(client: FlaskClient, thing: str) -> None:
    """A frame that may not lead away by itself, and a picture; both with the permanent address."""
    tree = html5lib.parse(client.get(f"/doc/{thing}.html").text, namespaceHTMLElements=False)
    offered = [node for node in tree.iter("details") if "embed" in str(node.get("class"))]
    assert len(offered) == 1
    frame, picture = ["".join(node.itertext()) for node in offered[0].iter("pre")]
    made = html5lib.parse(frame + picture, namespaceHTMLElements=False)
    shown = next(made.iter("iframe"))
    assert shown.get("src") == f"{BASE}embed/{thing}"
    assert shown.get("sandbox") == "allow-top-navigation-by-user-activation"
    assert shown.get("title")
    assert next(made.iter("img")).get("src") == f"{BASE}embed/{thing}.svg"
    assert next(made.iter("img")).get("alt")


def test_the_page_for_partners_shows_a_card_and_no_frame_of_others(client: FlaskClient) -> None:
    """The example is one of this host."""
    tree = html5lib.parse(client.get("/partners").text, namespaceHTMLElements=False)
    [frame] = [node.get("src") for node in tree.iter("iframe")]
    assert client.get(frame).status_code == 200
    assert policy(client, "/partners")["frame-src"] == ["'self'"]
