#!/usr/bin/env bash
# Versions: shacl-engine 1.1.2, n3 2.13.12 (npm).
#
# shacl-engine 1.1.2, with its validations for SPARQL, throws where a query groups by $this, in a sub-SELECT as well.
# SHACL-SPARQL allows it: a sub-SELECT must even return $this ("Pre-binding of variables"), and then has to group by it
# beside an aggregate.
#
# Output seen, for a thing with two values where one is allowed:
#   Tried to bind variable ?this in a GROUP BY operator.
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --ignore-scripts shacl-engine@1.1.2 n3@2.13.12 >/dev/null
cat > validate.mjs <<'SCRIPT'
import { DataFactory, Parser, Store } from "n3";
import { Validator } from "shacl-engine";
import { validations } from "shacl-engine/sparql.js";
const PREFIXES = `@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/> . `;
const parse = (turtle) => new Store(new Parser().parse(PREFIXES + turtle));
const conforms = async (shapes, data) => {
  const validator = new Validator(parse(shapes), { factory: DataFactory, validations });
  return validator.validate({ dataset: parse(data) }).then((report) => String(report.conforms), (error) => error.message);
};

const QUERY = "SELECT $this ?value WHERE { { SELECT $this (COUNT(?o) AS ?value) WHERE { $this <http://example.org/p> ?o } GROUP BY $this } FILTER (?value > 1) }";
const found = await conforms(`ex:shape a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql [ sh:select "${QUERY}" ] .`, "ex:a a ex:C ; ex:p 1 , 2 .");
console.log(found);
process.exit(found.includes("GROUP BY") ? 0 : 1);
SCRIPT
node validate.mjs
