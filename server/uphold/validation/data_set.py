"""The validation of a whole data set: data that do not conform are not published.

The library `shacl` validates all but SPARQL-based constraints, which it would run once for each focus node; those are
compiled, and each runs once for all. Literals are checked in their original lexical form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
from shacl import Shapes

from uphold.errors import DoesNotConform, UnsupportedShape, ValidatorFailed
from uphold.rdf.graphs import as_triples
from uphold.snapshots.identity import canonical
from uphold.validation.background import direct_subclasses, ill_formed, in_order
from uphold.validation.changes import Nodes, engine_of
from uphold.validation.compiler import compile_shapes
from uphold.validation.evaluation import evaluate
from uphold.validation.report import Report, Result
from uphold.validation.rules import Compiled
from uphold.validation.triple_index import sh

__all__ = ["Prepared", "check", "prepare"]

SPARQL = sh("sparql")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Shapes that are ready for data: those of SHACL Core for the library, and all of them as queries."""

    core: Shapes
    triples: Collection[ox.Triple]
    subclasses: Mapping[str, set[str]]
    queries: Compiled


def prepare(shapes: set[str], subclasses: set[str]) -> Prepared:
    """Prepare shapes, given as lines, for data that will probably have these statements about subclasses.

    Raises `UnsupportedShape` for a shape that the library refuses or that cannot be compiled.
    """
    triples = as_triples(canonical({"": shapes})[""])  # so that a shape without a name always has the same label
    core = [triple for triple in triples if triple.predicate != SPARQL]
    text = (ox.serialize(core, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    try:
        compiled = Shapes.from_text(text, "nt")
    except ValueError as problem:
        raise UnsupportedShape(f"The shapes cannot be read: {problem}") from problem
    store = ox.Store()
    store.bulk_load("\n".join(subclasses), format=ox.RdfFormat.N_TRIPLES)
    known = direct_subclasses(store)
    return Prepared(compiled, triples, known, compile_shapes(triples, known))


def check(union: bytes, prepared: Prepared, base: str) -> Report:
    """Validate a data set, given as N-Triples; raises `DoesNotConform` with the report if there are violations.

    Raises `UnsupportedShape` as `prepare` does, if the data have other subclasses than expected, and `ValidatorFailed`
    when the library fails.
    """
    store = ox.Store()
    store.bulk_load(union, format=ox.RdfFormat.N_TRIPLES)
    results = {*by_library(union, prepared.core), *by_queries(store, prepared)}
    said = {(result.focusNode, result.path, result.value) for result in results}
    literals = (quad.triple for quad in store if isinstance(quad.object, ox.Literal))
    report = Report(in_order(results | ill_formed(literals, said, base)))
    if not report.conforms:
        raise DoesNotConform(len(report.violations), "\n".join(map(str, report.results)))
    return report


def by_library(union: bytes, core: Shapes) -> Iterator[Result]:
    """The results of all constraints of SHACL Core."""
    try:
        found = core.validate_text(union.decode(), "nt").results
    except ValueError as problem:
        raise ValidatorFailed from problem
    for each in found:
        yield Result(
            plain(each.focus_node) or "",
            None if each.path is None else each.path.strip("()").replace("<", "").replace(">", ""),
            each.value_plain if each.value is not None and each.value.startswith('"') else plain(each.value),
            each.message or "does not conform",
            each.severity,
            plain(each.source_shape) or "",
        )


def by_queries(store: ox.Store, prepared: Prepared) -> Iterator[Result]:
    """The results of all SPARQL-based constraints."""
    compiled, known = prepared.queries, direct_subclasses(store)
    if known != prepared.subclasses:
        compiled = compile_shapes(prepared.triples, known)
    nodes: Nodes = {rule: None for rule in compiled.rules if rule.component == "sparql"}
    for found in evaluate(compiled, nodes, engine_of(store)):
        yield found.result


def plain(term: str | None) -> str | None:
    """An IRI without its angle brackets."""
    return term[1:-1] if term is not None and term.startswith("<") else term
