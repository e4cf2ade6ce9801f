"""Durations: the exact days of a short one, years and months for a long one with the days in its title."""

from __future__ import annotations

import pytest

from uphold.web.rendering.dates import duration


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (0, None, "0 days"),
        (1, None, "1 day"),
        (-35, None, "35 days"),
        (90.5, None, "90.5 days"),
        (730, None, "730 days"),
        (0, 30, "0 to 30 days"),
        (731, None, '<span title="731 days">2 years</span>'),
        (1152, None, '<span title="1\u202f152 days">3 years, 1 month</span>'),
        (5250, None, '<span title="5\u202f250 days">14 years, 4 months</span>'),
        (3806, 3836, '<span title="3\u202f806 to 3\u202f836 days">10 years, 5 months to 10 years, 6 months</span>'),
        (-3830, -3810, '<span title="3\u202f810 to 3\u202f830 days">10 years, 5 months</span>'),
        (700, 1065, '<span title="700 to 1\u202f065 days">700 days to 2 years, 10 months</span>'),
    ],
)
def test_a_duration_in_words(least: float, most: float | None, words: str) -> None:
    """Days up to two years, then years and months; a range within one month is one value."""
    assert duration(least, most) == words
