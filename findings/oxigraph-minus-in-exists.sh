#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13, rdflib 7.6.0 (PyPI).
#
# MINUS removes no solution if its sides share no variable (SPARQL 1.1 Query, 8.3.3). Inside EXISTS, Oxigraph and rdflib
# evaluate both sides with the values of the solution outside, and take the outer variables for shared ones: then the
# MINUS removes everything, and EXISTS is false, although no variable of the group is mentioned outside at all. A VALUES
# or a pattern that moves before the FILTER changes the result.
#
# Output seen (solutions of each engine; the standard has 2 and 2):
#   variable outside before the FILTER     0 0
#   the same group as a sub-SELECT         2 0
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyoxigraph==0.5.13 rdflib==7.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import pyoxigraph as ox
import rdflib

DATA = "<urn:a> <urn:p> 1 . <urn:b> <urn:q> 2 ."
GROUP = "?x <urn:p> ?y MINUS { ?v <urn:q> ?w }"
QUERIES = {
    "variable outside before the FILTER": (f"SELECT * {{ VALUES ?c {{ 1 2 }} FILTER EXISTS {{ {GROUP} }} }}", (0, 0)),
    "the same group as a sub-SELECT": (
        f"SELECT * {{ VALUES ?c {{ 1 2 }} FILTER EXISTS {{ {{ SELECT * {{ {GROUP} }} }} }} }}",
        (2, 0),
    ),
}
store = ox.Store()
store.load(DATA.encode(), format=ox.RdfFormat.TURTLE)
graph = rdflib.Graph().parse(data=DATA, format="turtle")
changed = False
for name, (query, seen) in QUERIES.items():
    found = (len(list(store.query(query))), len(list(graph.query(query))))
    print(f"{name:38}", *found)
    changed = changed or found != seen
sys.exit(changed)
PYTHON
