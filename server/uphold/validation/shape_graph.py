"""The shapes graph as Python objects: shapes, their targets, and the parameters of their constraint components.

Every property of a shape in SHACL's namespace is known here or refused by name: nothing is skipped silently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from uphold.errors import UnsupportedShape
from uphold.validation.paths import Path, read_path

__all__ = ["Shape", "Targets", "read_shapes"]

TARGETS = {
    SH.targetClass: "classes",
    SH.targetSubjectsOf: "subjects_of",
    SH.targetObjectsOf: "objects_of",
    SH.targetNode: "nodes",
}
NOT_CONSTRAINTS = {SH.path, SH.message, SH.severity, SH.deactivated, *TARGETS} | {
    SH.name, SH.description, SH.order, SH.group, SH.defaultValue,
}  # fmt: skip
PARAMETERS = {
    SH[name]
    for name in (
        "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive",
        "maxInclusive", "minLength", "maxLength", "pattern", "flags", "languageIn", "uniqueLang", "equals", "disjoint",
        "lessThan", "lessThanOrEquals", "not", "and", "or", "xone", "node", "property", "qualifiedValueShape",
        "qualifiedMinCount", "qualifiedMaxCount", "closed", "ignoredProperties", "hasValue", "in", "sparql",
    )
}  # fmt: skip
"""The parameters of the components of SHACL Core (section 4) and of SPARQL-based constraints (5.3)."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a shape (SHACL 2.1.3), as IRIs; nodes as terms."""

    classes: frozenset[str] = frozenset()
    subjects_of: frozenset[str] = frozenset()
    objects_of: frozenset[str] = frozenset()
    nodes: frozenset[Node] = frozenset()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.classes or self.subjects_of or self.objects_of or self.nodes)


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape. `parameters` maps the local name of each constraint parameter to its values in the shapes graph."""

    node: Node
    path: Path | None
    parameters: dict[str, list[Node]] = field(compare=False)
    message: str | None
    severity: str
    targets: Targets
    deactivated: bool = False

    @property
    def name(self) -> str:
        """Its IRI, or its label as a blank node."""
        return str(self.node)


def read_shapes(graph: rdflib.Graph) -> dict[Node, Shape]:
    """Each shape that has a target or that another shape refers to, by its node.

    Raises `UnsupportedShape` for a property in SHACL's namespace that is not known.
    """
    found: dict[Node, Shape] = {}
    waiting = [node for term in TARGETS for node in graph.subjects(term, unique=True)]
    waiting += [  # implicit class targets (SHACL 2.1.3.3)
        shape
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in graph.subjects(RDF.type, kind)
        if (shape, RDF.type, RDFS.Class) in graph or (shape, RDF.type, OWL.Class) in graph
    ]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = read_shape(graph, node)
            waiting += inner_shapes(graph, found[node])
    return found


def inner_shapes(graph: rdflib.Graph, shape: Shape) -> Iterator[Node]:
    """The shapes that a shape refers to."""
    for name in ("not", "node", "property", "qualifiedValueShape"):
        yield from shape.parameters.get(name, ())
    for name in ("and", "or", "xone"):
        for head in shape.parameters.get(name, ()):
            yield from Collection(graph, head)


def read_shape(graph: rdflib.Graph, node: Node) -> Shape:
    """The shape at a node."""
    parameters: dict[str, list[Node]] = defaultdict(list)
    for term, value in graph.predicate_objects(node):
        if term in PARAMETERS:
            parameters[str(term).removeprefix(str(SH))].append(value)
        elif str(term).startswith(str(SH)) and term not in NOT_CONSTRAINTS:
            raise UnsupportedShape(f"{node.n3()} has sh:{str(term).removeprefix(str(SH))}, which is not supported.")
    path = graph.value(node, SH.path)
    messages = sorted(graph.objects(node, SH.message), key=lambda m: (getattr(m, "language", "") != "en", str(m)))
    return Shape(
        node,
        None if path is None else read_path(graph, path),
        dict(parameters),
        str(messages[0]) if messages else None,
        str(graph.value(node, SH.severity) or SH.Violation),
        read_targets(graph, node),
        str(graph.value(node, SH.deactivated) or "false") in ("true", "1"),
    )


def read_targets(graph: rdflib.Graph, node: Node) -> Targets:
    """The targets stated at a shape."""
    kinds = {name: set(graph.objects(node, term)) for term, name in TARGETS.items()}
    if (node, RDF.type, RDFS.Class) in graph or (node, RDF.type, OWL.Class) in graph:
        kinds["classes"].add(node)
    nodes = frozenset(kinds.pop("nodes"))
    return Targets(**{name: frozenset(map(str, terms)) for name, terms in kinds.items()}, nodes=nodes)
