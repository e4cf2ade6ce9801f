#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13 (PyPI).
#
# SPARQL 1.1 Update expects a failure from COPY, MOVE and ADD whose source graph does not exist (3.2.3 to 3.2.5).
# pyoxigraph 0.5.13 (Oxigraph) reports it for MOVE only. ADD does nothing, and COPY removes all triples of its target:
# whoever mistypes the name of the source loses the target, without an error.
#
# It also refuses a prologue after the first operation, which the grammar has before each one (rule 29, Update), so two
# requests that are valid by themselves cannot be joined by a semicolon.
#
# Output seen (triples left in the target, or the error):
#   COPY 0
#   MOVE RuntimeError
#   ADD 1
#   second prologue SyntaxError
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

TARGET = ox.NamedNode("urn:target")
UPDATES = {
    "COPY": ("COPY <urn:none> TO <urn:target>", 0),
    "MOVE": ("MOVE <urn:none> TO <urn:target>", "RuntimeError"),
    "ADD": ("ADD <urn:none> TO <urn:target>", 1),
    "second prologue": ("INSERT DATA { <urn:a> <urn:b> 1 } ; PREFIX u: <urn:> INSERT DATA { u:a u:b 2 }", "SyntaxError"),
}
changed = False
for name, (update, seen) in UPDATES.items():
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c"), TARGET))
    try:
        store.update(update)
        found = len(list(store.quads_for_pattern(None, None, None, TARGET)))
    except (RuntimeError, SyntaxError) as error:
        found = type(error).__name__
    print(name, found)
    changed = changed or found != seen
sys.exit(changed)
PYTHON
