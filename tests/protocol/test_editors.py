"""Editors set themselves up by asking the endpoint for its prefixes, examples, classes and properties.

The files in `editors/` ask what SIB's SPARQL editor and Zazuko's SPEX ask when they are opened. They are sent as those
send them: over HTTP, from another origin, with a parameter that means nothing here, and with five seconds of patience.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files, read_context
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings

HERE = Path(__file__).parent / "editors"
LOOKUPS = sorted(path.stem for path in HERE.glob("*.rq"))
FILES = Files(Settings().files)
QUESTIONS = load_questions(FILES)
PATIENCE = 5
LEFT_OUT = ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://rdfs.org/ns/void#")
"""SPEX does not ask for types, and graph `void` does not count its own statements."""

Row = dict[str, str]


def ask(address: str, query: str) -> list[Row]:
    """The rows of an answer, as a script of another site gets them."""
    request = urllib.request.Request(
        f"{address}/sparql?{urlencode({'ac': 1, 'query': query})}",
        headers={"Accept": "application/sparql-results+json", "Origin": "https://editor.example"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        found = json.load(reply)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


@pytest.fixture(scope="module")
def answers(project_address: str) -> dict[str, list[Row]]:
    """What each lookup returns."""
    return {name: ask(project_address, (HERE / f"{name}.rq").read_text("utf-8")) for name in LOOKUPS}


def test_every_lookup_finds_something(answers: dict[str, list[Row]]) -> None:
    """An editor that finds nothing falls back to looking through the data, or shows nothing."""
    assert LOOKUPS == ["class-counts", "classes", "examples", "map", "model", "prefixes"]
    assert [name for name, rows in answers.items() if not rows] == []


def test_the_examples_are_the_questions(answers: dict[str, list[Row]]) -> None:
    """Each with its words and its query, and nothing else."""
    listed = {row["example"]: (row["words"], row["query"]) for row in answers["examples"]}
    assert len(answers["examples"]) == len(listed) >= 1
    assert listed == {
        f"{BASE}id/question/{question.name}": (question.head.summary, question.example)
        for question in QUESTIONS.values()
    }


def test_every_example_runs_unchanged(answers: dict[str, list[Row]], project_engine: EmbeddedEngine) -> None:
    """It returns rows or statements, without a value to fill in first."""
    forms = {name: "text/turtle" if question.returns_graph else "text/csv" for name, question in QUESTIONS.items()}
    for row in answers["examples"]:
        form = forms[row["example"].rpartition("/")[2]]
        found = project_engine.query(row["query"], accept=form).read()
        assert len(found.splitlines()) > 1, row["example"]


def test_a_prefix_means_one_thing_and_the_declared_ones_are_enough(answers: dict[str, list[Row]]) -> None:
    """So a tool may put all of them before an example, whether or not the example declares some itself."""
    prefixes = {row["prefix"]: row["namespace"] for row in answers["prefixes"]}
    assert len(prefixes) == len(answers["prefixes"])
    assert prefixes == read_context(FILES).prefixes
    declared = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in prefixes.items())
    for row in answers["examples"]:
        ox.Store().query(declared + row["query"])


def pairs(rows: list[Row]) -> set[tuple[str, str]]:
    """Which property is offered after which class."""
    return {(row["class"], row["property"]) for row in rows if not row["property"].startswith(LEFT_OUT)}


def ranges(rows: list[Row]) -> set[tuple[str, str, str]]:
    """Which value is drawn at the end of which property of which class."""
    return {
        (row["class"], row["property"], row[key])
        for row in rows
        for key in ("valueClass", "valueDatatype")
        if key in row and not row["property"].startswith(LEFT_OUT)
    }


@pytest.mark.parametrize("lookup", ["classes", "map"])
def test_what_is_offered_is_what_the_data_have(answers: dict[str, list[Row]], lookup: str) -> None:
    """Every class, every property of it and every kind of value, and none that a query would find nothing for."""
    assert {row["class"] for row in answers[lookup]} == {row["class"] for row in answers["class-counts"]}
    assert pairs(answers[lookup]) == pairs(answers["model"])
    assert ranges(answers[lookup]) == ranges(answers["model"])


def test_classes_and_properties_of_ours_come_with_a_label(answers: dict[str, list[Row]]) -> None:
    """Which an editor shows beside the name."""
    ours = f"{BASE}ontology#"
    for row in answers["classes"]:
        assert "label" in row or not row["class"].startswith(ours), row["class"]
        assert "propertyLabel" in row or not row["property"].startswith(ours), row["property"]
        assert int(row["triples"]) > 0
