#!/usr/bin/env bash
# Versions: rdf-validate-shacl 0.6.5, n3 2.13.12 (npm).
#
# rdf-validate-shacl 0.6.5 has no SPARQL, as it says. It does not ignore sh:sparql, as SHACL expects of a core processor (1.3,
# informative), but throws as soon as one node is a target of it: then no other shape is validated either.
#
# Output seen, for two shapes of which one has sh:sparql, and data with a fault that the other finds:
#   no node for sh:sparql:  false
#   one node for sh:sparql: Cannot find validator for constraint component http://www.w3.org/ns/shacl#SPARQLConstraintComponent
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --ignore-scripts rdf-validate-shacl@0.6.5 n3@2.13.12 >/dev/null
cat > validate.mjs <<'SCRIPT'
import { Parser, Store } from "n3";
import Validator from "rdf-validate-shacl";

const PREFIXES = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> . ";
const parse = (turtle) => new Store(new Parser().parse(PREFIXES + turtle));
const SHAPES = `ex:query a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [ sh:select "SELECT $this WHERE { $this <http://example.org/p> 1 }" ] .
ex:core a sh:NodeShape ; sh:targetClass ex:D ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .`;
const conforms = (data) =>
  new Validator(parse(SHAPES)).validate(parse(data)).then((report) => String(report.conforms), (error) => error.message);
const found = [await conforms("ex:d a ex:D ."), await conforms("ex:d a ex:D . ex:c a ex:C .")];
console.log(`no node for sh:sparql:  ${found[0]}\none node for sh:sparql: ${found[1]}`);
process.exit(found[0] === "false" && found[1].includes("SPARQLConstraintComponent") ? 0 : 1);
SCRIPT
node validate.mjs
