"""Report: what the shapes say of a graph, as JSON, as a sh:ValidationReport and as text.

A result with the severity sh:Warning or sh:Info is shown and blocks nothing: the report conforms as long as there is no
sh:Violation. SHACL 1.0 (3.6.1) lets any result speak against conformance; SHACL 1.2 lets a report name the severities
that do, in sh:conformanceDisallows, and so the report in RDF does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from uphold.contents import Contents

__all__ = ["ONE_IRI", "Report", "Result"]

SIMPLE_PATH = re.compile(r"[A-Za-z][\w+.-]*:(?!.*://.*://)[^\s|^<>]+")  # one IRI, none of the other kinds of path
ONE_IRI = re.compile(r"(?:https?://|urn:)[^\x00-\x20<>\"{}|\\^`]+")
DISALLOWS = rdflib.URIRef(f"{SH}conformanceDisallows")  # of SHACL 1.2, which rdflib does not know yet
BLOCKING = "Violation"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape reports, in the words of its message."""

    focusNode: str
    path: str | None
    value: str | None
    message: str
    severity: str
    shape: str

    def __str__(self) -> str:
        """The result in one line."""
        place = f"{self.path or 'the node itself'}{f' = {self.value}' if self.path and self.value else ''}"
        mild = "" if self.severity == BLOCKING else f"{self.severity}: "
        return f"{mild}{self.focusNode} · {place} · {self.message} [{self.shape}]"


@dataclass(frozen=True, slots=True)
class Report:
    """What the shapes say of a graph, and what was in it."""

    results: tuple[Result, ...]
    contents: Contents = field(default_factory=Contents)

    @property
    def violations(self) -> tuple[Result, ...]:
        """The results that block."""
        return tuple(result for result in self.results if result.severity == BLOCKING)

    @property
    def conforms(self) -> bool:
        """Whether nothing is wrong; warnings do not count."""
        return not self.violations

    def as_json(self) -> dict[str, object]:
        """The report as the JSON that `uphold validate --json` prints."""
        results = [asdict(result) for result in self.results]
        return {"conforms": self.conforms, "results": results, **self.contents.as_json()}

    def as_turtle(self, brought: rdflib.Graph, prefixes: Mapping[str, str]) -> str:
        """The report as a sh:ValidationReport; a value is the term that `brought` has, where it has one."""
        graph, report = rdflib.Graph(bind_namespaces="none"), rdflib.BNode()
        for triple in self.triples(report, brought):
            graph.add(triple)
        lines = ox.parse(graph.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES)
        # rdflib's own Turtle writes "5."^^xsd:decimal as 5. and so ends the statement
        written = ox.serialize(lines, format=ox.RdfFormat.TURTLE, prefixes={**prefixes, "rdfs": str(RDFS)})
        return (written or b"").decode()

    def triples(self, report: rdflib.BNode, brought: rdflib.Graph) -> Iterator[tuple[Node, Node, Node]]:
        """The statements of the report."""
        yield report, RDF.type, SH.ValidationReport
        yield report, SH.conforms, rdflib.Literal(self.conforms)
        yield report, DISALLOWS, SH[BLOCKING]
        for comment in (self.contents.summary, *self.contents.warnings):
            yield report, RDFS.comment, rdflib.Literal(comment, "en")
        for result in self.results:
            node, focus = rdflib.BNode(), as_term(result.focusNode)
            yield report, SH.result, node
            yield node, RDF.type, SH.ValidationResult
            yield node, SH.focusNode, focus
            yield node, SH.resultMessage, rdflib.Literal(result.message)
            yield node, SH.resultSeverity, SH[result.severity]
            yield node, SH.sourceShape, as_term(result.shape)
            if result.path and SIMPLE_PATH.fullmatch(result.path):
                yield node, SH.resultPath, rdflib.URIRef(result.path)
            if result.value is not None:
                path = rdflib.URIRef(result.path) if result.path else None
                terms = [*brought.objects(focus, path), *brought.objects(focus)]
                yield node, SH.value, next((t for t in terms if str(t) == result.value), as_term(result.value))

    def __str__(self) -> str:
        """The report for a person, a line for each result, and what came."""
        lines = [str(result) for result in self.results]
        if self.conforms:
            lines.append("Everything conforms.")
        return "\n".join([*lines, self.contents.summary, *(f"Warning: {text}" for text in self.contents.warnings)])


def as_term(text: str) -> Node:
    """The term that a result shows as text."""
    if text.startswith("_:"):
        return rdflib.BNode(text[2:])
    return rdflib.URIRef(text) if ONE_IRI.fullmatch(text) else rdflib.Literal(text)
