// Completion in the editor: prefixes, classes, properties and things, all from this server's own data.

const OPEN_NAME = /^[A-Za-z][\w-]*(:[\w.-]*)?$/;
const AFTER_TYPE = ["a", "rdf:type", "rdfs:domain", "rdfs:range", "rdfs:subClassOf"];
const SHOWN = 60;

/** Register the completers with YASQE. `words` may be filled later: { prefixes, terms, things }. */
export function addCompleters(Yasqe, words) {
  Yasqe.defaults.autocompleters = ["variables"]; // the other built-in ones query other sites
  Yasqe.registerAutocompleter({
    name: "declarations",
    bulk: false,
    autoShow: true,
    isValidCompletionPosition: (yasqe) => isDeclaration(yasqe),
    get: (yasqe, token) =>
      Object.entries(words.prefixes)
        .map(([prefix, iri]) => `${prefix}: <${iri}>`)
        .filter((line) => line.startsWith(token.string.trim())),
  });
  Yasqe.registerAutocompleter({
    name: "names",
    bulk: false,
    autoShow: true,
    isValidCompletionPosition: (yasqe) => isName(yasqe),
    get: (yasqe, token) => fitting(words, wanted(yasqe), token.string).map((word) => word.name),
    postprocessHints: (yasqe, hints) => hints.map((hint) => ({ ...hint, render: (row) => draw(row, hint.text, words) })),
  });
}

/** Let queries use the prefixes in `words` without declaring them, as the server does. */
export function declare(Yasqe, words) {
  const mode = Yasqe.modes.sparql11;
  Yasqe.defineMode("sparql11", (...given) => {
    const made = mode(...given);
    return { ...made, startState: (...at) => ({ ...made.startState(...at), prefixes: { ...words.prefixes } }) };
  });
}

/** Whether the cursor is where PREFIX expects a prefix. */
function isDeclaration(yasqe) {
  const cursor = yasqe.getDoc().getCursor();
  const before = yasqe.getDoc().getLine(cursor.line).slice(0, cursor.ch);
  return /^\s*PREFIX\s+[\w-]*$/i.test(before);
}

/** Whether the cursor is at the end of a partial name. */
function isName(yasqe) {
  const token = yasqe.getCompleteToken();
  if (isDeclaration(yasqe) || token.type === "comment" || !OPEN_NAME.test(token.string)) return false;
  if (yasqe.getDoc().getCursor().ch !== token.end) return false;
  return token.string.includes(":") || wanted(yasqe) !== "thing";
}

/** What kind of word belongs where the cursor is. */
function wanted(yasqe) {
  const token = yasqe.getCompleteToken();
  const before = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token);
  if (AFTER_TYPE.includes(before.state.lastProperty)) return "class";
  return token.state.possibleCurrent.includes("a") ? "property" : "thing";
}

/** The words whose name, label or a word of it begins as typed; the most used ones first. */
function fitting(words, kind, typed) {
  const [start, rest] = typed.includes(":") ? typed.split(":", 2) : [null, typed];
  const begun = rest.toLowerCase();
  const offered = kind === "thing" ? words.things : words.terms.filter((word) => word.kind === kind);
  const found = [];
  for (const word of offered) {
    const [prefix, local = ""] = word.name.split(":", 2);
    if (start !== null && prefix !== start) continue;
    const label = (word.label ?? "").toLowerCase();
    const byName = local.toLowerCase().startsWith(begun) || (start === null && prefix.startsWith(typed));
    const rank = byName ? 0 : label.startsWith(begun) ? 1 : label.includes(` ${begun}`) ? 2 : 3;
    if (rank < 3) found.push({ ...word, rank });
  }
  found.sort((a, b) => a.rank - b.rank || (b.uses ?? 0) - (a.uses ?? 0) || a.name.localeCompare(b.name));
  const prefixes = start === null ? Object.keys(words.prefixes).filter((prefix) => prefix.startsWith(typed)) : [];
  return [...found.slice(0, SHOWN), ...prefixes.map((prefix) => ({ name: `${prefix}:` }))];
}

/** One row of the list: the name, and what it means. */
function draw(row, name, words) {
  const word = [...words.terms, ...words.things].find((each) => each.name === name);
  const meaning = word?.definition ?? word?.label ?? words.prefixes[name.slice(0, -1)] ?? "";
  row.append(part("hint-name", name), part("hint-meaning", meaning));
}

function part(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}
