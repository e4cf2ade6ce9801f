"""Fixtures of the tests of graphs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import copied, open_app
from tests.web.graphs.graph_store import GraphStore, secret_of
from uphold.settings import Settings


@pytest.fixture(scope="session")
def store(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    """A graph store that tests share; each test uses graphs of its own."""
    settings = copied(tiny, tmp_path_factory.mktemp("graphs"))
    with open_app(settings) as client:
        yield GraphStore(client, settings, secret_of(settings))
