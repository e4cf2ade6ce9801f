"""Background: a data set and its shapes, with which uploads are validated.

The shapes are compiled to SPARQL, and only what an upload can affect is validated. Literals are checked in their
original lexical form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import astuple
from functools import cached_property, partial

import pyoxigraph as ox

from uphold.rdf.stores import renewed
from uphold.validation.added_triples import Nameless, additions, is_nameless
from uphold.validation.changes import SUBCLASS, Nodes, affected, engine_of, only_targets
from uphold.validation.compiler import compile_shapes
from uphold.validation.coverage import describe
from uphold.validation.evaluation import (
    OF_DATATYPES,
    Progress,
    evaluate,
    in_silence,
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
        counts = Counter(triples)
        self.store.bulk_extend(ox.Quad(*triple) for triple in counts)
        self.repeated = Counter({triple: count - 1 for triple, count in counts.items() if count > 1})
        """How many more times than once a triple was given: once for each further graph that has it."""
        self.numbers: dict[str, float] = {}
        """What `LinkWalk` knows of the data; it only decides in which order patterns are matched."""
        self.shapes = tuple(shapes)
        self.compiled = self.compile()

    def renew(self) -> None:
        """Free the memory of removed statements."""
        self.store = renewed(self.store)
        self.query = engine_of(self.store)

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
        added = [with_iris(triple) for triple in new]
        try:
            found = self.results_of_change((), added, progress)
            contents = describe(triples, self.store, self.compiled, self.base)
        finally:
            self.change(added, ())
        return Report(in_order(found | self.about_terms(new)), contents)

    def about_terms(self, added: Iterable[ox.Triple]) -> set[Result]:
        """A result for each term of the ontology about which there is a new statement."""
        subjects = {shown(triple.subject) for triple in added}
        ours = {iri for iri in subjects if iri == f"{self.base}ontology" or iri.startswith(f"{self.base}ontology#")}
        return {Result(iri, None, iri, NOT_YOURS, "Violation", f"{self.base}ontology") for iri in ours}

    def follow(self, removed: Iterable[ox.Triple], added: Iterable[ox.Triple]) -> None:
        """Follow a change of the graphs: a triple stays while a graph has it. Nothing is validated."""
        gone, new = [], []
        for triple in removed:
            if self.repeated[triple]:
                self.repeated[triple] -= 1
            else:
                gone.append(triple)
        self.change(gone, ())
        for triple in added:
            if ox.Quad(*triple) in self.store:
                self.repeated[triple] += 1
            else:
                self.change((), [triple])
                new.append(triple)
        self.repeated += Counter()  # without what has become zero
        if any(map(is_nameless, (*gone, *new))):
            self.__dict__.pop("nameless", None)
        if any(triple.predicate.value == SUBCLASS for triple in (*gone, *new)):
            self.compiled = self.compile()

    def change(self, removed: Iterable[ox.Triple], added: Iterable[ox.Triple]) -> None:
        """Remove and add statements."""
        for triple in removed:
            self.store.remove(ox.Quad(*triple))
        self.store.extend(ox.Quad(*triple) for triple in added)

    def results_of_change(
        self, removed: Collection[ox.Triple], added: Collection[ox.Triple], progress: Progress = in_silence
    ) -> set[Result]:
        """Make a change, and return the results that the data have with it and did not have before.

        All triples have IRIs in place of blank nodes; the removed ones are in the background, the added ones are not.
        """
        if not removed and not added:
            return set()
        changes_classes = any(triple.predicate.value == SUBCLASS for triple in (*removed, *added))
        find = partial(affected, numbers=self.numbers)
        lost = find(self.compiled, removed, self.query, added=False) if removed and not changes_classes else {}
        self.change(removed, added)
        compiled = self.compile() if changes_classes else self.compiled
        nodes = dict.fromkeys(compiled.rules) if changes_classes else find(compiled, added, self.query)
        for rule, some in lost.items():
            others = nodes.get(rule, set())
            nodes[rule] = None if some is None or others is None else some | others
        nodes = only_targets(compiled, nodes, self.query)
        self.apply_to_untyped(compiled, nodes, added)
        found = evaluate(compiled, nodes, self.query, progress)
        if found:
            broken = {each.result.shape for each in found}
            self.change(added, removed)
            suspects = {rule: some for rule, some in nodes.items() if rule.shape in broken}
            found -= evaluate(self.compiled, only_targets(self.compiled, suspects, self.query), self.query)
            self.change(removed, added)
        said = {astuple(each.result)[:3] for each in found if each.component in OF_DATATYPES}
        return {each.result for each in found} | ill_formed(added, said, self.base)

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
