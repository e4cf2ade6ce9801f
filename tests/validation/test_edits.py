"""The validators give one verdict on random edits of the real data: the library, the compiled shapes, and pySHACL.

Each edit is applied alone to an extract of the data, where the library validates everything and the compiled shapes
validate what the edit can affect. Edits that touch separate things are also applied together to all data.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate as pyshacl_validate
from rdflib.namespace import RDF, SH
from shacl import Shapes

from tests.shapes.pyshacl_components import Prepared, Targets, corrected
from tests.validation.edits import Edit, edits
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.background import Background
from uphold.validation.changes import Nodes, affected, only_targets
from uphold.validation.evaluation import evaluate, evaluate_all
from uphold.validation.lexical_forms import XSD, well_formed
from uphold.validation.report import Result
from uphold.validation.worker import background_of

Verdict = set[tuple[str, str]]
"""The shape and focus node of each result; blank nodes have no name that two tools share."""
LEXICAL = "https://w3id.org/uphold/shapes/lexical-form"
"""The shape that reports an ill-formed literal for which no rule has a datatype; no query finds it."""
EXTRACT = 5_000
SEEDS = range(4)
EACH = 6
LONG_EACH = 1_250
TOGETHER, LONG_TOGETHER = 30, 100
FORMS_NOT_REQUIRED = {f"{XSD}{name}" for name in ("gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay", "anyURI")}


@pytest.fixture(scope="module")
def whole(project: Snapshot) -> Background:
    """All data of the project."""
    return background_of(project)


@pytest.fixture(scope="module")
def extract(whole: Background) -> Background:
    """The ontology, and things until there are so many triples; what they refer to may be missing."""
    by_subject: dict[str, list[ox.Triple]] = {}
    for quad in whole.store:
        by_subject.setdefault(str(quad.subject), []).append(quad.triple)
    ours = [iri for iri in by_subject if "/uphold/ontology" in iri]
    things = sorted((iri for iri in by_subject if "/uphold/id/" in iri), key=hash_of)
    triples: list[ox.Triple] = [triple for iri in ours for triple in by_subject[iri]]
    for iri in things:
        if len(triples) > EXTRACT:
            break
        triples += by_subject[iri]
    return Background(triples, whole.shapes, whole.base)


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    return zlib.crc32(text.encode())


@pytest.fixture(scope="module")
def library(whole: Background) -> Shapes:
    """The shapes, for the library."""
    return Shapes.from_text(shapes_text(whole), "nt")


@pytest.fixture(scope="module")
def reference(whole: Background) -> Reference:
    """pySHACL, with the shapes and all data read."""
    return Reference(whole)


def shapes_text(background: Background) -> str:
    """The shapes as N-Triples."""
    return (ox.serialize(background.shapes, format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def by_library(shapes: Shapes, store: ox.Store) -> Verdict:
    """What the library says of all data in a store."""
    found = shapes.validate_text(text_of(store), "nt").results
    return named((str(each.source_shape).strip("<>"), each.focus_node.strip("<>")) for each in found)


def text_of(store: ox.Store) -> str:
    """All statements in a store as N-Triples."""
    return (store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()) or b"").decode()


def by_compiler(background: Background, nodes: Nodes | None = None) -> Verdict:
    """What the compiled shapes say: of all data, or of some nodes."""
    rules, query = background.compiled, background.query
    found = evaluate_all(rules, query) if nodes is None else evaluate(rules, only_targets(rules, nodes, query), query)
    return named((each.result.shape, each.result.focusNode) for each in found)


def explained(background: Background) -> Verdict:
    """What the compiled shapes report and others need not: literals of xsd:gYear and the like in another form.

    SHACL (4.1.2) only requires the forms of the datatypes that SPARQL 1.1 supports (17.1 there).
    """
    holders: dict[str, set[str]] = {}
    for triple in background.shapes:
        holders.setdefault(str(triple.object), set()).add(str(triple.subject))
    by_datatype = {name: named_shapes(f"<{name}>", holders) for name in FORMS_NOT_REQUIRED}
    return {
        (shape, str(quad.subject).strip("<>"))
        for quad in background.store
        if isinstance(quad.object, ox.Literal)
        and quad.object.datatype.value in FORMS_NOT_REQUIRED
        and not well_formed(quad.object.value, quad.object.datatype.value)
        for shape in by_datatype.get(quad.object.datatype.value, ())
    }


def named_shapes(term: str, holders: dict[str, set[str]]) -> set[str]:
    """The IRIs of the shapes that have a term, also within lists."""
    found = holders.get(term, set())
    nested = (named_shapes(each, holders) for each in found if each.startswith("_:"))
    return {each.strip("<>") for each in found if not each.startswith("_:")}.union(*nested)


class Edited(NamedTuple):
    """What edits have changed in a store, and what they can affect."""

    nodes: Nodes
    removed: list[ox.Triple]
    added: list[ox.Triple]


class Reference:
    """pySHACL on all data, which it reads once: that takes longer than to validate some nodes."""

    def __init__(self, background: Background) -> None:
        self.shapes = rdflib.Graph().parse(data=shapes_text(background), format="nt")
        self.blank_nodes: dict[str, rdflib.BNode] = {}
        self.graph = Prepared()
        self.graph += self.read(quad.triple for quad in background.store)

    def read(self, triples: Iterable[ox.Triple]) -> rdflib.Graph:
        """The triples for rdflib; a blank node is the same one each time."""
        text = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
        return rdflib.Graph().parse(data=text, format="nt", bnode_context=self.blank_nodes)

    @contextmanager
    def applied(self, edited: Edited) -> Iterator[None]:
        """The data with edits, for a while."""
        removed, added = self.read(edited.removed), self.read(edited.added)
        self.graph -= removed
        self.graph += added
        try:
            yield
        finally:
            self.graph -= added
            self.graph += removed

    def verdict(self, focus: Iterable[str] | None) -> Verdict:
        """What pySHACL says of some nodes, or of all."""
        targets = None if focus is None else Targets(self.graph, focus)
        with corrected(targets), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, report, _ = pyshacl_validate(
                self.graph, shacl_graph=self.shapes, advanced=False, inference="none",
                do_owl_imports=False, inplace=True, focus_nodes=None if focus is None else sorted(focus),
            )  # fmt: skip
        assert isinstance(report, rdflib.Graph), report
        return named(
            (str(report.value(result, SH.sourceShape)), str(report.value(result, SH.focusNode)))
            for result in report.subjects(RDF.type, SH.ValidationResult)
        )


def named(pairs: Iterable[tuple[str, str]]) -> Verdict:
    """The pairs without blank nodes."""
    return {(shape, node) for shape, node in pairs if node.startswith(("http", "urn:"))}


@contextmanager
def applied(background: Background, some: Iterable[Edit]) -> Iterator[Edited]:
    """The data with edits, for a while."""
    store, rules, query = background.store, background.compiled, background.query
    removed = [ox.Quad(*triple) for edit in some for triple in edit.removed]
    added = [ox.Quad(*triple) for edit in some for triple in edit.added]
    added = [quad for quad in added if quad not in store]
    removed = [quad for quad in removed if quad in store]
    nodes = affected(rules, [quad.triple for quad in removed], query, added=False)
    for quad in removed:
        store.remove(quad)
    store.extend(added)
    try:
        for rule, more in affected(rules, [quad.triple for quad in added], query).items():
            known = nodes.get(rule, set())
            nodes[rule] = None if known is None or more is None else known | more
        yield Edited(nodes, [quad.triple for quad in removed], [quad.triple for quad in added])
    finally:
        for quad in added:
            store.remove(quad)
        store.extend(removed)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_an_edit_can_affect_is_all_that_changes(
    seed: int, extract: Background, library: Shapes, request: pytest.FixtureRequest
) -> None:
    """The library's results for all data change by no more than the compiled shapes find in what the edit affects."""
    before = by_library(library, extract.store)
    triples = [quad.triple for quad in extract.store]
    number = LONG_EACH if request.config.getoption("--long") else EACH
    for edit in islice(edits(triples, seed), number):
        with applied(extract, [edit]) as edited:
            after, found = by_library(library, extract.store), by_compiler(extract, edited.nodes)
            ours = explained(extract)
        assert after - before <= found, edit
        assert found - ours <= after, edit


@pytest.mark.one_in(6, "seed", range(12))
def test_a_change_has_the_results_that_all_data_have_more(seed: int, extract: Background) -> None:
    """Several edits at once, as one change that adds and removes; it is undone by the opposite change."""
    before = all_results(extract)
    groups = islice(zip(*[edits([quad.triple for quad in extract.store], seed)] * 5, strict=False), 2)
    for some in ([each for each in group if each.kind != "blank"] for group in groups):
        added = {t for edit in some for t in edit.added if ox.Quad(*t) not in extract.store}
        removed = {t for edit in some for t in edit.removed if ox.Quad(*t) in extract.store} - added
        size = len(extract.store)
        found = extract.results_of_change(removed, added)
        assert len(extract.store) == size + len(added) - len(removed)
        expected = all_results(extract) - before
        assert {each for each in found if each.shape != LEXICAL} == expected
        extract.change(added, removed)
        assert len(extract.store) == size


def all_results(background: Background) -> set[Result]:
    """What the compiled shapes report of all data."""
    return {each.result for each in evaluate_all(background.compiled, background.query)}


def separate(some: Iterator[Edit], number: int) -> list[Edit]:
    """The next edits that touch separate things."""
    taken: list[Edit] = []
    touched: set[str] = set()
    for edit in some:
        if not {iri for iri in edit.touched if "/uphold/id/" in iri} & touched:
            taken.append(edit)
            touched |= edit.touched
        if len(taken) == number:
            break
    return taken


@pytest.mark.one_in(5, "seed", range(50))
def test_all_validators_agree_on_edits_of_all_data(
    seed: int, whole: Background, library: Shapes, reference: Reference, request: pytest.FixtureRequest
) -> None:
    """Edits of separate things: the library and the compiled shapes on everything, pySHACL on what they affect.

    In a long run pySHACL validates everything for one seed, too; that takes it minutes.
    """
    long = request.config.getoption("--long")
    some = separate(edits([quad.triple for quad in whole.store], seed), LONG_TOGETHER if long else TOGETHER)
    with applied(whole, some) as edited, reference.applied(edited):
        expected = by_library(library, whole.store)
        assert len(expected) > TOGETHER / 3
        ours = explained(whole)
        assert by_compiler(whole) - ours == expected - ours
        assert by_compiler(whole, edited.nodes) - ours == expected - ours
        focus = None if long and seed == 0 else {iri for known in edited.nodes.values() if known for iri in known}
        assert len(reference.graph) == len(whole.store)
        assert reference.verdict(focus) - ours == expected - ours
