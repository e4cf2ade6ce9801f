#!/usr/bin/env bash
# Versions: pyshacl 0.40.1, shacl 0.3.4 (PyPI).
#
# pySHACL follows [ sh:inversePath ( ex:p ex:q ) ] as ^p/^q; it is ^(p/q), that is ^q/^p (SHACL 2.3.1.2, 2.3.1.3).
# `shacl` applies sh:closed on a property shape to the focus node instead of the value nodes (4.8.1), and runs a
# SPARQL-based constraint that has sh:deactivated true (5.3: there are no results).
#
# Output seen:
#   pyshacl inverse sequence: ['http://example.org/wrong']
#   shacl closed: ['<http://example.org/focus>']
#   shacl deactivated: 1
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyshacl==0.40.1 shacl==0.3.4
cat > ask.py <<'SCRIPT'
import sys

import pyshacl
import rdflib
from shacl import Shapes

PREFIXES = "@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> ."
inverse = rdflib.Graph().parse(data=PREFIXES + """
    ex:S sh:targetNode ex:c ; sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:nodeKind sh:Literal .
    ex:right ex:p ex:b . ex:b ex:q ex:c . ex:wrong ex:q ex:d . ex:d ex:p ex:c .""")
_, report, _ = pyshacl.validate(inverse, shacl_graph=inverse)
values = [str(value) for value in report.objects(None, rdflib.SH.value)]
print("pyshacl inverse sequence:", values)


def results(text):
    return Shapes.from_text(PREFIXES + text, "turtle").validate_text(PREFIXES + text, "turtle").results


closed = results("""
    ex:S a sh:PropertyShape ; sh:targetNode ex:focus ; sh:path ex:p ; sh:closed true ; sh:property [ sh:path ex:p ] .
    ex:focus ex:p ex:value ; ex:other 1 . ex:value ex:p 2 .""")
print("shacl closed:", [each.focus_node for each in closed])
deactivated = results("""
    ex:S a sh:NodeShape ; sh:targetNode ex:focus ;
      sh:sparql [ sh:deactivated true ; sh:select "SELECT $this WHERE { $this ?p ?o }" ] .
    ex:focus ex:p 1 .""")
print("shacl deactivated:", len(deactivated))
seen = (values, [each.focus_node for each in closed], len(deactivated))
sys.exit(seen != (["http://example.org/wrong"], ["<http://example.org/focus>"], 1))
SCRIPT
venv/bin/python ask.py
