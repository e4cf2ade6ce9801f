"""Coverage: how much of an upload the shapes apply to.

A graph conforms if shapes target none of its nodes (SHACL 2.1, 3.4), for example if it has a typo in a namespace or no
classes. So a report has the numbers of triples and resources, and of resources whose class the shapes know. It warns if
these are few or none, and of probable typos in our terms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

import pyoxigraph as ox

from uphold.validation.changes import text_of
from uphold.validation.rules import Compiled

__all__ = ["Contents", "describe"]

MOST_WARNINGS = 20
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
DEFINED_BY = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#isDefinedBy")
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


def describe(triples: Collection[ox.Triple], store: ox.Store, compiled: Compiled, base: str) -> Contents:
    """The coverage of an upload; `store` has it and its background, which define the known classes and terms."""
    classes = {sub for rule in compiled.rules for kind in rule.targets.classes for sub in compiled.classes[kind]}
    things = {triple.subject for triple in triples}
    types = {(triple.subject, text_of(triple.object)) for triple in triples if is_type(triple)}
    stated = {thing for thing, kind in types if kind in classes}
    known = sum(
        1
        for thing in things
        if thing in stated
        or any(text_of(quad.object) in classes for quad in store.quads_for_pattern(thing, TYPE, None))
    )
    ontology = store.quads_for_pattern(None, DEFINED_BY, ox.NamedNode(f"{base}ontology"))
    properties = {text_of(quad.subject) for quad in ontology} | {
        name for rule in compiled.rules for name in rule.targets.subjects_of
    }
    found = [
        *of_few(len(things), known),
        *of_classes({kind for _, kind in types}, classes, base),
        *of_slips(triples, properties, {kind for _, kind in types}, base),
    ]
    return Contents(len(triples), len(things), known, tuple(islice(dict.fromkeys(found), MOST_WARNINGS)))


def is_type(triple: ox.Triple) -> bool:
    """Whether a triple states a class."""
    return triple.predicate == TYPE and isinstance(triple.object, ox.NamedNode)


def of_few(things: int, known: int) -> Iterator[str]:
    """The warning that the shapes apply to none of the resources, or to less than half of them."""
    if 2 * known < things:
        seen = f"only {known:,} of {things:,} things" if known else "no thing"
        yield (
            f"The shapes know the class of {seen}, so {'little' if known else 'almost nothing'} was validated: "
            "give each thing its type, such as uphold:Ratification."
        )


def of_classes(stated: set[str], classes: set[str], base: str) -> Iterator[str]:
    """A warning for each class that the shapes do not know."""
    for kind in sorted(stated - classes):
        meant = nearest(kind, classes, base)
        yield f"The shapes do not know the class {kind}{f': did you mean {meant}?' if meant else '.'}"


def of_slips(triples: Iterable[ox.Triple], properties: set[str], kinds: set[str], base: str) -> Iterator[str]:
    """A warning for each property and each IRI of ours with a typo."""
    for name in sorted({triple.predicate.value for triple in triples} - properties):
        if meant := nearest(name, properties, base):
            yield f"The shapes do not know the property {name}: did you mean {meant}?"
    ours = key(base)
    terms = (term for triple in triples for term in (triple.subject, triple.object))
    for name in sorted({term.value for term in terms if isinstance(term, ox.NamedNode)}):
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
