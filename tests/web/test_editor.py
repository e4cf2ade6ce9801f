"""What the server sends the editor: a page with a policy, words to complete, and a page that works without scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import html5lib
import pytest
from flask.testing import FlaskClient

from uphold.assets.vendor import CONSOLE, EDITOR, vendored
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.web.http.headers import POLICY

PACKAGE = Path(__file__).parents[2] / "server" / "uphold"
HTML = {"Accept": "text/html"}
CLIENT_WITHOUT_ASSETS = """
import sys
from pathlib import Path
from uphold.app import create_app
from uphold.settings import Settings
app = create_app(Settings(files=Path(sys.argv[1]), state=Path(sys.argv[2])))
for path in ("/sparql", "/api"):
    answer = app.test_client().get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, path
    assert answer.text.count("<script") == answer.text.count('<script type="application/ld+json">'), path
    assert "script-src" not in answer.headers["Content-Security-Policy"], path
app.extensions["uphold"].close()
"""


def policy(client: FlaskClient, path: str) -> dict[str, list[str]]:
    """The Content-Security-Policy of a page, by directive."""
    text = client.get(path, headers=HTML).headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in text.split(";"))}


@pytest.mark.parametrize(
    "path", ["/", "/sparql", "/api", "/validate", "/doc/jurisdiction/nzl", "/ontology", "/ontology/Treaty"]
)
def test_no_page_lets_in_scripts_of_others_or_in_the_page(client: FlaskClient, path: str) -> None:
    """Scripts are files of this host, if any; no string is run as code; no other host is contacted."""
    found = policy(client, path)
    assert found["default-src"] == ["'none'"]
    allowed = found.get("script-src", [])
    assert set(allowed) <= {"'self'"}
    assert not [source for source in [*allowed, *found["style-src"]] if "unsafe" in source or "http" in source]
    assert found.get("connect-src", ["'self'"]) == ["'self'"]


@pytest.mark.parametrize(("path", "asset"), [("/sparql", EDITOR), ("/api", CONSOLE)])
def test_only_pages_that_need_scripts_may_run_them(client: FlaskClient, path: str, asset: str) -> None:
    """And these only where the assets are."""
    assert ("script-src" in policy(client, path)) == (asset in vendored())
    assert client.get("/dumps/").headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("path", ["/sparql", "/api"])
def test_scripts_and_styles_are_files_of_this_host_that_are_there(client: FlaskClient, path: str) -> None:
    """No inline script or style, no address of another host, no file that is missing."""
    tree = html5lib.parse(client.get(path, headers=HTML).text, namespaceHTMLElements=False)
    assert [node for node in tree.iter() if node.tag == "style" or "style" in node.attrib] == []
    assert [node for node in tree.iter() for name in node.attrib if name.startswith("on")] == []
    addresses = [node.get("src") for node in tree.iter("script") if node.get("type") != "application/ld+json"]
    addresses += [node.get("href") for node in tree.iter("link") if node.get("rel") == "stylesheet"]
    assert all(addresses)
    assert [address for address in addresses if client.get(address).status_code != 200] == []


def test_the_editor_knows_prefixes_terms_and_things(client: FlaskClient) -> None:
    """Names as a query writes them, with what they mean; kinds of which there are many are left out."""
    words = client.get("/sparql/editor.json").get_json()
    assert words["base"] == BASE
    assert words["prefixes"]["uphold"] == f"{BASE}ontology#"
    terms = {(term["name"], term["kind"]): term for term in words["terms"]}
    assert terms["uphold:CallToAction", "class"]["uses"] == 9
    assert terms["uphold:CallToAction", "class"]["definition"].endswith(".")
    assert terms["uphold:addressedTo", "property"]["uses"] >= 9
    assert ("skos:prefLabel", "property") in terms
    assert {"name": "jurisdiction:nzl", "label": "New Zealand"} in words["things"]
    names = [word["name"] for word in [*words["terms"], *words["things"]]]
    plain = re.compile(r"[\w-]+:[\w.-]+|<[^<>\s]+>")
    assert [name for name in names if not plain.fullmatch(name)] == []
    assert [
        name for name in names if ":" in name and name[0] != "<" and name.split(":")[0] not in words["prefixes"]
    ] == []


def test_the_words_are_those_of_the_queried_snapshot(client: FlaskClient) -> None:
    """The page of an archived snapshot completes from that one, its links stay there, and its words are immutable."""
    identity = client.get("/healthz").get_json()["snapshot"]
    answer = client.get(f"/snapshots/{identity}/sparql/editor.json")
    assert answer.get_json()["within"] == f"/snapshots/{identity}"
    assert "immutable" in answer.headers["Cache-Control"]
    page = client.get(f"/snapshots/{identity}/sparql", headers=HTML).text
    assert EDITOR not in vendored() or f'data-editor="/snapshots/{identity}/sparql/editor.json"' in page


def test_without_the_assets_pages_do_without_scripts(tiny: Settings, tmp_path: Path) -> None:
    """The plain form and the plain list, and a line in the log that says what to do."""
    shutil.copytree(PACKAGE, tmp_path / "uphold", ignore=shutil.ignore_patterns("vendor", "__pycache__"))
    command = [sys.executable, "-c", CLIENT_WITHOUT_ASSETS, str(tiny.files), str(tiny.state)]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"static/vendor/{EDITOR} is missing" in done.stderr
    assert "make setup" in done.stderr
