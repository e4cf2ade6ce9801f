#!/usr/bin/env bash
# Versions: pyoxigraph 0.5.13 (PyPI).
#
# pyoxigraph 0.5.13 (Oxigraph) writes query results and RDF/XML that a reader does not read as the same values:
#
# 1. A carriage return in a literal is written as it is into SPARQL Results XML and RDF/XML. XML parsers turn it into a
#    line feed (XML 1.0, 2.11); `&#xD;` would survive. A literal inside a triple term is written right, as `&#13;`.
# 2. A triple term in SPARQL Results CSV is written without quotes, although it holds quotes, commas and line ends of its
#    literals, so the line is no CSV (RFC 4180, 2.5 and 2.6).
#
# Output seen:
#   XML results: 'a\rb' is read as 'a\nb'
#   RDF/XML:     'a\rb' is read as 'a\nb'
#   CSV:         2 columns in a row of 1
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyoxigraph==0.5.13
"$folder/venv/bin/python" - <<'PYTHON'
import csv
import io
import sys
import xml.etree.ElementTree as ET

import pyoxigraph as ox

results, store, text = ox.QueryResultsFormat, ox.Store(), "a\rb"
written = store.query(r'SELECT ("a\rb" AS ?x) {}').serialize(format=results.XML)
in_results = ET.fromstring(written).find(".//{http://www.w3.org/2005/sparql-results#}literal").text
print(f"XML results: {text!r} is read as {in_results!r}")

triple = ox.Triple(ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), ox.Literal(text))
in_rdf = ET.fromstring(ox.serialize([triple], format=ox.RdfFormat.RDF_XML)).find(".//{urn:x:}p").text
print(f"RDF/XML:     {text!r} is read as {in_rdf!r}")

written = store.query('SELECT (TRIPLE(<urn:x:s>, <urn:x:p>, "a, b") AS ?x) {}').serialize(format=results.CSV)
columns = len(list(csv.reader(io.StringIO(written.decode(), newline="")))[1])
print(f"CSV:         {columns} columns in a row of 1")
sys.exit((in_results, in_rdf, columns) != ("a\nb", "a\nb", 2))
PYTHON
