"""The OpenAPI document is valid, describes every question, and what the server answers is what it describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode

from uphold.questions.files import load_questions
from uphold.questions.openapi import describe
from uphold.rdf.sources import Files
from uphold.settings import Settings

RELEASED = Path(__file__).with_name("released.json")
EXAMPLES, EXAMPLES_IN_A_LONG_RUN = 4, 100
CHECKS = list(HealthCheck)
DESCRIBED = describe(load_questions(Files(Settings().files)), ["en"])["paths"]
CASES = [
    (path, mode)
    for path, methods in DESCRIBED.items()
    if path.startswith("/api/")  # tests/web/graphs has the tests of graphs
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or methods["get"]["parameters"]  # what takes nothing cannot be given wrongly
]


@pytest.fixture(scope="module")
def document(project_client: FlaskClient) -> dict[str, Any]:
    """The document."""
    found: dict[str, Any] = project_client.get("/api/openapi.json").json  # type: ignore[assignment]
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """OpenAPI 3.1, as openapi-spec-validator reads it."""
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_question_is_an_operation(document: dict[str, Any]) -> None:
    """With its summary, its parameters, an example or default for each that is required, and its columns."""
    for question in load_questions(Files(Settings().files)).values():
        described = document["paths"][f"/api/{question.name}"]["get"]
        assert described["summary"] == question.head.summary
        names = [parameter["name"] for parameter in described["parameters"]]
        assert names[: len(question.parameters)] == list(question.parameters)
        if not question.returns_graph:
            rows = described["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]
            assert list(rows["items"]["properties"]) == [column.name for column in question.head.columns]


def test_graphs_are_described_with_their_methods(document: dict[str, Any]) -> None:
    """Each method of a route, and a token where one is needed."""
    for path, expected in (("/graphs", 5), ("/graphs/{path}", 5), ("/graphs/{path}/history", 1)):
        methods = {name: each for name, each in document["paths"][path].items() if name != "parameters"}
        assert len(methods) == expected
        assert {name for name, each in methods.items() if "security" in each} == {*methods} - {"get"}


@pytest.fixture(scope="module")
def schema(project_address: str) -> Any:
    """The document as Schemathesis reads it, from a real server."""
    return schemathesis.openapi.from_url(f"{project_address}/api/openapi.json")


@pytest.mark.parametrize(("path", "mode"), CASES, ids=[f"{path} {mode.value}" for path, mode in CASES])
def test_what_the_server_answers_is_what_the_document_says(
    schema: Any, pytestconfig: pytest.Config, path: str, mode: GenerationMode
) -> None:
    """Schemathesis calls every operation with what fits the document and with what does not."""
    examples = EXAMPLES_IN_A_LONG_RUN if pytestconfig.getoption("long") else EXAMPLES

    @tries(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=CHECKS)
    @given(schema[path]["GET"].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate()

    ask()


def shape(document: dict[str, Any]) -> dict[str, Any]:
    """What clients rely on: each operation's parameters with their types, and its columns with theirs."""
    found = {}
    for path, methods in document["paths"].items():
        if not path.startswith("/api/"):
            continue
        operation = methods["get"]
        content = operation["responses"]["200"]["content"]
        data = content.get("application/json", {}).get("schema", {}).get("properties", {}).get("data", {})
        found[path] = {
            "parameters": {
                each["name"]: {"in": each["in"], "required": each["required"], "type": each["schema"]["type"]}
                for each in operation["parameters"]
            },
            "columns": {name: each["type"] for name, each in data.get("items", {}).get("properties", {}).items()},
            "forms": sorted(content),
        }
    return found


def test_no_released_operation_changes_its_shape(document: dict[str, Any]) -> None:
    """What released.json lists is still there as it was; more parameters, columns, forms and operations may come.

    `python -m tests.api.release` writes the file again, for a release.
    """
    now = shape(document)
    for path, before in json.loads(RELEASED.read_text("utf-8")).items():
        assert path in now
        for part in ("parameters", "columns"):
            for name, each in before[part].items():
                assert now[path][part].get(name) == each, (path, name)
        added = {name for name, each in now[path]["parameters"].items() if each["required"]} - set(before["parameters"])
        assert not added, (path, added)
        assert set(before["forms"]) <= set(now[path]["forms"])
