"""Report: the validation results of a graph, as JSON, as a sh:ValidationReport and as text.

A result with the severity sh:Warning or sh:Info is shown but does not block: the report conforms unless there is a
sh:Violation. In SHACL 1.0 (3.6.1) any result prevents conformance; in SHACL 1.2 a report can list the severities that
do, in sh:conformanceDisallows, as the report in RDF does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyoxigraph as ox

from uphold.validation.coverage import Contents
from uphold.validation.triple_index import SH, sh

__all__ = ["Report", "Result"]

SIMPLE_PATH = re.compile(
    r"[A-Za-z][\w+.-]*:(?!.*://)[^\s|^<>#]+(?:#[^\s|^<>#/]*)?"
)  # a single IRI, not another kind of path
ONE_IRI = re.compile(r"(?:https?://|urn:)[^\x00-\x20<>\"{}|\\^`]+")
LABEL = re.compile(r"_:\w(?:[\w.\-\u00b7]*[\w\-\u00b7])?")
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
BLOCKING = "Violation"


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result."""

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
    """The validation results of a graph, and its contents."""

    results: tuple[Result, ...]
    contents: Contents = field(default_factory=Contents)

    @property
    def violations(self) -> tuple[Result, ...]:
        """The results that block."""
        return tuple(result for result in self.results if result.severity == BLOCKING)

    @property
    def conforms(self) -> bool:
        """Whether there are no violations; warnings do not count."""
        return not self.violations

    def as_json(self) -> dict[str, object]:
        """The report as the JSON that `uphold validate --json` prints."""
        results = [asdict(result) for result in self.results]
        return {"conforms": self.conforms, "results": results, **self.contents.as_json()}

    def as_turtle(self, triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> str:
        """The report as a sh:ValidationReport; a value is the term in `triples`, if it has one."""
        terms = {(as_text(t.subject), t.predicate.value, as_text(t.object)): t.object for t in triples}
        written = ox.serialize(
            self.triples(terms), format=ox.RdfFormat.TURTLE, prefixes={**prefixes, "sh": SH, "rdfs": RDFS}
        )
        return (written or b"").decode()

    def triples(self, terms: Mapping[tuple[str, str, str], Any]) -> Iterator[ox.Triple]:
        """The statements of the report, grouped by subject."""
        report, nodes = ox.BlankNode(), [ox.BlankNode() for _ in self.results]
        yield ox.Triple(report, TYPE, sh("ValidationReport"))
        yield ox.Triple(report, sh("conforms"), ox.Literal(self.conforms))
        yield ox.Triple(report, sh("conformanceDisallows"), sh(BLOCKING))
        for comment in (self.contents.summary, *self.contents.warnings):
            yield ox.Triple(report, ox.NamedNode(f"{RDFS}comment"), ox.Literal(comment, language="en"))
        for node in nodes:
            yield ox.Triple(report, sh("result"), node)
        for node, result in zip(nodes, self.results, strict=True):
            yield ox.Triple(node, TYPE, sh("ValidationResult"))
            yield ox.Triple(node, sh("focusNode"), as_term(result.focusNode))
            yield ox.Triple(node, sh("resultMessage"), ox.Literal(result.message))
            yield ox.Triple(node, sh("resultSeverity"), sh(result.severity))
            yield ox.Triple(node, sh("sourceShape"), as_term(result.shape))
            if result.path and SIMPLE_PATH.fullmatch(result.path):
                yield ox.Triple(node, sh("resultPath"), ox.NamedNode(result.path))
            if result.value is not None:
                known = terms.get((result.focusNode, result.path or "", result.value))
                yield ox.Triple(node, sh("value"), known if known is not None else as_term(result.value))

    def __str__(self) -> str:
        """The report as text, with a line for each result, and the contents."""
        lines = [str(result) for result in self.results]
        if self.conforms:
            lines.append("Everything conforms.")
        return "\n".join([*lines, self.contents.summary, *(f"Warning: {text}" for text in self.contents.warnings)])


def as_text(term: Any) -> str:
    """An Oxigraph term as shown in a result."""
    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(term.value)


def as_term(text: str) -> Any:
    """The term for the text in a result."""
    if LABEL.fullmatch(text):
        return ox.BlankNode(text[2:])
    try:
        return ox.NamedNode(text) if ONE_IRI.fullmatch(text) else ox.Literal(text)
    except ValueError:  # it looks like an IRI but is not one
        return ox.Literal(text)
