"""The catalogue, as a client gets it: it meets DCAT-AP 3.0.1, and what it says of each graph is so."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.namespace import DCAT, DCTERMS, OWL, PROV, RDF, XSD

from tests.data.dcat_ap import Requirement, faults, requirements, term
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.settings import CANONICAL_BASE as BASE

ROOT = Path(__file__).parents[2]
LANGUAGES = "http://publications.europa.eu/resource/authority/language/"
NODE = rdflib.URIRef("http://example.org/node")
CASES = [
    (row, fault)
    for row in requirements()
    for fault in ("too few", "too many", "range")
    if (fault != "too few" or row.least) and (fault != "too many" or row.most)
]
AUTHORITY = {"ar": "ARA", "en": "ENG", "es": "SPA", "fr": "FRA", "ru": "RUS", "zh": "ZHO"}
"""Entries of the language authority table of the European Union, which are ISO 639-3 codes, by ISO 639-1 code."""
SHACL, OWL_2 = "https://www.w3.org/TR/shacl/", "https://www.w3.org/TR/owl2-overview/"
VOID = "https://www.w3.org/TR/void/"
MODEL = {f"{BASE}ontology", f"{BASE}shapes/"}
STANDARDS = {
    **dict.fromkeys(("derived", "links", "places", "report-2011", "treaty-actions"), MODEL),
    "catalogue": {"https://www.w3.org/TR/vocab-dcat-3/", VOID, "https://semiceu.github.io/DCAT-AP/releases/3.0.1"},
    "ontology": {OWL_2},
    "questions": {SHACL},
    "shapes": {SHACL},
    "void": {VOID},
}


@pytest.fixture(scope="module")
def catalogue(project_client: FlaskClient) -> rdflib.Graph:
    """What a client gets at the well-known address."""
    return rdflib.Graph().parse(data=project_client.get("/.well-known/void").data, format="turtle")


def graph_of(name: str) -> rdflib.URIRef:
    """The IRI of a graph."""
    return rdflib.URIRef(f"{BASE}graph/{name}")


def value_of(row: Requirement, graph: rdflib.Graph, number: int) -> rdflib.term.Node:
    """A value in the range of a property, which the graph then describes."""
    texts = {"xsd:decimal": "1.0", "xsd:duration": "P1D", "xsd:hexBinary": "0A", "xsd:nonNegativeInteger": "1"}
    if row.range == "literal":
        return rdflib.Literal(f"text {number}")
    if row.range == "temporal":
        return rdflib.Literal(f"2026-01-0{number}", datatype=XSD.date)
    if row.range in texts:
        return rdflib.Literal(
            texts[row.range].replace("1", str(number)).replace("0A", f"0{number}"), datatype=term(row.range)
        )
    value = rdflib.URIRef(f"http://example.org/value-{number}")
    graph.add((value, RDF.type, term(row.range)))
    return value


@pytest.mark.parametrize(
    ("row", "fault"), CASES, ids=lambda each: each.section if isinstance(each, Requirement) else each
)
def test_each_requirement_has_been_seen_to_fail(row: Requirement, fault: str) -> None:
    """With what it requires there is no fault at the node; with one thing wrong there is that one."""
    graph = rdflib.Graph().add((NODE, RDF.type, row.kind))
    for each in (each for each in requirements() if each.kind == row.kind and (each.least or each == row)):
        graph.add((NODE, each.property, value_of(each, graph, 1)))
    assert {found for found in faults(graph) if found[1] == str(NODE)} == set()
    if fault == "too few":
        graph.remove((NODE, row.property, None))
    elif fault == "too many":
        graph.add((NODE, row.property, value_of(row, graph, 2)))
    else:
        is_text = row.range in ("literal", "temporal") or row.range.startswith("xsd:")
        graph.set(
            (NODE, row.property, rdflib.URIRef("http://example.org/other") if is_text else rdflib.Literal("other"))
        )
    assert {found for found in faults(graph) if found[1] == str(NODE)} == {(row.section, str(NODE), fault)}


def test_the_table_is_whole() -> None:
    """Each class of the catalogue, and those that it may come to have; the checks above count."""
    assert len(requirements()) == 109
    assert len(CASES) == 162
    kinds = {str(row.kind).rpartition("#")[2].rpartition("/")[2] for row in requirements()}
    assert kinds == {
        *("Agent", "Catalog", "Checksum", "DataService", "Dataset", "Distribution", "LicenseDocument", "Location"),
        *("PeriodOfTime", "Relationship"),
    }


@pytest.mark.parametrize("address", ["/.well-known/void", "/", "/sparql", "/validate"])
def test_what_a_client_gets_meets_dcat_ap(project_client: FlaskClient, address: str) -> None:
    """The catalogue at both of its addresses, and the descriptions of services at theirs."""
    reply = project_client.get(address, headers={"Accept": "text/turtle"})
    assert (reply.status_code, reply.mimetype) == (200, "text/turtle")
    assert faults(rdflib.Graph().parse(data=reply.data, format="turtle")) == set()


def test_the_graph_of_the_catalogue_meets_dcat_ap(project_engine: EmbeddedEngine) -> None:
    """So does what a query finds of it, without the addresses of downloads."""
    query = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH graph:catalogue { ?s ?p ?o } }"
    graph = rdflib.Graph().parse(data=project_engine.query(query, accept="application/n-triples").read(), format="nt")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(STANDARDS)
    assert faults(graph) == set()


def test_a_graph_is_in_the_languages_that_it_states(catalogue: rdflib.Graph, project_engine: EmbeddedEngine) -> None:
    """Those of its texts, no other; a graph without texts states none. The catalogue's texts are its own."""
    query = """SELECT ?graph ?language WHERE { GRAPH ?graph { ?s ?p ?text } BIND (LANG(?text) AS ?language)
      FILTER (?language != "") } GROUP BY ?graph ?language"""
    rows = project_engine.query(query, accept="text/csv").read().decode().splitlines()[1:]
    used: dict[str, set[str]] = {str(graph_of(name)): set() for name in STANDARDS}
    for row in rows:
        graph, language = row.split(",")
        used[graph].add(LANGUAGES + AUTHORITY[language.partition("-")[0]])
    stated = {graph: set(map(str, catalogue.objects(rdflib.URIRef(graph), DCTERMS.language))) for graph in used}
    assert stated == used
    whole = set(map(str, catalogue.objects(rdflib.URIRef(BASE), DCTERMS.language)))
    assert whole == {f"{LANGUAGES}ENG"} == used[str(graph_of("catalogue"))]


def test_every_graph_has_the_version_of_the_project(catalogue: rdflib.Graph) -> None:
    """The same as the ontology, the package and the changelog."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    ontology = rdflib.Graph().parse(ROOT / "ontology" / "uphold.ttl")
    assert str(ontology.value(rdflib.URIRef(f"{BASE}ontology"), OWL.versionInfo)) == project
    newest = re.search(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == project
    described = {*map(graph_of, STANDARDS), rdflib.URIRef(BASE)}
    assert {each: set(map(str, catalogue.objects(each, term("dcat:version")))) for each in described} == {
        each: {project} for each in described
    }


def test_a_graph_states_what_it_conforms_to(catalogue: rdflib.Graph) -> None:
    """Data: our ontology and shapes. Those: the standards that they are written in."""
    stated = {name: set(map(str, catalogue.objects(graph_of(name), DCTERMS.conformsTo))) for name in STANDARDS}
    assert stated == STANDARDS


def test_a_graph_is_described_once() -> None:
    """In one file, with one title and one description, graph `void` too."""
    where, texts = Counter[str](), Counter[tuple[str, str]]()
    for path in [
        path for folder in ("data", "ontology", "shapes", "queries") for path in (ROOT / folder).rglob("metadata.ttl")
    ]:
        found = rdflib.Graph().parse(path)
        for graph in found.subjects(RDF.type, DCAT.Dataset):
            where[str(graph)] += 1
            for property_ in (DCTERMS.title, DCTERMS.description):
                texts[str(graph), str(property_)] += len(list(found.objects(graph, property_)))
    assert where == dict.fromkeys((str(graph_of(name)) for name in STANDARDS), 1)
    assert set(texts.values()) == {1}
    assert len(texts) == 2 * len(where)


def test_every_service_serves_every_graph(catalogue: rdflib.Graph) -> None:
    """The catalogue lists each service, and each service each graph."""
    services = set(catalogue.objects(rdflib.URIRef(BASE), DCAT.service))
    assert services == set(catalogue.subjects(RDF.type, DCAT.DataService)) != set()
    graphs = set(map(graph_of, STANDARDS))
    assert {service: set(catalogue.objects(service, DCAT.servesDataset)) for service in services} == dict.fromkeys(
        services, graphs
    )


def test_a_source_that_is_no_data_set_is_what_a_graph_was_derived_from(catalogue: rdflib.Graph) -> None:
    """DCAT-AP has data sets alone as dcterms:source, so a publication is in prov:wasDerivedFrom."""
    sources = {
        name: (
            set(catalogue.objects(graph_of(name), DCTERMS.source)),
            set(catalogue.objects(graph_of(name), PROV.wasDerivedFrom)),
        )
        for name in STANDARDS
    }
    report = rdflib.URIRef(f"{BASE}id/publication/report-2011")
    assert sources["report-2011"] == (set(), {report})
    assert sources["derived"] == ({graph_of("places"), graph_of("report-2011"), graph_of("treaty-actions")}, set())
