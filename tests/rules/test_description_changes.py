"""After any change, the graphs `catalogue` and `void` state what a build would state of all data."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.rules.data_changes import DataChange, data_changes, graph
from tests.validation.edits import RDF_TYPE
from uphold.build.dataset_description import complete
from uphold.build.description_changes import Description
from uphold.errors import RuleFailed
from uphold.rdf.graphs import Graphs, as_quads, as_triples, graphs_of
from uphold.rdf.sources import Files, read, read_context
from uphold.rules.compiled import compile_rules
from uphold.rules.incremental import Derivation
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.validation.background import Background

TINY = Files(Path(__file__).parents[1] / "tiny")
PREFIXES = read_context(TINY).prefixes
DERIVED, CATALOGUE = graph("derived"), graph("catalogue")
CHANGES, CHANGES_IN_A_LONG_RUN = 24, 150
FIXED = ("Catalog", "DataService")
VISIT, VISITS = ox.NamedNode("https://partner.example/visit-1"), graph("partner/acme/visits")


class Described:
    """A data set with what is derived from it and said of it, to be changed."""

    def __init__(self) -> None:
        self.quads = set(as_quads(read(TINY)))
        self.derivation = Derivation(compile_rules(TINY), self.quads)
        self.store = ox.Store()
        graphs = self.in_full()
        self.store.extend(as_quads(graphs))
        self.description = Description(graphs, BASE, PREFIXES)

    def in_full(self) -> Graphs:
        """All graphs with a description made again."""
        derived = {ox.Quad(each.subject, each.predicate, each.object, DERIVED) for each in self.derivation.statements}
        graphs = graphs_of(self.quads | derived)
        complete(graphs, BASE, PREFIXES, written=graphs)
        return graphs

    def apply(self, change: DataChange) -> None:
        """Apply a change to the data, what is derived from them, and what is said of them."""
        derived = self.derivation.change(change.removed, change.added)
        removed, added = (
            {*quads, *(ox.Quad(each.subject, each.predicate, each.object, DERIVED) for each in triples)}
            for quads, triples in zip((change.removed, change.added), derived, strict=True)
        )
        described = self.description.change(self.store, removed, added)
        for quad in (*removed, *described.removed):
            self.store.remove(quad)
        self.store.extend([*added, *described.added])
        self.quads -= change.removed
        self.quads |= change.added


@pytest.fixture(scope="module")
def described() -> Described:
    """The tiny data set."""
    return Described()


@pytest.mark.one_in(4, "seed", range(4))
def test_random_changes(seed: int, request: pytest.FixtureRequest) -> None:
    """Each change is compared with the description of all data."""
    data = Described()
    changes = data_changes(data.quads, lambda: data.derivation.statements, seed)
    for _ in range(CHANGES_IN_A_LONG_RUN if request.config.getoption("long") else CHANGES):
        change = next(changes)
        if any(str(quad.object).endswith(f"#{name}>") for quad in change.removed | change.added for name in FIXED):
            continue
        try:
            data.apply(change)
        except RuleFailed:
            continue
        found, expected = graphs_of(data.store), data.in_full()
        assert {name: found[name] ^ expected[name] for name in expected if found[name] != expected[name]} == {}, change
        assert found.keys() == expected.keys(), change


def test_a_written_graph_is_a_data_set_without_licence(described: Described) -> None:
    """Nothing is said of it that only its owner knows; it goes with its last statement."""
    quad = ox.Quad(VISIT, ox.NamedNode("https://partner.example/place"), ox.Literal("here"), VISITS)
    change = described.description.change(described.store, [], [quad])
    about = {str(each.triple) for each in change.added if VISITS in (each.subject, each.object)}
    void, size = "http://rdfs.org/ns/void#", '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert {line for line in about if "/graph/catalogue" not in line} >= {
        f"{VISITS} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{void}Dataset>",
        f"{VISITS} <{void}triples> {size}",
        f"<{BASE}> <{void}subset> {VISITS}",
    }
    assert not any("dcat#" in line or "license" in line for line in about)
    described.description.undo()
    assert described.description.change(described.store, [], []) == (frozenset(), frozenset())
    assert described.description.change(described.store, [], [quad]) == change
    described.description.undo()


def test_the_unnamed_graph_counts_in_the_whole(described: Described) -> None:
    """It has no IRI to be described by."""
    quad = ox.Quad(VISIT, ox.NamedNode("https://partner.example/place"), ox.Literal("here"), ox.DefaultGraph())
    change = described.description.change(described.store, [], [quad])
    described.description.undo()
    things = {
        each.subject.value.partition("#all/")[0] for each in change.added if isinstance(each.subject, ox.NamedNode)
    }
    assert things == {BASE, f"{BASE}.well-known/void", f"{BASE}graph/void"}


def test_what_is_said_of_a_written_graph_conforms(described: Described) -> None:
    """A dcat:Dataset would lack a licence, a creator, a source and a date."""
    shapes = as_triples(read(Files(Settings().files))[f"{BASE}graph/shapes"])
    background = Background({quad.triple for quad in described.store}, shapes, BASE)
    quad = ox.Quad(VISIT, ox.NamedNode("https://partner.example/place"), ox.Literal("here"), VISITS)
    about = [each.triple for each in described.description.change(described.store, [], [quad]).added]
    described.description.undo()
    named = [each for each in about if each.subject == VISITS]
    assert background.validate(named).results == ()
    as_dcat = ox.Triple(VISITS, RDF_TYPE, ox.NamedNode("http://www.w3.org/ns/dcat#Dataset"))
    shapes_broken = {each.shape.rpartition("-")[2] for each in background.validate([*named, as_dcat]).results}
    assert shapes_broken >= {"license", "creator", "source", "issued"}
