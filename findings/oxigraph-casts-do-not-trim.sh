#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13 (PyPI).
#
# pyoxigraph 0.5.13 (Oxigraph): a cast of a text with white space around the value is an error, so the variable has no
# value. SPARQL 1.1 Query, 17.5, casts as XPath does, and XPath Functions 3.1, 19.2, first removes white space as the type says
# (whiteSpace is `collapse` for numbers, booleans and dates: XML Schema Part 2, 4.3.6).
#
# Also, two lexical forms of one value are one term to it: sameTerm(1, 01) is true, where SPARQL 1.1 Query, 17.4.1.8, and
# RDF 1.1 Concepts, 3.3, have two terms.
#
# Output seen:
#   xsd:integer(" 7 ")         None
#   xsd:boolean(" true ")      None
#   xsd:date(" 2011-01-01 ")   None
#   sameTerm(1, 01)            true
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

SEEN = {
    'xsd:integer(" 7 ")': None,
    'xsd:boolean(" true ")': None,
    'xsd:date(" 2011-01-01 ")': None,
    "sameTerm(1, 01)": "true",
}
changed = False
for expression, seen in SEEN.items():
    query = f"PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ({expression} AS ?x) {{}}"
    (row,) = ox.Store().query(query)
    found = row["x"].value if row["x"] else None
    print(f"{expression:26} {found}")
    changed = changed or found != seen
sys.exit(changed)
PYTHON
