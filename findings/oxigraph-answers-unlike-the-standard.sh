#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13 (PyPI).
#
# pyoxigraph 0.5.13 (Oxigraph) answers these queries otherwise than SPARQL 1.1 Query says, without an error:
#
# 1. FROM <g1> FROM <g2>: a triple that both graphs have matches twice; the merge is a set of triples (13.2.1).
# 2. GRAPH ?g { sub-SELECT with COUNT }: one row without ?g; the standard has one for each named graph (18.6).
# 3. GRAPH ?g { P FILTER (?g = <g1>) }: ?g has a value in the group; the standard joins it afterwards (18.6).
# 4. GRAPH <none> { VALUES … }: rows although there is no such graph (18.6).
# 5. <absent> <p>* ?o: no row; the standard has the term itself (9.3, 18.4).
# 6. <a> <p>|<q> <b>, with both triples there: one row; alternatives are a union, which has two (18.4).
#
# Output seen (rows found, rows of the standard):
#   two default graphs        2 1
#   graph and a sub-SELECT    1 2
#   graph and its own name    1 0
#   graph that does not exist 1 0
#   path of no length         0 1
#   alternatives              1 2
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

DATA = "<urn:g1> { <urn:a> <urn:p> <urn:b> ; <urn:q> <urn:b> } <urn:g2> { <urn:a> <urn:p> <urn:b> }"
QUERIES = {
    "two default graphs": ("SELECT * FROM <urn:g1> FROM <urn:g2> { <urn:a> <urn:p> ?o }", 2, 1),
    "graph and a sub-SELECT": ("SELECT * { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }", 1, 2),
    "graph and its own name": ("SELECT * { GRAPH ?g { ?s <urn:q> ?o FILTER (?g = <urn:g1>) } }", 1, 0),
    "graph that does not exist": ("SELECT * { GRAPH <urn:none> { VALUES ?x { 1 } } }", 1, 0),
    "path of no length": ("SELECT * { <urn:absent> <urn:p>* ?o }", 0, 1),
    "alternatives": ("SELECT * { GRAPH <urn:g1> { <urn:a> <urn:p>|<urn:q> <urn:b> } }", 1, 2),
}
store = ox.Store()
store.load(DATA.encode(), format=ox.RdfFormat.TRIG)
changed = False
for name, (query, seen, right) in QUERIES.items():
    found = len(list(store.query(query)))
    print(f"{name:25} {found} {right}")
    changed = changed or found != seen
sys.exit(changed)
PYTHON
