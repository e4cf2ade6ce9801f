#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13 (PyPI).
#
# `use_default_graph_as_union=True` of pyoxigraph 0.5.13 (Oxigraph) does more and less than its name says:
#
# 1. It replaces the FROM clauses of a query, without an error: the query then reads all graphs. With `default_graph`, which
#    also replaces them, it is an error.
# 2. FROM NAMED stays in force, so a query can read all graphs outside GRAPH and one within.
# 3. The union is no set: a triple matches once for each graph that has it.
#
# Output seen (numbers of rows):
#   FROM <urn:g1>: 2; with the union: 4
#   FROM NAMED <urn:g1> and GRAPH: 2; with the union: 2
#   FROM NAMED <urn:g1> without GRAPH: 0; with the union: 4
#   one triple in two graphs, with the union: 2
#   with the union and default_graph: ValueError
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyoxigraph==0.5.13
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import pyoxigraph as ox

store = ox.Store()
for number in (1, 2):
    graph = ox.NamedNode(f"urn:g{number}")
    for subject in (f"urn:only{number}", "urn:both"):
        store.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode("urn:p"), ox.Literal("o"), graph))


def rows(query: str, **given: object) -> int:
    return sum(1 for _ in store.query(query, **given))


found = []
for name, query in {
    "FROM <urn:g1>": "SELECT * FROM <urn:g1> { ?s ?p ?o }",
    "FROM NAMED <urn:g1> and GRAPH": "SELECT * FROM NAMED <urn:g1> { GRAPH ?g { ?s ?p ?o } }",
    "FROM NAMED <urn:g1> without GRAPH": "SELECT * FROM NAMED <urn:g1> { ?s ?p ?o }",
}.items():
    alone, union = rows(query), rows(query, use_default_graph_as_union=True)
    found += [alone, union]
    print(f"{name}: {alone}; with the union: {union}")
found.append(rows("SELECT * { <urn:both> ?p ?o }", use_default_graph_as_union=True))
print(f"one triple in two graphs, with the union: {found[-1]}")
try:
    rows("SELECT * { ?s ?p ?o }", use_default_graph_as_union=True, default_graph=ox.NamedNode("urn:g1"))
    problem = "none"
except ValueError as error:
    problem = type(error).__name__
print(f"with the union and default_graph: {problem}")
sys.exit(found != [2, 4, 2, 2, 0, 4, 2] or problem != "ValueError")
PYTHON
