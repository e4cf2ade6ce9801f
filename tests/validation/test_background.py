"""A background that follows changes is the one that would be read from the data with them."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from uphold.rdf.sources import graph_name
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.snapshots.steps import quads_of
from uphold.validation.background import Background

SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")


def read(quads: list[ox.Quad], base: str) -> Background:
    """A background with these data."""
    shapes = [quad.triple for quad in quads if quad.graph_name == graph_name(base, "shapes")]
    return Background((quad.triple for quad in quads), shapes, base)


def statement(chance: random.Random) -> ox.Triple:
    """One of a few statements; some have blank nodes."""
    number = chance.randrange(12)
    subject = ox.BlankNode(f"b{number}") if number % 4 == 0 else ox.NamedNode(f"urn:s:{number}")
    return ox.Triple(subject, ox.NamedNode(f"urn:p:{number % 2}"), ox.Literal(number % 3))


def in_graph(triple: ox.Triple, number: int) -> ox.Quad:
    """A statement in one of some graphs."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(f"urn:g:{number}"))


@pytest.mark.parametrize("seed", range(2))
def test_statements_that_several_graphs_have_stay_while_one_has_them(tiny: Settings, seed: int) -> None:
    """Random changes of three graphs with few different statements; labels of blank nodes are those of snapshots."""
    chance, snapshot = random.Random(seed), current(tiny.state)  # noqa: S311 not for secrets
    quads = [*quads_of(snapshot)]
    followed = read(quads, snapshot.base)
    data = set(quads)
    for _ in range(4):
        named = [in_graph(statement(chance), n) for n in range(3) for _ in range(4)]
        added = {quad for quad in named if quad not in data}
        ours = sorted((quad for quad in data if str(quad.graph_name).startswith("<urn:g:")), key=str)
        removed = set(chance.sample(ours, min(len(ours), 5)))
        data = data - removed | added
        followed.follow([quad.triple for quad in removed], [quad.triple for quad in added])
        fresh = read([*data], snapshot.base)
        assert set(followed.store) == set(fresh.store)
        assert followed.repeated == fresh.repeated
        assert len(followed.nameless.signed) == len(fresh.nameless.signed)


def test_classes_that_come_later_have_the_rules_of_their_superclass(tiny: Settings) -> None:
    """The shapes are compiled again when statements about subclasses change."""
    snapshot = current(tiny.state)
    background = read([*quads_of(snapshot)], snapshot.base)
    rule = next(each for each in background.compiled.rules if each.targets.classes)
    (kind, *_) = rule.targets.classes
    more = ox.Triple(ox.NamedNode("urn:c:more"), SUBCLASS, ox.NamedNode(kind))
    background.follow([], [more])
    assert "urn:c:more" in background.compiled.classes[kind]
    background.follow([more], [])
    assert "urn:c:more" not in background.compiled.classes[kind]
