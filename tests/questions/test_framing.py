"""A document reads as JSON does: classes by name, numbers as numbers, lists where there may be several."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from uphold.questions.framing import frame, has_context
from uphold.settings import Settings

BASE = "https://w3id.org/uphold/"
CONTEXT: dict[str, Any] = json.loads((Settings().files / "data" / "context.jsonld").read_text("utf-8"))["@context"]
TRIPLES = (Path(__file__).parent / "framing" / "petition.nt").read_bytes()
SHAPE = {
    "@context": f"{BASE}context.jsonld",
    "id": "{jurisdiction}",
    "petitions": {"type": "Petition", "jurisdiction": {"@embed": "@never"}},
}
VALUES = {"jurisdiction": f"{BASE}id/jurisdiction/nzl"}


@pytest.fixture
def document() -> Any:
    """The document of the case."""
    return frame(TRIPLES, SHAPE, CONTEXT, BASE, VALUES)


def test_a_document_is_plain_json(document: Any) -> None:
    """What points at a thing is a list below it, also when it is one; a number is a number."""
    assert document == {
        "id": f"{BASE}id/jurisdiction/nzl",
        "type": "State",
        "label": "New Zealand",
        "label_fr": "Nouvelle-Zélande",
        "iso3": "NZL",
        "petitions": [
            {
                "id": f"{BASE}id/petition/nzl",
                "type": "Petition",
                "jurisdiction": f"{BASE}id/jurisdiction/nzl",
                "signatures": 74187,
            }
        ],
    }


def test_keys_come_in_the_order_of_the_context(document: Any) -> None:
    """First what a thing is and how it is called, last what points at it."""
    assert list(document) == ["id", "type", "label", "label_fr", "iso3", "petitions"]


def test_a_document_with_its_context_says_the_same_triples(document: Any) -> None:
    """Nothing is lost for those who read it as RDF, the datatype of a number neither."""

    def load(url: str, _options: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": CONTEXT}}

    options = {"documentLoader": load, "format": "application/n-quads"}
    said = jsonld.to_rdf(has_context(document, BASE), options)
    assert sorted(said.split("\n")) == sorted(TRIPLES.decode().split("\n"))


def test_what_is_not_there_has_no_document() -> None:
    """So that it can be answered with 404."""
    assert frame(b"", SHAPE, CONTEXT, BASE, VALUES) is None


def test_a_literal_that_is_not_of_its_datatype_stays_text() -> None:
    """One wrong value in data of partners does not prevent the document."""
    wrong = TRIPLES.replace(b'"74187"', b'"many"')
    assert wrong != TRIPLES
    found = frame(wrong, SHAPE, CONTEXT, BASE, VALUES)
    assert found["petitions"][0]["signatures"] == "many"
