"""Each constraint component of SHACL 1.0: the compiler returns the results that the specification states.

A case is a file, `<section>-<component>-<n>.ttl`: shapes and data, and after them the report. What the compiler does
not support it refuses by name. The library `shacl` and pySHACL validate the same cases; where one of them differs, the
case has its report as well, with the section that says otherwise. The compiled queries run on rdflib's engine as well.
Random shapes and data are compared with pySHACL.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from random import Random

import pyoxigraph as ox
import pytest
from rdflib.namespace import SH

from tests.validation.conformance_cases import (
    COMPILED,
    FOLDER,
    PROCESSORS,
    Case,
    File,
    changed,
    messages,
    read_file,
    stated_messages,
)
from tests.validation.random_shapes import RandomCase
from tests.validation.test_lexical_forms import cases
from uphold.errors import UnsupportedShape
from uphold.validation.lexical_forms import FORMS, XSD
from uphold.validation.shape_graph import PARAMETERS, TARGETS
from uphold.validation.value_conditions import REPLACED

CASES = {path.stem: read_file(path) for path in sorted(FOLDER.glob("*.ttl"))}
SUPPORTED = {name: file for name, file in CASES.items() if file.refused is None}
REFUSED = {name: file for name, file in CASES.items() if file.refused is not None}
ACCEPTED = {"double": "inf", "duration": "P1YT"}  # ill-typed, but Oxigraph stores INF and P1Y
SEEDS, SEEDS_IN_A_LONG_RUN = range(200), range(5000)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """More seeds in a long run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS_IN_A_LONG_RUN if metafunc.config.getoption("long") else SEEDS)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Without the warnings of rdflib about literals that have no value."""
    caplog.set_level(logging.ERROR)


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", [name for name, file in CASES.items() if "report" in file.reports])
def test_a_processor_reports_what_the_case_states(name: str, processor: str) -> None:
    file = CASES[name]
    if file.refused is not None and processor in COMPILED:
        with pytest.raises(UnsupportedShape):
            PROCESSORS[processor](file.case)
        return
    assert PROCESSORS[processor](file.case) == stated(file, processor)


def stated(file: File, processor: str) -> object:
    """The results stated for a processor."""
    names = [processor, *(["compiler"] if processor == "change" else []), "report"]
    return next(file.reports[name] for name in names if name in file.reports)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(name: str) -> None:
    file = REFUSED[name]
    with pytest.raises(UnsupportedShape) as raised:
        file.case.compiled()
    shape, parameter = file.refused or ("", "")
    assert shape in str(raised.value)
    assert parameter in str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_a_report_of_a_processor_differs_from_the_specification(name: str) -> None:
    reports = CASES[name].reports
    assert [each for each in reports if each != "report" and reports[each] == reports["report"]] == []


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.ttl") if "sh:resultMessage" in path.read_text()])
def test_messages_are_in_english_if_there_is_one(name: str) -> None:
    assert messages(SUPPORTED[name].case) == stated_messages(FOLDER / f"{name}.ttl")


@pytest.mark.parametrize("datatype", FORMS)
def test_a_literal_has_a_datatype_only_in_a_lexical_form(datatype: str) -> None:
    """4.1.2: the table has the forms that XSD 1.1 Part 2 states; a datatype that Oxigraph replaces is refused."""
    forms = [
        (row["text"], row["well-formed"] == "yes") for row in cases("lexical-forms.csv") if row["datatype"] == datatype
    ]
    forms.append((FORMS[datatype].example, True))
    kind = ox.NamedNode(f"{XSD}{datatype}")
    shape, subject, path = (ox.NamedNode(f"urn:test:{name}") for name in ("shape", "subject", "path"))
    said = {"targetNode": subject, "path": path, "datatype": kind}
    literals = [ox.Triple(subject, path, ox.Literal(text, datatype=kind)) for text, _ in forms]
    case = Case((*(ox.Triple(shape, ox.NamedNode(f"{SH}{name}"), value) for name, value in said.items()), *literals))
    if datatype in REPLACED or datatype == "token":
        with pytest.raises(UnsupportedShape, match=datatype):
            case.compiled()
    else:
        found = PROCESSORS["compiler"](case)
        assert isinstance(found, frozenset)
        assert {verdict.value for verdict in found} == {text for text, right in forms if not right} - {
            ACCEPTED.get(datatype)
        }


def test_every_parameter_has_two_cases() -> None:
    used = Counter(
        name for path in FOLDER.glob("*.ttl") for name in set(re.findall(r"\bsh:(\w+)", path.read_text("utf-8")))
    )
    assert {name for name in (*PARAMETERS, *TARGETS) if used[name] < 2} == set()


def test_random_shapes_have_the_results_of_pyshacl(seed: int) -> None:
    random = RandomCase(seed)
    case = Case(triples(random.fixed + random.data))
    assert PROCESSORS["compiler"](case) == PROCESSORS["pyshacl"](case)


def test_a_random_change_has_the_new_results_and_no_others(seed: int) -> None:
    random = RandomCase(seed)
    case = Case(triples(random.fixed + random.data))
    added = set(triples([random.fixed[0], *random.part(Random(seed))]))  # noqa: S311 not for secrets
    change = changed(case, [triple for triple in case.triples if triple not in added])
    assert change.found == change.after - change.before


def triples(lines: list[str]) -> tuple[ox.Triple, ...]:
    """The triples of lines in Turtle, with the labels of their blank nodes."""
    text = "\n".join(lines)
    return tuple(quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE))
