// Colours the map of the world as the year moves, by the same question that coloured it on the server. Without this
// script the form beside the map asks for the page again.

const form = document.querySelector("form[data-map]");
const year = form.elements.year;
const treaty = form.elements.treaty;
const shown = document.getElementById("m-shown");
const counts = document.getElementById("m-counts");
const table = document.getElementById("m-table");
const answers = new Map();
let latest = "";

function fields() {
  return new URLSearchParams({ treaty: treaty.value, year: year.value });
}

async function ask(wanted) {
  // A snapshot never changes, so what was asked once need not be asked again.
  if (!answers.has(wanted)) {
    const response = await fetch(`${form.dataset.map}?${wanted}&fields=m49,status&limit=1000`);
    if (!response.ok) throw new Error(`${response.status}`);
    answers.set(wanted, (await response.json()).data);
  }
  return answers.get(wanted);
}

function colour(rows) {
  const found = {};
  for (const row of rows) {
    found[row.status] = (found[row.status] || 0) + 1;
    document.getElementById(`m${row.m49}`)?.setAttribute("class", row.status);
  }
  for (const item of counts.children) {
    const count = found[item.className] || 0;
    item.hidden = !count;
    item.querySelector("strong").textContent = count;
  }
}

async function move() {
  const wanted = fields().toString();
  latest = wanted;
  shown.textContent = year.value;
  try {
    const rows = await ask(wanted);
    if (latest !== wanted) return;
    colour(rows);
    table.href = `${form.dataset.map.replace(".json", ".html")}?${wanted}`;
    history.replaceState(null, "", `?${wanted}`);
    form.dataset.shows = wanted;
  } catch {
    form.querySelector("button").hidden = false; // the page itself can still be asked
  }
}

form.querySelector("button").hidden = true;
year.addEventListener("input", move);
treaty.addEventListener("change", move);
