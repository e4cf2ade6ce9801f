#!/usr/bin/env bash
# Versions: pyshacl 0.40.1, rdflib 7.6.0 (PyPI).
#
# pySHACL 0.40.1 (rdflib 7.6.0): three values that are valid RDF end a whole validation with an exception, where SHACL
# asks for a result beside all others:
#   - sh:lessThanOrEquals between two dates of which one is ill-typed (SHACL 4.5.4: "cannot be compared" is a violation): TypeError
#   - a backslash in a value that a message of a SPARQL-based constraint names ({?value}): re.error
#   - `?a - ?b` in such a constraint where ?b is an ill-typed literal (SPARQL 17.2: an error of the expression): TypeError
# Output: lessThanOrEquals: TypeError / message: error / subtraction: TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyshacl==0.40.1 rdflib==7.6.0
"$work/venv/bin/python" - 2>/dev/null <<'PYTHON'
from pyshacl import validate
from rdflib import Graph

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> . """
PAIR = "ex:s a sh:PropertyShape ; sh:targetClass ex:C ; sh:path ex:p ; sh:lessThanOrEquals ex:q ."
SPARQL = 'ex:s a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [ sh:message "{?value}" ; sh:select """%s""" ] .'
VALUE = SPARQL % "SELECT $this ?value WHERE { $this <http://example.org/p> ?value }"
MINUS = SPARQL % "SELECT $this WHERE { $this <http://example.org/p> ?a ; <http://example.org/q> ?b . BIND (?a - ?b AS ?c) FILTER (?c > 1) }"


def outcome(shapes: str, p: str, q: str) -> str:
    data = Graph().parse(data=PREFIXES + f"ex:a a ex:C ; ex:p {p} ; ex:q {q} .")
    try:
        _, found, _ = validate(data, shacl_graph=Graph().parse(data=PREFIXES + shapes))
    except Exception as problem:
        return type(problem).__name__
    return type(found).__name__


found = [
    outcome(PAIR, '"unknown"^^xsd:date', '"2012-01-01"^^xsd:date'),
    outcome(VALUE, r'"a \\d"', "1"),
    outcome(MINUS, "5", '"unknown"^^xsd:integer'),
]
print(f"lessThanOrEquals: {found[0]} / message: {found[1]} / subtraction: {found[2]}")
assert found[0] == "TypeError" and found[1] in ("error", "PatternError") and found[2] == "TypeError"
PYTHON
