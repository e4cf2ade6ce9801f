"""Whatever somebody sends as a name, a note or an address stays text: on every page, in every browser.

The gate refuses most of hostile/texts.toml, and a test checks that. The pages are tested as if it did not: with the
shapes of labels and links removed, so that each defence works by itself.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.browser.conftest import Visit, open_page
from tests.browser.looking import KINDS, Kind
from tests.conftest import TINY, running_server
from uphold.build.pipeline import build
from uphold.settings import Settings

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent / "hostile"
REPEAT = re.compile(r"⟦(\d+)\|(.*?)⟧")
CASES = tomllib.loads((HERE / "texts.toml").read_text("utf-8"))
THINGS = (HERE / "things.ttl").read_text("utf-8")
NAMED = sorted(set(re.findall(r"^(?:<https://w3id\.org/uphold/id/)?([a-z-]+)[:/]KEY>? a ", THINGS, re.MULTILINE)))
GATHERING = [kind for kind in KINDS if kind.gathers]
OPENED_GATES = ("labels.ttl", "links.ttl")
ACTIVE, LOOSE = ((HERE / name).read_text("utf-8") for name in ("active.js", "loose.js"))


def written_out(text: str) -> str:
    """A text with its repetitions."""
    return REPEAT.sub(lambda found: found[2] * int(found[1]), text)


def text_of(key: str) -> str:
    """The whole of a hostile text."""
    return written_out(" ".join(CASES["texts"][key]))


def things(key: str, address: str | None = None) -> str:
    """A thing of each class that has a hostile text wherever it has a text."""
    address = written_out(address or CASES["addresses"][key])
    return THINGS.replace("KEY", f"hostile-{key}").replace("ADDRESS", address).replace("TEXT", json.dumps(text_of(key)))


@pytest.fixture(scope="module")
def opened_gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose data contain what the gate would have refused."""
    root = tmp_path_factory.mktemp("hostile")
    for folder in ("ontology", "queries", "shapes", "data"):
        shutil.copytree(TINY / folder, root / folder)
    for gate in OPENED_GATES:
        (root / "shapes" / gate).unlink()
    partner = root / "data" / "partner"
    partner.mkdir()
    described = (root / "data" / "places" / "metadata.ttl").read_text("utf-8")
    (partner / "metadata.ttl").write_text(described.replace("graph/places", "graph/partner/hostile/things"), "utf-8")
    (partner / "things.ttl").write_text("\n".join(map(things, CASES["texts"])), "utf-8")
    settings = Settings(files=root, state=tmp_path_factory.mktemp("hostile-state"))
    build(settings)
    with running_server(settings) as address:
        yield address


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Visit]:
    """Somebody with a telephone."""
    with open_page(browser, 390, "light") as visit:
        yield visit


@pytest.mark.parametrize("key", CASES["texts"])
def test_the_gate_refuses_it(client: FlaskClient, key: str) -> None:
    """Each text is found at fault by the shapes of labels, in things of each class but those that are listed."""
    response = client.post("/validate", data=things(key, "https://partner.example/"), content_type="text/turtle")
    results = json.loads(response.get_data())["results"]
    found = [result["focusNode"] for result in results if "/shapes/labels-" in result["shape"]]
    passed = {f"https://w3id.org/uphold/id/{kind}/hostile-{key}" for kind in NAMED} - set(found)
    assert sorted(iri.split("/")[-2] for iri in passed) == CASES["passes"].get(key, [])


@pytest.mark.one_in(3, ("kind", "key"), [(kind, key) for kind in NAMED for key in CASES["texts"]])
def test_a_thing_shows_it_as_it_is(reader: Visit, opened_gate: str, kind: str, key: str) -> None:
    """The page of a thing: inert, no wider than the screen, and the text whole, in its order, isolated."""
    look_around(reader, f"{opened_gate}/doc/{kind}/hostile-{key}", opened_gate)
    spelled = "elements => elements.map((element) => element.textContent)"
    assert text_of(key).replace("\r", "") in reader.page.locator("h1 bdi, h1 code").evaluate_all(spelled)


@pytest.mark.parametrize("kind", GATHERING, ids=lambda kind: kind.name)
def test_a_page_that_gathers_things_stays_as_it_is(reader: Visit, opened_gate: str, kind: Kind) -> None:
    """Hostile things among others: inert, and no wider than the screen."""
    look_around(reader, f"{opened_gate}{kind.address}", opened_gate)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/doc/{kind}/" for kind in NAMED),
        "/api/calls.html",
        "/api/jurisdiction.html?jurisdiction=nzl",
        "/api/search?q=hostile",
        "/api/search?q=%22%3E%3Cscript%3Ewindow.broken%3D9%3C/script%3E%E2%80%AE",
        "/graph/partner/hostile/things",
        "/sparql?format=html&query=SELECT+*+WHERE+%7B%3Fthing+%3Chttps%3A%2F%2Fpartner.example%2Fterms%23motto%3E+%3Ftext%7D",
    ],
)
def test_a_list_stays_as_it_is(reader: Visit, opened_gate: str, path: str) -> None:
    """Lists, answers, hits: inert, and no wider than the screen."""
    look_around(reader, f"{opened_gate}{path}", opened_gate)


def look_around(visit: Visit, address: str, served: str) -> None:
    """Open a page and find nothing active on it."""
    visit.requests.clear()
    visit.complaints.clear()
    answer = visit.page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert visit.page.evaluate("window.broken") is None
    assert visit.page.evaluate(ACTIVE) == []
    assert visit.page.evaluate(LOOSE) == []
    assert visit.requests_elsewhere(served) == []
    assert visit.complaints == []
    assert visit.fits()
