// Draws the world map for any year from one answer per treaty, so that the year, the colours, the counts and the
// names change together. Without this script the form beside the map reloads the page.

const form = document.querySelector("form[data-map]");
const year = form.elements.year;
const treaty = form.elements.treaty;
const shown = document.getElementById("m-shown");
const counts = document.getElementById("m-counts");
const absent = document.getElementById("m-absent");
const table = document.getElementById("m-table");
const words = Object.fromEntries([...counts.children].map((item) => [item.className, item.querySelector("span").textContent]));
const answers = new Map();

function wanted() {
  return treaty ? treaty.value : year.dataset.treaty;
}

// The status of each place by starting year: {"gha": [[2000, "neither"], [2003, "signatory"], …]}, by the key of its page.
async function get(key) {
  const response = await fetch(`${form.dataset.map}?treaty=${key}&fields=jurisdiction,year,status,stale&limit=1000`);
  if (!response.ok) throw new Error(`${response.status}`);
  const places = {};
  for (const row of (await response.json()).data) {
    const place = row.jurisdiction.split(/[/:]/).pop();
    (places[place] ||= []).push([row.year, row.stale ? `${row.status} stale` : row.status]);
  }
  return places;
}

// One request per treaty, also while its answer is on the way; after a failure, the next one asks again.
function ask(key) {
  if (!answers.has(key)) {
    answers.set(key, get(key));
    answers.get(key).catch(() => answers.delete(key));
  }
  return answers.get(key);
}

function link(mark) {
  const made = document.createElement("a");
  made.href = mark.parentNode.getAttribute("href");
  made.textContent = mark.textContent;
  return made;
}

function list(marks) {
  const most = Number(form.dataset.most);
  const parts = marks.slice(0, most).flatMap((mark, place) => (place ? [", ", link(mark)] : [link(mark)]));
  return marks.length > most ? [...parts, ` and ${marks.length - most} more`] : parts;
}

function draw(places, until) {
  const drawn = Object.fromEntries(Object.keys(words).map((kind) => [kind, []]));
  for (const mark of document.querySelectorAll(".world [id^='m-']")) {
    if (!mark.matches("path, dd > span")) continue;
    const kind = (places[mark.id.slice(2)] || []).findLast(([from]) => from <= until)?.[1] || "";
    mark.setAttribute("class", kind);
    if (mark.tagName === "path") drawn[kind]?.push(mark);
    else mark.querySelector(".standing").textContent = words[kind] || "not yet";
  }
  for (const item of counts.children) {
    item.hidden = !drawn[item.className].length;
    item.querySelector("strong").textContent = drawn[item.className].length;
  }
  for (const item of absent.querySelectorAll(":scope > div[class]")) {
    item.hidden = !drawn[item.className].length;
    item.querySelector("dd").replaceChildren(...list(drawn[item.className]));
  }
  shown.textContent = until;
}

// Updates everything in one step, or nothing.
async function move() {
  const key = wanted();
  try {
    const places = await ask(key);
    if (key !== wanted()) return;
    const chosen = treaty?.selectedOptions[0];
    if (chosen) [year.min, year.max] = [chosen.dataset.first, chosen.dataset.last];
    draw(places, Number(year.value));
    table.href = `${form.dataset.table}?treaty=${key}&year=${year.value}`;
    const fields = new URLSearchParams(location.search);
    if (treaty) fields.set("treaty", key);
    fields.set("year", year.value);
    form.dataset.shows = fields;
    history.replaceState(null, "", `?${fields}${location.hash}`);
  } catch {
    form.querySelector("button").hidden = false; // the form still reloads the page
  }
}

form.querySelector("button").hidden = true;
year.addEventListener("input", move);
treaty?.addEventListener("change", move);
ask(wanted()).catch(() => {});
