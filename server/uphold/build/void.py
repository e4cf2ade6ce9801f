"""VoID: the partitions of a set of triples by class and by property.

Tools use it for completion and query builders, without reading the data. A partition is named after its terms, as in
`.well-known/void#places/classes/uphold:State/uphold:inRegion`; that address returns all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

import pyoxigraph as ox

__all__ = ["ShortNames", "Tally", "describe"]

VOID = "http://rdfs.org/ns/void#"
EXTENSION = "http://ldf.fi/void-ext#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
IN_FRAGMENT = "!$&'()*+,;=:@/?-._~"


class ShortNames:
    """Short names of terms: with a prefix if there is one, else the whole IRI."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = sorted(prefixes.items(), key=lambda pair: (-len(pair[1]), pair))
        self.known: dict[ox.NamedNode, str] = {}

    def __getitem__(self, term: ox.NamedNode) -> str:
        """The name in the fragment of an IRI; different terms have different names."""
        if term not in self.known:
            iri = term.value
            prefix, space = next((pair for pair in self.prefixes if iri.startswith(pair[1])), ("", ""))
            local = iri.removeprefix(space)
            whole = not prefix or "/" in local or "#" in local
            self.known[term] = quote(iri, safe="") if whole else f"{prefix}:{quote(local, safe=IN_FRAGMENT)}"
        return self.known[term]


class Tally:
    """The counts of a set of triples without duplicates."""

    def __init__(self, triples: Iterable[ox.Triple], *, ranges: bool) -> None:
        """With `ranges`, also the types of the values, by class and property."""
        facts = [(triple.subject, triple.predicate, triple.object) for triple in triples]
        types: dict[object, list[ox.NamedNode]] = defaultdict(list)
        for subject, predicate, value in facts:
            if predicate == TYPE and isinstance(value, ox.NamedNode):
                types[subject].append(value)
        self.subjects = {subject for subject, _, _ in facts}
        self.objects = len({value for _, _, value in facts})
        self.entities = sum(isinstance(subject, ox.NamedNode) for subject in self.subjects)
        self.properties = Counter(predicate for _, predicate, _ in facts)
        self.classes: Counter[ox.NamedNode] = Counter()
        for thing, kinds in types.items():
            self.classes.update({kind: int(isinstance(thing, ox.NamedNode)) for kind in kinds})
        self.used: Counter[tuple[ox.NamedNode, ox.NamedNode]] = Counter()
        self.datatypes: Counter[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]] = Counter()
        self.links: Counter[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]] = Counter()
        for subject, predicate, value in facts:
            for kind in types.get(subject, ()):
                self.used[kind, predicate] += 1
                if ranges and isinstance(value, ox.Literal):
                    self.datatypes[kind, predicate, value.datatype] += 1
                elif ranges:
                    self.links.update((kind, predicate, other) for other in types.get(value, ()))


def describe(dataset: ox.NamedNode, tally: Tally, place: str, names: ShortNames) -> Iterator[ox.Triple]:
    """The VoID description of a data set with these counts; `place` is the prefix of the partitions' IRIs."""
    figures = {
        "entities": tally.entities,
        "classes": len(tally.classes),
        "properties": len(tally.properties),
        "distinctSubjects": len(tally.subjects),
        "distinctObjects": tally.objects,
    }
    for figure, count in figures.items():
        yield number(dataset, figure, count)
    for term, count in tally.properties.items():
        yield from part(dataset, "property", term, f"{place}/properties/{names[term]}", count)
    for kind, count in tally.classes.items():
        yield from part(dataset, "class", kind, f"{place}/classes/{names[kind]}")
        yield number(ox.NamedNode(f"{place}/classes/{names[kind]}"), "entities", count)
    for (kind, term), count in tally.used.items():
        holder = f"{place}/classes/{names[kind]}"
        yield from part(ox.NamedNode(holder), "property", term, f"{holder}/{names[term]}", count)
    for what, found in (("class", tally.links), ("datatype", tally.datatypes)):
        for (kind, term, value), count in found.items():
            holder = f"{place}/classes/{names[kind]}/{names[term]}"
            yield from part(ox.NamedNode(holder), what, value, f"{holder}/{what}/{names[value]}", count)


def part(
    holder: ox.NamedNode, what: str, term: ox.NamedNode, iri: str, count: int | None = None
) -> Iterator[ox.Triple]:
    """One partition of `holder`: its term, and its number of triples."""
    space = EXTENSION if what == "datatype" else VOID
    node = ox.NamedNode(iri)
    yield ox.Triple(holder, ox.NamedNode(f"{space}{what}Partition"), node)
    yield ox.Triple(node, ox.NamedNode(f"{space}{what}"), term)
    if count is not None:
        yield number(node, "triples", count)


def number(subject: ox.NamedNode, figure: str, count: int) -> ox.Triple:
    """A number as a term."""
    return ox.Triple(subject, ox.NamedNode(f"{VOID}{figure}"), ox.Literal(str(count), datatype=INTEGER))
