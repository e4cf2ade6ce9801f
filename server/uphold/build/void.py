"""VoID: the partitions of a set of triples by class and by property.

Tools use it for completion and query builders, without reading the data. A partition is named after its terms, as in
`.well-known/void#places/classes/uphold:State/uphold:inRegion`; that address returns all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any
from urllib.parse import quote

__all__ = ["Counted", "Facts", "ShortNames", "Tally", "count_objects", "describe", "facts_of", "number", "place_of"]

VOID = "http://rdfs.org/ns/void#"
EXTENSION = "http://ldf.fi/void-ext#"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
XSD = "http://www.w3.org/2001/XMLSchema#"
LANG_STRING = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>"
IN_FRAGMENT = "!$&'()*+,;=:@/?-._~"


class ShortNames:
    """Short names of terms: with a prefix if there is one, else the whole IRI."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = sorted(prefixes.items(), key=lambda pair: (-len(pair[1]), pair))
        self.known: dict[str, str] = {}

    def __getitem__(self, term: str) -> str:
        """The name of a term, `<iri>`, in the fragment of an IRI; different terms have different names."""
        if term not in self.known:
            iri = term[1:-1]
            prefix, space = next((pair for pair in self.prefixes if iri.startswith(pair[1])), ("", ""))
            local = iri.removeprefix(space)
            whole = not prefix or "/" in local or "#" in local
            self.known[term] = quote(iri, safe="") if whole else f"{prefix}:{quote(local, safe=IN_FRAGMENT)}"
        return self.known[term]


Counted = tuple[str, Any]
"""What is counted: the name of a counter of a tally, and the key in it."""
Facts = Collection[Sequence[str]]
"""Statements as subject, predicate and object, as N-Triples writes them, without duplicates."""


def facts_of(lines: Iterable[str]) -> Facts:
    """The statements of these lines."""
    return [line[:-2].split(" ", 2) for line in lines]  # only objects contain spaces


def place_of(name: str, base: str) -> str:
    """The prefix of the IRIs of a graph's partitions; the union of all graphs has the name `base`."""
    if name == base:
        return f"{base}.well-known/void#all"
    ours = f"{base}graph/"
    short = quote(name.removeprefix(ours), safe=IN_FRAGMENT) if name.startswith(ours) else quote(name, safe="")
    return f"{base}.well-known/void#{short}"


class Tally:
    """The counts of a set of statements."""

    def __init__(self, facts: Facts, *, ranges: bool) -> None:
        """With `ranges`, also the types of the values, by class and property."""
        subjects, predicates, values = zip(*facts, strict=True) if facts else ((), (), ())
        types: dict[str, tuple[str, ...]] = {}
        for subject, predicate, value in facts:
            if predicate == TYPE and value.startswith("<"):
                types[subject] = (*types.get(subject, ()), value)
        different = set(subjects)
        self.subjects = len(different)
        self.objects = len(set(values))
        self.entities = sum(subject.startswith("<") for subject in different)
        self.properties = Counter(predicates)
        self.classes: Counter[str] = Counter()
        self.instances: Counter[str] = Counter()
        """Those without a name too: a class has a partition if it has any."""
        for thing, kinds in types.items():
            for kind in kinds:
                self.classes[kind] += thing.startswith("<")
                self.instances[kind] += 1
        self.used: Counter[tuple[str, str]] = Counter()
        self.datatypes: Counter[tuple[str, str, str]] = Counter()
        self.links: Counter[tuple[str, str, str]] = Counter()
        of_subjects = (types.get(subject, ()) for subject in subjects)
        ends: Iterable[str | tuple[str, ...]] = repeat(())
        if ranges:
            ends = (datatype_of(value) if value[0] == '"' else types.get(value, ()) for value in values)
        patterns = Counter(zip(of_subjects, predicates, ends, strict=False))  # far fewer than statements
        for (kinds, term, end), count in patterns.items():
            for kind in kinds:
                self.used[kind, term] += count
                if isinstance(end, str):
                    self.datatypes[kind, term, end] += count
                else:
                    self.links.update({(kind, term, other): count for other in end})

    def copied(self) -> Tally:
        """The same counts, to be changed."""
        copy = Tally([], ranges=False)
        for name, value in vars(self).items():
            setattr(copy, name, Counter(value) if isinstance(value, Counter) else value)
        return copy


def count_objects(facts: Iterable[Sequence[str]]) -> int:
    """The number of different objects, as in a tally."""
    return len({value for _, _, value in facts})


def datatype_of(literal: str) -> str:
    """The datatype of a literal."""
    end = literal.rpartition('"')[2]
    if end.startswith("@"):
        return LANG_STRING
    return end.removeprefix("^^") or f"<{XSD}string>"


def describe(
    dataset: str, tally: Tally, place: str, names: ShortNames, only: Collection[Counted] | None = None
) -> Iterator[str]:
    """The VoID description of a data set with these counts; `place` is the prefix of the partitions' IRIs.

    With `only`, it has these partitions alone, and the figures.
    """

    def some(name: str) -> Iterable[tuple[Any, int]]:
        counter = getattr(tally, name)
        return (
            counter.items()
            if only is None
            else [(key, counter[key]) for kind, key in only if kind == name and key in counter]
        )

    figures = {
        "entities": tally.entities,
        "classes": len(tally.classes),
        "properties": len(tally.properties),
        "distinctSubjects": tally.subjects,
        "distinctObjects": tally.objects,
    }
    for figure, count in figures.items():
        yield number(dataset, figure, count)
    for term, count in some("properties"):
        yield from part(dataset, "property", term, f"{place}/properties/{names[term]}", count)
    for kind, count in some("classes"):
        yield from part(dataset, "class", kind, f"{place}/classes/{names[kind]}")
        yield number(f"{place}/classes/{names[kind]}", "entities", count)
    for (kind, term), count in some("used"):
        holder = f"{place}/classes/{names[kind]}"
        yield from part(holder, "property", term, f"{holder}/{names[term]}", count)
    for what, found in (("class", "links"), ("datatype", "datatypes")):
        for (kind, term, value), count in some(found):
            holder = f"{place}/classes/{names[kind]}/{names[term]}"
            yield from part(holder, what, value, f"{holder}/{what}/{names[value]}", count)


def part(holder: str, what: str, term: str, node: str, count: int | None = None) -> Iterator[str]:
    """One partition of `holder`: its term, and its number of triples."""
    space = EXTENSION if what == "datatype" else VOID
    yield f"<{holder}> <{space}{what}Partition> <{node}> ."
    yield f"<{node}> <{space}{what}> {term} ."
    if count is not None:
        yield number(node, "triples", count)


def number(subject: str, figure: str, count: int) -> str:
    """A number as a statement."""
    return f'<{subject}> <{VOID}{figure}> "{count}"^^<{XSD}integer> .'
