"""Research queries have answers, in time; and ours are those of the engine with the text as it is."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.snapshots.snapshot import Snapshot

QUERIES: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("research.toml").read_text("utf-8"))
SECONDS, SECONDS_AS_IT_IS = 5, 60
AS_IT_IS = """
import sys
import pyoxigraph as ox
quads = list(ox.parse(path=sys.argv[1], format=ox.RdfFormat.N_QUADS))
store = ox.Store()
store.bulk_extend(quads)
store.bulk_extend(ox.Quad(*quad.triple) for quad in quads)  # a default graph of its own
result = store.query(sys.argv[2])
graph = isinstance(result, ox.QueryTriples)
print(result.serialize(format=ox.RdfFormat.N_TRIPLES if graph else ox.QueryResultsFormat.JSON).decode())
"""


@pytest.mark.parametrize("name", QUERIES)
def test_each_query_has_an_answer_in_time(project_engine: EmbeddedEngine, name: str) -> None:
    """A bad plan exceeds the deadline."""
    assert content(answer(project_engine, QUERIES[name]["query"]))


@pytest.mark.one_in(10, "name", [*QUERIES])
def test_each_answer_is_that_of_the_text_as_it_is(project: Snapshot, project_engine: EmbeddedEngine, name: str) -> None:
    """Another order of joins changes no solution."""
    query = QUERIES[name]["query"]
    command = [sys.executable, "-c", AS_IT_IS, str(project.data), query]
    done = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS_AS_IT_IS)
    assert content(answer(project_engine, query)) == content(done.stdout)


def answer(engine: EmbeddedEngine, query: str) -> bytes:
    """Our answer to a query, as JSON or N-Triples."""
    accept = "application/n-triples" if "\nCONSTRUCT" in query else "application/sparql-results+json"
    return engine.query(query, accept=accept, deadline=SECONDS).read()


def content(body: bytes) -> Counter[str]:
    """The rows of a table, or the triples of a graph, each with its number; one if the answer is true."""
    if not body.startswith(b"{"):
        return Counter(set(body.decode().splitlines()) - {""})
    found: dict[str, Any] = json.loads(body)
    if "boolean" in found:
        return Counter({"true": int(found["boolean"])}) if found["boolean"] else Counter()
    return Counter(json.dumps(row, sort_keys=True) for row in found["results"]["bindings"])
