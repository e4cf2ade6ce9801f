"""Other SHACL processors return the verdicts that the cases expect, with the rules as they are for download.

What a processor cannot do is listed in processors.py with its reason, and a test fails when it can.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib.namespace import SH

from tests.shapes.processors import (
    PROCESSORS,
    Processor,
    Verdict,
    answers,
    expected,
    graph,
    n_triples,
    row,
    rules_with_sparql,
    verdicts,
)
from tests.shapes.test_shapes import CASES, ROOT, SHAPE, name_of
from uphold.snapshots.snapshot import Snapshot

QUICK = ("shacl", "pyshifty")
"""Those that take a few seconds; the others take half a minute to two minutes."""
WHOLE = [
    ("shapes", "shacl"),
    ("shapes", "pyshifty"),
    ("shapes-core", "shacl-engine"),
    ("shapes-core", "rdf-validate-shacl"),
]
"""Downloads of shapes, and processors that validate all data with them."""
TABLE = re.compile(r"<!-- processors: .*? -->\n(.*?)<!-- end of processors -->", re.DOTALL)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what rdflib uses when it reads reports


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The quick processors, or all in a long run; for the whole data set only one of them is quick."""
    long = metafunc.config.getoption("long")
    if "name" in metafunc.fixturenames:
        metafunc.parametrize(("name", "package"), WHOLE if long else WHOLE[:1])
    elif "package" in metafunc.fixturenames:
        metafunc.parametrize("package", PROCESSORS if long else QUICK)


def usable(package: str) -> Processor:
    """A processor, if it is installed."""
    processor = PROCESSORS[package]
    if not processor.installed:
        pytest.skip(f"{package} is not installed: `make processors` does that")
    return processor


def expected_of(processor: Processor, case: Path) -> Verdict:
    """What a case expects of a processor that is not given the rules with SPARQL, or is."""
    without = processor.core and name_of(case) in rules_with_sparql()
    return frozenset() if without else expected(case)


def test_a_processor_reports_what_each_case_expects(package: str) -> None:
    """A good case conforms, and a bad one is reported by its rule only; by none if the core file lacks the rule.

    A rule that the processor cannot run is listed in processors.py: one that it has learnt to run leaves the list.
    """
    processor = usable(package)
    found = verdicts(package)
    assert len(found) == len(CASES) > 800
    wrong = {case: verdict for case, verdict in found.items() if verdict != expected_of(processor, case)}
    assert {case.name: verdict for case, verdict in wrong.items() if name_of(case) not in processor.cannot} == {}
    assert {name_of(case) for case in wrong} == set(processor.cannot)


def test_the_row_of_the_table_is_from_a_run(package: str) -> None:
    """docs/contribute.md says of a processor what `python -m tests.shapes.processors` prints."""
    processor = usable(package)
    found = TABLE.search((ROOT / "docs" / "contribute.md").read_text("utf-8"))
    assert found
    assert row(processor) in found[1].splitlines()


def test_the_whole_data_set_breaks_no_rule(name: str, package: str, project: Snapshot) -> None:
    """With the downloaded shapes, warnings apart."""
    processor = usable(package)
    turtle = gzip.decompress((project.dumps / f"{name}.ttl.gz").read_bytes())
    shapes = n_triples(quad.triple for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE))
    warnings = {str(rule).removeprefix(SHAPE) for rule in graph(shapes).subjects(SH.severity, SH.Warning)}
    data = (project.folder / "union.nt").read_text("utf-8")
    (found,) = answers(processor, {"all": shapes}, [("all", data)])
    assert isinstance(found, frozenset), found
    assert found - warnings == set()
