"""The validation of a whole data set: data that do not conform are not published.

The library `shacl` validates all but SPARQL-based constraints, which it would run once for each focus node; those are
compiled, and each runs once for all. Literals are checked in their original lexical form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyoxigraph as ox
from shacl import Shapes

from uphold.errors import DoesNotConform, UnsupportedShape, ValidatorFailed
from uphold.validation.background import direct_subclasses, ill_formed, in_order
from uphold.validation.changes import Nodes, engine_of
from uphold.validation.compiler import compile_shapes
from uphold.validation.evaluation import evaluate
from uphold.validation.report import Report, Result
from uphold.validation.triple_index import sh

__all__ = ["check"]

SPARQL = sh("sparql")


def check(union: bytes, shapes: Collection[ox.Triple], base: str) -> Report:
    """Validate a data set, given as N-Triples; raises `DoesNotConform` with the report if there are violations.

    Raises `UnsupportedShape` for a shape that the library refuses or that cannot be compiled, and `ValidatorFailed`
    when the library fails.
    """
    store = ox.Store()
    store.bulk_load(union, format=ox.RdfFormat.N_TRIPLES)
    results = {*by_library(union, shapes), *by_queries(store, shapes)}
    said = {(result.focusNode, result.path, result.value) for result in results}
    literals = (quad.triple for quad in store if isinstance(quad.object, ox.Literal))
    report = Report(in_order(results | ill_formed(literals, said, base)))
    if not report.conforms:
        raise DoesNotConform(len(report.violations), "\n".join(map(str, report.results)))
    return report


def by_library(union: bytes, shapes: Collection[ox.Triple]) -> Iterator[Result]:
    """The results of all constraints of SHACL Core."""
    core = [triple for triple in shapes if triple.predicate != SPARQL]
    text = (ox.serialize(core, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    try:
        compiled = Shapes.from_text(text, "nt")
    except ValueError as problem:
        raise UnsupportedShape(f"The shapes cannot be read: {problem}") from problem
    try:
        found = compiled.validate_text(union.decode(), "nt").results
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


def by_queries(store: ox.Store, shapes: Collection[ox.Triple]) -> Iterator[Result]:
    """The results of all SPARQL-based constraints."""
    compiled = compile_shapes(shapes, direct_subclasses(store))
    nodes: Nodes = {rule: None for rule in compiled.rules if rule.component == "sparql"}
    for found in evaluate(compiled, nodes, engine_of(store)):
        yield found.result


def plain(term: str | None) -> str | None:
    """An IRI without its angle brackets."""
    return term[1:-1] if term is not None and term.startswith("<") else term
