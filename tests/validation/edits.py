"""Seeded random edits of real data, as people make them: what a validator may meet."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

__all__ = ["Edit", "edits"]

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
UPHOLD = "https://w3id.org/uphold/ontology#"
DATATYPES = ("string", "integer", "decimal", "date", "gYear", "boolean", "anyURI", "dateTime")
LANGUAGES = ("en", "fr", "und", "EN")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one thing: what it is, and the removed and added triples."""

    kind: str
    removed: frozenset[ox.Triple]
    added: frozenset[ox.Triple]

    @property
    def touched(self) -> set[str]:
        """The IRIs of all things that the edit names."""
        terms = (term for triple in self.removed | self.added for term in (triple.subject, triple.object))
        return {term.value for term in terms if isinstance(term, ox.NamedNode)}


class Maker:
    """Makes edits of the things of a data set."""

    def __init__(self, triples: list[ox.Triple], seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 not for secrets
        self.by_subject: dict[ox.NamedNode, list[ox.Triple]] = {}
        for triple in sorted(triples, key=str):
            if isinstance(triple.subject, ox.NamedNode) and "/uphold/id/" in triple.subject.value:
                self.by_subject.setdefault(triple.subject, []).append(triple)
        self.subjects = list(self.by_subject)
        self.kinds: dict[str, Callable[[ox.Triple], tuple[set[ox.Triple], set[ox.Triple]]]] = {
            "drop": self.drop, "add": self.add, "retype": self.retype, "datatype": self.datatype, "swap": self.swap,
            "rename": self.rename, "blank": self.blank, "language": self.language, "double": self.double,
            "text": self.text, "untype": self.untype, "property": self.another_property,
        }  # fmt: skip

    def edits(self) -> Iterator[Edit]:
        """An endless series of edits."""
        while True:
            kind = self.chance.choice(list(self.kinds))
            triple = self.chance.choice(self.by_subject[self.chance.choice(self.subjects)])
            removed, added = self.kinds[kind](triple)
            if removed != added and (removed or added):
                yield Edit(kind, frozenset(removed), frozenset(added))

    def another(self) -> ox.Triple:
        """Any other triple."""
        return self.chance.choice(self.by_subject[self.chance.choice(self.subjects)])

    def drop(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A statement is left out."""
        return {triple}, set()

    def add(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A statement of another thing is made of this one."""
        other = self.another()
        return set(), {ox.Triple(triple.subject, other.predicate, other.object)}

    def retype(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A thing has the class of another one."""
        types = {t for t in self.by_subject[triple.subject] if t.predicate == RDF_TYPE}  # type: ignore[index] # named
        other = [t for t in self.by_subject[self.another().subject] if t.predicate == RDF_TYPE]  # type: ignore[index]
        return types, {ox.Triple(triple.subject, RDF_TYPE, t.object) for t in other}

    def untype(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """One of the classes of a thing is left out."""
        types = [t for t in self.by_subject[triple.subject] if t.predicate == RDF_TYPE]  # type: ignore[index] # named
        return {self.chance.choice(types)} if types else set(), set()

    def datatype(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A literal has another datatype."""
        if not isinstance(triple.object, ox.Literal):
            return set(), set()
        kind = ox.NamedNode(XSD + self.chance.choice(DATATYPES))
        return {triple}, {ox.Triple(triple.subject, triple.predicate, ox.Literal(triple.object.value, datatype=kind))}

    def language(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A text has another language tag, or none."""
        if not isinstance(triple.object, ox.Literal):
            return set(), set()
        tag = self.chance.choice((*LANGUAGES, None))
        return {triple}, {ox.Triple(triple.subject, triple.predicate, ox.Literal(triple.object.value, language=tag))}

    def swap(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """The value is that of another thing in the same property, or else the other end."""
        value = next((t.object for t in (self.another() for _ in range(200)) if t.predicate == triple.predicate), None)
        return {triple}, {ox.Triple(triple.subject, triple.predicate, value or triple.subject)}

    def rename(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A thing has another IRI, and others still use the old one."""
        old = set(self.by_subject[triple.subject])  # type: ignore[index] # it is a named node
        name = ox.NamedNode(f"{triple.subject.value}-Renamed")  # type: ignore[union-attr] # it is a named node
        return old, {ox.Triple(name, t.predicate, t.object) for t in old}

    def blank(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A value becomes a node without a name."""
        return {triple}, {ox.Triple(triple.subject, triple.predicate, ox.BlankNode(f"b{self.chance.getrandbits(64)}"))}

    def double(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A second value."""
        if isinstance(triple.object, ox.Literal):
            other: ox.NamedNode | ox.Literal = (
                ox.Literal(f"{triple.object.value}2", datatype=triple.object.datatype)
                if not triple.object.language
                else ox.Literal(f"{triple.object.value}2", language=triple.object.language)
            )
        else:
            other = self.chance.choice(self.subjects)
        return set(), {ox.Triple(triple.subject, triple.predicate, other)}

    def text(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A literal with another text."""
        if not isinstance(triple.object, ox.Literal):
            return set(), set()
        text = self.chance.choice(
            ("", "=1+1", "<b>bold</b>", "1", "0", "-3", "2099-01-01", "5", "a@b.example", "x" * 1001)
        )
        literal = (
            ox.Literal(text, language=triple.object.language)
            if triple.object.language
            else ox.Literal(text, datatype=triple.object.datatype)
        )
        return {triple}, {ox.Triple(triple.subject, triple.predicate, literal)}

    def another_property(self, triple: ox.Triple) -> tuple[set[ox.Triple], set[ox.Triple]]:
        """A value in a property of another thing, or in one that does not exist."""
        name = self.chance.choice((self.another().predicate, ox.NamedNode(f"{UPHOLD}mistake")))
        return {triple}, {ox.Triple(triple.subject, name, triple.object)}


def edits(triples: list[ox.Triple], seed: int) -> Iterator[Edit]:
    """An endless series of edits of a data set, the same for each seed."""
    return Maker(triples, seed).edits()
