"""Tests that take minutes are for a long run only."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect nothing here without `--long`."""
    return None if config.getoption("long") else True
