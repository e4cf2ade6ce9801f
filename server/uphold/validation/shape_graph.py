"""The shapes graph as Python objects: shapes, their targets, and the parameters of their constraint components.

Every property of a shape in SHACL's namespace is known here or refused by name: nothing is skipped silently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.paths import Path, read_path
from uphold.validation.triple_index import SH, Node, TripleIndex, rdf, sh

__all__ = ["PATH", "Shape", "Targets", "first_message", "is_deactivated", "read_shapes"]

PATH, MESSAGE, SEVERITY, DEACTIVATED = (sh(name) for name in ("path", "message", "severity", "deactivated"))
TYPE = rdf("type")
CLASS, SUBCLASS = (ox.NamedNode(f"http://www.w3.org/2000/01/rdf-schema#{name}") for name in ("Class", "subClassOf"))
TARGETS = {
    "targetClass": "classes",
    "targetSubjectsOf": "subjects_of",
    "targetObjectsOf": "objects_of",
    "targetNode": "nodes",
}
NOT_CONSTRAINTS = {
    "path", "message", "severity", "deactivated", "name", "description", "order", "group", "defaultValue", *TARGETS,
}  # fmt: skip
PARAMETERS = {
    "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive",
    "maxInclusive", "minLength", "maxLength", "pattern", "flags", "languageIn", "uniqueLang", "equals", "disjoint",
    "lessThan", "lessThanOrEquals", "not", "and", "or", "xone", "node", "property", "qualifiedValueShape",
    "qualifiedMinCount", "qualifiedMaxCount", "closed", "ignoredProperties", "hasValue", "in", "sparql",
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
        return bool(self.objects_of) or any(isinstance(node, ox.Literal) for node in self.nodes)

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
        return self.node.value


def read_shapes(graph: TripleIndex) -> dict[Node, Shape]:
    """Each shape that has a target or that another shape refers to, by its node.

    Raises `UnsupportedShape` for a property in SHACL's namespace that is not known.
    """
    for node, _ in graph.pairs(sh("entailment")):
        raise UnsupportedShape(f"{node} has sh:entailment, which is not supported (SHACL 3.3).")
    own = {path.value for _, holder in graph.pairs(sh("parameter")) for path in graph.objects(holder, PATH)}
    found: dict[Node, Shape] = {}
    waiting = [
        shape for term in graph.predicates if term.value.startswith(f"{SH}target") for shape, _ in graph.pairs(term)
    ]
    waiting += [  # implicit class targets (SHACL 2.1.3.3)
        shape
        for shape, kind in graph.pairs(TYPE)
        if kind in (sh("NodeShape"), sh("PropertyShape")) and is_class(graph, shape)
    ]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = read_shape(graph, node, own)
            waiting += inner_shapes(graph, found[node])
    return found


def is_class(graph: TripleIndex, node: Node) -> bool:
    """Whether a node is a SHACL instance of rdfs:Class in the shapes graph."""
    return any(CLASS in graph.reachable(kind, SUBCLASS) for kind in graph.objects(node, TYPE))


def inner_shapes(graph: TripleIndex, shape: Shape) -> Iterator[Node]:
    """The shapes that a shape refers to."""
    for name in ("not", "node", "property", "qualifiedValueShape"):
        yield from shape.parameters.get(name, ())
    for name in ("and", "or", "xone"):
        for head in shape.parameters.get(name, ()):
            yield from graph.members(head)


def read_shape(graph: TripleIndex, node: Node, own: Collection[str]) -> Shape:
    """The shape at a node; `own` has the parameters of components that the graph declares, which are not supported."""
    parameters: dict[str, list[Node]] = defaultdict(list)
    for term, value in graph.properties(node):
        name = term.value.removeprefix(SH)
        of_shacl = name != term.value
        if of_shacl and name in PARAMETERS:
            parameters[name].append(value)
        elif term.value in own or (of_shacl and name not in NOT_CONSTRAINTS):
            name = name if term.value in own else f"sh:{name}"
            raise UnsupportedShape(f"{node} has {name}, which is not supported.")
    paths = graph.objects(node, PATH)
    if len(paths) > 1:
        raise UnsupportedShape(f"{node} has two values of sh:path, which SHACL does not allow (2.3).")
    shape = Shape(
        node,
        path_of(graph, node, paths[0]) if paths else None,
        dict(parameters),
        first_message(graph, node),
        graph.text(node, SEVERITY, f"{SH}Violation"),
        read_targets(graph, node),
        is_deactivated(graph, node),
    )
    check(graph, shape)
    return shape


def path_of(graph: TripleIndex, shape: Node, node: Node) -> Path:
    """The path of a shape."""
    try:
        return read_path(graph, node)
    except UnsupportedShape as problem:
        raise UnsupportedShape(f"sh:path of {shape}: {problem}") from problem


def check(graph: TripleIndex, shape: Shape) -> None:
    """Raise `UnsupportedShape` for what SHACL's syntax rules exclude, and for blank nodes as terms in data."""
    node = shape.node
    for name, values in shape.parameters.items():
        if name in OF_PATHS and shape.path is None:
            raise UnsupportedShape(f"{node} is a node shape with sh:{name}, which SHACL does not allow.")
        if name in SINGLE and len(values) > 1:
            raise UnsupportedShape(f"{node} has two values of sh:{name}, which SHACL does not allow.")
        if name in IRIS and not all(isinstance(value, ox.NamedNode) for value in values):
            raise UnsupportedShape(f"{node} has a value of sh:{name} that is not an IRI, which SHACL does not allow.")
        terms = [term for head in values for term in graph.members(head)] if name == "in" else values
        if name in ("hasValue", "in") and any(isinstance(term, ox.BlankNode) for term in terms):
            raise UnsupportedShape(f"{node} has a blank node in sh:{name}, which is not supported.")
    if any(isinstance(value, ox.BlankNode) for name in TARGETS for value in graph.objects(node, sh(name))):
        raise UnsupportedShape(f"{node} has a blank node as target, which SHACL does not allow (2.1.3).")


def first_message(graph: TripleIndex, node: Node) -> str | None:
    """The message of a shape or constraint, in English if there are several."""
    messages = sorted(graph.objects(node, MESSAGE), key=lambda m: (getattr(m, "language", "") != "en", m.value))
    return messages[0].value if messages else None


def is_deactivated(graph: TripleIndex, node: Node) -> bool:
    """Whether a shape or a SPARQL-based constraint is deactivated (SHACL 2.1.4, 5.2.1)."""
    return graph.text(node, DEACTIVATED) in ("true", "1")


def read_targets(graph: TripleIndex, node: Node) -> Targets:
    """The targets stated at a shape."""
    kinds = {name: set(graph.objects(node, sh(term))) for term, name in TARGETS.items()}
    if is_class(graph, node):
        kinds["classes"].add(node)
    nodes = frozenset(kinds.pop("nodes"))
    return Targets(**{name: frozenset(term.value for term in terms) for name, terms in kinds.items()}, nodes=nodes)
