// The editor at /sparql: YASQE over the text field of the form, YASR under it. Without this file the form works by itself.

import { addCompleters, declare } from "./completion.js";
import { addPlugins } from "./results.js";
import { snippets } from "./snippets.js";

const LONGEST_ADDRESS = 6000; // characters of a query in an address; longer ones go into the fragment and by POST
const GRAPHS = ["default-graph-uri", "named-graph-uri"];
const ACCEPT = "application/sparql-results+json, text/turtle";

const form = document.querySelector("#ask");
const area = form.elements.query;
const run = form.querySelector("button[type=submit]");
const found = document.querySelector("#found");
const live = document.querySelector("#live");
const status = live.querySelector("[role=status]");
const wide = matchMedia("(min-width: 64rem)");
const endpoint = new URL(form.action, location).href;
const graphs = [...new URLSearchParams(location.search)].filter(([name]) => GRAPHS.includes(name));
let ready = Promise.resolve(); // settled when `words` are filled, or loading them failed
const words = { prefixes: {}, terms: [], things: [], base: "", root: "", within: "" };

const { Yasqe, Yasr } = window.Yasgui;
declare(Yasqe, words);
addCompleters(Yasqe, words);
addPlugins(Yasr, words, form.dataset.charts);
const mount = document.querySelector("#editor");
const yasqe = mountEditor();
const yasr = mountResults();
let running;
let shown = "";

start();

function mountEditor() {
  const editor = new Yasqe(mount, {
    value: area.value,
    persistenceId: null, // nothing is stored in the browser
    consumeShareLink: null,
    createShareableLink: null,
    showQueryButton: false,
    resizeable: false,
    editorHeight: "auto",
    extraKeys: { "Ctrl-Enter": () => ask(), "Cmd-Enter": () => ask(), Tab: false, "Shift-Tab": false, "Ctrl-S": false },
  });
  editor.getInputField().setAttribute("aria-label", "Query");
  editor.on("change", () => {
    area.value = editor.getValue();
    clearMistake();
    showSnippet();
  });
  form.classList.add("mounted");
  document.querySelector("#copy").hidden = false;
  return editor;
}

function mountResults() {
  const viewer = new Yasr(live.querySelector(".answer"), { persistenceId: null, prefixes: () => words.prefixes });
  Object.assign(viewer.resultsEl, { tabIndex: 0, role: "group", ariaLabel: "Results" }); // it scrolls sideways
  live.querySelector(".yasr_external_ref_btn")?.remove(); // it links to a manual on another site
  return viewer;
}

function start() {
  const questions = document.querySelector(".questions");
  questions.open = wide.matches;
  searchable(questions);
  questions.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    yasqe.setValue(queryOf(new URL(link.href)));
    ask();
    if (!wide.matches) questions.open = false;
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter === run && form.elements.format.value === "html") {
      event.preventDefault();
      ask();
    }
  });
  document.querySelector("#copy").addEventListener("change", showSnippet);
  document.querySelector("#copy button").addEventListener("click", copy);
  addEventListener("popstate", fromAddress);
  ready = fetch(form.dataset.editor)
    .then((response) => response.json())
    .then((data) => Object.assign(words, data))
    .then(() => yasqe.setOption("mode", "sparql11")) // parse the query again, with the prefixes known
    .then(() => yasqe.checkSyntax())
    .catch(() => {}); // the editor works without words to complete
  ready.then(fromAddress);
}

/** Run the query in the address. */
function fromAddress() {
  const query = queryOf(new URL(location));
  if (query && query !== yasqe.getValue()) yasqe.setValue(query);
  if (query && query !== shown) ask({ keep: true });
  showSnippet();
}

/** The query in an address: in its fragment, else in its query string. */
function queryOf({ hash, search }) {
  return new URLSearchParams(hash.slice(1)).get("query") ?? new URLSearchParams(search).get("query") ?? "";
}

/** The address of a page that runs `query` at `place`. */
function linkTo(query, place) {
  const fields = new URLSearchParams([["query", query], ...graphs]).toString().replaceAll("+", "%20");
  return fields.length > LONGEST_ADDRESS ? `${place}#${fields}` : `${place}?${fields}`;
}

/** Run the query in the editor and show the result; if one is running, stop it instead. */
async function ask({ keep = false } = {}) {
  if (running) return running.abort();
  const query = yasqe.getValue();
  const began = performance.now();
  running = new AbortController();
  run.textContent = "Stop";
  live.hidden = false;
  live.setAttribute("aria-busy", "true");
  status.textContent = "Running …";
  shown = query;
  if (!keep) history.pushState(null, "", linkTo(query, location.pathname));
  try {
    const response = await request(query, running.signal);
    const content = await response.text();
    await ready; // links in the result depend on `words`
    const milliseconds = Math.round(performance.now() - began);
    clearMistake();
    if (response.ok) showAnswer(response, content, milliseconds);
    else showProblem(JSON.parse(content));
  } catch (error) {
    if (error.name === "AbortError") status.textContent = "Stopped.";
    else showProblem({ title: "No response", detail: error.message, remedy: "Check whether the server can be reached." });
  } finally {
    running = undefined;
    run.textContent = "Run";
    live.removeAttribute("aria-busy");
  }
}

function request(query, signal) {
  const fields = new URLSearchParams([["query", query], ...graphs]);
  const headers = { Accept: ACCEPT };
  if (fields.toString().length > LONGEST_ADDRESS) return fetch(endpoint, { method: "POST", body: fields, headers, signal });
  return fetch(`${endpoint}?${fields}`, { headers, signal });
}

function showAnswer(response, content, milliseconds) {
  found.querySelectorAll(":scope > :not(.cite)").forEach((part) => part.remove());
  const cite = found.querySelector(".cite");
  if (cite) cite.hidden = cite.dataset.query !== shown;
  live.classList.remove("failed");
  const { status: code, statusText, headers } = response;
  yasr.setResponse({ ok: true, status: code, statusText, headers, content: content || " " }, milliseconds);
  const snapshot = response.headers.get("Uphold-Snapshot");
  const rows = yasr.results.getBindings()?.length;
  const counted = rows === undefined ? "Result" : `${rows.toLocaleString("en").replaceAll(",", "\u202f")} ${rows === 1 ? "row" : "rows"}`;
  const link = document.createElement("a");
  link.href = linkTo(shown, `${words.root}/snapshots/${snapshot}/sparql`);
  link.append("snapshot ", Object.assign(document.createElement("code"), { textContent: snapshot.slice(0, 12) }));
  link.title = "Permanent link: the same result as long as the snapshot is archived";
  status.replaceChildren(`${counted} in ${milliseconds} ms, from `, link);
  if (!wide.matches) live.scrollIntoView();
}

function showProblem({ title, detail, remedy, line, column }) {
  found.replaceChildren();
  live.classList.add("failed");
  status.textContent = "";
  const problem = document.querySelector("#mistake");
  const heading = Object.assign(document.createElement("h2"), { textContent: title });
  const text = Object.assign(document.createElement("p"), { textContent: `${detail ?? ""} ` });
  const advice = Object.assign(document.createElement("p"), { textContent: remedy ?? "" });
  if (line) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain" });
    button.textContent = `Line ${line}, column ${column}`;
    button.addEventListener("click", () => yasqe.focus());
    text.append(button);
    markMistake(line - 1, column - 1);
  }
  problem.replaceChildren(heading, text, advice);
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
}

let marks = [];

/** Mark the place in the editor and put the cursor there; columns count characters, not code units. */
function markMistake(line, column) {
  const doc = yasqe.getDoc();
  const text = doc.getLine(line) ?? "";
  const start = [...text].slice(0, column).join("").length;
  const length = /^(?:\w+|[^\w\s])/.exec(text.slice(start))?.[0].length ?? 0;
  const [from, to] = length ? [start, start + length] : [Math.max(0, start - 1), start];
  marks.push(doc.markText({ line, ch: from }, { line, ch: to }, { className: "mistake" }));
  doc.addLineClass(line, "background", "mistake-line");
  doc.setCursor({ line, ch: start });
  yasqe.scrollIntoView({ line, ch: start }, 60);
}

function clearMistake() {
  document.querySelector("#mistake").hidden = true;
  if (!marks.length) return;
  marks.forEach((mark) => mark.clear());
  marks = [];
  yasqe.getDoc().eachLine((line) => yasqe.getDoc().removeLineClass(line, "background", "mistake-line"));
}

/** Add a filter field to the list of questions. */
function searchable(questions) {
  const field = questions.querySelector("input");
  field.closest("label").hidden = false;
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of questions.querySelectorAll("section")) {
      for (const item of group.querySelectorAll("li")) {
        const text = `${group.querySelector("h3").textContent} ${item.textContent} ${item.dataset.words}`.toLowerCase();
        item.hidden = !wanted.every((word) => text.includes(word));
      }
      group.hidden = !group.querySelector("li:not([hidden])");
    }
    questions.querySelector(".nothing").hidden = Boolean(questions.querySelector("li:not([hidden])"));
  });
}

function showSnippet() {
  const chosen = document.querySelector("#copy input:checked").value;
  document.querySelector("#copy pre").textContent = copied()[chosen];
}

/** What can be copied, by name. */
function copied() {
  const query = yasqe.getValue();
  const kind = { CONSTRUCT: "graph", DESCRIBE: "graph", ASK: "truth" }[yasqe.getQueryType()] ?? "rows";
  const lasting = new URL(`${words.root}/snapshots/${words.snapshot}/sparql`, location).href;
  const links = { link: linkTo(query, endpoint), lasting: linkTo(query, lasting) };
  const programs = snippets(endpoint, query, graphs, kind).map(({ name, text }) => [name, text]);
  return { ...links, ...Object.fromEntries(programs) };
}

async function copy() {
  const block = document.querySelector("#copy pre");
  const said = document.querySelector("#copy output");
  try {
    await navigator.clipboard.writeText(block.textContent);
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(block); // the browser does not allow pages to copy; the reader can
    said.textContent = "Selected; copy with the keyboard.";
  }
  setTimeout(() => (said.textContent = ""), 4000);
}
