"""Fixtures of the journal: each test that takes `settings` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.postgresql import Cluster
from uphold.journal.journal import Journal
from uphold.settings import Settings

WAIT = 20.0


@pytest.fixture
def sqlite(tmp_path: Path) -> Settings:
    """Settings for a journal in SQLite that is not there yet."""
    return Settings(state=tmp_path / "state", write_queue_timeout=WAIT)


@pytest.fixture
def postgresql(cluster: Cluster, tmp_path: Path) -> Settings:
    """Settings for a journal in an empty PostgreSQL database."""
    return Settings(state=tmp_path / "state", write_queue_timeout=WAIT, database=cluster.empty_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings for a journal that is not there yet, in either database."""
    found: Settings = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def journal(settings: Settings) -> Iterator[Journal]:
    """An empty journal in either database."""
    with Journal.open(settings) as opened:
        yield opened
