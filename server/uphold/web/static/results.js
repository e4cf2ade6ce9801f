// How YASR shows a result: a table whose links stay on this host, a chart, and the raw response.

const NUMERIC = /#(?:integer|decimal|double|float|int|long|short|nonNegativeInteger|positiveInteger)$/;
const DATED = /#(?:date|dateTime)$/;
const MOST_MARKS = 60;
const GRIDLINES = 4; // the number requested; Vega draws at most six
const LONGEST_NAME = 28; // characters of a name that stays on one line
const escaped = (text) => {
  const box = document.createElement("i");
  box.textContent = text;
  return box.innerHTML.replaceAll('"', "&quot;");
};

/** Replace YASR's plugins with ours. `words` may be filled later. */
export function addPlugins(Yasr, words, chartScript) {
  class Rows extends Yasr.plugins.table {
    constructor(yasr) {
      super(yasr);
      this.helpReference = undefined;
      this.persistentConfig = { compact: true, isEllipsed: false };
    }

    // The value by which a cell is sorted and searched; the search parses markup, so the text is escaped.
    getColumns() {
      return super.getColumns().map((column) => ({
        ...column,
        render: (term, purpose, ...rest) => {
          if (!term?.type || purpose === "display") return column.render(term, purpose, ...rest);
          if (purpose === "sort" || purpose === "type") return NUMERIC.test(term.datatype ?? "") ? Number(term.value) : term.value;
          return escaped(`${term.value} ${term.type === "uri" ? shortName(term.value, words.prefixes) : ""}`);
        },
      }));
    }

    getUriLinkFromBinding({ value }) {
      const address = localAddress(value, words);
      const short = shortName(value, words.prefixes);
      const name = escaped(short);
      return address ? `<a class="iri${short.length > LONGEST_NAME ? " long" : ""}" href="${escaped(address)}" title="${escaped(value)}">${name}</a>` : name;
    }

    formatLiteral(term) {
      const language = term["xml:lang"];
      const tag = language && language !== "en" ? ` <span class="tag">${escaped(language)}</span>` : "";
      return `<bdi${language ? ` lang="${escaped(language)}"` : ""} dir="auto">${escaped(term.value)}</bdi>${tag}`;
    }
  }
  Object.assign(Rows.defaults.tableConfig, { autoWidth: false });
  class Raw extends Yasr.plugins.response {
    constructor(yasr) {
      super(yasr);
      this.helpReference = undefined;
      this.label = "Raw";
    }
  }
  Yasr.registerPlugin("table", Rows);
  Yasr.registerPlugin("response", Raw);
  Yasr.registerPlugin("chart", chartPlugin(words, chartScript));
  Yasr.defaults.pluginOrder = ["table", "chart", "response"];
}

/** An IRI with one of our prefixes in place of its beginning, the longest that fits. */
export function shortName(iri, prefixes) {
  let best = iri;
  for (const [prefix, start] of Object.entries(prefixes)) {
    const rest = iri.slice(start.length);
    const fits = rest && iri.startsWith(start) && !rest.includes("/");
    if (fits && prefix.length + rest.length + 1 < best.length) best = `${prefix}:${rest}`;
  }
  return best;
}

/** The local address of an IRI; other web addresses unchanged; null for anything that is not a web address. */
function localAddress(iri, { base, root, within }) {
  if (base && iri.startsWith(base)) {
    const path = iri.slice(base.length);
    return path.startsWith("id/") ? `${root}${within}/doc/${path.slice(3)}` : `${root}/${path}`;
  }
  return /^https?:/.test(iri) ? iri : null;
}

/** A plugin that draws one column against another with Vega-Lite, which is loaded when it is first needed. */
function chartPlugin(words, script) {
  return class Chart {
    label = "Chart";
    priority = 5;

    constructor(yasr) {
      this.yasr = yasr;
    }

    getIcon() {
      const icon = document.createElement("span");
      icon.className = "chart-icon";
      return icon;
    }

    columns() {
      const rows = this.yasr.results?.getBindings() ?? [];
      const has = (name, test) => rows.some((row) => row[name]) && rows.every((row) => !row[name] || test(row[name]));
      const names = this.yasr.results?.getVariables() ?? [];
      const figures = names.filter((name) => has(name, (term) => NUMERIC.test(term.datatype ?? "")));
      const others = names.filter((name) => !figures.includes(name));
      return { rows, figures, across: [...others, ...figures], dated: (name) => has(name, (term) => DATED.test(term.datatype ?? "")) };
    }

    canHandleResults() {
      const { figures, across } = this.columns();
      return figures.length > 0 && across.length > 1;
    }

    async draw() {
      const { rows, figures, across, dated } = this.columns();
      const figure = choice("Show", figures, figures[0]);
      const by = choice("by", across, preferred(across, figures, rows));
      const controls = document.createElement("div");
      controls.className = "chart-controls";
      controls.append(figure.label, by.label);
      const place = document.createElement("div");
      place.className = "chart-place";
      const note = document.createElement("p");
      note.className = "note";
      this.yasr.resultsEl.append(controls, place, note);
      const render = async () => {
        const names = [by.select.value, figure.select.value];
        const shown = rows.filter((row) => row[names[0]] && row[names[1]]).slice(0, MOST_MARKS);
        note.textContent = shown.length < rows.length ? `${shown.length} of ${rows.length} rows are shown.` : "";
        const labels = labelled(shown, names, across, words.prefixes);
        // Each bar is one row: it is positioned by a unique key, of which only the label is shown.
        const values = shown.map((row, number) => ({
          row: `${number}\t${labels[number]}`,
          name: dated(names[0]) ? row[names[0]].value : labels[number],
          figure: Number(row[names[1]].value),
          said: `${labels[number]}: ${row[names[1]].value}`,
        }));
        await load(script);
        const made = await window.vegaEmbed(place, spec(values, names, dated(names[0])), {
          actions: false,
          renderer: "svg",
          defaultStyle: false,
          tooltip: { disableDefaultStyle: true },
        });
        place.firstElementChild?.setAttribute("aria-label", `${names[1]} by ${names[0]}`);
        return made;
      };
      controls.addEventListener("change", render);
      await render();
    }
  };
}

/** The label of each row: the value on the axis and, where rows share one, what distinguishes them. */
function labelled(rows, [by, figure], across, prefixes) {
  const text = (term) => (term?.type === "uri" ? shortName(term.value, prefixes) : (term?.value ?? ""));
  const others = across.filter((name) => name !== by && name !== figure);
  return rows.map((row) => {
    const alike = rows.filter((other) => text(other[by]) === text(row[by]));
    if (alike.length === 1) return text(row[by]);
    const apart = others.find((name) => new Set(alike.map((each) => text(each[name]))).size === alike.length);
    return `${text(row[by])} (${apart ? text(row[apart]) : alike.indexOf(row) + 1})`;
  });
}

/** The column to draw by at first: the one of text with the most different values. */
function preferred(across, figures, rows) {
  const variety = (name) => new Set(rows.map((row) => row[name]?.value)).size;
  const texts = across.filter((name) => !figures.includes(name) && rows.some((row) => row[name]?.type !== "uri"));
  const offered = texts.length ? texts : across.filter((name) => name !== figures[0]);
  return offered.reduce((best, name) => (variety(name) > variety(best) ? name : best));
}

function choice(text, names, chosen) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.append(...names.map((name) => new Option(name, name, false, name === chosen)));
  label.append(`${text} `, select);
  return { label, select };
}

/** The chart: a line for dates, else bars, in the colours of the page. */
function spec(values, [across, figure], dated) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const quiet = colour("--quiet");
  const tooltip = [
    { field: "name", title: across, ...(dated && { type: "temporal" }) },
    { field: "figure", title: figure, type: "quantitative" },
  ];
  const label = "slice(datum.label, indexof(datum.label, '\\t') + 1)";
  const along = dated
    ? { field: "name", type: "temporal", title: across, axis: { tickCount: GRIDLINES } }
    : { field: "row", type: "nominal", title: null, sort: null, axis: { labelLimit: 220, labelExpr: label, description: across } };
  const height = { field: "figure", type: "quantitative", title: figure, axis: { tickCount: GRIDLINES } };
  const description = { field: "said" };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    data: { values },
    width: "container",
    height: dated ? 320 : 40 + 20 * values.length,
    background: "transparent",
    mark: dated ? { type: "line", point: true } : { type: "bar", cornerRadiusEnd: 2 },
    encoding: dated ? { x: along, y: height, tooltip, description } : { y: along, x: height, tooltip, description },
    config: {
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: null },
      bar: { color: colour("--accent") },
      line: { color: colour("--accent") },
      point: { color: colour("--accent") },
      axis: {
        labelColor: quiet, titleColor: quiet, domainColor: quiet, tickColor: colour("--line"), gridColor: colour("--line"),
        labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
      },
    },
  };
}

let loading;
/** Load a script once. */
function load(address) {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  return loading;
}
