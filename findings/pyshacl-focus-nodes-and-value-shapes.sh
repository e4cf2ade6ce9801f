#!/usr/bin/env bash
# Versions: pyshacl 0.40.1, rdflib 7.6.0 (PyPI).
#
# pySHACL 0.40.1 (rdflib 7.6.0): with `focus_nodes`, shapes that a constraint asks of value nodes are skipped, because the
# values are not among the focus nodes. A skipped shape counts as conforming, so sh:not reports every value and sh:or none.
#
# Valid data (a label without "x") and invalid data (a number where a text is asked) give, without and with focus_nodes:
#   sh:not: conforms True / focus: False
#   sh:or:  conforms False / focus: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyshacl==0.40.1 rdflib==7.6.0
"$work/venv/bin/python" - <<'PYTHON'
from pyshacl import validate
from rdflib import Graph

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> . """
NOT = PREFIXES + 'ex:s a sh:PropertyShape ; sh:targetClass ex:C ; sh:path ex:p ; sh:not [ sh:pattern "x" ] .'
OR = PREFIXES + "ex:s a sh:PropertyShape ; sh:targetClass ex:C ; sh:path ex:p ; sh:or ( [ sh:datatype xsd:string ] [ sh:datatype xsd:date ] ) ."


def conforms(shapes: str, value: str, **options: object) -> bool:
    data = Graph().parse(data=PREFIXES + f"ex:a a ex:C ; ex:p {value} .")
    return validate(data, shacl_graph=Graph().parse(data=shapes), **options)[0]


found = [
    (conforms(shapes, value), conforms(shapes, value, focus_nodes=["http://example.org/a"]))
    for shapes, value in ((NOT, '"abc"'), (OR, "1"))
]
for name, (without, focused) in zip(("sh:not", "sh:or"), found):
    print(f"{name}: conforms {without} / focus: {focused}")
assert found == [(True, False), (False, True)]
PYTHON
