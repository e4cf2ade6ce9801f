#!/usr/bin/env bash
# Versions: shacl-engine 1.1.2, n3 2.13.12 (npm).
#
# shacl-engine 1.1.2 looks for subclasses in the shapes graph, and in no other. SHACL (2.1.3.2) looks for them
# in the data graph: a target class has the instances of its subclasses there, and so has sh:class.
#
# A cat without the property that every animal needs, with "cats are animals" in the data, then in the shapes:
#   in the data:   true
#   in the shapes: false
# The other way round by the standard: false, true.
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

const SHAPE = "ex:shape a sh:NodeShape ; sh:targetClass ex:Animal ; sh:property [ sh:path ex:name ; sh:minCount 1 ] . ";
const SUBCLASS = "ex:Cat rdfs:subClassOf ex:Animal . ", CAT = "ex:tom a ex:Cat . ";
const found = [await conforms(SHAPE, SUBCLASS + CAT), await conforms(SUBCLASS + SHAPE, CAT)];
console.log(`in the data:   ${found[0]}\nin the shapes: ${found[1]}`);
process.exit(found.join() === "true,false" ? 0 : 1);
SCRIPT
node validate.mjs
