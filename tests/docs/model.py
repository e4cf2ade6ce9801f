"""Model: makes the diagram, the tables and the examples of docs/model.md from the project's data, for `make model`."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from jinja2 import Environment, FileSystemLoader

from uphold.build.pipeline import build
from uphold.rdf.serialization import write
from uphold.rdf.terms import Label, Names
from uphold.serving.descriptions import Thing
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current
from uphold.web.resources.class_diagram import Join, draw

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "model.md", ROOT / "docs" / "model.svg"
MADE = re.compile(r"(<!-- (diagram|links|classes|turtle): ([^>]*?) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
"""A part that is made: its kind, and what it is made from."""
QUERY = re.compile(r"(```sparql\n((?:(?!```).)*)```\n\n```csv\n)(?:(?!```).)*(```)", re.DOTALL)
PARTNER = re.compile(r"```turtle\n(@prefix .*?)```", re.DOTALL)
"""The one example that is not in the data: it declares its prefixes."""
ONTOLOGY = "<https://w3id.org/uphold/ontology>"
CLASSES = f"""SELECT ?class ?above ?top ?definition WHERE {{
  ?class a owl:Class ; rdfs:isDefinedBy {ONTOLOGY} ; skos:definition ?definition ; rdfs:subClassOf* ?top .
  OPTIONAL {{ ?class rdfs:subClassOf ?above . ?above rdfs:isDefinedBy {ONTOLOGY} }}
  ?top a owl:Class ; rdfs:isDefinedBy {ONTOLOGY} .
  FILTER (LANG(?definition) = "en")
  FILTER NOT EXISTS {{ ?top rdfs:subClassOf/rdfs:isDefinedBy {ONTOLOGY} }}
}} ORDER BY ?class"""
PROPERTIES = """SELECT ?class ?path (MIN(?position) AS ?order) (MAX(COALESCE(?least, 0)) AS ?required) WHERE {
  ?shape sh:targetClass ?class ; sh:property ?property . ?property sh:path ?path ; sh:order ?position .
  OPTIONAL { ?property sh:minCount ?least }
  FILTER (isIRI(?path))
} GROUP BY ?class ?path ORDER BY ?class ?order ?path"""
LINKS = f"""SELECT DISTINCT ?class ?path ?other WHERE {{
  {{ ?shape sh:targetClass ?class ; sh:property [ sh:path ?path ; sh:class ?other ] FILTER (isIRI(?path)) }}
  UNION {{ ?path a owl:ObjectProperty ; rdfs:domain ?class ; rdfs:range ?other }}
  ?class rdfs:isDefinedBy {ONTOLOGY} . ?other rdfs:isDefinedBy {ONTOLOGY} .
}} ORDER BY ?class ?other ?path"""
CSS = (ROOT / "server" / "uphold" / "web" / "static" / "uphold.css").read_text("utf-8")
COLOURS = [re.findall(rf"--{name}: (#\w+);", CSS)[:2] for name in ("paper", "raised", "ink", "quiet")]
"""Those of the site, each for light and dark."""
STYLE = """text {{ font: 15px system-ui, sans-serif; text-anchor: middle; fill: {2} }}
.paper {{ fill: {0} }} rect {{ fill: {1}; stroke: {3} }} .join {{ fill: none; stroke: {3} }} marker path {{ fill: {3} }}
.by {{ font-size: 12px; fill: {3}; paint-order: stroke; stroke: {0}; stroke-width: 5 }}"""


class Model:
    """What the page is made from: a snapshot, the page as it is, and the partner's graph in it."""

    def __init__(self, snapshot: Snapshot, page: str) -> None:
        self.page = page
        self.prefixes = dict(snapshot.prefixes)
        self.names = Names(snapshot.base, snapshot.prefixes)
        self.store = ox.Store()
        self.store.bulk_load(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS)
        self.store.extend(ox.Quad(*triple) for triple in partner(page))
        self.top: dict[str, str] = {}
        self.above: dict[str, str] = {}
        self.definitions: dict[str, str] = {}
        for row in self.rows(CLASSES):
            self.top[row["class"].value] = row["top"].value
            self.definitions[row["class"].value] = row["definition"].value
            if row["above"]:
                self.above[row["class"].value] = row["above"].value

    def select(self, query: str) -> Any:
        """The result of a query on the union of all graphs, with the prefixes that a server knows."""
        return self.store.query(query, use_default_graph_as_union=True, prefixes=self.prefixes)

    def rows(self, query: str) -> list[Any]:
        """The rows of a SELECT query."""
        return list(self.select(query))

    def links(self) -> list[Join]:
        """The properties between classes, by ontology and shapes, those of subclasses counted for the broadest one."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.rows(LINKS):
            found[self.top[row["class"].value], self.top[row["other"].value]].append(row["path"].value)
        return [
            Join(self.thing(start), self.thing(end), tuple(map(self.thing, dict.fromkeys(paths))))
            for (start, end), paths in sorted(found.items())
        ]

    def thing(self, iri: str) -> Thing:
        """A term, labelled with its short name; the prefix `uphold:` is left out."""
        short = self.names.short(iri)
        return Thing(iri, Label(short.removeprefix("uphold:")), short)

    def written(self) -> str:
        """The page with all parts made again."""
        makers: Mapping[str, Callable[[str], str]] = {
            "diagram": self.diagram, "links": self.link_table, "classes": self.class_table, "turtle": self.turtle,
        }  # fmt: skip
        page = MADE.sub(lambda part: f"{part[1]}{makers[part[2]](part[3])}{part[4]}", self.page)
        return QUERY.sub(lambda part: f"{part[1]}{self.csv(part[2])}{part[3]}", page)

    def drawn(self) -> str:
        """The picture of the classes that the page names."""
        named = {name for part in MADE.finditer(self.page) if part[2] == "diagram" for name in part[3].split()}
        diagram = draw([each for each in self.links() if {each.start.label.text, each.end.label.text} <= named])
        templates = Environment(
            loader=FileSystemLoader(ROOT / "server" / "uphold" / "web" / "templates"), autoescape=True
        )
        assert diagram
        inner = templates.get_template("class_diagram.svg").render(diagram=diagram)
        light, dark = (STYLE.format(*colours) for colours in zip(*COLOURS, strict=True))
        width, height = f"{diagram.width:g}", f"{diagram.height:g}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">\n<title>{alternative(named)}</title>\n'
            f"<style>\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n</style>\n"
            f'<path class="paper" d="M0 0H{width}V{height}H0Z"></path>\n{inner.strip()}\n</svg>\n'
        )

    def diagram(self, names: str) -> str:
        """The reference to the picture."""
        return f"![{alternative(names.split())}]({PICTURE.name})\n"

    def link_table(self, _: str) -> str:
        """The table of all properties between classes."""
        rows = [
            (
                code(each.start.label.text),
                ", ".join(code(p.label.text) for p in each.properties),
                code(each.end.label.text),
            )
            for each in self.links()
        ]
        return table(("from", "property", "to"), rows)

    def class_table(self, order: str) -> str:
        """The table of all broadest classes, in this order, with their subclasses and properties."""
        first = order.split()
        tops = sorted({*self.top.values()}, key=lambda iri: (self.rank(iri, first), iri))
        properties: dict[str, dict[str, bool]] = defaultdict(dict)
        for row in self.rows(PROPERTIES):
            kind, path = row["class"].value, row["path"].value
            if kind in self.top:
                required = row["required"].value != "0" and kind == self.top[kind]
                properties[self.top[kind]][path] = required or properties[self.top[kind]].get(path, False)
        rows = []
        for iri in tops:
            kinds = f" Kinds: {narrower}." if (narrower := self.narrower(iri)) else ""
            names = (f"**{self.short(path)}**" if must else self.short(path) for path, must in properties[iri].items())
            rows.append((self.short(iri), self.definitions[iri] + kinds, ", ".join(names)))
        return table(("class", "what it is", "properties"), rows)

    def narrower(self, iri: str) -> str:
        """The direct subclasses of a class, each with its own in parentheses."""
        below = [each for each, above in self.above.items() if above == iri]
        return ", ".join(self.short(each) + (f" ({inner})" if (inner := self.narrower(each)) else "") for each in below)

    def rank(self, iri: str, first: list[str]) -> int:
        """The place of a class in the table: as listed, all others after that."""
        name = self.thing(iri).label.text
        return first.index(name) if name in first else len(first)

    def short(self, iri: str) -> str:
        """A term as code; the prefix `uphold:` is left out."""
        return code(self.thing(iri).label.text)

    def turtle(self, names: str) -> str:
        """The statements about these records, without the declarations of prefixes."""
        triples: list[ox.Triple] = []
        for name in names.split():
            prefix, _, key = name.partition(":")
            about = self.store.quads_for_pattern(ox.NamedNode(self.prefixes[prefix] + key), None, None)
            triples += sorted({quad.triple for quad in about}, key=typed_first)
        lines = write(triples, "text/turtle", self.prefixes).decode().expandtabs(2).splitlines()
        return "```turtle\n" + "".join(f"{line}\n" for line in lines if not line.startswith("@prefix")) + "```\n"

    def csv(self, query: str) -> str:
        """The result of a query."""
        found: bytes = self.select(query).serialize(format=ox.QueryResultsFormat.CSV)
        return found.decode().replace("\r\n", "\n")


def partner(page: str) -> list[ox.Triple]:
    """The graph of the partner in the page."""
    found = PARTNER.search(page)
    assert found
    return [quad.triple for quad in ox.parse(found[1].encode(), format=ox.RdfFormat.TURTLE)]


def typed_first(triple: ox.Triple) -> tuple[bool, str, str]:
    """The order of statements about one record."""
    return not triple.predicate.value.endswith("#type"), triple.predicate.value, str(triple.object)


def alternative(names: Any) -> str:
    """The text for whoever does not see the picture."""
    return f"Diagram of {len(names)} classes and the properties between them; the table of links below has the same"


def code(text: str) -> str:
    """A name as code."""
    return f"`{text}`"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return (
        "\n"
        + "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- | --- | --- |", "|---|---|---|")
        + "\n"
    )


def make() -> None:
    """Build the project's data, and write the page and the picture."""
    with tempfile.TemporaryDirectory() as state:
        settings = Settings(state=Path(state))
        build(settings)
        model = Model(current(settings.state), PAGE.read_text("utf-8"))
        PAGE.write_text(model.written(), "utf-8")
        PICTURE.write_text(model.drawn(), "utf-8")


if __name__ == "__main__":
    make()
