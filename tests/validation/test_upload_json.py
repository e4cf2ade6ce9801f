"""JSON: our own context is known under each of its names, and no other one; our own documents are read as RDF."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from uphold.errors import BodySyntaxError, BodyTooLarge, UnsafeBody
from uphold.settings import Settings
from uphold.validation.upload import Sent, parse, receive

SETTINGS = Settings()
BASE = "https://w3id.org/uphold/"
CASES = list(csv.DictReader(Path(__file__).with_name("contexts.csv").read_text("utf-8").splitlines()))
JSON, LD_JSON = "application/json", "application/ld+json"
IRI = f"{BASE}id/goal/77"
GOAL = ox.Triple(
    ox.NamedNode(IRI),
    ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"),
    ox.Literal("A goal", language="en"),
)


def read(document: Any, media_type: str = LD_JSON, visited: str = "") -> list[ox.Triple]:
    """The triples of a document."""
    text = document if isinstance(document, str) else json.dumps(document)
    return parse(receive(Sent(text.encode(), media_type, visited=visited), SETTINGS), SETTINGS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']} at {case['visited']}")
def test_our_context_is_known_by_its_names_alone(case: dict[str, str]) -> None:
    """In a document, in a list beside another one, and within a node; what is refused names the one that is known."""
    goal = {"id": IRI, "label": "A goal"}
    documents = [
        {"@context": case["name"], **goal},
        {"@context": [{"x": "urn:x"}, case["name"]], **goal},
        {"@graph": [{"@context": case["name"], **goal}]},
    ]
    for document in documents:
        if case["taken"] == "yes":
            assert read(document, visited=case["visited"]) == [GOAL]
        else:
            with pytest.raises(UnsafeBody, match=r"w3id\.org/uphold/context\.jsonld is known"):
                read(document, visited=case["visited"])


def test_a_document_without_a_context_goes_by_ours() -> None:
    """As the Link header of our own JSON says; a number with a fraction is the decimal that it is."""
    said = read({"id": f"{BASE}id/statistic/x", "value": 0.51, "minValue": 42.0, "signatures": 7}, JSON)
    decimal, integer = (ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{name}") for name in ("decimal", "integer"))
    assert {triple.object for triple in said} == {
        ox.Literal("0.51", datatype=decimal),
        ox.Literal("42", datatype=decimal),
        ox.Literal("7", datatype=integer),
    }
    assert read({"@context": {"name": "http://a.test/name"}, "@id": "http://a.test/s", "name": "x"}, JSON)


@pytest.mark.parametrize(
    "document",
    [
        {"id": "a:b", "facts": [], "prefixes": {}},
        {"id": "a:b", "facts": {}, "prefixes": "https://other.example/context.jsonld"},
        {"id": "a:b", "facts": {"a:c": ["text"]}, "prefixes": {}},
        {"id": "a:b", "facts": {}, "prefixes": {}, "parts": [{}]},
        '{"id": 1e999999, "value": 1e999999}',
        "[1, 2",
    ],
    ids=str,
)
def test_json_that_is_not_as_ours_is_refused(document: Any) -> None:
    """With words, never with a fault of the server."""
    with pytest.raises(BodySyntaxError):
        read(document, JSON)


def test_a_fault_names_no_line_of_a_text_that_nobody_sent() -> None:
    """Once a context is expanded, the parser's lines are not the sender's; a JSON syntax error has its place."""
    with pytest.raises(BodySyntaxError) as refused:
        read({"@context": "/context.jsonld", "id": ["a:b"], "label": "x"})
    assert (refused.value.line, refused.value.column) == (None, None)
    with pytest.raises(BodySyntaxError) as refused:
        read('{"@context": "/context.jsonld",\n "id": }')
    assert (refused.value.line, refused.value.column) == (2, 8)


def test_a_context_that_is_named_often_does_not_make_a_small_text_a_large_one() -> None:
    """Each time that it is named it is written out."""
    many = [{"@context": "/context.jsonld", "id": f"urn:x:{n}"} for n in range(20_000)]
    with pytest.raises(BodyTooLarge):
        read(many)


def test_long_numbers_are_not_a_fault() -> None:
    """Neither one that Python does not turn into an integer, nor one of which no decimal can be written."""
    for number in ("1" * 100_000, "1e400", "-1e-400000"):
        read(f'{{"id": "urn:x", "value": {number}, "asPrinted": "x"}}', LD_JSON)
        read(f'{{"@context": {{"v": "urn:v"}}, "@id": "urn:x", "v": "{number}"}}', JSON)
