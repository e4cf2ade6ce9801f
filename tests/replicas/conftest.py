"""Two servers with a state folder each, which share a journal in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.journal.postgresql import Cluster
from tests.replicas.replica import Replica
from tests.web.test_server import serving
from uphold.build.pipeline import build
from uphold.journal import tokens
from uphold.journal.journal import Journal
from uphold.settings import Settings


@dataclass(frozen=True)
class Pair:
    """The settings of two servers, and a token for the graphs of partners."""

    settings: tuple[Settings, Settings]
    secret: str

    @contextmanager
    def serving(self) -> Iterator[tuple[Replica, Replica]]:
        """Both servers, running."""
        with ExitStack() as stack:
            one, two = (Replica(stack.enter_context(serving(each)), self.secret) for each in self.settings)
            yield one, two


@pytest.fixture
def pair(tiny: Settings, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two servers on an empty database; both have built the same files."""
    database = cluster.empty_database()
    monkeypatch.setenv("UPHOLD_DATABASE", database)
    one, two = (replace(copied(tiny, tmp_path / name), database=database) for name in ("one", "two"))
    for each in (one, two):
        build(each)
    with Journal.open(one) as journal:
        return Pair((one, two), tokens.create(journal, "partner", "partner/*"))
