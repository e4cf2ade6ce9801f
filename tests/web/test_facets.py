"""Facets: the cases of facets.toml, each a choice and what it shows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from uphold.errors import InvalidParameter
from uphold.settings import CANONICAL_BASE as BASE
from uphold.web.rendering.facets import Division, Facet, FacetValue, find_words, link, sort_rows

FILE = tomllib.loads(Path(__file__).with_name("facets.toml").read_text("utf-8"))
ROWS = FILE["rows"]
FACETS = {name: Facet(name=name, **said) for name, said in FILE["facets"].items()}
DEMANDS = FILE["demands"]
PARTS = {name: Facet(name=name, **said) for name, said in DEMANDS["facets"].items()}


def shown(choice: FacetValue) -> str:
    """A choice as the cases write it."""
    return f"{choice.key} {choice.name} {choice.count}{' chosen' if choice.chosen else ''}"


def keys(rows: list[Any]) -> list[str]:
    """The keys of the calls."""
    return [row["call"].rpartition("/")[2] for row in rows]


@pytest.mark.parametrize("case", FILE["case"], ids=lambda case: case["why"])
def test_a_facet_shows_its_values_with_the_rows_that_each_would_leave(case: dict[str, Any]) -> None:
    """Counted under the other choices, each value as a request writes it."""
    division = Division(ROWS, FACETS.values(), case.get("chosen", {}), BASE)
    assert [shown(choice) for choice in division.choices(FACETS[case["facet"]])] == case["shows"]


@pytest.mark.parametrize("facet", FACETS.values(), ids=FACETS)
def test_a_count_is_the_number_of_rows_after_the_choice(facet: Facet) -> None:
    """What a link promises is what its page has."""
    for choice in Division(ROWS, [facet], {}, BASE).choices(facet):
        assert len(Division(ROWS, [facet], {facet.name: choice.key}, BASE).rows) == choice.count


@pytest.mark.parametrize("case", DEMANDS["case"], ids=lambda case: case["why"])
def test_choices_about_one_part_of_a_row_must_hold_of_the_same_part(case: dict[str, Any]) -> None:
    """Facets of the same part are tested together, in whatever order they are."""
    for facets in ([*PARTS.values()], [*PARTS.values()][::-1]):
        assert keys(Division(DEMANDS["rows"], facets, case["chosen"], BASE).rows) == case["finds"]


@pytest.mark.parametrize("case", DEMANDS["counts"], ids=lambda case: case["why"])
def test_counts_are_those_of_the_parts_chosen(case: dict[str, Any]) -> None:
    """A value that no such part has is not offered."""
    division = Division(DEMANDS["rows"], PARTS.values(), case["chosen"], BASE)
    found = division.choices(PARTS[case["facet"]])
    assert sorted(f"{choice.key} {choice.count}" for choice in found) == case["shows"]


@pytest.mark.parametrize("text", ["zzz", "3", "<script>", "2011 ", "é" * 10_000])
def test_a_value_that_no_row_has_is_refused_and_named(text: str) -> None:
    """The reader sees which field was wrong, and no more of a long text than is needed."""
    with pytest.raises(InvalidParameter, match=r"^year is ") as problem:
        Division(ROWS, [FACETS["year"]], {"year": text}, BASE)
    assert len(str(problem.value)) < 200


@pytest.mark.parametrize("case", FILE["order"], ids=lambda case: case["by"])
def test_rows_are_in_the_order_of_a_column(case: dict[str, Any]) -> None:
    """Empty cells come last both ways, and ties stay as they were."""
    assert keys(sort_rows(ROWS, case["by"])) == case["gives"]


@pytest.mark.parametrize("case", FILE["words"], ids=lambda case: case["text"] or "no words")
def test_words_are_found_in_capitals_or_not(case: dict[str, Any]) -> None:
    """In the columns that are named, and everything for no words."""
    assert keys(find_words(ROWS, ["goalNames", "absent"], case["text"])) == case["gives"]


def test_a_link_changes_one_choice_and_preserves_the_others() -> None:
    """A value is written so that nothing of it can leave its field; an empty one removes the field."""
    assert link({"goal": "1", "q": "a&b"}, goal="", year="2011") == "?q=a%26b&year=2011"
    assert link({"goal": "1"}, goal="") == "?"
