#!/usr/bin/env bash
# Versions: owlready2 0.51 (PyPI), with the HermiT that it brings; Java 17.
#
# Owlready2 (owlready2 0.51): a property that is also an individual of a class warns when it is loaded, and no longer is an
# object property in Python after `sync_reasoner`: HermiT reports the type of the individual, and Owlready2 takes it for the
# only parent of the property. OWL 2 allows one IRI to name both (Structural Specification, 5.9), and Data Cube relies on
# that: a dimension is a property and an instance of qb:DimensionProperty.
#
# Output seen:
#   loaded:   ['ObjectProperty'], 1 warning
#   reasoned: ['Dimension']
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check owlready2==0.51 2>/dev/null
cat > punned.nt <<'DATA'
<http://example.org/o> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Ontology> .
<http://example.org/o#Dimension> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .
<http://example.org/o#place> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#ObjectProperty> .
<http://example.org/o#place> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/o#Dimension> .
DATA
cat > load.py <<'SCRIPT'
import contextlib, io, owlready2

world, heard = owlready2.World(), io.StringIO()
with contextlib.redirect_stderr(heard):
    ontology = world.get_ontology("file://punned.nt").load()
    parents = [parent.name for parent in ontology.place.is_a]
warnings = heard.getvalue().count("WARNING")
print(f"loaded:   {parents}, {warnings} warning")
with ontology:
    owlready2.sync_reasoner(world, debug=0)
after = [parent.name for parent in ontology.place.is_a]
print(f"reasoned: {after}")
raise SystemExit(not (parents == ["ObjectProperty"] and warnings == 1 and after == ["Dimension"]))
SCRIPT
venv/bin/python load.py
