"""SHACL: validates with pySHACL. Data that do not conform are not published.

A whole data set is validated before it becomes a snapshot. An uploaded graph is validated with a data set as its
background, and only its own nodes are validated. Literals are checked in their original lexical form; a library's value
of an ill-formed literal is never used.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from typing import Any, NamedTuple

import pyoxigraph as ox
import rdflib
from pyshacl import validate as pyshacl_validate
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from uphold.errors import DoesNotConform, ValidatorFailed
from uphold.validation.added_triples import additions, is_nameless
from uphold.validation.constraint_components import install
from uphold.validation.coverage import Contents, describe
from uphold.validation.graph_scans import Scanned
from uphold.validation.lexical_faults import explain
from uphold.validation.lexical_forms import well_formed
from uphold.validation.report import Report, Result

__all__ = ["check", "to_rdflib", "validate", "warm"]

PLAIN = str(XSD.string)
SKOLEM_PREFIX = "urn:uphold:blank-node:"
NOT_YOURS = "Other graphs cannot change terms of the ontology: use your own namespace, or propose the term."
LEXICAL = "lexical-form"  # the shape that reports an ill-formed literal if no other shape requires its datatype
OF_DATATYPES = (SH.DatatypeConstraintComponent, SH.OrConstraintComponent)


def check(quads: ox.Dataset, shapes: rdflib.Graph) -> Report:
    """Validate a whole data set; raises `DoesNotConform` with the report if there are violations."""
    report = Report(in_order(run(to_rdflib(quads), shapes)))
    if not report.conforms:
        raise DoesNotConform(len(report.violations), "\n".join(map(str, report.results)))
    return report


def validate(data_graph: rdflib.Graph, background: rdflib.Graph, shapes: rdflib.Graph) -> Report:
    """Validate the nodes of an uploaded graph, which is added to the data set that is its background.

    Statements in the background are not changes: only new statements about terms of the ontology are refused, and a
    graph without new statements conforms, as its background does.
    """
    new = additions(data_graph, background)
    anchors = set(shapes.objects(None, SH.targetNode))  # constraints on a whole graph have one target node
    contents = described(data_graph, background, shapes, anchors)
    if not new:
        return Report((), contents)
    nameless = {node for node, _, _ in new if isinstance(node, rdflib.BNode)}
    names: dict[Node, Node] = {
        node: rdflib.URIRef(f"{SKOLEM_PREFIX}{node}") for node in nameless
    }  # pySHACL accepts only IRIs as focus nodes
    named = rdflib.Graph()
    for subject, predicate, value in (triple for triple in data_graph if triple in new or not is_nameless(triple)):
        named.add((names.get(subject, subject), predicate, names.get(value, value)))
    for triple in named:
        background.add(triple)
    own = set(named.subjects(unique=True))
    found = run(background, shapes, own | anchors, named)
    results = {r for r in found if rdflib.URIRef(r.focusNode) in own - anchors}
    results |= {place for r in found if rdflib.URIRef(r.focusNode) in anchors for place in places(r, named)}
    results |= without_iri(data_graph, nameless, shapes)
    results |= not_yours({node for node, _, _ in new}, anchors)
    return Report(in_order({without_skolem_iris(result) for result in results}), contents)


def described(data_graph: rdflib.Graph, union: rdflib.Graph, shapes: rdflib.Graph, anchors: set[Node]) -> Contents:
    """The contents; the base of our IRIs is that of the ontology, the target of whole-graph constraints."""
    base = next((str(anchor).removesuffix("ontology") for anchor in anchors), "")
    return describe(data_graph, union, shapes, base)


def not_yours(changed: set[Node], anchors: set[Node]) -> set[Result]:
    """A result for each term of the ontology with new statements, since those could change the rules."""
    return {
        Result(str(node), None, str(node), NOT_YOURS, "Violation", str(anchor))
        for node in changed
        for anchor in anchors
        if str(node) == str(anchor) or str(node).startswith(f"{anchor}#")
    }


def without_skolem_iris(result: Result) -> Result:
    """The result with blank nodes in place of their Skolem IRIs."""
    focus, value = result.focusNode.replace(SKOLEM_PREFIX, "_:"), result.value
    message = result.message.replace(SKOLEM_PREFIX, "_:")
    return replace(result, focusNode=focus, value=value and value.replace(SKOLEM_PREFIX, "_:"), message=message)


def places(result: Result, data_graph: rdflib.Graph) -> Iterator[Result]:
    """A result of a whole-graph constraint, once for each uploaded node that uses its value."""
    value = rdflib.URIRef(result.value or "")
    if (value, None, None) in data_graph:
        yield replace(result, focusNode=str(value))
        return
    for subject in {*data_graph.subjects(value, None), *data_graph.subjects(RDF.type, value)}:
        yield replace(result, focusNode=str(subject))


def without_iri(data_graph: rdflib.Graph, nameless: set[rdflib.BNode], shapes: rdflib.Graph) -> set[Result]:
    """The results of shape identifiers-iri for blank nodes, which are Skolem IRIs for the other shapes."""
    rule = next((s for s in shapes.subjects(SH.nodeKind, SH.IRI) if str(s).endswith("/identifiers-iri")), None)
    if rule is None:
        return set()
    namespace = {str(kind).rpartition("#")[0] for kind in shapes.objects(rule, SH.targetClass)}
    message = str(shapes.value(rule, SH.message))
    return {
        Result(f"_:{node}", None, f"_:{node}", message, "Violation", str(rule))
        for node in nameless
        if any(str(kind).rpartition("#")[0] in namespace for kind in data_graph.objects(node, RDF.type))
    }


class Found(NamedTuple):
    """A result with its value as a term and its constraint component, for the explanation."""

    result: Result
    value: Node | None
    component: Node | None


def run(
    data: rdflib.Graph,
    shapes: rdflib.Graph,
    focus: Iterable[Node] | None = None,
    data_graph: rdflib.Graph | None = None,
) -> set[Result]:
    """Run pySHACL, and check the lexical forms in `data_graph`, or in all data; `focus` limits pySHACL's focus nodes.

    Raises `ValidatorFailed` when pySHACL does.
    """
    install()
    try:
        _, report, _ = pyshacl_validate(
            data,
            shacl_graph=shapes,
            inference="none",
            advanced=False,
            js=False,
            do_owl_imports=False,
            inplace=True,
            focus_nodes=[str(node) for node in focus] if focus is not None else None,
        )
    except MemoryError:
        raise
    except Exception as problem:
        raise ValidatorFailed from problem
    if not isinstance(report, rdflib.Graph):
        raise ValidatorFailed from report  # pySHACL returns its own failure as a value
    found = [read_result(report, node, data) for node in report.subjects(RDF.type, SH.ValidationResult)]
    return explained(found, shapes) | ill_formed(data if data_graph is None else data_graph, shapes, found)


def explained(found: Iterable[Found], shapes: rdflib.Graph) -> set[Result]:
    """The results; messages about datatypes begin with the fault of the value."""
    return {
        replace(result, message=f"{reason} {result.message}")
        if component in OF_DATATYPES
        and isinstance(value, rdflib.Literal)
        and (reason := explain(str(value), datatype_of(value), datatypes_in(shapes, result.shape)))
        else result
        for result, value, component in found
    }


def datatypes_in(shapes: rdflib.Graph, shape: str) -> set[str]:
    """The datatypes that a shape requires, directly or in the members of its sh:or."""
    node = rdflib.URIRef(shape)
    heads = shapes.objects(node, SH["or"])
    members = [node, *(member for head in heads for member in Collection(shapes, head))]
    return {str(datatype) for member in members for datatype in shapes.objects(member, SH.datatype)}


def datatype_of(literal: rdflib.Literal) -> str:
    """The IRI of a literal's datatype."""
    return str(RDF.langString if literal.language else literal.datatype or PLAIN)


def ill_formed(data: rdflib.Graph, shapes: rdflib.Graph, found: Iterable[Found]) -> set[Result]:
    """A result for each ill-formed literal for which no shape has reported a wrong datatype."""
    said = {(r.focusNode, r.path, r.value) for r, _, component in found if component in OF_DATATYPES}
    rule = next(
        (str(s) for s in shapes.subjects(RDF.type, SH.PropertyShape) if str(s).endswith(f"/{LEXICAL}")), LEXICAL
    )
    results = set()
    for subject, predicate, literal in data:
        if not isinstance(literal, rdflib.Literal) or literal.datatype is None or not literal.ill_typed:
            continue
        focus, path, value = as_text(subject), str(predicate), str(literal)
        if (focus, path, value) not in said:
            reason = explain(value, str(literal.datatype), [str(literal.datatype)]) or general(value, literal.datatype)
            results.add(Result(focus, path, value, reason, "Violation", rule))
    return results


def general(value: str, datatype: rdflib.URIRef) -> str:
    """The message for a literal with a rare datatype."""
    return f'"{value[:80]}" is not a lexical form of {datatype}: correct it, or change its datatype.'


def warm(data: rdflib.Graph, shapes: rdflib.Graph) -> None:
    """Import and prepare all that pySHACL needs, so that forked processes have it."""
    run(data, shapes, shapes.objects(None, SH.targetNode), rdflib.Graph())


def in_order(results: set[Result]) -> tuple[Result, ...]:
    """Results sorted by node, path and value."""
    return tuple(sorted(results, key=lambda result: [text or "" for text in astuple(result)]))


def read_result(report: rdflib.Graph, node: Node, data: rdflib.Graph) -> Found:
    """One sh:ValidationResult as plain text; of an alternative path, only the members that lead to the value."""
    focus, value, path = (report.value(node, p) for p in (SH.focusNode, SH.value, SH.resultPath))
    severity = str(report.value(node, SH.resultSeverity) or SH.Violation).rpartition("#")[2]
    message = str(report.value(node, SH.resultMessage) or "does not conform")
    shape = str(report.value(node, SH.sourceShape) or "")
    leading = [p for p in alternatives(report, path) if (focus, p, value) in data]
    path_as_text = "|".join(map(str, leading)) or path_text(report, path)
    value_as_text = None if value is None else as_text(value)
    result = Result(as_text(focus), path_as_text, value_as_text, message, severity, shape)
    return Found(result, value, report.value(node, SH.sourceConstraintComponent))


def as_text(term: Node | None) -> str:
    """A term in a report: a blank node as its label, any other as its IRI or lexical form."""
    return f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)


def alternatives(found: rdflib.Graph, path: Node | None) -> list[Node]:
    """The members of an alternative path; none for other paths."""
    head = found.value(path, SH.alternativePath) if path is not None else None
    return list(Collection(found, head)) if head is not None else []


def path_text(found: rdflib.Graph, path: Node | None) -> str | None:
    """A SHACL property path (SHACL 2.3.1) in SPARQL syntax."""
    if path is None or isinstance(path, rdflib.URIRef):
        return None if path is None else str(path)
    if either := alternatives(found, path):
        return "|".join(path_text(found, member) or "" for member in either)
    if (path, RDF.first, None) in found:
        return "/".join(path_text(found, member) or "" for member in Collection(found, path))
    inner = found.value(path, SH.inversePath)
    return f"^{path_text(found, inner)}" if inner is not None else str(path)


def to_rdflib(quads: Iterable[ox.Quad] | ox.Dataset, *, labelled: bool = False) -> rdflib.Graph:
    """The union of all graphs as one rdflib graph; blank nodes get new labels, unless `labelled`."""
    logging.getLogger("rdflib.term").setLevel(
        logging.ERROR
    )  # it logs a traceback for each literal that it cannot convert
    graph = Scanned()
    add, known = graph.store.add, Terms(labelled=labelled)
    for quad in quads:
        add((known[quad.subject], known[quad.predicate], known[quad.object]), graph)
    return graph


class Terms(dict[Any, Node]):
    """The rdflib term for each Oxigraph term, created once."""

    def __init__(self, *, labelled: bool) -> None:
        super().__init__()
        self.labelled = labelled

    def __missing__(self, term: Any) -> Node:
        """Make it."""
        made: Node
        if isinstance(term, ox.NamedNode):
            made = rdflib.URIRef(term.value)
        elif isinstance(term, ox.BlankNode):
            made = rdflib.BNode(term.value if self.labelled else None)
        elif term.language or term.datatype.value == PLAIN:
            made = rdflib.Literal(term.value, term.language)
        else:
            made = typed(term.value, term.datatype.value)
        self[term] = made
        return made


def typed(text: str, datatype: str) -> rdflib.Literal:
    """The literal in its original form; one that is ill-formed by XSD has no value, whatever Python accepts."""
    good = well_formed(text, datatype)
    made = rdflib.Literal(text, datatype=rdflib.URIRef(datatype) if good else None, normalize=False)
    if not good:  # rdflib has no public way to create a literal without conversion
        made._datatype, made._value = rdflib.URIRef(datatype), None  # noqa: SLF001
    made._ill_typed = not good  # noqa: SLF001
    return made
