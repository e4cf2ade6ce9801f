#!/usr/bin/env bash
# Versions: rdf-canonize 5.0.0 (npm).
#
# rdf-canonize leaves a blank node's label as it is if it begins with "c14n", the prefix of canonical labels. So N-Quads
# that some program has canonicalized and then changed, or that were canonical within a larger data set, do not become
# canonical. The canonicalization algorithm of RDFC-1.0 issues a new label for every blank node, whatever it was called.
#
# Output seen:
#   _:c14n0 <urn:p> <urn:o> .
#   _:c14n7 <urn:p> <urn:o> .
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --ignore-scripts rdf-canonize@5.0.0 >/dev/null
cat > label.mjs <<'SCRIPT'
import { canonize, NQuads } from "rdf-canonize";

const canonical = (text) => canonize(NQuads.parse(text), { algorithm: "RDFC-1.0" });
const [other, own] = [await canonical("_:b7 <urn:p> <urn:o> .\n"), await canonical("_:c14n7 <urn:p> <urn:o> .\n")];
process.stdout.write(other + own);
process.exit(other === "_:c14n0 <urn:p> <urn:o> .\n" && own === "_:c14n7 <urn:p> <urn:o> .\n" ? 0 : 1);
SCRIPT
node label.mjs
