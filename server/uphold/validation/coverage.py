"""Coverage: how much of an upload the shapes apply to.

A graph conforms if shapes target none of its nodes (SHACL 2.1, 3.4), for example if it has a typo in a namespace or no
classes. So a report has the numbers of triples and resources, and of resources whose class the shapes know. It warns if
these are few or none, and of probable typos in our terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

import rdflib
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node, URIRef

__all__ = ["Contents", "describe"]

MOST_WARNINGS = 20
SCHEME = re.compile(r"^https?://(www\.)?")


@dataclass(frozen=True, slots=True)
class Contents:
    """The numbers of triples, of resources, and of resources whose class the shapes know; and warnings."""

    triples: int = 0
    things: int = 0
    known: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The numbers in a sentence."""
        return (
            f"{counted(self.triples, 'triple')} received, about {counted(self.things, 'thing')}; "
            f"the shapes know the class of {self.known:,}."
        )

    def as_json(self) -> dict[str, object]:
        """The members of a report in JSON."""
        return {
            "triples": self.triples,
            "things": self.things,
            "thingsOfKnownClass": self.known,
            "warnings": list(self.warnings),
        }


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe(data_graph: rdflib.Graph, union: rdflib.Graph, shapes: rdflib.Graph, base: str) -> Contents:
    """The coverage of a graph; `union` is the graph and its background, which define the known classes and terms."""
    targets = set(shapes.objects(None, SH.targetClass))
    classes = {kind for target in targets for kind in union.transitive_subjects(RDFS.subClassOf, target) if kind}
    things = set(data_graph.subjects(unique=True))
    known = sum(
        1
        for thing in things
        if any(kind in classes for g in (data_graph, union) for kind in g.objects(thing, RDF.type))
    )
    properties = {str(p) for p in union.subjects(RDFS.isDefinedBy, URIRef(f"{base}ontology"))} | {
        str(p) for p in shapes.objects(None, SH.targetSubjectsOf)
    }
    found = [
        *of_few(len(things), known),
        *of_classes(data_graph, classes, base),
        *of_slips(data_graph, properties, base),
    ]
    return Contents(len(data_graph), len(things), known, tuple(islice(dict.fromkeys(found), MOST_WARNINGS)))


def of_few(things: int, known: int) -> Iterator[str]:
    """The warning that the shapes apply to none of the resources, or to less than half of them."""
    if 2 * known < things:
        seen = f"only {known:,} of {things:,} things" if known else f"none of {counted(things, 'thing')}"
        yield (
            f"The shapes know the class of {seen}, so {'little' if known else 'almost nothing'} was validated: "
            "give each thing its type, such as uphold:Ratification."
        )


def of_classes(data_graph: rdflib.Graph, classes: set[Node], base: str) -> Iterator[str]:
    """A warning for each class that the shapes do not know."""
    names = {str(kind) for kind in classes}
    for kind in sorted(map(str, set(data_graph.objects(None, RDF.type)) - classes)):
        meant = nearest(kind, names, base)
        yield f"The shapes do not know the class {kind}{f': did you mean {meant}?' if meant else '.'}"


def of_slips(data_graph: rdflib.Graph, properties: set[str], base: str) -> Iterator[str]:
    """A warning for each property and each IRI of ours with a typo."""
    for name in sorted(set(map(str, data_graph.predicates(unique=True))) - properties):
        if meant := nearest(name, properties, base):
            yield f"The shapes do not know the property {name}: did you mean {meant}?"
    ours, kinds = key(base), set(map(str, data_graph.objects(None, RDF.type)))
    for name in sorted(
        {str(term) for triple in data_graph for term in (triple[0], triple[2]) if isinstance(term, URIRef)}
    ):
        if key(name).startswith(ours) and not name.startswith(base) and name not in kinds:
            yield f"{name} is not an IRI of the data; those begin with {base}: did you mean that?"


def key(iri: str) -> str:
    """A key without frequent differences: scheme, case, `www.` and the separator before the last name."""
    return SCHEME.sub("", iri.casefold()).replace("#", "/").replace("//", "/")


def nearest(iri: str, known: Iterable[str], base: str) -> str | None:
    """The known IRI with the same key, or the closest one of our own."""
    by_key = {key(name): name for name in known}
    wanted = key(iri)
    if wanted in by_key:
        return by_key[wanted] if by_key[wanted] != iri else None
    if not wanted.startswith(key(base)):
        return None
    meant = get_close_matches(wanted, [name for name in by_key if name.startswith(key(base))], 1, 0.9)
    return by_key[meant[0]] if meant else None
