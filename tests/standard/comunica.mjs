// Answers every query of a JSON list on standard input with Comunica, about TriG with the union as real default graph.
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { DataFactory, Parser, Store } from "n3";

const { trig, base, queries } = JSON.parse(readFileSync(0, "utf-8"));
const store = new Store();
for (const quad of new Parser({ format: "application/trig" }).parse(trig)) {
  store.addQuad(quad);
  store.addQuad(DataFactory.quad(quad.subject, quad.predicate, quad.object));
}
const engine = new QueryEngine();

async function answer(query) {
  const result = await engine.query(query, { sources: [store], baseIRI: base });
  const value = await result.execute();
  if (result.resultType === "boolean") return { boolean: value };
  const found = await value.toArray();
  if (result.resultType === "quads") return { quads: found.map((quad) => [quad.subject, quad.predicate, quad.object].map(term)) };
  return { rows: found.map((row) => Object.fromEntries([...row].map(([name, each]) => [name.value, term(each)]))) };
}

function term({ termType, value, language, datatype }) {
  return { type: termType, value, language, datatype: datatype?.value };
}

const answers = [];
for (const query of queries) {
  try {
    answers.push(await answer(query));
  } catch (error) {
    answers.push({ error: String(error.message).split("\n")[0] });
  }
}
console.log(JSON.stringify(answers));
