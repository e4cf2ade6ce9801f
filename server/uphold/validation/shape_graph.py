"""The shapes graph as Python objects: shapes, their targets, and the parameters of their constraint components.

Every property of a shape in SHACL's namespace is known here or refused by name: nothing is skipped silently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from uphold.errors import UnsupportedShape
from uphold.validation.paths import Path, read_path

__all__ = ["Shape", "Targets", "first_message", "is_deactivated", "read_shapes"]

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
OF_PATHS = {
    "minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals", "qualifiedValueShape", "qualifiedMinCount",
    "qualifiedMaxCount",
}  # fmt: skip
"""The parameters that a node shape must not have."""
SINGLE = OF_PATHS - {"lessThan", "lessThanOrEquals"} | {
    "datatype", "nodeKind", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive", "minLength", "maxLength",
    "pattern", "flags", "languageIn", "closed", "ignoredProperties", "in",
}  # fmt: skip
"""The parameters of which a shape must not have two values."""
IRIS = ("class", "datatype", "equals", "disjoint", "lessThan", "lessThanOrEquals")


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a shape (SHACL 2.1.3), as IRIs; nodes as terms."""

    classes: frozenset[str] = frozenset()
    subjects_of: frozenset[str] = frozenset()
    objects_of: frozenset[str] = frozenset()
    nodes: frozenset[Node] = frozenset()

    @property
    def can_be_literals(self) -> bool:
        """Whether a literal can be one of them."""
        return bool(self.objects_of) or any(isinstance(node, rdflib.Literal) for node in self.nodes)

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
    for node in graph.subjects(SH.entailment):
        raise UnsupportedShape(f"{node.n3()} has sh:entailment, which is not supported (SHACL 3.3).")
    found: dict[Node, Shape] = {}
    waiting = [s for s, p in graph.subject_predicates(unique=True) if str(p).startswith(f"{SH}target")]
    waiting += [  # implicit class targets (SHACL 2.1.3.3)
        shape
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in graph.subjects(RDF.type, kind)
        if is_class(graph, shape)
    ]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = read_shape(graph, node)
            waiting += inner_shapes(graph, found[node])
    return found


def is_class(graph: rdflib.Graph, node: Node) -> bool:
    """Whether a node is a SHACL instance of rdfs:Class in the shapes graph."""
    return any(RDFS.Class in graph.transitive_objects(kind, RDFS.subClassOf) for kind in graph.objects(node, RDF.type))


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
    own = {path for holder in graph.objects(None, SH.parameter) for path in graph.objects(holder, SH.path)}
    for term, value in graph.predicate_objects(node):
        name = str(term).removeprefix(str(SH))
        if term in PARAMETERS:
            parameters[name].append(value)
        elif term in own or (name != str(term) and term not in NOT_CONSTRAINTS):
            name = name if term in own else f"sh:{name}"
            raise UnsupportedShape(f"{node.n3()} has {name}, which is not supported.")
    paths = [*graph.objects(node, SH.path)]
    if len(paths) > 1:
        raise UnsupportedShape(f"{node.n3()} has two values of sh:path, which SHACL does not allow (2.3).")
    shape = Shape(
        node,
        path_of(graph, node, paths[0]) if paths else None,
        dict(parameters),
        first_message(graph, node),
        str(graph.value(node, SH.severity) or SH.Violation),
        read_targets(graph, node),
        is_deactivated(graph, node),
    )
    check(graph, shape)
    return shape


def path_of(graph: rdflib.Graph, shape: Node, node: Node) -> Path:
    """The path of a shape."""
    try:
        return read_path(graph, node)
    except UnsupportedShape as problem:
        raise UnsupportedShape(f"sh:path of {shape.n3()}: {problem}") from problem


def check(graph: rdflib.Graph, shape: Shape) -> None:
    """Raise `UnsupportedShape` for what SHACL's syntax rules exclude, and for blank nodes as terms in data."""
    node = shape.node.n3()
    for name, values in shape.parameters.items():
        if name in OF_PATHS and shape.path is None:
            raise UnsupportedShape(f"{node} is a node shape with sh:{name}, which SHACL does not allow.")
        if name in SINGLE and len(values) > 1:
            raise UnsupportedShape(f"{node} has two values of sh:{name}, which SHACL does not allow.")
        if name in IRIS and not all(isinstance(value, rdflib.URIRef) for value in values):
            raise UnsupportedShape(f"{node} has a value of sh:{name} that is not an IRI, which SHACL does not allow.")
        terms = [term for head in values for term in Collection(graph, head)] if name == "in" else values
        if name in ("hasValue", "in") and any(isinstance(term, rdflib.BNode) for term in terms):
            raise UnsupportedShape(f"{node} has a blank node in sh:{name}, which is not supported.")
    targets = [value for term in TARGETS for value in graph.objects(shape.node, term)]
    if any(isinstance(value, rdflib.BNode) for value in targets):
        raise UnsupportedShape(f"{node} has a blank node as target, which SHACL does not allow (2.1.3).")


def first_message(graph: rdflib.Graph, node: Node) -> str | None:
    """The message of a shape or constraint, in English if there are several."""
    messages = sorted(graph.objects(node, SH.message), key=lambda m: (getattr(m, "language", "") != "en", str(m)))
    return str(messages[0]) if messages else None


def is_deactivated(graph: rdflib.Graph, node: Node) -> bool:
    """Whether a shape or a SPARQL-based constraint is deactivated (SHACL 2.1.4, 5.2.1)."""
    return str(graph.value(node, SH.deactivated) or "false") in ("true", "1")


def read_targets(graph: rdflib.Graph, node: Node) -> Targets:
    """The targets stated at a shape."""
    kinds = {name: set(graph.objects(node, term)) for term, name in TARGETS.items()}
    if is_class(graph, node):
        kinds["classes"].add(node)
    nodes = frozenset(kinds.pop("nodes"))
    return Targets(**{name: frozenset(map(str, terms)) for name, terms in kinds.items()}, nodes=nodes)
