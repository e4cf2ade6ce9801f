// Loads an ontology with N3.js, as its users do, and prints its statements of types, labels and superclasses as JSON.
import { Parser } from "n3";

const [address, accept] = process.argv.slice(2);
const response = await fetch(address, accept ? { headers: { Accept: accept } } : {});
if (!response.ok) throw new Error(`${response.status} ${address}`);
const parser = new Parser({ baseIRI: response.url, format: response.headers.get("Content-Type") });
const quads = parser.parse(await response.text());
console.log(JSON.stringify(quads.map(({ subject, predicate, object }) => [subject.value, predicate.value, object.value, object.language])));
