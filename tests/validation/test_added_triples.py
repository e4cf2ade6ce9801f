"""What the background has already is not new, whoever sends it; what it lacks is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.validation.added_triples import Nameless, additions

CASES = tomllib.loads(Path(__file__).with_name("added-triples.toml").read_text("utf-8"))


def read(turtle: str) -> list[ox.Triple]:
    """The statements of a text."""
    parsed = ox.parse(f"@prefix : <http://a.test/> . {turtle}", format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    return [quad.triple for quad in parsed]


def new_statements(upload: str, background: str) -> set[ox.Triple]:
    """The statements of a text that another lacks."""
    known, store = read(background), ox.Store()
    store.extend(ox.Quad(*triple) for triple in known)
    return additions(read(upload), store, Nameless(known))


def canonical(triples: Iterable[ox.Triple]) -> ox.Dataset:
    """The statements, with blank nodes named for where they are."""
    found = ox.Dataset(ox.Quad(*triple) for triple in triples)
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_only_what_the_background_lacks_is_new(case: dict[str, str]) -> None:
    """The case says which statements these are."""
    found = new_statements(case["upload"], case["background"])
    assert canonical(found) == canonical(read(case["new"]))


def test_a_long_list_is_compared_too() -> None:
    """Nothing here calls itself once for each item."""
    items = " ".join(map(str, range(5_000)))
    assert new_statements(f":a :p ({items}) .", f":a :p ({items}) .") == set()
    assert len(new_statements(f":a :p ({items} 1) .", f":a :p ({items}) .")) == 10_003
