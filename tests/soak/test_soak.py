"""Two minutes of readers, hostile clients and writers; `python -m bench.soak` takes thirty."""

from __future__ import annotations

import pytest

from bench.soak import soak

MINUTES = 2.0


@pytest.mark.timeout(900)
def test_nothing_grows_leaks_or_is_lost() -> None:
    """No status is unexpected, and every acknowledged write is there."""
    text, wrong = soak(MINUTES)
    assert not wrong, f"{text}\n{wrong}"
