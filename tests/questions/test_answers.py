"""Each question answers as the files beside this one say, in each of its forms.

`<name>.csv` is the answer with the defaults, `<name>.<parameters>.csv` with others; `<name>….json` is a document;
`<name>.invariant.rq` is an ASK that holds where the answer grows with the data.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.questions.files import Question, load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings

HERE = Path(__file__).parent
QUESTIONS = load_questions(Files(Settings().files))
CASES = sorted(path for path in HERE.iterdir() if path.suffix in (".csv", ".json"))
INVARIANTS = sorted(HERE.glob("*.invariant.rq"))
ROWS = [question for question in QUESTIONS.values() if not question.returns_graph]
CHARTS = [question for question in QUESTIONS.values() if question.chart]
TYPES: dict[str, Callable[[Any], object]] = {
    "iri": lambda value: re.match(r"[a-z]+:", value),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "decimal": lambda value: type(value) in (int, float),
    "boolean": lambda value: type(value) is bool,
    "date": dt.date.fromisoformat,
    "year": lambda value: type(value) is int,
    "month": lambda value: re.fullmatch(r"\d{4}-\d{2}", value),
}


def named(question: Question) -> str:
    """What a test case is called."""
    return question.name


def address_of(case: Path) -> str:
    """The address that a case is the answer of."""
    name, _, parameters = case.stem.partition(".")
    return f"/api/{name}{case.suffix}{f'?{parameters}' if parameters else ''}"


def test_there_are_many_questions() -> None:
    """At least forty, and each has an answer written down or an invariant."""
    assert len(QUESTIONS) >= 40
    written = {case.stem.partition(".")[0] for case in [*CASES, *INVARIANTS]}
    assert written == set(QUESTIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_question_returns_the_answer_written_beside_it(case: Path, project_client: FlaskClient) -> None:
    """Byte for byte, but for the ends of lines."""
    reply = project_client.get(address_of(case), headers={"Accept-Language": "en"})
    assert reply.status_code == 200, reply.text
    assert reply.text.replace("\r\n", "\n") == case.read_text("utf-8")


@pytest.mark.parametrize("case", INVARIANTS, ids=lambda case: case.name)
def test_an_invariant_holds(case: Path, project_engine: EmbeddedEngine) -> None:
    """It is a question about the data whose answer is yes."""
    found = project_engine.query(case.read_text("utf-8"), accept="application/sparql-results+json").read()
    assert json.loads(found)["boolean"] is True


@pytest.mark.parametrize("question", ROWS, ids=named)
def test_every_value_is_of_the_type_that_the_head_states(question: Question, project_client: FlaskClient) -> None:
    """Null only where the head allows it; no row comes twice; there are rows."""
    reply = project_client.get(f"/api/{question.name}.json?limit=1000")
    rows = reply.json["data"]  # type: ignore[index]
    assert rows
    for row in rows:
        assert list(row) == [column.name for column in question.head.columns]
        for column in question.head.columns:
            value = row[column.name]
            assert TYPES[column.type](value) if value is not None else column.nullable, (column, row)
    assert len({json.dumps(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("question", ROWS, ids=named)
def test_the_pages_together_are_complete(question: Question, project_client: FlaskClient) -> None:
    """In the same order, without gaps and without overlaps."""
    whole = project_client.get(f"/api/{question.name}.json?limit=1000").json["data"]  # type: ignore[index]
    size = max(1, len(whole) // 3)
    parts: list[Any] = []
    address = f"/api/{question.name}.json?limit={size}"
    while address and len(parts) < len(whole):
        page = project_client.get(address).json
        parts += page["data"]  # type: ignore[index]
        address = page["links"].get("next")  # type: ignore[index]
    assert parts[: len(whole)] == whole


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=named)
def test_a_question_has_a_page_and_every_form(question: Question, project_client: FlaskClient) -> None:
    """Each form answers with the media type that the OpenAPI document states."""
    described = project_client.get("/api/openapi.json").json["paths"][f"/api/{question.name}"]["get"]  # type: ignore[index]
    drawn = {"image/svg+xml", "image/png"}
    for form in described["responses"]["200"]["content"]:
        if form in drawn:
            continue  # drawing has a test of its own
        reply = project_client.get(f"/api/{question.name}", headers={"Accept": form})
        assert reply.status_code == 200, (form, reply.text)
        assert reply.mimetype == form
        assert reply.data


@pytest.mark.parametrize("question", CHARTS, ids=named)
def test_a_chart_is_drawn_with_title_source_and_a_text_alternative(
    question: Question, project_client: FlaskClient
) -> None:
    """As SVG and as PNG."""
    picture = project_client.get(f"/api/{question.name}.svg")
    assert picture.status_code == 200, picture.text
    assert picture.mimetype == "image/svg+xml"
    assert picture.text.startswith("<svg")
    spec = project_client.get(f"/api/{question.name}.vl").json
    assert spec["datasets"]["rows"]  # type: ignore[index]
    assert len(spec["description"]) > 40  # type: ignore[index]
    assert "Uphold" in json.dumps(spec["title"])  # type: ignore[index]
    assert "{" not in json.dumps(spec["title"]).replace('{"', "").replace(": {", "")  # type: ignore[index]


def test_a_picture_comes_as_png_too(project_client: FlaskClient) -> None:
    """For clients that cannot show SVG."""
    picture = project_client.get(f"/api/{CHARTS[0].name}.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
