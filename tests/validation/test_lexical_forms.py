"""Lexical forms are those of XSD 1.1 Part 2; the cases come from its sections."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from rdflib.namespace import XSD

from uphold.rdf.csv_tables import Context
from uphold.validation.lexical_faults import explain
from uphold.validation.lexical_forms import FORMS, well_formed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Row = dict[str, str]


def cases(name: str) -> list[Row]:
    """The rows of a table of cases."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases("lexical-forms.csv"), ids=lambda case: f"{case['datatype']} {case['text']}")
def test_a_form_is_accepted_or_not_as_its_section_says(case: Row) -> None:
    """The row of the table names the section that decides the case."""
    assert well_formed(case["text"], f"{XSD}{case['datatype']}") is (case["well-formed"] == "yes")
    assert FORMS[case["datatype"]].section == case["section"]


def test_the_example_of_each_row_is_of_its_form() -> None:
    """What a message advises is accepted."""
    assert [name for name, row in FORMS.items() if not well_formed(row.example, f"{XSD}{name}")] == []


def test_every_datatype_in_use_has_a_row() -> None:
    """The table has what the context and the shapes ask for."""
    path = ROOT / "data" / "context.jsonld"
    columns = Context.read(path, path.read_text("utf-8")).columns
    used = {term.get("@type", "") for term in columns.values() if isinstance(term, dict)}
    texts = " ".join(path.read_text("utf-8") for path in (ROOT / "shapes").glob("*.ttl"))
    used |= set(re.findall(r"\bxsd:\w+", texts))
    assert {name.removeprefix("xsd:") for name in used if name.startswith("xsd:")} <= set(FORMS)


@pytest.mark.parametrize("case", cases("figures.csv"), ids=lambda case: case["text"])
def test_a_figure_written_as_people_write_it_is_explained(case: Row) -> None:
    """The message quotes what was sent, says what it is and what to write."""
    for datatype in ("decimal", "string"):
        said = explain(case["text"], f"{XSD}{datatype}", [f"{XSD}decimal", f"{XSD}integer"])
        assert said.startswith(f'"{case["text"]}" is not an xsd:decimal (XSD 1.1 Part 2, 3.3.3)')
        assert case["says"] in said
        assert case["advises"] in said


@pytest.mark.parametrize("case", cases("moments.csv"), ids=lambda case: case["text"])
def test_a_day_a_year_or_a_truth_written_as_people_write_it_is_explained(case: Row) -> None:
    """The same for these: what it is and what to write."""
    said = explain(case["text"], f"{XSD}{case['datatype']}", [f"{XSD}{case['datatype']}"])
    assert said.startswith(f'"{case["text"]}" is not an xsd:{case["datatype"]} (XSD 1.1 Part 2')
    assert case["says"] in said
    assert case["advises"] in said
