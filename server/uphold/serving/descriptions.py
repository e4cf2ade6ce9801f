"""Descriptions: the statements about one IRI, arranged for a page and for JSON.

The JSON form is `{"id", "label", "types", "facts", "incoming", "sources", "graphs", "parts", "prefixes"}`. `facts` has
one key per property, as a short name that `prefixes` resolves, and a list of values: `{"id", "label"}` for a resource,
`{"value"}` with `language` or `datatype` for a literal, `{"facts"}` for a blank node, `{"list"}` for a list.
`incoming` has one key per property, with `count` (all incoming links) and `things` (the first fifty subjects).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from uphold.rdf.terms import Label, Term

__all__ = ["Description", "Fact", "Incoming", "Provenance", "Source", "Thing", "Value", "arrange"]

LABELS = (
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://purl.org/dc/terms/title",
)
FIRST = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first"
REST = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"
NESTED_AT_MOST = 12
Row = dict[str, Term]


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource with an IRI, its label and its short name."""

    iri: str
    label: Label
    short: str

    def as_json(self) -> dict[str, str]:
        """As in the JSON form."""
        return {"id": self.iri, "label": self.label.text}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a property: a resource, a literal, a list, or a blank node with its facts."""

    term: Term
    thing: Thing | None = None
    facts: tuple[Fact, ...] = ()
    items: tuple[Value, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As in the JSON form."""
        if self.thing:
            return self.thing.as_json()
        if self.items:
            return {"list": [item.as_json() for item in self.items]}
        if self.term.kind == "blank":
            return {"facts": facts_as_json(self.facts)}
        rest = {"language": self.term.language, "datatype": self.term.datatype}
        return {"value": self.term.value, **{key: value for key, value in rest.items() if value}}


@dataclass(frozen=True, slots=True)
class Fact:
    """A property and its values."""

    property: Thing
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """The incoming links by one property: their number, the first of them, and the query for all."""

    property: Thing
    count: int
    things: tuple[Thing, ...]
    query: str

    def as_json(self) -> dict[str, Any]:
        """As in the JSON form."""
        return {"count": self.count, "things": [thing.as_json() for thing in self.things]}


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a fact: a citation, the place in its publication, the publication."""

    citation: Thing
    locator: str
    publication: Thing | None

    def as_json(self) -> dict[str, Any]:
        """As in the JSON form."""
        publication = self.publication.as_json() if self.publication else None
        return {**self.citation.as_json(), "locator": self.locator, "publication": publication}


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provenance of a fact: places in publications, other resources, and the rule that derived it."""

    sources: tuple[Source, ...] = ()
    inputs: tuple[Thing, ...] = ()
    rule: Thing | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """The description of one IRI in a snapshot; `parts` are the IRIs that add a fragment to it."""

    thing: Thing
    types: tuple[Thing, ...]
    facts: tuple[Fact, ...]
    incoming: tuple[Incoming, ...]
    sources: tuple[Source, ...]
    graphs: tuple[Thing, ...]
    parts: tuple[Description, ...] = ()

    def values(self, short: str) -> tuple[Value, ...]:
        """The values of the property with this short name, such as `uphold:adopted`."""
        return next((fact.values for fact in self.facts if fact.property.short == short), ())

    def besides(self, short: Container[str]) -> list[Fact]:
        """The facts of properties other than those with these short names."""
        return [fact for fact in self.facts if fact.property.short not in short]

    def subjects(self, short: str) -> tuple[Thing, ...]:
        """The first subjects of the incoming links by the property with this short name."""
        return tuple(thing for each in self.incoming if each.property.short == short for thing in each.things)

    def as_json(self) -> dict[str, Any]:
        """The JSON form, without `prefixes`."""
        return {
            **self.thing.as_json(),
            "types": [kind.as_json() for kind in self.types],
            "facts": facts_as_json(self.facts),
            "incoming": {incoming.property.short: incoming.as_json() for incoming in self.incoming},
            "sources": [source.as_json() for source in self.sources],
            "graphs": [graph.as_json() for graph in self.graphs],
            "parts": [part.as_json() for part in self.parts],
        }


def facts_as_json(facts: Iterable[Fact]) -> dict[str, list[dict[str, Any]]]:
    """Facts as in the JSON form."""
    return {fact.property.short: [value.as_json() for value in fact.values] for fact in facts}


def arrange(rows: list[Row], node: str, things: Mapping[str, Thing]) -> tuple[Fact, ...]:
    """The facts of one node from rows of node, property and value: labels first, blank nodes nested."""
    by_node: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_node[row["node"].value].append(row)
    return facts_of(by_node, node, things, NESTED_AT_MOST)


def facts_of(rows: Mapping[str, list[Row]], node: str, things: Mapping[str, Thing], depth: int) -> tuple[Fact, ...]:
    """The facts of one node, nested to at most `depth` nodes."""
    found: dict[str, dict[Term, Value]] = defaultdict(dict)
    for row in rows.get(node, ()) if depth else ():
        found[row["property"].value][row["value"]] = value_of(rows, row["value"], things, depth - 1)
    names = sorted(found, key=lambda name: (LABELS.index(name) if name in LABELS else len(LABELS), name))
    return tuple(Fact(things[name], tuple(sorted(found[name].values(), key=reading_order))) for name in names)


def value_of(rows: Mapping[str, list[Row]], term: Term, things: Mapping[str, Thing], depth: int) -> Value:
    """A term as a value: a list with its items, another blank node with its facts."""
    if term.kind == "iri":
        return Value(term, things[term.value])
    if term.kind == "literal":
        return Value(term)
    items, cell, seen = [], term, {term}
    while links := {row["property"].value: row["value"] for row in rows.get(cell.value, ())}:
        if FIRST not in links or REST not in links:
            break
        items.append(value_of(rows, links[FIRST], things, depth - 1) if depth else Value(links[FIRST]))
        cell = links[REST]
        if cell in seen:  # a cyclic list
            break
        seen.add(cell)
    return Value(term, items=tuple(items)) if items else Value(term, facts=facts_of(rows, term.value, things, depth))


def reading_order(value: Value) -> tuple[bool, str, str]:
    """Sort key: English first, then the other languages; within a language by text."""
    text = value.thing.label.text if value.thing else value.term.value
    return value.term.language.split("-")[0].lower() not in ("", "en"), value.term.language, text
