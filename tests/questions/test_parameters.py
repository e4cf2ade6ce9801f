"""Parameters become RDF terms and meet the query in VALUES blocks; no text of a request becomes part of a query."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.errors import InvalidParameter
from uphold.questions.parameters import Parameter, bind, find_parameters, to_term
from uphold.settings import CANONICAL_BASE

HERE = Path(__file__).parent / "parameters"
CASES = sorted(path for path in (HERE / "binding").glob("*.rq") if not path.name.endswith(".bound.rq"))
PREFIXES = {"treaty": f"{CANONICAL_BASE}id/treaty/"}
with (HERE / "values.csv").open(encoding="utf-8", newline="") as table:
    VALUES = list(csv.DictReader(table))
INJECTIONS = (HERE / "injections.txt").read_text("utf-8").splitlines()


def test_no_case_is_lost() -> None:
    """The tests below would pass on an empty folder."""
    assert len(CASES) >= 9
    assert len(VALUES) >= 30
    assert len(INJECTIONS) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_parameter_is_bound_in_each_group_that_mentions_it(case: Path) -> None:
    """As the file beside it shows; and the engine reads the result."""
    bound = bind(case.read_text("utf-8"), {"_x": ["1"]})
    assert bound == case.with_suffix(".bound.rq").read_text("utf-8")
    ox.Store().query(bound)


@pytest.mark.parametrize("case", VALUES, ids=lambda case: f"{case['type']} {case['value'][:20]}")
def test_a_value_becomes_the_term_beside_it(case: dict[str, str]) -> None:
    """Or is refused, when nothing is beside it."""
    parameter = Parameter("jurisdiction", "_jurisdiction", case["type"], required=True, kind="jurisdiction")
    if case["term"]:
        assert to_term(parameter, case["value"], CANONICAL_BASE, PREFIXES) == case["term"]
    else:
        with pytest.raises(InvalidParameter, match="jurisdiction is "):
            to_term(parameter, case["value"], CANONICAL_BASE, PREFIXES)


@pytest.mark.parametrize("kind", ["string", "en", "iri", "integer", "decimal", "date", "gYear", "boolean"])
@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_meant_to_break_out_stays_one_term(kind: str, text: str) -> None:
    """The query that results asks for just that term, or there is no query."""
    value = text.encode().decode("unicode_escape").encode("latin-1", "surrogatepass").decode("utf-8", "surrogatepass")
    parameter = Parameter("x", "_x", kind, required=True, kind="jurisdiction")
    try:
        term = to_term(parameter, value, CANONICAL_BASE, PREFIXES)
    except InvalidParameter:
        return
    bound = bind("SELECT ?_x WHERE { }", {"_x": [term]})
    rows = ox.Store().query(bound)
    assert isinstance(rows, ox.QuerySolutions)
    (found,) = [row[0] for row in rows]
    assert isinstance(found, ox.NamedNode | ox.Literal)
    assert found.value in (value, f"{CANONICAL_BASE}id/jurisdiction/{value}")


def test_several_values_are_several_terms() -> None:
    """They are in one block, in their order."""
    assert bind("SELECT * { ?a ?b ?_x }", {"_x": ["1", "2"]}) == "SELECT * { VALUES ?_x { 1 2 } ?a ?b ?_x }"


def test_the_parameters_of_a_query_are_found_in_their_order() -> None:
    """With variable, type, and whether they are required."""
    found = find_parameters("SELECT * { ?a ?_to_date ?__of_iri . ?b ?c ?_text , ?_to_date , ?__name_en }")
    assert found == {
        "to": ("_to_date", "date", True),
        "of": ("__of_iri", "iri", False),
        "text": ("_text", "string", True),
        "name": ("__name_en", "en", False),
    }


@pytest.mark.parametrize("variable", ["_", "_Name", "_a_b_c", "_a_nonsense", "___a", "_a_", "_naïve"])
def test_a_variable_that_only_looks_like_a_parameter_is_refused(variable: str) -> None:
    """A misspelt one would otherwise be a variable that matches anything."""
    with pytest.raises(InvalidParameter):
        find_parameters(f"SELECT * {{ ?a ?b ?{variable} }}")


def test_one_parameter_is_not_written_in_two_ways() -> None:
    """Else one of the two would stay unbound."""
    with pytest.raises(InvalidParameter, match="two ways"):
        find_parameters("SELECT * { ?a ?b ?_x_iri . ?c ?d ?_x }")


def test_a_value_without_an_end_is_refused() -> None:
    """Nobody fills the memory with a parameter."""
    parameter = Parameter("x", "_x", "string", required=True)
    with pytest.raises(InvalidParameter, match="2000"):
        to_term(parameter, "x" * 2001, CANONICAL_BASE, {})
