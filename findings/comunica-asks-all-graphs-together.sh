#!/usr/bin/env bash
# Versions: @comunica/query-sparql-rdfjs 5.4.1, n3 2.13.12 (npm).
#
# Comunica (@comunica/query-sparql-rdfjs 5.4.1): GRAPH ?g around what is no triple pattern is not asked graph by graph. A
# sub-SELECT with COUNT counts in all graphs together and ?g has no value; SPARQL 1.1 Query, 18.6, has a row for each
# named graph. FROM <g1> FROM <g2> matches a triple that both have twice (13.2.1).
#
# Output seen:
#   [{"n":"2"}]
#   2
#
# Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --ignore-scripts @comunica/query-sparql-rdfjs@5.4.1 n3@2.13.12 >/dev/null
cat > ask.mjs <<'SCRIPT'
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { Parser, Store } from "n3";

const data = "<urn:g1> { <urn:a> <urn:p> <urn:b> } <urn:g2> { <urn:a> <urn:p> <urn:b> }";
const store = new Store(new Parser({ format: "application/trig" }).parse(data));
const engine = new QueryEngine();
const ask = async (query) => (await engine.queryBindings(query, { sources: [store] })).toArray();
const counted = await ask("SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }");
const rows = JSON.stringify(counted.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]))));
const merged = (await ask("SELECT ?o FROM <urn:g1> FROM <urn:g2> { <urn:a> <urn:p> ?o }")).length;
console.log(rows);
console.log(merged);
process.exit(rows === '[{"n":"2"}]' && merged === 2 ? 0 : 1);
SCRIPT
node ask.mjs
