#!/usr/bin/env bash
# Versions: shacl-engine 1.1.2, n3 2.13.12 (npm).
#
# shacl-engine 1.1.2 finds no value for a path whose parts are paths themselves: the inverse of an alternative, and an
# alternative with a sequence or an inverse in it. SHACL (2.3.1) lets paths nest. No error is reported, so faulty data pass.
#
# Output seen; by the standard, each is the opposite:
#   inverse of an alternative, one value is needed and there:  false
#   sequence in an alternative, no value is allowed but there: true
#   inverse in an alternative, no value is allowed but there:  true
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

const shape = (path, rule) => `ex:shape a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ${path} ; ${rule} ] .`;
const found = [
  await conforms(shape("[ sh:inversePath [ sh:alternativePath ( ex:p ex:q ) ] ]", "sh:minCount 1"), "ex:a a ex:C . ex:b ex:q ex:a ."),
  await conforms(shape("[ sh:alternativePath ( ex:p ( ex:q ex:p ) ) ]", "sh:maxCount 0"), "ex:a a ex:C ; ex:q ex:b . ex:b ex:p 1 ."),
  await conforms(shape("[ sh:alternativePath ( [ sh:inversePath ex:p ] ex:q ) ]", "sh:maxCount 0"), "ex:a a ex:C . ex:b ex:p ex:a ."),
];
console.log(`inverse of an alternative, one value is needed and there:  ${found[0]}`);
console.log(`sequence in an alternative, no value is allowed but there: ${found[1]}`);
console.log(`inverse in an alternative, no value is allowed but there:  ${found[2]}`);
process.exit(found.join() === "false,true,true" ? 0 : 1);
SCRIPT
node validate.mjs
