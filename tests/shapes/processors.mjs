// Validates each case of a JSON task on standard input, and prints the names of the broken shapes, or the error.
import { readFileSync } from "node:fs";
import { DataFactory, Parser, Store } from "n3";
import RdfValidateShacl from "rdf-validate-shacl";
import { Validator } from "shacl-engine";
import { validations } from "shacl-engine/sparql.js";

const { processor, shapes, cases } = JSON.parse(readFileSync(0, "utf-8"));
const parse = (text) => new Parser({ format: "application/n-triples" }).parse(text);

const engines = {
  "rdf-validate-shacl": (quads) => {
    const validator = new RdfValidateShacl(new Store(quads));
    return async (data) => (await validator.validate(data)).results.map((result) => result.sourceShape);
  },
  "shacl-engine": (quads) => {
    const validator = new Validator(new Store(quads), { factory: DataFactory, validations });
    return async (data) => (await validator.validate({ dataset: data })).results.map((result) => result.shape.ptr.term);
  },
};

async function attempt(action) {
  try {
    return [...new Set((await action()).map((shape) => shape.value))];
  } catch (error) {
    return String(error.message).split("\n")[0];
  }
}

const validate = Object.fromEntries(Object.entries(shapes).map(([name, text]) => [name, engines[processor](parse(text))]));
const verdicts = [];
for (const { rules, data } of cases) {
  verdicts.push(await attempt(() => validate[rules](new Store(parse(data)))));
}
console.log(JSON.stringify(verdicts));
