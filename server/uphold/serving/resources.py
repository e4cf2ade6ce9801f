"""Resources: queries a snapshot for descriptions of IRIs, lists of resources and key figures.

All queries are files in `queries/pages/`. `descriptions` arranges the results.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from cachetools import LRUCache

from uphold.engines.interface import Engine
from uphold.errors import ResourceNotFound
from uphold.rdf.serialization import write
from uphold.rdf.terms import LANGUAGE, Label, Names, Term, best_label, iri_term, literal_term
from uphold.serving.descriptions import Description, Incoming, Provenance, Source, Thing, arrange
from uphold.serving.ontology import Ontology, read_ontology
from uphold.serving.page_queries import PageQueries
from uphold.snapshots.snapshot import Snapshot

__all__ = ["Resources"]

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
ASKED_AT_ONCE = 500
LABELS_KNOWN = 10_000
Row = dict[str, Term]


class Resources:
    """The data for pages and documents about the IRIs of one snapshot."""

    def __init__(self, snapshot: Snapshot, engine: Engine, texts: Mapping[str, str]) -> None:
        self.base = snapshot.base
        self.ask = PageQueries(engine, texts)
        self.names = Names(snapshot.base, snapshot.prefixes)
        self.labels: LRUCache[str, list[tuple[int, Label]]] = LRUCache(LABELS_KNOWN)
        self.lock = threading.Lock()
        self.kinds = cache(self.count_kinds)  # a snapshot never changes, so results can be cached
        self.figures = cache(self.count_figures)
        self.graphs = cache(self.list_graphs)
        self.things_of_kind = cache(self.list_things_of_kind)
        self.shapes = cache(self.list_shapes)
        self.languages = cache(self.list_languages)
        self.vocabulary = cache(self.list_vocabulary)
        self.ontology = cache(self.read_ontology)
        self.everything = cache(lambda: self.list_things(f"{self.base}id/"))

    def describe(self, iri: str, language: str = LANGUAGE) -> Description:
        """The description of `iri`, with names in a language if available; raises `ResourceNotFound`."""
        first, *parts = self.with_parts(iri)
        return self.describe_one(first, language, tuple(self.describe_one(part, language) for part in parts))

    def rdf(self, iri: str, media_type: str) -> bytes:
        """The same as RDF in one of `GRAPH_TYPES`."""
        return self.document("description", media_type, this=map(iri_term, self.with_parts(iri)))

    def document(self, query: str, media_type: str, **terms: Iterable[str]) -> bytes:
        """The result of a CONSTRUCT page query as RDF."""
        bound = {name: list(values) for name, values in terms.items()}
        return write(self.ask.triples(query, **bound), media_type, self.names.prefixes)

    def graph(self, name: str, media_type: str) -> bytes:
        """All statements of the graph with this name."""
        return self.document("whole-graph", media_type, graph=[iri_term(f"{self.base}graph/{name}")])

    def check(self, iri: str) -> None:
        """Raise `ResourceNotFound` unless a statement mentions `iri`."""
        self.with_parts(iri)

    def with_parts(self, iri: str) -> list[str]:
        """The IRI, and those that add a fragment to it: none under `id/`, and none if it already has a fragment."""
        try:
            known = self.ask.truth("known", this=[iri_term(iri)])
        except ValueError as problem:  # not an IRI, so nothing can mention it
            raise ResourceNotFound(iri) from problem
        alone = iri.startswith(f"{self.base}id/") or "#" in iri
        parts = [] if alone else [thing.iri for thing in self.list_things(f"{iri}#")]
        if not known and not parts:
            raise ResourceNotFound(iri)
        return [iri, *parts]

    def describe_one(self, iri: str, language: str, parts: tuple[Description, ...] = ()) -> Description:
        """The description of one IRI that exists."""
        this = [iri_term(iri)]
        rows = self.ask.rows("facts", this=this)
        if any(row["value"].kind == "blank" for row in rows):
            rows += self.ask.rows("facts-of-blank-nodes", this=this)
        sources = self.ask.rows("sources", this=this)
        pointing = self.ask.rows("pointing", this=this)
        by = [iri_term(row["property"].value) for row in pointing]
        incoming = [self.ask.rows("incoming", this=this, property=[property_]) for property_ in by]
        everything = [*rows, *sources, *pointing, *(row for found in incoming for row in found)]
        things = self.called({iri, *(t.value for row in everything for t in row.values() if t.kind == "iri")}, language)
        kinds = {row["value"].value for row in rows if row["node"].value == iri and row["property"].value == TYPE}
        return Description(
            thing=things[iri],
            types=tuple(things[kind] for kind in sorted(kinds)),
            facts=arrange(rows, iri, things),
            incoming=tuple(incoming_of(iri, *each, things) for each in zip(pointing, incoming, strict=True)),
            sources=tuple(source_of(row, things) for row in sources),
            graphs=tuple(things[graph] for graph in sorted({row["graph"].value for row in rows})),
            parts=parts,
        )

    def called(self, iris: Iterable[str], language: str = LANGUAGE) -> dict[str, Thing]:
        """Each IRI with its best label, in this language if available."""
        wanted = sorted(set(iris))
        with self.lock:
            found = {iri: self.labels[iri] for iri in wanted if iri in self.labels}
        new = [iri for iri in wanted if iri not in found]
        for start in range(0, len(new), ASKED_AT_ONCE):
            some = new[start : start + ASKED_AT_ONCE]
            found |= {iri: [] for iri in some}
            for row in self.ask.rows("labels", this=map(iri_term, some)):
                found[row["this"].value].append(ranked(row))
        with self.lock:
            self.labels.update((iri, found[iri]) for iri in new)
        return {iri: self.thing(iri, found[iri], language) for iri in wanted}

    def cited(self, iris: Iterable[str], language: str = LANGUAGE) -> dict[str, Provenance]:
        """The provenance of each of these; those without any are omitted."""
        wanted, rows = sorted(set(iris)), []
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            rows += self.ask.rows("cited", this=map(iri_term, wanted[start : start + ASKED_AT_ONCE]))
        things = self.called({t.value for row in rows for t in row.values() if t.kind == "iri"}, language)
        by_thing: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_thing[row["this"].value].append(row)
        return {iri: provenance_of(found, things) for iri, found in by_thing.items()}

    def thing(self, iri: str, labels: Iterable[tuple[int, Label]], language: str = LANGUAGE) -> Thing:
        """An IRI with its best label, or its short name if it has none."""
        short = self.names.short(iri)
        return Thing(iri, best_label(labels, language) or Label(short), short)

    def list_things(self, start: str) -> tuple[Thing, ...]:
        """All resources whose IRI begins with `start`, by label."""
        found: dict[str, list[tuple[int, Label]]] = defaultdict(list)
        for row in self.ask.rows("things", start=[literal_term(start)]):
            found[row["thing"].value] += [ranked(row)] if "label" in row else []
        things = [self.thing(iri, labels) for iri, labels in found.items()]
        return tuple(sorted(things, key=lambda thing: (thing.label.text.casefold(), thing.iri)))

    def list_things_of_kind(self, kind: str) -> tuple[Thing, ...]:
        """All resources under `id/<kind>/`, by label; raises `ResourceNotFound` if there are none."""
        start = f"{self.base}id/{kind}/"
        if kind not in self.kinds():
            raise ResourceNotFound(start)
        return self.list_things(start)

    def list_shapes(self) -> tuple[Thing, ...]:
        """All shapes with an IRI, by short name."""
        return tuple(sorted(self.list_things(f"{self.base}shapes/"), key=lambda shape: shape.iri))

    def list_vocabulary(self) -> tuple[dict[str, Any], ...]:
        """All declared or used classes and properties: IRI, name, kind, number of uses, and description."""
        return tuple(
            {
                "iri": row["term"].value,
                "name": self.names.short(row["term"].value),
                "kind": row["kind"].value,
                "uses": int(row["uses"].value),
                **{said: row[said].value for said in ("label", "definition") if said in row},
            }
            for row in self.ask.rows("terms")
        )

    def read_ontology(self) -> Ontology:
        """The ontology, by term."""
        graph = f"{self.base}graph/ontology"
        rows = self.ask.rows("ontology", graph=[iri_term(graph)])
        return read_ontology(rows, self.names, f"{self.base}ontology", graph)

    def count_kinds(self) -> dict[str, int]:
        """Each kind of resource under `id/`, with the number of resources."""
        return {row["kind"].value: int(row["count"].value) for row in self.ask.rows("kinds")}

    def count_figures(self) -> dict[str, int]:
        """The figures of `queries/pages/figures.rq`; an empty count is 0."""
        return defaultdict(int, {r["figure"].value: int(r["count"].value) for r in self.ask.rows("figures")})

    def list_languages(self) -> tuple[str, ...]:
        """The languages of labels, English first."""
        found = {row["language"].value for row in self.ask.rows("languages")} - {"", "und"}
        return tuple(sorted(found, key=lambda language: (language != "en", language)))

    def list_graphs(self) -> tuple[Row, ...]:
        """Each graph with title, description, licence and number of triples."""
        return tuple(self.ask.rows("graphs"))


def ranked(row: Row) -> tuple[int, Label]:
    """Rank and label in a row of a page query."""
    return int(row["rank"].value), Label(row["label"].value, row["label"].language)


def incoming_of(iri: str, row: Row, found: list[Row], things: Mapping[str, Thing]) -> Incoming:
    """The incoming links of `iri` by one property; blank subjects are counted but not listed."""
    by = row["property"].value
    shown = tuple(things[each["source"].value] for each in found if each["source"].kind == "iri")
    query = f"SELECT DISTINCT ?thing WHERE {{ ?thing {iri_term(by)} {iri_term(iri)} }} ORDER BY ?thing"
    return Incoming(things[by], int(row["count"].value), shown, query)


def source_of(row: Row, things: Mapping[str, Thing]) -> Source:
    """A source from a row of `sources`."""
    publication = row.get("publication")
    locator = row["locator"].value if "locator" in row else ""
    return Source(things[row["source"].value], locator, things[publication.value] if publication else None)


def provenance_of(rows: list[Row], things: Mapping[str, Thing]) -> Provenance:
    """The provenance of one resource, from rows of `cited`; a row without a place in a publication is an input."""
    rules = [things[row["rule"].value] for row in rows if "rule" in row]
    sources = {row["source"].value: row for row in rows if "source" in row}
    cited = [row for row in sources.values() if row["cited"].value == "true" or "publication" in row]
    inputs = [things[iri] for iri, row in sources.items() if row not in cited]
    return Provenance(tuple(source_of(row, things) for row in cited), tuple(inputs), rules[0] if rules else None)
