"""What we publish comes back unchanged: no report asks for corrections of our own documents, tables and dumps."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.added_triples import additions
from uphold.validation.background import Background
from uphold.validation.upload import Sent, by_suffix, parse, read, receive
from uphold.validation.worker import background_of

ROOT = Path(__file__).parents[2]
BASE = "https://w3id.org/uphold/"
FORMS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "json": "application/json",
}
RDF_FORMS = [form for form in FORMS if form != "json"]
EXAMPLES = """SELECT ?class (MIN(?thing) AS ?example) WHERE { ?thing a ?class
  FILTER (STRSTARTS(STR(?thing), "https://w3id.org/uphold/") && !CONTAINS(STR(?thing), "#")) } GROUP BY ?class"""
ELSEWHERE = {BASE, f"{BASE}api", f"{BASE}shapes/", f"{BASE}ontology"}
"""What has its description elsewhere, or whole: the catalogue at /.well-known/void, and `WHOLE`."""
WHOLE = ("ontology", "shapes")
DIFFICULT = (
    *("doc/statistic/italy-aid-target", "doc/call-outcome/irl-5-opsc", "doc/treaty/opsc", "doc/rule/wider-class"),
    *("shapes/labels-control", "shapes/vocabulary-class", "ontology/0.1.0"),
)
"""Beside one of each class: a decimal, a thing that a rule derives, a long one, parts without a name, lists."""


@pytest.fixture(scope="module")
def background(project: Snapshot) -> Background:
    """The project's own snapshot as a background."""
    return background_of(project)


@pytest.fixture(scope="module")
def documents(project_client: FlaskClient) -> list[str]:
    """The address of a document for each class that has a thing with one, and of some more."""
    reply = project_client.get("/sparql", query_string={"query": EXAMPLES}, headers={"Accept": "application/json"})
    rows = reply.get_json()["results"]["bindings"]
    assert len(rows) > 60
    iris = {row["example"]["value"] for row in rows} - ELSEWHERE
    return sorted({*(iri.removeprefix(BASE).replace("id/", "doc/", 1) for iri in iris), *DIFFICULT})


@pytest.fixture(scope="module")
def patient(
    project_settings: Settings, app_client: Callable[[Settings], AbstractContextManager[FlaskClient]]
) -> Iterator[FlaskClient]:
    """A client of an app with a long time limit for validation, since time is not tested here."""
    with app_client(dataclasses.replace(project_settings, validate_timeout=600.0)) as client:
        yield client


def data_graph(sent: Sent, settings: Settings) -> list[ox.Triple]:
    """The triples that are validated."""
    return parse(receive(sent, settings), settings)


def apart(triples: list[ox.Triple], name: str) -> list[ox.Triple]:
    """The triples with other labels of blank nodes for each document."""

    def renamed(term: Any) -> Any:
        return ox.BlankNode(f"{term.value}x{name.encode().hex()}") if isinstance(term, ox.BlankNode) else term

    return [ox.Triple(renamed(t.subject), t.predicate, renamed(t.object)) for t in triples]


def lacking(triples: list[ox.Triple], background: Background) -> set[str]:
    """What of an upload is new, but for what a document says of itself."""
    new = additions(triples, background.store, background.nameless)
    return {str(triple) for triple in new if not str(triple.subject).startswith(f"<{BASE}doc/")}


@pytest.mark.one_in(2, "form", [*FORMS])
def test_a_document_of_each_class_says_nothing_new(
    form: str,
    documents: list[str],
    project_client: FlaskClient,
    project_settings: Settings,
    background: Background,
) -> None:
    """In each form that it has: its labels of other things, and its parts without a name, are what we have already."""
    every: list[ox.Triple] = []
    for address in documents:
        reply = project_client.get(f"/{address}", headers={"Accept": FORMS[form]})
        assert (reply.status_code, reply.mimetype) == (200, FORMS[form]), address
        graph = data_graph(Sent(reply.data, FORMS[form], visited="localhost/"), project_settings)
        assert graph, address
        every += apart(graph, address)
    assert lacking(every, background) == set()


@pytest.mark.one_in(2, "form", [*RDF_FORMS])
@pytest.mark.parametrize("name", WHOLE)
def test_ontology_and_shapes_say_nothing_new(
    name: str, form: str, project_client: FlaskClient, project_settings: Settings, background: Background
) -> None:
    """Whole, in each form."""
    reply = project_client.get(f"/{name}.{form}")
    graph = data_graph(Sent(reply.data, FORMS[form]), project_settings)
    assert len(graph) > 1000
    assert lacking(graph, background) == set()


@pytest.mark.one_in(2, "form", [*FORMS, "context"])
def test_a_document_of_each_question_says_nothing_new(
    form: str, project_client: FlaskClient, project_settings: Settings, background: Background
) -> None:
    """As nested JSON, with and without the address of its context, and as RDF."""
    suffix = "json" if form == "context" else form
    every: list[ox.Triple] = []
    names = sorted((ROOT / "queries").glob("*/*.frame.jsonld"))
    assert len(names) >= 10
    for path in names:
        name = path.name.partition(".")[0]
        reply = project_client.get(f"/api/{name}.{suffix}")
        sent = Sent(reply.data, FORMS[suffix], visited="localhost/")
        if form == "context":
            text = json.dumps({"@context": "/context.jsonld", **reply.get_json()})
            sent = Sent(text.encode(), FORMS["jsonld"], visited="localhost/")
        graph = data_graph(sent, project_settings)
        assert len(graph) > 5, name
        every += apart(graph, name)
    assert lacking(every, background) == set()


@pytest.mark.parametrize(
    "table", sorted((ROOT / "data").rglob("*.csv")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_table_says_nothing_new(table: Path, project_settings: Settings, background: Background) -> None:
    """Unchanged, with the class of its name."""
    graph = data_graph(Sent(table.read_bytes(), "text/csv", name=table.name), project_settings)
    assert lacking(graph, background) == set()


def dumps(project: Snapshot) -> Iterator[Path]:
    """The files under /dumps/."""
    found = sorted(project.dumps.glob("*.gz"))
    assert len(found) == 13
    yield from found


def test_a_dump_says_nothing_new(project: Snapshot, project_settings: Settings, background: Background) -> None:
    """Each that is within the limits, as it is packed."""
    sizes = {path: len(gzip.decompress(path.read_bytes())) for path in dumps(project)}
    within = [path for path, size in sizes.items() if size <= project_settings.upload_max_bytes]
    assert len(within) >= 9
    for path in within:
        kind, encoding = by_suffix(path.name)
        graph = read(path.read_bytes(), kind, project_settings, encoding=encoding, name=path.name)
        assert lacking(graph, background) == set(), path


def test_what_a_document_says_of_itself_conforms(
    documents: list[str], project_client: FlaskClient, project_settings: Settings, background: Background
) -> None:
    """All at once: validating them one by one has the same result, a hundred times as slowly."""
    every: list[ox.Triple] = []
    for address in documents:
        reply = project_client.get(f"/{address}", headers={"Accept": FORMS["nt"]})
        every += apart(read(reply.data, FORMS["nt"], project_settings), address)
    assert additions(every, background.store, background.nameless)
    assert background.validate(every).results == ()


def test_the_catalogue_says_only_where_its_downloads_are(
    project_client: FlaskClient, project_settings: Settings, background: Background
) -> None:
    """The description of the data set adds the addresses of the dumps, and nothing else."""
    reply = project_client.get("/.well-known/void", headers={"Accept": FORMS["ttl"]})
    new = lacking(data_graph(Sent(reply.data, FORMS["ttl"]), project_settings), background)
    assert new
    assert {statement for statement in new if "<http://rdfs.org/ns/void#dataDump>" not in statement} == set()


@pytest.mark.parametrize(
    ("address", "form"), [("doc/call-outcome/irl-5-opsc", "ttl"), ("api/statistic", "jsonld"), ("api/call", "json")]
)
def test_a_document_that_is_sent_back_conforms(address: str, form: str, patient: FlaskClient) -> None:
    """Over HTTP, with the media type that it came with."""
    reply = patient.get(f"/{address}.{form}")
    report = patient.post("/validate", data=reply.data, content_type=reply.mimetype).get_json()
    assert (report["conforms"], report["results"]) == (True, [])


def test_a_file_of_ours_that_is_chosen_in_a_form_conforms(project: Snapshot, patient: FlaskClient) -> None:
    """A table with the class of its name, and a compressed dump."""
    for path in (ROOT / "data" / "report-2011" / "Petition.csv", project.dumps / "places.ttl.gz"):
        with path.open("rb") as file:
            report = patient.post("/validate", data={"file": (file, path.name)}).get_json()
        assert (report["conforms"], report["results"]) == (True, []), path


@pytest.mark.parametrize(
    ("said", "of"),
    [
        ("<{}id/call-outcome/irl-5-opsc> <{}ontology#outcome> <{}id/outcome/met> .", "id/call-outcome/irl-5-opsc"),
        ('<{}ontology#CallOutcome> <http://www.w3.org/2000/01/rdf-schema#label> "result"@en .', "ontology#CallOutcome"),
    ],
)
def test_a_document_that_was_changed_is_validated(said: str, of: str, patient: FlaskClient) -> None:
    """A second outcome beside the one that was derived, another label of a term that is not the sender's."""
    text = patient.get("/doc/call-outcome/irl-5-opsc.nt").text + said.replace("{}", BASE)
    report = patient.post("/validate", data=text, content_type=FORMS["nt"]).get_json()
    assert {result["focusNode"] for result in report["results"]} == {f"{BASE}{of}"}
