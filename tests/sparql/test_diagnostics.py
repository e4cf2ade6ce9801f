"""What the engine's error says of a query with a mistake in it; the cases are in diagnostics.toml."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import QuerySyntaxError
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.sparql.diagnostics import explain
from uphold.sparql.faults import find_fault
from uphold.sparql.guard import inspect

CASES = tomllib.loads((Path(__file__).parent / "diagnostics.toml").read_text("utf-8"))["case"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def engine(tiny: Settings) -> Iterator[EmbeddedEngine]:
    """An engine on the tiny data set."""
    made = EmbeddedEngine(current(tiny.state), tiny, workers=1)
    yield made
    made.close()


def answer(engine: EmbeddedEngine, text: str) -> bytes:
    """The answer to a query in the form that fits it."""
    accept = "text/turtle" if inspect(text, engine.limits).returns_graph else "text/csv"
    return engine.query(text, accept=accept).read()


def refusal(engine: EmbeddedEngine, text: str) -> QuerySyntaxError:
    """The error for a query that does not parse."""
    with pytest.raises(QuerySyntaxError) as caught:
        answer(engine, text)
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=[case["query"].replace("\n", " ")[:60] for case in CASES])
def test_a_mistake_is_reported_with_its_place_and_its_fix(engine: EmbeddedEngine, case: dict[str, Any]) -> None:
    """The error names line and column of the mistake, says what it is, and what would fix it."""
    error = refusal(engine, case["query"])
    assert (error.line, error.column) == tuple(case["at"])
    assert case["says"] in str(error)
    assert case["fix"] in error.remedy


def test_the_fixes_offered_are_queries_that_run(engine: EmbeddedEngine) -> None:
    """Where a case has the fixed query, the engine answers it."""
    fixed = [case["fixed"] for case in CASES if "fixed" in case]
    assert len(fixed) > 10
    for text in fixed:
        answer(engine, text)


def test_queries_of_the_project_are_parsed_to_their_end(engine: EmbeddedEngine) -> None:
    """The grammar reports no mistake in a query that runs."""
    files = [*(ROOT / "queries").rglob("*.rq"), *(ROOT / "bench").rglob("*.rq")]
    texts = [re.sub(r"\{[a-z]+\}", "9", path.read_text("utf-8")) for path in files]  # what the benchmark fills in
    texts += re.findall(r"```sparql\n(.*?)```", (ROOT / "docs" / "ask.md").read_text("utf-8"), re.DOTALL)
    assert len(texts) > 25
    for text in texts:
        assert find_fault(text, engine.snapshot.prefixes) is None


def test_a_list_of_what_was_expected_has_at_most_five_items(engine: EmbeddedEngine) -> None:
    """Nobody reads a list of forty tokens."""
    for case in CASES:
        _, _, expected = str(refusal(engine, case["query"])).partition("expected: ")
        assert len(re.split(r", (?!,)| or ", expected)) <= 5


def test_a_function_that_nobody_defined_costs_no_worker(engine: EmbeddedEngine) -> None:
    """The error names the function."""
    assert "urn:f" in str(refusal(engine, "SELECT (<urn:f>(1) AS ?x) {}"))


@pytest.mark.parametrize("bomb", ["a.", "a-", "'''\\", "<a", "( ", "!", ".", "@a-", "FILER ", "{ "])
def test_no_text_makes_the_diagnostics_slow(bomb: str) -> None:
    """Two hundred kilobytes of mistakes are explained in a few seconds at the most, also on a busy machine."""
    began = time.perf_counter()
    explain(("SELECT * { ?a ?b ?c " + bomb * 200_000)[:199_000], {}, "expected x", 1, 1)
    assert time.perf_counter() - began < 5


def test_the_problem_document_and_the_page_show_the_fix(client: FlaskClient) -> None:
    """Programs and people read the same."""
    query = "SELECT ?s WHERE { ?s a jurisdicton:x }"
    problem = client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/json"})
    assert problem.status_code == 400
    document = problem.get_json()
    assert (document["line"], document["column"]) == (1, 24)
    assert "Did you mean `jurisdiction:`?" in document["remedy"]
    page = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert "Did you mean `jurisdiction:`?" in page.text
    assert "Line 1, column 24." in page.text
