#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13, rdflib 7.6.0 (PyPI).
#
# SPARQL 1.1 Query, 19.2, lets \uXXXX stand for a character anywhere in a query, before the grammar is applied; its examples
# are a prefixed name and a variable. pyoxigraph 0.5.13 reads such an escape in strings and in IRIs between angle brackets
# only, and raises SyntaxError elsewhere. rdflib 7.6.0 reads it everywhere. A client that escapes all that is not ASCII, and
# has variables or local names with such letters, is refused by the one and answered by the other.
#
# Output seen (pyoxigraph, rdflib):
#   string        read    read
#   IRI           read    read
#   variable      refused read
#   prefixed name refused read
#   keyword       refused read
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
from rdflib.plugins.sparql import prepareQuery

QUERIES = {
    "string": (r'SELECT ?x { ?x <urn:p> "\u00e9" }', "read", "read"),
    "IRI": (r"SELECT ?x { ?x <urn:\u00e9> ?y }", "read", "read"),
    "variable": (r"SELECT ?\u00e9 { ?\u00e9 <urn:p> ?y }", "refused", "read"),
    "prefixed name": (r"PREFIX e: <urn:e:> SELECT ?x { ?x e:\u00e9 ?y }", "refused", "read"),
    "keyword": (r"\u0053ELECT ?x { ?x <urn:p> ?y }", "refused", "read"),
}
store = ox.Store()
changed = False
for name, (query, *seen) in QUERIES.items():
    found = []
    for read in (store.query, prepareQuery):
        try:
            read(query)
        except Exception:
            found.append("refused")
        else:
            found.append("read")
    print(f"{name:13} {found[0]:7} {found[1]}")
    changed = changed or found != seen
sys.exit(changed)
PYTHON
