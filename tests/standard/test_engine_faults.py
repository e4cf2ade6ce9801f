"""The engine's own faults are there still; whatever it gets right needs no rewriting any more."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from tests.standard.cases import BASE, DATA

FAULTS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "engine-faults.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """The data in a store of the engine, with the union as its default graph."""
    made = ox.Store()
    quads = list(ox.parse(path=str(DATA), format=ox.RdfFormat.TRIG))
    made.extend([*quads, *(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)])
    return made


@pytest.mark.parametrize("name", FAULTS)
def test_the_engine_has_the_fault(store: ox.Store, name: str) -> None:
    """It returns the wrong number of solutions; when that changes, `part` may go."""
    fault = FAULTS[name]
    found: Any = store.query(f"PREFIX : <{BASE}> {fault['query']}")
    count = int(bool(found)) if isinstance(found, ox.QueryBoolean) else len(list(found))
    assert count == fault["wrong"] != fault["right"], f"see {fault['part']}"
