"""Ontology: the statements of the ontology's graph, arranged by their term.

The graph is small and a snapshot never changes, so it is read once; the page of a term then queries only the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from uphold.rdf.terms import LANGUAGE, Label, Names, Term, best_label
from uphold.serving.descriptions import Description, Thing, arrange

__all__ = ["KINDS", "NAMING", "Ontology", "read_ontology"]

KINDS: Mapping[str, str] = {
    "owl:Class": "class",
    "owl:ObjectProperty": "object property",
    "owl:DatatypeProperty": "datatype property",
    "skos:ConceptScheme": "concept scheme",
    "skos:Concept": "concept",
}
"""The kind of a term by its first matching type; any other term is an individual."""
NAMING = ("skos:prefLabel", "rdfs:label", "dcterms:title")
Row = dict[str, Term]


@dataclass(frozen=True, slots=True)
class Ontology:
    """The ontology's statements about each term, by short names of properties, and its incoming links.

    `prefixes` are those of all IRIs in it, `short` has their short names, and `kinds` the kind of each term.
    """

    iri: str
    graph: str
    prefixes: Mapping[str, str]
    short: Mapping[str, str]
    kinds: Mapping[str, str]
    rows: Mapping[str, tuple[Row, ...]]
    said: Mapping[str, Mapping[str, tuple[Term, ...]]]
    pointing: Mapping[str, Mapping[str, tuple[str, ...]]]
    language: str = LANGUAGE

    def speaking(self, language: str) -> Ontology:
        """A copy with texts in this language, if available."""
        return replace(self, language=language)

    def term(self, name: str) -> str | None:
        """The IRI of the class or property with this local name, or None."""
        iri = f"{self.iri}#{name}"
        return iri if iri in self.said else None

    def terms(self) -> list[str]:
        """The local names of all classes and properties, sorted."""
        return sorted(iri.partition("#")[2] for iri in self.said if iri.startswith(f"{self.iri}#"))

    def kind(self, iri: str) -> str:
        """The kind of a term."""
        return self.kinds.get(iri, "individual")

    def of_kind(self, kind: str) -> list[str]:
        """All terms of a kind, by label."""
        return self.in_order(iri for iri, found in self.kinds.items() if found == kind)

    def in_order(self, iris: Iterable[str]) -> list[str]:
        """Terms by label, without duplicates."""
        return sorted({*iris}, key=lambda iri: (self.thing(iri).label.text.casefold(), iri))

    def iris(self, iri: str, *properties: str) -> list[str]:
        """The objects of these properties of a term, each once."""
        values = (term for name in properties for term in self.values(iri, name) if term.kind == "iri")
        return list(dict.fromkeys(term.value for term in values))

    def sources(self, iri: str, *properties: str) -> list[str]:
        """The subjects of these properties with a term as object, each once."""
        found = self.pointing.get(iri, {})
        return list(dict.fromkeys(source for name in properties for source in found.get(name, ())))

    def values(self, iri: str, name: str) -> tuple[Term, ...]:
        """The values of one property of a term."""
        return self.said.get(iri, {}).get(name, ())

    def texts(self, iri: str, *properties: str) -> list[Label]:
        """The literals of these properties, in the reader's language if available, else in English."""
        found = [Label(t.value, t.language) for n in properties for t in self.values(iri, n) if t.kind == "literal"]
        chosen = best_label(((0, each) for each in found), self.language)
        return [each for each in found if chosen and each.language == chosen.language]

    def thing(self, iri: str) -> Thing:
        """A term with its label, or its short name if it has none."""
        ranked = (
            (rank, Label(term.value, term.language))
            for rank, name in enumerate(NAMING)
            for term in self.values(iri, name)
            if term.kind == "literal"
        )
        short = self.short.get(iri, iri)
        return Thing(iri, best_label(ranked, self.language) or Label(short), short)

    def above(self, iri: str, name: str) -> Iterator[str]:
        """Our own ancestors of a term by a property such as `rdfs:subClassOf`, nearest first, each once."""
        seen, waiting = {iri}, [iri]
        while waiting:
            for upper in self.iris(waiting.pop(0), name):
                if upper in self.said and upper not in seen:
                    seen.add(upper)
                    waiting.append(upper)
                    yield upper

    def description(self, iri: str, things: Mapping[str, Thing]) -> Description:
        """The ontology's statements about a term; `things` has the names of other resources in them."""
        rows = [*self.rows[iri]]
        mentioned = {term.value for row in rows for term in row.values() if term.kind == "iri"}
        called = {each: self.thing(each) if each in self.said else things.get(each) for each in mentioned}
        known = {each: found or self.thing(each) for each, found in called.items()}
        return Description(
            thing=self.thing(iri),
            types=tuple(known[kind] for kind in sorted(self.iris(iri, "rdf:type"))),
            facts=arrange(rows, iri, known),
            incoming=(),
            sources=(),
            graphs=(things.get(self.graph) or self.thing(self.graph),),
        )


def read_ontology(rows: Iterable[Row], names: Names, iri: str, graph: str) -> Ontology:
    """The ontology from the rows of the page query `ontology`, without its declarations of others' terms."""
    own = iri.removesuffix("ontology")
    by_node: dict[str, list[Row]] = defaultdict(list)
    said: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    pointing: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    short: dict[str, str] = {}
    for row in rows:
        if not row["node"].value.startswith(own):
            continue
        for term in row.values():
            if term.kind == "iri" and term.value not in short:
                short[term.value] = names.short(term.value)
        node, name, value = row["node"].value, short[row["property"].value], row["value"]
        by_node[node].append({**row, "graph": Term("iri", graph)})
        said[node][name].append(value)
        if value.kind == "iri":
            pointing[value.value][name].append(node)
    used = {name.partition(":")[0] for each, name in short.items() if name != each}
    return Ontology(
        iri,
        graph,
        {prefix: names.prefixes[prefix] for prefix in sorted(used)},
        short,
        {
            node: kind_of({short[each.value] for each in found["rdf:type"]})
            for node, found in said.items()
            if "rdf:type" in found
        },
        {node: tuple(found) for node, found in by_node.items()},
        {node: {name: tuple(values) for name, values in found.items()} for node, found in said.items()},
        {node: {name: tuple(values) for name, values in found.items()} for node, found in pointing.items()},
    )


def kind_of(types: Container[str]) -> str:
    """The kind of a term with these types: the first kind with one of them."""
    return next((kind for name, kind in KINDS.items() if name in types), "individual")
