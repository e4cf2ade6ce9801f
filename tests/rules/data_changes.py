"""Seeded random changes of a data set with named graphs: edits as people make them, and what partners write."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pyoxigraph as ox

from tests.validation.edits import RDF_TYPE, UPHOLD, XSD, edits
from uphold.settings import CANONICAL_BASE

__all__ = ["DataChange", "data_changes", "graph", "thing"]

DCTERMS = "http://purl.org/dc/terms/"
PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
Quads = frozenset[ox.Quad]


class DataChange(NamedTuple):
    """A change: its kind, and the removed and added quads."""

    kind: str
    removed: Quads
    added: Quads


def graph(name: str) -> ox.NamedNode:
    """A graph of the project."""
    return ox.NamedNode(f"{CANONICAL_BASE}graph/{name}")


def thing(name: str) -> ox.NamedNode:
    """A thing of the project."""
    return ox.NamedNode(f"{CANONICAL_BASE}id/{name}")


def term(name: str) -> ox.NamedNode:
    """A term of the ontology."""
    return ox.NamedNode(f"{UPHOLD}{name}")


def in_graph(triple: ox.Triple, place: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> ox.Quad:
    """A statement in a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, place)


PARTNERS = (graph("partner/acme/visits"), ox.NamedNode("https://partner.example/data#graph"), ox.DefaultGraph())


class Maker:
    """Makes changes of the present quads, which `quads` holds and `apply` keeps up to date."""

    def __init__(self, quads: set[ox.Quad], derived: Callable[[], set[ox.Triple]], seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 not for secrets
        self.quads, self.derived = quads, derived
        self.first = sorted(quads, key=str)
        self.edits = edits([quad.triple for quad in self.first], seed)
        self.makers: list[Callable[[], tuple[set[ox.Quad], set[ox.Quad]]]] = [
            *(self.edit,) * 6, self.call, self.act, self.petition, self.publication, self.record, self.figure,
            self.printed, self.member, self.copied, self.moved, self.stated, self.withdrawn, self.subclass,
            self.dropped, self.nameless, self.label,
        ]  # fmt: skip

    def changes(self) -> Iterator[DataChange]:
        """An endless series of changes, of each kind in turn; each should be applied, or not, before the next."""
        while True:
            for maker in self.chance.sample(self.makers, len(self.makers)):
                removed, added = maker()
                if removed or added:
                    yield DataChange(maker.__name__, frozenset(removed), frozenset(added))

    def some(self, predicate: ox.NamedNode | None = None, value: ox.NamedNode | None = None) -> ox.Quad | None:
        """Any quad with a predicate and value that has been there from the beginning."""
        fitting = [
            quad
            for quad in self.first
            if (predicate is None or quad.predicate == predicate) and (value is None or quad.object == value)
            if quad in self.quads
        ]
        return self.chance.choice(fitting) if fitting else None

    def instance(self, *kinds: str) -> ox.NamedNode:
        """An instance of one of these classes."""
        for kind in self.chance.sample(kinds, len(kinds)):
            found = self.some(RDF_TYPE, term(kind))
            if found is not None and isinstance(found.subject, ox.NamedNode):
                return found.subject
        return thing("jurisdiction/nowhere")

    def place(self) -> ox.NamedNode | ox.DefaultGraph:
        """A graph to write into."""
        return self.chance.choice((*PARTNERS, graph("treaty-actions"), graph("places"), graph("report-2011")))

    def date(self) -> ox.Literal:
        """A day."""
        year, month, day = self.chance.randint(1999, 2026), self.chance.randint(1, 12), self.chance.randint(1, 28)
        return ox.Literal(f"{year}-{month:02}-{day:02}", datatype=ox.NamedNode(f"{XSD}date"))

    def new(self, path: str) -> ox.NamedNode:
        """A new thing, or sometimes a foreign one, so that two may have one key."""
        number = self.chance.getrandbits(32)
        return thing(f"{path}/new-{number}") if self.chance.random() < 0.8 else ox.NamedNode(f"urn:foreign:{number}")

    def described(
        self, node: ox.NamedNode, kind: str, properties: dict[str, ox.NamedNode | ox.Literal | None]
    ) -> set[ox.Quad]:
        """Quads about a new thing, in one graph; one of them may be left out."""
        place = self.place()
        found = {ox.Quad(node, RDF_TYPE, term(kind), place)}
        for name, value in properties.items():
            if value is not None and self.chance.random() < 0.95:
                found.add(ox.Quad(node, ox.NamedNode(name if ":" in name else f"{UPHOLD}{name}"), value, place))
        return found

    def edit(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """An edit as people make them, of statements in their graphs."""
        edit = next(self.edits)
        removed = {quad for quad in self.quads if quad.triple in edit.removed}
        places = sorted({quad.graph_name for quad in removed}, key=str) or [self.place()]
        return removed, {in_graph(each, places[0]) for each in edit.added}

    def call(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A new call."""
        handover = self.instance("Handover") if self.chance.random() < 0.5 else None
        return set(), self.described(
            self.new("call"),
            "CallToAction",
            {
                "addressedTo": self.instance("State", "Territory"),
                "callsForConsentTo": self.instance("Treaty"),
                "raisedAt": handover,
                "partOf": self.instance("Petition"),
            },
        )

    def act(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A new act under a treaty."""
        day, party = self.date(), self.instance("State", "Territory", "Region")
        kind = self.chance.choice(("Ratification", "Accession", "Signature", "Denunciation"))
        later = day if self.chance.random() < 0.8 else self.date()
        properties: dict[str, ox.NamedNode | ox.Literal | None] = {
            "by": party, "treaty": self.instance("Treaty"), "notBefore": day, "notAfter": later, f"{DCTERMS}date": day,
        }  # fmt: skip
        found = self.described(self.new("treaty-action"), kind, properties)
        return set(), {in_graph(quad.triple, graph("treaty-actions")) for quad in found}

    def petition(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A handover of a petition."""
        return set(), self.described(
            self.new("handover"), "Handover", {"petition": self.instance("Petition"), f"{DCTERMS}date": self.date()}
        )

    def publication(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A citation is dated, or its publication is."""
        found = self.some(ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom"))
        if found is None or not isinstance(found.object, ox.NamedNode):
            return set(), set()
        name = self.chance.choice((f"{DCTERMS}valid", f"{UPHOLD}accessed", f"{DCTERMS}issued"))
        return set(), {ox.Quad(found.object, ox.NamedNode(name), self.date(), self.place())}

    def record(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A record of the treaty record has a date, or another status."""
        if self.chance.random() < 0.5:
            return set(), {ox.Quad(self.instance("TreatyRecord"), term("asOf"), self.date(), self.place())}
        found, other = self.some(term("recordedStatus")), self.some(term("recordedStatus"))
        if found is None or other is None:
            return set(), set()
        return {found}, {ox.Quad(found.subject, found.predicate, other.object, found.graph_name)}

    def printed(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A printed figure about ratification has another value."""
        names = [f"{treaty}-not-ratified{region}" for treaty in ("opsc", "untip") for region in ("", "-europe")]
        figure, value = thing(f"statistic/{self.chance.choice(names)}"), ox.Literal(self.chance.randint(1, 99))
        removed = {quad for quad in self.quads if (quad.subject, quad.predicate) == (figure, term("value"))}
        return removed, {ox.Quad(figure, term("value"), value, graph("report-2011"))}

    def figure(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """Another printed figure with the subject and population of one."""
        rival = self.some(RDF_TYPE, term("Statistic"))
        if rival is None:
            return set(), set()
        node, place = self.new("statistic"), self.place()
        return set(), {
            ox.Quad(node, quad.predicate, quad.object, place)
            for quad in self.first
            if quad.subject == rival.subject and quad in self.quads and self.chance.random() < 0.95
        }

    def member(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A review round covers another jurisdiction, or one less; or a region has another member."""
        state, place = self.instance("State", "Territory"), self.place()
        if self.chance.random() < 0.5:
            return set(), {ox.Quad(thing("jurisdiction/europe"), term("hasMember"), state, place)}
        covered = self.some(term("covers"))
        if covered is not None and self.chance.random() < 0.5:
            return {covered}, set()
        return set(), {ox.Quad(thing("review-round/2011"), term("covers"), state, place)}

    def copied(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A statement is in another graph as well."""
        found = self.some()
        return set(), {in_graph(found.triple, self.place())} if found else set()

    def moved(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A statement is in another graph instead."""
        found = self.some()
        return ({found}, {in_graph(found.triple, self.place())}) if found else (set(), set())

    def stated(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """Somebody states what rules derive."""
        every = sorted(self.derived(), key=str)
        return set(), {in_graph(triple, self.place()) for triple in self.chance.sample(every, min(5, len(every)))}

    def withdrawn(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A partner takes statements back."""
        theirs = sorted((quad for quad in self.quads if quad.graph_name in PARTNERS), key=str)
        return set(self.chance.sample(theirs, min(10, len(theirs)))), set()

    def subclass(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A class has another superclass, or one less."""
        found = self.some(SUBCLASS)
        if found is not None and self.chance.random() < 0.3:
            return {found}, set()
        other = ox.NamedNode(f"https://partner.example/class-{self.chance.randint(1, 3)}")
        one, two = self.chance.sample((term("Statistic"), term("Ratification"), term("State"), other), 2)
        return set(), {ox.Quad(one, SUBCLASS, two, self.place()), ox.Quad(self.new("x"), RDF_TYPE, other, self.place())}

    def dropped(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A whole graph is dropped, or half of it."""
        place = self.chance.choice((*PARTNERS, *PARTNERS, graph("places"), graph("report-2011")))
        whole = self.chance.random() < 0.5
        return {
            q for q in sorted(self.quads, key=str) if q.graph_name == place and (whole or self.chance.random() < 0.5)
        }, set()

    def nameless(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A thing without a name gets properties; rules fail where they would derive something about it."""
        node, found, place = ox.BlankNode(f"b{self.chance.getrandbits(64):x}"), self.some(), self.place()
        if found is None:
            return set(), set()
        same = [quad for quad in self.quads if quad.subject == found.subject]
        return set(), {ox.Quad(node, quad.predicate, quad.object, place) for quad in same}

    def label(self) -> tuple[set[ox.Quad], set[ox.Quad]]:
        """A jurisdiction or figure has another label."""
        found = self.some(PREF_LABEL)
        if found is None:
            return set(), set()
        text = ox.Literal(f"label {self.chance.randint(1, 99)}", language="en")
        return {found}, {ox.Quad(found.subject, PREF_LABEL, text, found.graph_name)}


def data_changes(quads: set[ox.Quad], derived: Callable[[], set[ox.Triple]], seed: int) -> Iterator[DataChange]:
    """An endless series of changes of the quads that a set holds at the time, the same for each seed.

    `derived` returns what rules derive from them.
    """
    return Maker(quads, derived, seed).changes()
