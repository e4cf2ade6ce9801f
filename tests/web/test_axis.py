"""Axes: they include their numbers, and have few marks."""

from __future__ import annotations

import pytest

from uphold.web.rendering.axis import anchor, ruler

CASES = [
    [23.5, 24.5, 26.2, 23.8, 21.4],
    [1, 1],
    [0.25],
    [0, 100],
    [-3, 12.5],
    [2_600, 3_000_000],
    [1e14, 1e-9],
    [0],
]


@pytest.mark.parametrize("values", CASES, ids=str)
def test_an_axis_includes_its_numbers_in_their_order(values: list[float]) -> None:
    """None is at an end, and a greater one is further on."""
    line = ruler(values)
    assert line
    places = [float(line.at(value)[:-1]) for value in sorted(values)]
    assert places == sorted(places)
    assert 0 < places[0] <= places[-1] < 100


@pytest.mark.parametrize("values", CASES, ids=str)
def test_an_axis_has_few_marks(values: list[float]) -> None:
    """So that they can be read."""
    line = ruler(values)
    assert line
    assert 2 <= len(line.ticks) <= 10


def test_an_axis_of_counts_has_integer_steps() -> None:
    """There is no fifth of a country."""
    line = ruler([1, 1], least=1)
    assert line
    assert line.ticks == ["0", "1", "2"]


@pytest.mark.parametrize("values", [[], ["many"], [None], [float("nan")], [float("inf")], ["1e400"]], ids=str)
def test_there_is_no_axis_without_a_number(values: list[object]) -> None:
    """What is not a number is ignored."""
    assert ruler(values) is None


@pytest.mark.parametrize(
    ("place", "expected"), [("0.00%", "start"), ("4.00%", "start"), ("50.00%", "middle"), ("96.00%", "end")]
)
def test_a_label_at_an_end_grows_inwards(place: str, expected: str) -> None:
    """So it stays on its line, however wide its font is."""
    assert anchor(place) == expected
