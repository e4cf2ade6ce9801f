"""What the background has already is not new, whoever sends it; what it lacks is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

from uphold.validation.added_triples import additions

CASES = tomllib.loads(Path(__file__).with_name("added-triples.toml").read_text("utf-8"))


def read(turtle: str) -> rdflib.Graph:
    """The graph that a text says."""
    return rdflib.Graph().parse(data=f"@prefix : <http://a.test/> . {turtle}", format="turtle")


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_only_what_the_background_lacks_is_new(case: dict[str, str]) -> None:
    """The case says which statements these are."""
    found = rdflib.Graph()
    for triple in additions(read(case["upload"]), read(case["background"])):
        found.add(triple)
    assert isomorphic(found, read(case["new"])), found.serialize(format="nt")


def test_a_long_list_is_compared_too() -> None:
    """Nothing here calls itself once for each item."""
    items = " ".join(map(str, range(5_000)))
    assert additions(read(f":a :p ({items}) ."), read(f":a :p ({items}) .")) == set()
    assert len(additions(read(f":a :p ({items} 1) ."), read(f":a :p ({items}) ."))) == 10_003
