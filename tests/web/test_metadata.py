"""What pages say of themselves is true, short, permanent and harmless, in every form in which programs read it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest
from flask.testing import FlaskClient

from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current
from uphold.web.metadata.citations import Citation
from uphold.web.metadata.json_ld import as_script
from uphold.web.metadata.metadata import cut

HTML = {"Accept": "text/html"}
NAMES = tomllib.loads((Path(__file__).parent / "hostile-names.toml").read_text("utf-8"))["names"]
PAGES = [
    *("/", "/sparql", "/api", "/api/search", "/validate", "/snapshots", "/dumps/", "/shapes", "/partners", "/words"),
    *("/doc/call/", "/doc/jurisdiction/nzl", "/doc/treaty/opsc", "/doc/call/nzl-1", "/graph/places"),
    *("/api/calls-met.html", "/api/jurisdiction.html", "/problem/not-found", "/doc/goal/1"),
    *("/ontology", "/ontology/Treaty", "/ontology/treaty", "/doc/outcome/met", "/doc/scheme/outcome"),
]


@pytest.fixture(scope="session")
def snapshot(tiny: Settings) -> Snapshot:
    """The tiny snapshot."""
    return current(tiny.state)


def head(client: FlaskClient, path: str) -> ET.Element:
    """The head of a page, as a browser reads it."""
    tree: ET.Element = html5lib.parse(client.get(path, headers=HTML).text, namespaceHTMLElements=False)
    found = tree.find("head")
    assert found is not None
    return found


def said(found: ET.Element) -> dict[str, str]:
    """What the meta elements say, by name or property."""
    return {
        node.get("name") or node.get("property") or "": node.get("content") or ""
        for node in found.iter("meta")
        if node.get("name") or node.get("property")
    }


def nodes(found: ET.Element) -> list[dict[str, Any]]:
    """The nodes of the structured data."""
    texts = [node.text or "" for node in found.iter("script") if node.get("type") == "application/ld+json"]
    assert len(texts) == 1
    data: dict[str, Any] = json.loads(texts[0])
    assert data["@context"] == "https://schema.org"
    graph: list[dict[str, Any]] = data["@graph"]
    return graph


def of_type(graph: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The one node of a class."""
    found = [node for node in graph if kind in node["@type"]]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_description_a_permanent_address_and_structured_data(client: FlaskClient, path: str) -> None:
    """All say the same, and the description is short enough to be shown whole."""
    found = head(client, path)
    meta, graph = said(found), nodes(found)
    canonical = [node.get("href") for node in found.iter("link") if node.get("rel") == "canonical"]
    assert len(canonical) == 1
    assert str(canonical[0]).startswith(BASE)
    assert 10 <= len(meta["description"]) <= 160
    assert meta["og:description"] == meta["description"] == graph[0]["description"]
    assert meta["og:url"] == canonical[0] == graph[0]["url"]
    assert meta["og:title"] == graph[0]["name"]
    assert (meta["og:site_name"], meta["og:locale"], meta["twitter:card"]) == ("Uphold", "en_GB", "summary")


@pytest.mark.parametrize("path", PAGES)
def test_the_breadcrumb_leads_from_the_front_page_to_the_page(client: FlaskClient, path: str) -> None:
    """Positions count from one, and each place has a permanent address."""
    page = nodes(head(client, path))[0]
    way = page["breadcrumb"]["itemListElement"]
    assert [place["position"] for place in way] == [*range(1, len(way) + 1)]
    assert way[0]["item"] == BASE
    assert way[-1]["item"] == page["url"]


def test_two_pages_have_two_descriptions(client: FlaskClient) -> None:
    """A description says what is particular to its page."""
    paths = [path for path in PAGES if path != "/problem/not-found"]
    assert len({said(head(client, path))["description"] for path in paths}) == len(paths)


def test_the_front_page_describes_the_whole_data_set(client: FlaskClient) -> None:
    """Licence, maker, version, files, and how to search."""
    found = of_type(nodes(head(client, "/")), "DataCatalog")
    health = client.get("/healthz").get_json()
    assert (found["@id"], found["version"], found["dateModified"]) == (BASE, health["snapshot"], health["created"])
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert found["creator"]["@id"] == f"{BASE}id/organisation/uphold-contributors"
    assert {file["name"] for file in found["distribution"]} == {*sums(client)}
    assert f"{BASE}graph/places" in {graph["@id"] for graph in found["dataset"]}
    template = found["potentialAction"]["target"]["urlTemplate"]
    assert client.get(template.replace("{search_term_string}", "nzl").removeprefix(BASE[:-1])).status_code == 200


def sums(client: FlaskClient) -> dict[str, str]:
    """The digest of each file for download."""
    lines = client.get("/dumps/SHA256SUMS").text.splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_the_page_of_downloads_describes_the_files_of_the_data_set(client: FlaskClient) -> None:
    """Each with its digest and its size."""
    found = of_type(nodes(head(client, "/dumps/")), "Dataset")
    assert found["@id"] == BASE
    assert {file["name"]: file["sha256"] for file in found["distribution"]} == sums(client)
    for file in found["distribution"][:3]:
        size = len(client.get(file["contentUrl"].removeprefix(BASE[:-1])).data)
        assert file["contentSize"] == f"{size} B"


def test_a_thing_is_described_by_its_names_codes_and_sources(client: FlaskClient) -> None:
    """In the terms of schema.org, with the data set that it is from."""
    graph = nodes(head(client, "/doc/jurisdiction/nzl"))
    found = of_type(graph, "AdministrativeArea")
    assert (found["@id"], found["name"]) == (f"{BASE}id/jurisdiction/nzl", "New Zealand")
    assert {"@language": "fr", "@value": "Nouvelle-Zélande"} in found["alternateName"]
    assert {"@type": "PropertyValue", "propertyID": "iso3", "value": "NZL"} in found["identifier"]
    assert found["subjectOf"]["@id"] == BASE
    assert graph[0]["mainEntity"] == {"@id": found["@id"]}
    assert graph[0]["citation"]
    assert graph[0]["isBasedOn"]


def test_a_treaty_is_legislation_with_the_day_of_its_adoption(client: FlaskClient) -> None:
    """A wider class would say less."""
    found = of_type(nodes(head(client, "/doc/treaty/opsc")), "Legislation")
    assert found["legislationDate"] == "2000-05-25"


def test_a_thing_with_a_card_is_described_by_its_figures(project_client: FlaskClient) -> None:
    """What is known of it says more than its name."""
    assert re.fullmatch(
        r"Ireland: \d of \d treaties joined; \d of \d calls for a treaty met from 1 July 2010 \(assumed\), "
        r"1 before the call, 1 before the handover; \d of \d dated promises kept\.",
        said(head(project_client, "/doc/jurisdiction/irl"))["description"],
    )


def test_links_to_other_data_sets_are_the_same_thing_elsewhere(project_client: FlaskClient) -> None:
    """An exact match is sameAs, a close one is not."""
    found = of_type(nodes(head(project_client, "/doc/jurisdiction/tha")), "AdministrativeArea")
    assert "http://www.wikidata.org/entity/Q869" in found["sameAs"]
    denmark = of_type(nodes(head(project_client, "/doc/jurisdiction/dnk")), "AdministrativeArea")
    assert not [address for address in denmark.get("sameAs", []) if "wikidata" in address]


def test_the_answer_to_a_question_is_a_data_set_with_its_forms(client: FlaskClient) -> None:
    """Each distribution is an address that answers in the form it states."""
    found = of_type(nodes(head(client, "/api/calls-met.html?jurisdiction=nzl")), "Dataset")
    forms = {file["encodingFormat"]: file["contentUrl"] for file in found["distribution"]}
    assert {"text/csv", "application/json"} <= set(forms)
    answer = client.get(forms["text/csv"].removeprefix(BASE[:-1]))
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert "jurisdiction" in {column["name"] for column in found["variableMeasured"]}


def test_a_card_is_the_picture_of_its_page(client: FlaskClient) -> None:
    """With its size and what it shows in words; a page without a card has none."""
    meta = said(head(client, "/doc/treaty/opsc"))
    assert meta["og:image"] == f"{BASE}embed/treaty/opsc.png"
    assert meta["og:image:alt"]
    assert "og:image" not in said(head(client, "/doc/goal/1"))


@pytest.mark.parametrize(
    "path", ["/nothing", "/doc/x/y", "/api/search.html?q=nzl", "/sparql?query=ASK%7B%7D&format=html"]
)
def test_errors_and_results_are_not_for_search_engines(client: FlaskClient, path: str) -> None:
    """Nobody should find them later."""
    assert said(head(client, path))["robots"] == "noindex"


def test_an_archived_snapshot_names_the_current_page_as_the_permanent_one(client: FlaskClient) -> None:
    """Else each snapshot would be a separate page to search engines."""
    identity = client.get("/healthz").get_json()["snapshot"]
    assert said(head(client, f"/snapshots/{identity}/doc/treaty/opsc"))["og:url"] == f"{BASE}doc/treaty/opsc"


@pytest.mark.parametrize("name", NAMES)
def test_structured_data_cannot_end_its_element(name: str) -> None:
    """Whatever a name contains, a browser reads one script element with the same name in it."""
    made = f"<head><script type='application/ld+json'>{as_script({'name': name})}</script><title>after</title></head>"
    tree = html5lib.parse(made.replace("\0", ""), namespaceHTMLElements=False)
    scripts = [node.text for node in tree.iter("script")]
    assert len(scripts) == 1
    assert json.loads(scripts[0]) == {"name": name}
    assert [node.text for node in tree.iter("title")] == ["after"]
    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(as_script({"name": name}))


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip(" \0\b\ufffe\ufeff")])
def test_what_is_searched_for_stays_text_in_the_metadata(client: FlaskClient, name: str) -> None:
    """It is in the title, and opens no element."""
    tree = html5lib.parse(client.get("/api/search.html", query_string={"q": name}).text, namespaceHTMLElements=False)
    assert [node for node in tree.iter("script") if node.get("src") is None] == []
    assert [node for node in tree.iter() for attribute in node.attrib if attribute.startswith("on")] == []
    assert " ".join(name.split())[:10] in " ".join(tree.findtext("head/title").split())


@pytest.mark.parametrize("name", NAMES)
def test_a_citation_is_one_line_and_one_entry_whatever_the_title(snapshot: Snapshot, name: str) -> None:
    """Braces are balanced, and no command of TeX is left."""
    made = Citation(snapshot, name, "doc/x")
    assert "\n" not in made.text
    bare = made.bibtex.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert r"\input" not in made.bibtex
    assert made.bibtex.count("author = ") - name.count("author = ") == 1


def test_a_citation_has_author_day_title_publisher_and_address(snapshot: Snapshot) -> None:
    """In the order of the APA."""
    day = snapshot.created[:4]
    made = Citation(snapshot, "New Zealand", f"snapshots/{snapshot.id}/doc/jurisdiction/nzl")
    start, end = made.text.split(f" (Snapshot {snapshot.id[:12]}) ")
    assert start.startswith(f"Uphold contributors. ({day}, ")
    assert start.endswith(". New Zealand")
    assert end == f"[Data set]. Uphold. {BASE}snapshots/{snapshot.id}/doc/jurisdiction/nzl"


def test_two_things_have_two_entries_in_a_bibliography(snapshot: Snapshot) -> None:
    """Else the second would hide the first."""
    keys = {Citation(snapshot, "x", path).bibtex.split(",")[0] for path in ("doc/a", "doc/b")}
    assert len(keys) == 2


@pytest.mark.parametrize("path", ["/doc/call/", "/doc/call/nzl-1", "/api/calls-met.html", "/partners", "/"])
def test_things_views_results_and_lists_say_how_to_cite_them(client: FlaskClient, path: str) -> None:
    """And the permanent address answers on this host with the same title."""
    tree = html5lib.parse(client.get(path, headers=HTML).text, namespaceHTMLElements=False)
    cited = next(node for node in tree.iter("details") if node.get("class") == "cite")
    address = next(node.get("href") for node in cited.iter("a"))
    assert address.startswith("/snapshots/")
    assert client.get(address, headers=HTML).status_code == 200
    texts = ["".join(node.itertext()) for node in cited.iter("pre")]
    assert all(f"{BASE}{address[1:]}" in text for text in texts)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One two three", "One two three"),
        ("One  `two`\nthree", "One two three"),
        ("One two three, four", "One two…"),
        ("Onetwothreefourfive", "Onetwothreef…"),
        ("", ""),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, short: str) -> None:
    """And within one only when there is no other way."""
    assert cut(text, 13) == short
