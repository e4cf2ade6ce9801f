"""No row comes twice and none goes missing when the data grow: the questions query a record with more of each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest

from uphold.questions.files import load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings

RECORD = Path(__file__).parent / "grown" / "record.ttl"
QUESTIONS = load_questions(Files(Settings().files))
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
MANY, SECONDS = 400, 5.0
GRAPHS = ("catalogue", "treaty-actions")


@pytest.fixture(scope="module")
def record() -> ox.Store:
    """The record of the case, in the graphs that questions name and in the default graph."""
    store = ox.Store()
    store.bulk_load(path=str(RECORD), format=ox.RdfFormat.TURTLE)
    for name in GRAPHS:
        graph = ox.NamedNode(f"{Settings().base}graph/{name}")
        store.bulk_load(path=str(RECORD), format=ox.RdfFormat.TURTLE, to_graph=graph)
    return store


@pytest.mark.parametrize(
    ("name", "given", "column", "expected"),
    [
        ("compare-jurisdictions", {"jurisdiction": ["north"]}, "signatures", ["70"]),
        ("commitments-kept", {}, "kept", ["true"]),
        ("commitments-kept", {}, "date", ["2015-05-01"]),
        ("treaties", {}, "title", ["River Treaty"]),
    ],
)
def test_there_is_one_row_for_each_thing(
    record: ox.Store, name: str, given: dict[str, list[str]], column: str, expected: list[str]
) -> None:
    """With the value that the question's head promises."""
    rows = cast("ox.QuerySolutions", record.query(QUESTIONS[name].bound(given)))
    assert [row[column].value for row in rows] == expected


def test_counts_of_several_things_are_added_and_not_multiplied(record: ox.Store) -> None:
    """A body with a few hundred acts of each kind is counted at once; each with each would be millions."""
    body = ox.NamedNode("https://w3id.org/uphold/id/organisation/busy")
    terms = f"{Settings().base}ontology#"
    record.add(ox.Quad(body, ox.NamedNode(RDF_TYPE), ox.NamedNode(f"{terms}Organisation")))
    record.add(ox.Quad(body, ox.NamedNode(PREF_LABEL), ox.Literal("Busy", language="en")))
    for number in range(MANY):
        for name in ("presentedBy", "receivedBy", "collectedBy"):
            record.add(ox.Quad(ox.NamedNode(f"urn:{name}:{number}"), ox.NamedNode(f"{terms}{name}"), body))
    began = time.monotonic()
    (row,) = cast("ox.QuerySolutions", record.query(QUESTIONS["organisations"].bound({})))
    assert [row[name].value for name in ("presented", "received", "collected")] == [str(MANY)] * 3
    assert time.monotonic() - began < SECONDS


def test_a_value_that_is_given_again_brings_no_row_again() -> None:
    """However it is written; and there may be ten of them."""
    question = QUESTIONS["signature-to-consent"]
    once, twice = (question.bound({"treaty": values}) for values in (["opsc"], ["opsc", "treaty:opsc"]))
    assert once == twice


@pytest.mark.parametrize(
    "name", ["ratification-by-region", "ratification-timeline", "signed-not-ratified", "treaties", "treaty-parties"]
)
def test_a_count_of_parties_says_how_far_the_record_was_checked(name: str) -> None:
    """The day of the record is that of its latest evidence, and most of it was last checked earlier."""
    assert "were not checked after the lists" in QUESTIONS[name].head.description
