#!/usr/bin/env bash
# Versions: shacl-engine 1.1.2, n3 2.13.12 (npm).
#
# shacl-engine 1.1.2 throws for a shape with two values of sh:not. In SHACL (4.6.1) each value is a constraint of its own.
# One sh:not of an sh:or says the same, and is validated.
#
# Output seen, for data that conform:
#   two sh:not:             Cannot read properties of null (reading 'validate')
#   one sh:not of an sh:or: true
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
const PREFIXES = `@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/> . `;
const parse = (turtle) => new Store(new Parser().parse(PREFIXES + turtle));
const conforms = async (shapes, data) => {
  const validator = new Validator(parse(shapes), { factory: DataFactory });
  return validator.validate({ dataset: parse(data) }).then((report) => String(report.conforms), (error) => error.message);
};

const ONE = "[ sh:path ex:p ; sh:hasValue 1 ]", TWO = "[ sh:path ex:p ; sh:hasValue 2 ]";
const shape = (not) => `ex:shape a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:not ${not} .`;
const two = await conforms(shape(`${ONE} , ${TWO}`), "ex:a ex:p 3 .");
const one = await conforms(shape(`[ sh:or ( ${ONE} ${TWO} ) ]`), "ex:a ex:p 3 .");
console.log(`two sh:not:             ${two}\none sh:not of an sh:or: ${one}`);
process.exit(two !== "true" && one === "true" ? 0 : 1);
SCRIPT
node validate.mjs
