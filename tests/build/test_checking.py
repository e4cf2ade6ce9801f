"""The process that validates a build passes on warnings and errors, and knows all subclasses in the data."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.build.checking import Checker
from uphold.errors import DoesNotConform, QuerySyntaxError, UnsupportedShape, UpholdError, ValidatorFailed
from uphold.rdf.graphs import lines_of

SHAPES = """
@prefix ex: <https://data.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
ex:named a sh:NodeShape ; sh:targetClass ex:Thing ; sh:sparql [
    a sh:SPARQLConstraint ; sh:message "has no name" ; sh:select
    "SELECT $this WHERE { $this a ?kind FILTER NOT EXISTS { $this <https://data.example/name> ?name } }"
] .
ex:noted a sh:NodeShape ; sh:targetClass ex:Thing ; sh:severity sh:Warning ; sh:property ex:note .
ex:note a sh:PropertyShape ; sh:path ex:note ; sh:minCount 1 ; sh:message "has no note" ; sh:severity sh:Warning .
"""
SUBCLASS = (
    "<https://data.example/Tool> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <https://data.example/Thing> ."
)
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
NAMED = '<https://data.example/a> <https://data.example/name> "A" .'


@pytest.fixture
def checker() -> Iterator[Checker]:
    """A process."""
    with Checker("https://data.example/") as found:
        yield found


def shapes(text: str = SHAPES) -> set[str]:
    """The lines of some shapes."""
    return set(lines_of(quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)))


def written(folder: Path, *lines: str) -> Path:
    """A file with these lines."""
    path = folder / "union.nt"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_warnings_come_back(checker: Checker, tmp_path: Path) -> None:
    """Each in one line, and nothing is raised."""
    checker.prepare(shapes(), set())
    (warning,) = checker.check(
        written(tmp_path, f"<https://data.example/a> {TYPE} <https://data.example/Thing> .", NAMED)
    )
    assert "has no note" in warning


@pytest.mark.parametrize("known", [set(), {SUBCLASS}], ids=["derived", "stated"])
def test_a_subclass_counts_whether_it_is_stated_or_derived(known: set[str], checker: Checker, tmp_path: Path) -> None:
    """A rule may derive one after the shapes have been prepared."""
    checker.prepare(shapes(), known)
    with pytest.raises(DoesNotConform, match="has no name"):
        checker.check(written(tmp_path, f"<https://data.example/a> {TYPE} <https://data.example/Tool> .", SUBCLASS))


def test_a_shape_that_is_not_supported_is_named(checker: Checker, tmp_path: Path) -> None:
    """The process has ended by the time the data are written, and its error is not lost."""
    checker.prepare(shapes(SHAPES.replace("sh:minCount 1", "sh:minimum 1")), set())
    checker.process.wait(60)
    with pytest.raises(UnsupportedShape, match="minimum"):
        checker.check(written(tmp_path, NAMED))


def test_a_process_that_is_killed_is_an_error(checker: Checker, tmp_path: Path) -> None:
    """As the kernel does when memory is short."""
    checker.process.kill()
    checker.process.wait()
    checker.prepare(shapes(), set())
    with pytest.raises(ValidatorFailed):
        checker.check(written(tmp_path, NAMED))


@pytest.mark.parametrize("error", [DoesNotConform(2, "two"), ValidatorFailed(), QuerySyntaxError("no", 3, 4)])
def test_an_error_is_the_same_in_another_process(error: UpholdError) -> None:
    """With its text and its place."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 written in the same line
    assert (type(copy), str(copy), copy.line, copy.remedy) == (type(error), str(error), error.line, error.remedy)
