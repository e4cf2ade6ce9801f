"""Documents read well without knowledge of RDF: short names throughout, a type, and parts where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from uphold.questions.files import Question, load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings

DOCUMENTS = [question for question in load_questions(Files(Settings().files)).values() if question.returns_graph]


def names(found: Any) -> Iterator[str]:
    """Every key of a document, at any depth."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield key
            yield from names(value)
    elif isinstance(found, list):
        for each in found:
            yield from names(each)


@pytest.mark.parametrize("question", DOCUMENTS, ids=lambda question: question.name)
def test_a_document_has_short_names_only(question: Question, project_client: FlaskClient) -> None:
    """The context has a name for whatever the query constructs, and a frame puts one thing on top."""
    found = project_client.get(f"/api/{question.name}.json").json
    unnamed = {name for name in names(found) if ":" in name or name.startswith("@")}
    assert unnamed == set()


@pytest.mark.parametrize(
    ("address", "part", "kind"),
    [
        ("discrepancies/untip-seven-or-six", "between", "Statistic"),
        ("goals", "topConcept", "Goal"),
        ("organisations/ecpat-youth-network", "collected", "Petition"),
        ("publications/report-2011", "parts", "Citation"),
        ("statistics/opsc-not-ratified", "recomputations", "RecomputedStatistic"),
    ],
)
def test_parts_say_what_they_are(address: str, part: str, kind: str, project_client: FlaskClient) -> None:
    """In `type`, by the name of their class."""
    found = project_client.get(f"/api/{address}.json").json
    assert {each["type"] for each in found[part]} == {kind}  # type: ignore[index]
