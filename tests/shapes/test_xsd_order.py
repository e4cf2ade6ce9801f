"""The reference compares values as XSD 1.1 Part 2 does; the cases come from its sections."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rdflib.namespace import XSD
from rdflib.term import BNode, Literal, Node, URIRef

from tests.shapes.xsd_order import compare

Row = dict[str, str]


def cases(name: str) -> list[Row]:
    """The rows of a table of cases."""
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def literal(text: str, datatype: str) -> Literal:
    """A literal as it was sent."""
    return Literal(text, datatype=XSD[datatype], normalize=False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", cases("order.csv"), ids=lambda case: f"{case['first']} {case['second']}")
def test_values_have_the_order_of_xsd_or_none(case: Row) -> None:
    """And the other way round."""
    first, second = literal(case["first"], case["datatype"]), literal(case["second"], case["other datatype"])
    expected = int(case["order"]) if case["order"] else None
    assert compare(first, second) == expected
    assert compare(second, first) == (None if expected is None else -expected)


@pytest.mark.parametrize("other", [URIRef("https://data.example/a"), BNode("nameless"), Literal("b", "en")])
def test_only_literals_without_a_language_have_an_order(other: Node) -> None:
    """SPARQL's `<` compares no IRI, no blank node and no text with a language tag."""
    assert compare(other, Literal("a")) is None
    assert compare(Literal("a"), other) is None
    assert compare(other, other) is None
