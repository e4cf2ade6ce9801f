// Replaces the image of a chart with an interactive one on request. Without this script, the image
// remains.

const WORLD = "world-110m.json";

function here(spec, vendor) {
  // The specification names the world map by file name only; this server has the file.
  return JSON.parse(JSON.stringify(spec), (key, value) => (key === "url" && value === WORLD ? vendor + WORLD : value));
}

function load(address) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
}

async function explore(figure, button) {
  const vendor = figure.dataset.vendor;
  button.disabled = true;
  button.textContent = "Loading…";
  try {
    const [answer] = await Promise.all([fetch(figure.dataset.chart), window.vegaEmbed || load(vendor + "vega.js")]);
    const place = document.createElement("div");
    const options = { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true } };
    await window.vegaEmbed(place, here(await answer.json(), vendor), options);
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", figure.querySelector("img").alt);
    figure.querySelector("img").replaceWith(place);
    button.remove();
  } catch {
    button.textContent = "The chart could not be loaded";
  }
}

for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Explore this chart";
  button.addEventListener("click", () => explore(figure, button));
  figure.append(button);
}
