"""Background: a data set and its shapes, with which uploads are validated.

The shapes are compiled to SPARQL, and only what an upload can affect is validated. Literals are checked in their
original lexical form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import astuple
from functools import cached_property

import pyoxigraph as ox

from uphold.validation.added_triples import Nameless, additions
from uphold.validation.changes import SUBCLASS, Nodes, engine_of, only_targets
from uphold.validation.compiler import compile_shapes
from uphold.validation.coverage import describe
from uphold.validation.evaluation import (
    OF_DATATYPES,
    Found,
    Progress,
    evaluate,
    in_silence,
    nodes_of_change,
    shown,
)
from uphold.validation.lexical_faults import explain
from uphold.validation.lexical_forms import well_formed
from uphold.validation.report import Report, Result
from uphold.validation.rules import SKOLEM_PREFIX, Compiled

__all__ = ["Background", "direct_subclasses", "ill_formed", "in_order", "with_iris"]

NOT_YOURS = "Other graphs cannot change terms of the ontology: use your own namespace, or propose the term."
LEXICAL = "lexical-form"  # the shape that reports an ill-formed literal if no other shape requires its datatype
PLAIN = "http://www.w3.org/2001/XMLSchema#string"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def direct_subclasses(store: ox.Store) -> dict[str, set[str]]:
    """The direct subclasses of each class in a data set."""
    found: dict[str, set[str]] = {}
    for quad in store.quads_for_pattern(None, ox.NamedNode(SUBCLASS), None):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            found.setdefault(quad.object.value, set()).add(quad.subject.value)
    return found


class Background:
    """A data set with compiled shapes, for the validation of uploads."""

    def __init__(self, triples: Iterable[ox.Triple], shapes: Iterable[ox.Triple], base: str) -> None:
        self.base = base
        self.store = ox.Store()
        self.query = engine_of(self.store)
        self.store.bulk_extend(ox.Quad(*triple) for triple in triples)
        self.shapes = tuple(shapes)
        self.compiled = self.compile()

    @cached_property
    def nameless(self) -> Nameless:
        """The statements about blank nodes."""
        return Nameless(quad.triple for quad in self.store)

    def warm(self) -> None:
        """Prepare what the first validation needs, so that forked processes have it."""
        nothing = ox.NamedNode(f"{SKOLEM_PREFIX}nothing")
        self.validate([ox.Triple(nothing, ox.NamedNode(TYPE), nothing)])
        _ = self.nameless

    def compile(self) -> Compiled:
        """The shapes, compiled for the classes of the data."""
        return compile_shapes(self.shapes, direct_subclasses(self.store))

    def validate(self, triples: Collection[ox.Triple], progress: Progress = in_silence) -> Report:
        """Validate an upload: its own nodes, and the nodes of the background that its statements break.

        Statements in the background are not changes: a graph without new statements conforms, and what the background
        already violates is not reported. New statements about terms of the ontology are refused.
        """
        new = additions(triples, self.store, self.nameless)
        quads = [ox.Quad(*with_iris(triple)) for triple in new]
        self.store.extend(quads)
        try:
            contents = describe(triples, self.store, self.compiled, self.base)
            if not new:
                return Report((), contents)
            found = self.results([quad.triple for quad in quads], quads, progress)
        finally:
            for quad in quads:
                self.store.remove(quad)
        results = {each.result for each in found}
        said = {astuple(each.result)[:3] for each in found if each.component in OF_DATATYPES}
        results |= ill_formed((quad.triple for quad in quads), said, self.base)
        results |= {
            Result(iri, None, iri, NOT_YOURS, "Violation", f"{self.base}ontology")
            for iri in {shown(triple.subject) for triple in new}
            if iri == f"{self.base}ontology" or iri.startswith(f"{self.base}ontology#")
        }
        return Report(in_order(results), contents)

    def results(self, added: list[ox.Triple], quads: list[ox.Quad], progress: Progress) -> set[Found]:
        """The results that the background does not have; the store holds the added statements, and does so after."""
        changes_classes = any(triple.predicate.value == SUBCLASS for triple in added)
        compiled = self.compile() if changes_classes else self.compiled
        nodes = nodes_of_change(compiled, added, self.query)
        self.apply_to_untyped(compiled, nodes, added)
        found = evaluate(compiled, nodes, self.query, progress)
        if not found:
            return found
        broken = {each.result.shape for each in found}
        for quad in quads:
            self.store.remove(quad)
        suspects = {rule: some for rule, some in nodes.items() if rule.shape in broken}
        before = evaluate(self.compiled, only_targets(self.compiled, suspects, self.query), self.query)
        self.store.extend(quads)
        return found - before

    @staticmethod
    def apply_to_untyped(compiled: Compiled, nodes: Nodes, added: Iterable[ox.Triple]) -> None:
        """Apply the rules for whatever has a type to subjects without one as well, which are no targets of SHACL's."""
        subjects = {triple.subject.value for triple in added if isinstance(triple.subject, ox.NamedNode)}
        for rule in compiled.rules_for_subjects_of(TYPE):
            some = nodes.get(rule, set())
            if some is not None:
                nodes[rule] = some | subjects


def with_iris(triple: ox.Triple) -> ox.Triple:
    """The triple with IRIs in place of its blank nodes, which queries could not name."""
    subject, value = (
        ox.NamedNode(f"{SKOLEM_PREFIX}{term.value}") if isinstance(term, ox.BlankNode) else term
        for term in (triple.subject, triple.object)
    )
    return ox.Triple(subject, triple.predicate, value)  # type: ignore[arg-type] # it is a subject


def ill_formed(triples: Iterable[ox.Triple], said: Collection[object], base: str) -> set[Result]:
    """A result for each ill-formed literal for which no shape has reported a wrong datatype."""
    results = set()
    for triple in triples:
        literal = triple.object
        if not isinstance(literal, ox.Literal) or literal.datatype.value == PLAIN:
            continue  # shapes say which characters a text may have
        if well_formed(literal.value, literal.datatype.value):
            continue
        place = (shown(triple.subject), triple.predicate.value, literal.value)
        if place not in said:
            datatype = literal.datatype.value
            reason = explain(literal.value, datatype, [datatype]) or general(literal.value, datatype)
            results.add(Result(*place, reason, "Violation", f"{base}shapes/{LEXICAL}"))
    return results


def general(value: str, datatype: str) -> str:
    """The message for a literal with a rare datatype."""
    return f'"{value[:80]}" is not a lexical form of {datatype}: correct it, or change its datatype.'


def in_order(results: set[Result]) -> tuple[Result, ...]:
    """Results sorted by node, path and value."""
    return tuple(sorted(results, key=lambda result: [text or "" for text in astuple(result)]))
