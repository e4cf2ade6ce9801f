"""Statistics: how often each property and class occurs in a snapshot, from which engines expect the size of a join."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["PropertyCounts", "Statistics", "count_properties"]

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


class PropertyCounts(NamedTuple):
    """The triples with a property, and their distinct subjects and objects."""

    triples: int
    subjects: int
    objects: int


class Statistics(NamedTuple):
    """The counts of each property, and the number of instances of each class, by IRI."""

    properties: Mapping[str, PropertyCounts]
    classes: Mapping[str, int]

    @property
    def vocabulary(self) -> frozenset[str]:
        """The properties and classes."""
        return frozenset((*self.properties, *self.classes))

    def write(self, path: Path) -> None:
        """Write to a JSON file."""
        path.write_text(json.dumps({"properties": self.properties, "classes": self.classes}, indent=1) + "\n", "utf-8")

    @classmethod
    def read(cls, path: Path) -> Statistics:
        """Read from a JSON file; without it, nothing is known."""
        if not path.exists():
            return cls({}, {})
        found = json.loads(path.read_text("utf-8"))
        return cls({iri: PropertyCounts(*each) for iri, each in found["properties"].items()}, found["classes"])


def count_properties(lines: Iterable[str]) -> Statistics:
    """The statistics of a set of N-Triples, sorted by subject."""
    triples: Counter[str] = Counter()
    subjects: Counter[str] = Counter()
    objects: defaultdict[str, set[str]] = defaultdict(set)
    classes: Counter[str] = Counter()
    last: dict[str, str] = {}
    for line in lines:
        subject, predicate, value = line.split(" ", 2)
        triples[predicate] += 1
        if last.get(predicate) != subject:
            last[predicate] = subject
            subjects[predicate] += 1
        objects[predicate].add(value)
        if predicate == TYPE and value.startswith("<"):
            classes[value[1:].removesuffix(" .")[:-1]] += 1
    return Statistics(
        {name[1:-1]: PropertyCounts(triples[name], subjects[name], len(objects[name])) for name in triples}, classes
    )
