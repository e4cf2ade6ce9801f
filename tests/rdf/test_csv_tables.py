"""Tables become RDF through the context, or are refused with file, line and column; the cases are the files here."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.errors import UnreadableSource
from uphold.rdf.csv_tables import Context, table_to_jsonld

HERE = Path(__file__).parent / "tables"
GOOD = sorted((HERE / "good").glob("*.csv"))
BAD = sorted((HERE / "bad").glob("*.csv"))


@pytest.fixture(scope="session")
def context() -> Context:
    """The project's own context."""
    path = Path(__file__).parents[2] / "data" / "context.jsonld"
    return Context.read(path, path.read_text("utf-8"))


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.stem)
def test_a_table_means_the_turtle_beside_it(case: Path, context: Context) -> None:
    """Each row says just what the Turtle file of the same name says."""
    document = table_to_jsonld(case, case.read_text("utf-8"), context)
    meant = ox.parse(path=str(case.with_suffix(".ttl")), format=ox.RdfFormat.TURTLE)
    said = ox.parse(document, format=ox.RdfFormat.JSON_LD)
    assert {quad.triple for quad in said} == {quad.triple for quad in meant}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.stem)
def test_a_faulty_table_is_refused_in_the_words_beside_it(case: Path, context: Context) -> None:
    """The error names file, line and value, as the text file of the same name says."""
    with pytest.raises(UnreadableSource) as caught:
        table_to_jsonld(Path(case.name), case.read_text("utf-8"), context)
    assert str(caught.value) == case.with_suffix(".txt").read_text("utf-8").strip()


def test_every_faulty_table_has_its_words() -> None:
    """No case is without its expectation, and none is lost."""
    assert GOOD
    assert {case.stem for case in BAD} == {text.stem for text in (HERE / "bad").glob("*.txt")}


def test_a_context_that_is_not_json_is_refused_by_name() -> None:
    """A broken context names its file."""
    with pytest.raises(UnreadableSource, match=r"context\.jsonld"):
        Context.read(Path("context.jsonld"), "{")


def test_prefixes_of_the_context_are_those_that_queries_may_use(context: Context) -> None:
    """Things and vocabularies have a prefix each; columns are none."""
    prefixes = context.prefixes
    assert prefixes["jurisdiction"] == "https://w3id.org/uphold/id/jurisdiction/"
    assert prefixes["skos"] == "http://www.w3.org/2004/02/skos/core#"
    assert "label" not in prefixes
