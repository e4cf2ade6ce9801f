"""Characters and terms: each format returns what the answer has, or says that it cannot hold it, and nothing more.

The answers are read with parsers that are not the ones of the engine.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import rdflib
from flask.testing import FlaskClient

from tests.protocol.tables import cases

CASES = cases("characters.toml")
RESULTS = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
GRAPHS = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/ld+json": "json-ld",
    "application/rdf+xml": "xml",
    "application/n-quads": "nt",
    "application/trig": "turtle",
}
"""How rdflib reads each; N-Quads and TriG that name no graph are N-Triples and Turtle."""
XML_NAME = "{http://www.w3.org/2005/sparql-results#}"


def literal(case: dict[str, Any]) -> str:
    """The text as SPARQL writes it."""
    escaped: str = case["sparql"].replace('"', '\\"')
    return f'"{escaped}"'


def value(case: dict[str, Any]) -> str:
    """The text itself: the escapes of SPARQL are among those of Python."""
    return str(ast.literal_eval(literal(case)))


def read(media_type: str, body: bytes) -> str:
    """The one value in a table."""
    if media_type.endswith("+json"):
        return str(json.loads(body)["results"]["bindings"][0]["x"]["value"])
    if media_type.endswith("+xml"):
        return ET.fromstring(body).find(f".//{XML_NAME}literal").text or ""  # type: ignore[union-attr]  # noqa: S314
    if media_type == "text/csv":
        rows = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
        return rows[1][0] if rows[1] else ""
    head, row, end = body.decode().split("\n")
    assert (head, end) == ("?x", "")
    return str(rdflib.util.from_n3(row))


@pytest.mark.parametrize("case", CASES["text"], ids=lambda case: case["why"])
@pytest.mark.parametrize("media_type", RESULTS)
def test_a_table_returns_each_text(client: FlaskClient, media_type: str, case: dict[str, Any]) -> None:
    """Or is refused: 406 with a separate code, which says what to request instead."""
    query = {"query": f"SELECT ?x WHERE {{ VALUES ?x {{ {literal(case)} }} }}"}
    response = client.get("/sparql", query_string=query, headers={"Accept": media_type})
    if media_type.endswith("+xml") and not case.get("in-xml", True):
        refused(response, media_type)
        return
    assert response.status_code == 200, response.text
    assert read(media_type, response.data) == value(case)


@pytest.mark.parametrize("case", CASES["text"], ids=lambda case: case["why"])
@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_graph_returns_each_text(client: FlaskClient, media_type: str, case: dict[str, Any]) -> None:
    """The same for the forms of RDF."""
    query = {"query": f"CONSTRUCT {{ <urn:x:s> <urn:x:p> {literal(case)} }} WHERE {{}}"}
    response = client.get("/sparql", query_string=query, headers={"Accept": media_type})
    if media_type.endswith("+xml") and not case.get("in-xml", True):
        refused(response, media_type)
        return
    assert response.status_code == 200, response.text
    assert [str(found) for found in parse(response.data, media_type).objects()] == [value(case)]


@pytest.mark.parametrize("case", CASES["statement"], ids=lambda case: case["why"])
@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_graph_returns_each_statement(client: FlaskClient, media_type: str, case: dict[str, Any]) -> None:
    """Or is refused as a whole."""
    query = {"query": f"CONSTRUCT {{ {case['sparql']} }} WHERE {{}}"}
    response = client.get("/sparql", query_string=query, headers={"Accept": media_type})
    if media_type in case["not-in"]:
        refused(response, media_type)
        return
    assert response.status_code == 200, response.text
    expected = rdflib.Graph().parse(data=f"{case['sparql']} .", format="turtle")
    assert set(parse(response.data, media_type)) == set(expected)


def parse(content: bytes, media_type: str) -> rdflib.Graph:
    """The statements of a document."""
    return rdflib.Graph().parse(data=content.decode(), format=GRAPHS[media_type])


def refused(response: Any, media_type: str) -> None:
    """The answer is the problem, and nothing but it."""
    assert (response.status_code, response.mimetype) == (406, "application/problem+json")
    problem = response.get_json()
    assert problem["type"].endswith("problem/not-representable")
    assert media_type in problem["detail"]
    assert "Turtle" in problem["remedy"]
    assert "JSON" in problem["remedy"]


@pytest.mark.parametrize("first", [True, False])
def test_what_xml_cannot_hold_is_found_anywhere(client: FlaskClient, first: bool) -> None:
    """In the first and in the last row of a long table, of which no byte is sent then."""
    rows = '{ SELECT (CONCAT("row ", STR(?s), STR(?p), STR(?o)) AS ?x) WHERE { ?s ?p ?o } LIMIT 3000 }'
    groups = ['{ BIND("\\u0001" AS ?x) }', rows] if first else [rows, '{ BIND("\\u0001" AS ?x) }']
    query = f"SELECT ?x WHERE {{ {' UNION '.join(groups)} }}"
    response = client.get("/sparql", query_string={"query": query, "format": "xml"})
    refused(response, "application/sparql-results+xml")
    assert client.get("/sparql", query_string={"query": query, "format": "json"}).status_code == 200


@pytest.mark.parametrize("accept", [*RESULTS, "text/html"])
def test_a_triple_as_a_value_is_returned_complete_or_refused(client: FlaskClient, accept: str) -> None:
    """CSV has no notation for it (SPARQL 1.1 Results CSV and TSV, 3)."""
    query = 'SELECT ?x WHERE { BIND(TRIPLE(<urn:x:s>, <urn:x:p>, "a,\\"b\\r") AS ?x) }'
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    if accept == "text/csv":
        refused(response, accept)
        return
    assert (response.status_code, response.mimetype) == (200, accept)
    assert "urn:x:p" in response.text
