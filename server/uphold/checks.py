"""Checks: SHACL, with pySHACL as the validator. What does not conform is not published.

A whole data set is judged before it becomes a snapshot; a graph that someone brings is judged with a data set as its
background, and only its own nodes are judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pyoxigraph as ox
import rdflib
from pyshacl import validate as pyshacl_validate
from rdflib.namespace import RDF, SH

from uphold.errors import DoesNotConform

__all__ = ["Report", "Result", "check", "judge", "to_rdflib"]


@dataclass(frozen=True, slots=True, order=True)
class Result:
    """One thing that does not conform, in the words of the shape's message."""

    focusNode: str
    path: str | None
    value: str | None
    message: str
    severity: str
    shape: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the shapes say of a graph."""

    results: tuple[Result, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing is wrong."""
        return not self.results

    def as_json(self) -> dict[str, object]:
        """The report as the JSON that `uphold validate --json` prints."""
        return {"conforms": self.conforms, "results": [asdict(result) for result in self.results]}

    def __str__(self) -> str:
        """The report for a person, a line for each result."""
        lines = [f"{r.focusNode} · {r.path or 'the node itself'} · {r.message} [{r.shape}]" for r in self.results]
        return "\n".join(lines) or "Everything conforms."


def check(quads: ox.Dataset, shapes: rdflib.Graph) -> None:
    """Judge a whole data set; raises `DoesNotConform` with the report when anything is wrong."""
    report = run(to_rdflib(quads), shapes)
    if not report.conforms:
        raise DoesNotConform(len(report.results), str(report))


def judge(brought: rdflib.Graph, background: ox.Dataset, shapes: rdflib.Graph) -> Report:
    """Judge the nodes of a graph that someone brings, with a data set as its background."""
    data = to_rdflib(background)
    own = {str(node) for node in brought.subjects(unique=True)}
    touched = own | {str(node) for triple in brought for node in triple}
    for triple in brought:
        data.add(triple)
    anchors = set(shapes.objects(None, SH.targetNode))  # rules about a whole graph hang on one node
    focus = [*brought.subjects(unique=True), *anchors]
    report = run(data, shapes, focus)
    anchor_names = {str(anchor) for anchor in anchors}
    return Report(
        tuple(r for r in report.results if r.focusNode in own or (r.focusNode in anchor_names and r.value in touched))
    )


def run(data: rdflib.Graph, shapes: rdflib.Graph, focus: Iterable[rdflib.term.Node] | None = None) -> Report:
    """Run pySHACL; `focus` limits the nodes that are judged."""
    _, found, _ = pyshacl_validate(
        data,
        shacl_graph=shapes,
        inference="none",
        advanced=False,
        js=False,
        do_owl_imports=False,
        inplace=True,
        focus_nodes=[str(node) for node in focus] if focus is not None else None,
    )
    if not isinstance(found, rdflib.Graph):
        raise found  # pySHACL hands back its own failure as a value
    return Report(tuple(sorted({read_result(found, node) for node in found.subjects(RDF.type, SH.ValidationResult)})))


def read_result(found: rdflib.Graph, node: rdflib.term.Node) -> Result:
    """One sh:ValidationResult as plain text values."""

    def text(predicate: rdflib.URIRef) -> str | None:
        value = found.value(node, predicate)
        return None if value is None else str(value)

    severity = (text(SH.resultSeverity) or "").rpartition("#")[2]
    message = text(SH.resultMessage) or "does not conform"
    shape = text(SH.sourceConstraint) if named(found, node, SH.sourceConstraint) else text(SH.sourceShape)
    return Result(
        text(SH.focusNode) or "", text(SH.resultPath), text(SH.value), message, severity or "Violation", shape or ""
    )


def named(found: rdflib.Graph, node: rdflib.term.Node, predicate: rdflib.URIRef) -> bool:
    """Whether the value has an IRI, so that it can be looked up."""
    return isinstance(found.value(node, predicate), rdflib.URIRef)


def to_rdflib(quads: Iterable[ox.Quad] | ox.Dataset) -> rdflib.Graph:
    """The union of all graphs, as one rdflib graph."""
    lines = ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=lines or b"", format="nt")
