// A query as a program in several languages, ready to paste and run whatever characters the query contains.

/** The snippets to copy: [{ name, label, text }]. `graphs` are further [parameter, value] pairs of the request. */
export function snippets(endpoint, query, graphs, kind) {
  const asked = { endpoint, query: query.trim(), graphs, kind };
  return [
    { name: "curl", label: "curl", text: curl(asked) },
    { name: "python", label: "Python", text: python(asked) },
    { name: "r", label: "R", text: r(asked) },
    { name: "javascript", label: "JavaScript", text: javascript(asked) },
  ];
}

function curl({ endpoint, query, graphs, kind }) {
  const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const accept = { graph: "text/turtle", truth: "application/sparql-results+json", rows: "text/csv" }[kind];
  const further = graphs.map((pair) => ` \\\n  --data-urlencode ${quoted(pair.join("="))}`).join("");
  return `curl ${quoted(endpoint)} -H ${quoted(`Accept: ${accept}`)}${further} \\\n  --data-urlencode ${quoted(`query=${query}`)}\n`;
}

function python({ endpoint, query, graphs, kind }) {
  const form = kind === "graph" ? "TURTLE" : "JSON";
  const escaped = query.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
  const methods = { "default-graph-uri": "addDefaultGraph", "named-graph-uri": "addNamedGraph" };
  const shown = {
    graph: "print(endpoint.queryAndConvert().decode())",
    truth: 'print(endpoint.queryAndConvert()["boolean"])',
    rows:
      'for row in endpoint.queryAndConvert()["results"]["bindings"]:\n' +
      '    print({name: term["value"] for name, term in row.items()})',
  }[kind];
  return [
    `from SPARQLWrapper import ${form}, POST, SPARQLWrapper\n`,
    `endpoint = SPARQLWrapper(${JSON.stringify(endpoint)})`,
    `endpoint.setMethod(POST)`,
    `endpoint.setReturnFormat(${form})`,
    ...graphs.map(([name, value]) => `endpoint.${methods[name]}(${JSON.stringify(value)})`),
    `endpoint.setQuery("""\n${escaped}\n""")`,
    `${shown}\n`,
  ].join("\n");
}

function r({ endpoint, query, graphs, kind }) {
  let dashes = "";
  while (query.includes(`)${dashes}"`)) dashes += "-";
  const further = graphs.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("");
  const start = JSON.stringify(`${endpoint}?format=${{ graph: "ttl", truth: "csv", rows: "csv" }[kind]}${further}&query=`);
  const read = kind === "rows" ? "print(read.csv(address))" : "cat(readLines(address), sep = \"\\n\")";
  return [
    `query <- r"${dashes}(${query})${dashes}"`,
    `address <- paste0(${start}, URLencode(query, reserved = TRUE))`,
    `${read}\n`,
  ].join("\n");
}

function javascript({ endpoint, query, graphs, kind }) {
  const escaped = query.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  const accept = kind === "graph" ? "text/turtle" : "application/sparql-results+json";
  const shown = {
    graph: "console.log(await response.text());",
    truth: "console.log((await response.json()).boolean);",
    rows:
      "const { results } = await response.json();\n" +
      "for (const row of results.bindings) {\n" +
      "  console.log(Object.fromEntries(Object.entries(row).map(([name, term]) => [name, term.value])));\n}",
  }[kind];
  return [
    `const query = \`${escaped}\`;`,
    `const body = new URLSearchParams({ query });`,
    ...graphs.map(([name, value]) => `body.append(${JSON.stringify(name)}, ${JSON.stringify(value)});`),
    `const response = await fetch(${JSON.stringify(endpoint)}, {`,
    `  method: "POST",`,
    `  headers: { Accept: ${JSON.stringify(accept)} },`,
    `  body,`,
    `});`,
    `if (!response.ok) throw new Error(await response.text());`,
    `${shown}\n`,
  ].join("\n");
}
