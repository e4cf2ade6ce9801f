"""The service description (SPARQL 1.1 Service Description) is true: each statement is compared with the server."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import rdflib
from flask.testing import FlaskClient

from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings

SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
SCHEMA = rdflib.Namespace("https://schema.org/")
SERVICE = rdflib.URIRef(f"{BASE}sparql")
FORMATS = {
    "SPARQL_Results_JSON": "application/sparql-results+json",
    "SPARQL_Results_XML": "application/sparql-results+xml",
    "SPARQL_Results_CSV": "text/csv",
    "SPARQL_Results_TSV": "text/tab-separated-values",
    "Turtle": "text/turtle",
    "N-Triples": "application/n-triples",
    "JSON-LD": "application/ld+json",
    "RDF_XML": "application/rdf+xml",
    "N-Quads": "application/n-quads",
    "TriG": "application/trig",
}


@pytest.fixture(scope="module")
def description(client: FlaskClient) -> rdflib.Graph:
    """What a GET of the endpoint returns."""
    response = client.get("/sparql")
    assert response.mimetype == "text/turtle"
    return rdflib.Graph().parse(data=response.data, format="turtle")


@pytest.mark.parametrize("form", ["text/turtle", "application/rdf+xml", "application/ld+json", "application/n-triples"])
def test_a_get_of_the_endpoint_returns_rdf(client: FlaskClient, form: str) -> None:
    """In the format that the client requests."""
    response = client.get("/sparql", headers={"Accept": form})
    assert (response.status_code, response.mimetype) == (200, form)
    assert len(rdflib.Graph().parse(data=response.data, format=form)) > 20


def test_one_service_has_this_endpoint_and_language(description: rdflib.Graph) -> None:
    """The endpoint is the address under the base."""
    update = rdflib.URIRef(f"{SERVICE}/update")
    assert set(description.subjects(rdflib.RDF.type, SD.Service)) == {SERVICE, update}
    assert set(description.objects(update, SD.endpoint)) == {update}
    assert set(description.objects(update, SD.supportedLanguage)) == {SD.SPARQL11Update}
    assert set(description.objects(SERVICE, SD.endpoint)) == {SERVICE}
    assert SD.SPARQL11Query in set(description.objects(SERVICE, SD.supportedLanguage))
    assert SD.SPARQL11Update not in set(description.objects(SERVICE, SD.supportedLanguage))


def test_every_format_stated_is_given_and_no_other_is(client: FlaskClient, description: rdflib.Graph) -> None:
    """Each is requested and returned."""
    stated = {str(form).rpartition("/")[2] for form in description.objects(SERVICE, SD.resultFormat)}
    assert stated == set(FORMATS)
    for name, media_type in FORMATS.items():
        query = "ASK {}" if media_type.startswith(("application/sparql", "text/csv", "text/tab")) else "DESCRIBE <x>"
        response = client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type})
        assert (response.status_code, response.mimetype) == (200, media_type), name


def test_the_features_are_those_that_it_has(client: FlaskClient, description: rdflib.Graph) -> None:
    """The default graph is the union; nothing is fetched and no other service is called."""
    assert set(description.objects(SERVICE, SD.feature)) == {SD.UnionDefaultGraph}
    query = "ASK { SERVICE <http://127.0.0.1/> {} }"
    assert client.get("/sparql", query_string={"query": query}).status_code == 403


def test_the_graphs_are_those_that_there_are(client: FlaskClient, description: rdflib.Graph) -> None:
    """Every graph that has a description, with its number of triples."""
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    path = f"/sparql?{urlencode({'query': query})}"
    counted = dict(
        line.split(",") for line in client.get(path, headers={"Accept": "text/csv"}).text.split("\r\n")[1:] if line
    )
    stated = {
        str(name): str(description.value(content, rdflib.URIRef("http://rdfs.org/ns/void#triples")))
        for place, name in description.subject_objects(SD.name)
        for content in description.objects(place, SD.graph)
    }
    assert f"{BASE}graph/report-2011" in stated
    assert {name: counted.get(name) for name in stated} == stated


def test_the_limits_are_those_that_hold(tiny: Settings, description: rdflib.Graph) -> None:
    """Seconds, memory, length, depth and size, and how to ask for less time."""
    stated = {
        str(limit).rpartition("#")[2]: str(description.value(limit, SCHEMA.maxValue))
        for limit in description.objects(SERVICE, SCHEMA.additionalProperty)
    }
    assert {name: float(value) for name, value in stated.items()} == {
        "timeout": tiny.query_timeout,
        "memory": tiny.query_memory_mb,
        "length": tiny.query_max_bytes,
        "depth": tiny.query_max_depth,
        "answer": tiny.result_max_mb,
    }
