"""Checks: SHACL, with pySHACL as the validator. What does not conform is not published.

A whole data set is judged before it becomes a snapshot; a graph that someone brings is judged with a data set as its
background, and only its own nodes are judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

import pyoxigraph as ox
import rdflib
from pyshacl import validate as pyshacl_validate
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from uphold.additions import additions, is_nameless
from uphold.errors import DoesNotConform
from uphold.scans import Scanned

__all__ = ["Report", "Result", "check", "judge", "to_rdflib", "warm"]


SIMPLE_PATH = re.compile(r"[A-Za-z][\w+.-]*:(?!.*://.*://)[^\s|^<>]+")  # one IRI, none of the other kinds of path
ONE_IRI = re.compile(r"(?:https?://|urn:)[^\x00-\x20<>\"{}|\\^`]+")
PLAIN = str(XSD.string)
STAND_IN = "urn:uphold:blank-node:"
NOT_YOURS = "Terms of the ontology are not changed by other graphs: use a namespace of your own, or propose the term."


@dataclass(frozen=True, slots=True)
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

    def as_graph(self, brought: rdflib.Graph) -> rdflib.Graph:
        """The report as a sh:ValidationReport; a value is the term that `brought` has, where it has one."""
        graph, report = rdflib.Graph(bind_namespaces="none"), rdflib.BNode()
        graph.bind("sh", SH)
        graph.add((report, RDF.type, SH.ValidationReport))
        graph.add((report, SH.conforms, rdflib.Literal(self.conforms)))
        for result in self.results:
            node = rdflib.BNode()
            focus = as_term(result.focusNode)
            graph.add((report, SH.result, node))
            graph.add((node, RDF.type, SH.ValidationResult))
            graph.add((node, SH.focusNode, focus))
            graph.add((node, SH.resultMessage, rdflib.Literal(result.message)))
            graph.add((node, SH.resultSeverity, SH[result.severity]))
            graph.add((node, SH.sourceShape, as_term(result.shape)))
            if result.path and SIMPLE_PATH.fullmatch(result.path):
                graph.add((node, SH.resultPath, rdflib.URIRef(result.path)))
            if result.value is not None:
                terms = (term for term in brought.objects(focus) if str(term) == result.value)
                graph.add((node, SH.value, next(terms, as_term(result.value))))
        return graph

    def __str__(self) -> str:
        """The report for a person, a line for each result."""
        lines = [
            f"{r.focusNode} · {r.path or 'the node itself'}{f' = {r.value}' if r.path and r.value else ''}"
            f" · {r.message} [{r.shape}]"
            for r in self.results
        ]
        return "\n".join(lines) or "Everything conforms."


def check(quads: ox.Dataset, shapes: rdflib.Graph) -> None:
    """Judge a whole data set; raises `DoesNotConform` with the report when anything is wrong."""
    report = run(to_rdflib(quads), shapes)
    if not report.conforms:
        raise DoesNotConform(len(report.results), str(report))


def judge(brought: rdflib.Graph, background: rdflib.Graph, shapes: rdflib.Graph) -> Report:
    """Judge the nodes of a graph that someone brings; it is added to the data set that is its background.

    What the background has already is no change: of a term of the ontology only what is new is refused, and a graph of
    which nothing is new conforms, as its background does.
    """
    new = additions(brought, background)
    if not new:
        return Report(())
    nameless = {node for node, _, _ in new if isinstance(node, rdflib.BNode)}
    names: dict[Node, Node] = {
        node: rdflib.URIRef(f"{STAND_IN}{node}") for node in nameless
    }  # pySHACL focuses on IRIs only
    named = rdflib.Graph()
    for subject, predicate, value in (triple for triple in brought if triple in new or not is_nameless(triple)):
        named.add((names.get(subject, subject), predicate, names.get(value, value)))
    for triple in named:
        background.add(triple)
    own = set(named.subjects(unique=True))
    anchors = set(shapes.objects(None, SH.targetNode))  # rules about a whole graph hang on one node
    found = run(background, shapes, own | anchors).results
    results = {r for r in found if rdflib.URIRef(r.focusNode) in own - anchors}
    results |= {place for r in found if rdflib.URIRef(r.focusNode) in anchors for place in places(r, named)}
    results |= without_iri(brought, nameless, shapes)
    results |= not_yours({node for node, _, _ in new}, anchors)
    return Report(in_order({without_stand_ins(result) for result in results}))


def not_yours(changed: set[Node], anchors: set[Node]) -> set[Result]:
    """A result for each term of the ontology of which something new is said, since that could change the rules."""
    return {
        Result(str(node), None, str(node), NOT_YOURS, "Violation", str(anchor))
        for node in changed
        for anchor in anchors
        if str(node) == str(anchor) or str(node).startswith(f"{anchor}#")
    }


def without_stand_ins(result: Result) -> Result:
    """The result with blank nodes shown as such."""
    focus, value = result.focusNode.replace(STAND_IN, "_:"), result.value
    message = result.message.replace(STAND_IN, "_:")
    return replace(result, focusNode=focus, value=value and value.replace(STAND_IN, "_:"), message=message)


def as_term(text: str) -> Node:
    """The term that a result shows as text."""
    if text.startswith("_:"):
        return rdflib.BNode(text[2:])
    return rdflib.URIRef(text) if ONE_IRI.fullmatch(text) else rdflib.Literal(text)


def places(result: Result, brought: rdflib.Graph) -> Iterator[Result]:
    """A result of a whole-graph rule, once for each brought node that has to do with the value it names."""
    value = rdflib.URIRef(result.value or "")
    if (value, None, None) in brought:
        yield replace(result, focusNode=str(value))
        return
    for subject in {*brought.subjects(value, None), *brought.subjects(RDF.type, value)}:
        yield replace(result, focusNode=str(subject))


def without_iri(brought: rdflib.Graph, nameless: set[rdflib.BNode], shapes: rdflib.Graph) -> set[Result]:
    """What shape identifiers-iri says of blank nodes, which have a stand-in when the other rules are asked."""
    rule = next((s for s in shapes.subjects(SH.nodeKind, SH.IRI) if str(s).endswith("/identifiers-iri")), None)
    if rule is None:
        return set()
    namespace = {str(kind).rpartition("#")[0] for kind in shapes.objects(rule, SH.targetClass)}
    message = str(shapes.value(rule, SH.message))
    return {
        Result(f"_:{node}", None, f"_:{node}", message, "Violation", str(rule))
        for node in nameless
        if any(str(kind).rpartition("#")[0] in namespace for kind in brought.objects(node, RDF.type))
    }


def run(data: rdflib.Graph, shapes: rdflib.Graph, focus: Iterable[Node] | None = None) -> Report:
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
    results = {read_result(found, node, data) for node in found.subjects(RDF.type, SH.ValidationResult)}
    return Report(in_order(results))


def warm(data: rdflib.Graph, shapes: rdflib.Graph) -> None:
    """Let all be imported and prepared that running pySHACL needs, so that processes forked from this one have it."""
    run(data, shapes, shapes.objects(None, SH.targetNode))


def in_order(results: set[Result]) -> tuple[Result, ...]:
    """Results sorted by node, path and value."""
    return tuple(sorted(results, key=lambda result: [text or "" for text in astuple(result)]))


def read_result(found: rdflib.Graph, node: Node, data: rdflib.Graph) -> Result:
    """One sh:ValidationResult as plain text values; of alternative paths, those that lead to the value."""

    def text(predicate: rdflib.URIRef) -> str | None:
        value = found.value(node, predicate)
        return None if value is None else str(value)

    severity = (text(SH.resultSeverity) or "").rpartition("#")[2]
    message = text(SH.resultMessage) or "does not conform"
    shape = text(SH.sourceShape)
    focus, value, path = (found.value(node, p) for p in (SH.focusNode, SH.value, SH.resultPath))
    leading = [p for p in alternatives(found, path) if (focus, p, value) in data]
    path_as_text = "|".join(map(str, leading)) or path_text(found, path)
    return Result(str(focus), path_as_text, text(SH.value), message, severity or "Violation", shape or "")


def alternatives(found: rdflib.Graph, path: Node | None) -> list[Node]:
    """The members of an alternative path, none of another one."""
    head = found.value(path, SH.alternativePath) if path is not None else None
    return list(Collection(found, head)) if head is not None else []


def path_text(found: rdflib.Graph, path: Node | None) -> str | None:
    """A SHACL property path (SHACL 2.3.1) as SPARQL writes it."""
    if path is None or isinstance(path, rdflib.URIRef):
        return None if path is None else str(path)
    if either := alternatives(found, path):
        return "|".join(path_text(found, member) or "" for member in either)
    if (path, RDF.first, None) in found:
        return "/".join(path_text(found, member) or "" for member in Collection(found, path))
    inner = found.value(path, SH.inversePath)
    return f"^{path_text(found, inner)}" if inner is not None else str(path)


def to_rdflib(quads: Iterable[ox.Quad] | ox.Dataset) -> rdflib.Graph:
    """The union of all graphs, as one rdflib graph; blank nodes get new names."""
    graph = Scanned()
    add, known = graph.store.add, Terms()
    for quad in quads:
        add((known[quad.subject], known[quad.predicate], known[quad.object]), graph)
    return graph


class Terms(dict[Any, Node]):
    """The rdflib term for each of Oxigraph's, made once."""

    def __missing__(self, term: Any) -> Node:
        """Make it."""
        made: Node
        if isinstance(term, ox.NamedNode):
            made = rdflib.URIRef(term.value)
        elif isinstance(term, ox.BlankNode):
            made = rdflib.BNode()
        elif term.language or term.datatype.value == PLAIN:
            made = rdflib.Literal(term.value, term.language)
        else:
            made = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value))
        self[term] = made
        return made
