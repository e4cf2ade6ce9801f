"""pySHACL, the reference: corrects the constraint components that it does not evaluate as SHACL specifies.

pySHACL 0.40 raises an exception if sh:lessThan compares incomparable values, or if the message of a SPARQL-based
constraint gets a text with a backslash; either ends the run and loses all other results. It orders dates with and
without a time zone as text, and accepts literals by Python's syntax instead of XSD's. Limited to some focus nodes, it
skips shapes for value nodes, since those are not focus nodes: then sh:not reports every value, and sh:or none. And it
looks up all target nodes of each shape, to search the whole list of focus nodes for each of them. Each class here
overrides the one method at fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, cast

import rdflib
from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.constraints.core.logical_constraints import (
    AndConstraintComponent,
    NotConstraintComponent,
    OrConstraintComponent,
    XoneConstraintComponent,
)
from pyshacl.constraints.core.property_pair_constraints import (
    LessThanConstraintComponent,
    LessThanOrEqualsConstraintComponent,
)
from pyshacl.constraints.core.shape_based_constraints import (
    NodeConstraintComponent,
    PropertyConstraintComponent,
    QualifiedValueShapeConstraintComponent,
)
from pyshacl.constraints.core.value_constraints import DatatypeConstraintComponent
from pyshacl.constraints.core.value_range_constraints import (
    MaxExclusiveConstraintComponent,
    MaxInclusiveConstraintComponent,
    MinExclusiveConstraintComponent,
    MinInclusiveConstraintComponent,
)
from pyshacl.constraints.sparql.sparql_based_constraints import SPARQLBasedConstraint
from pyshacl.shape import Shape
from pyshacl.validator import Validator
from rdflib.namespace import RDF, RDFS, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import BNode, Literal, Node, URIRef

from tests.shapes.xsd_order import compare

__all__ = ["Prepared", "Targets", "corrected"]

slower_value_nodes = Shape.value_nodes
all_focus_nodes = Shape.focus_nodes
description = ConstraintComponent.make_v_result_description
executor_with_list = Validator.make_executor
PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
Values = Mapping[Node, Iterable[Node]]
Reports = list[Any]


class Datatype(DatatypeConstraintComponent):
    """sh:datatype (4.1.2), where a literal is ill-typed if `shacl` has found it so."""

    def _assert_actual_datatype(self, *_: Node) -> bool:
        return True


class Bound:
    """A bound (4.3): `accepted` has the allowed orders of a value and the bound."""

    accepted: tuple[int, ...]

    def beyond(self, bound: Node, graph: Any, values: Values) -> tuple[bool, Reports]:
        """A result for each value that violates the bound."""
        found = [
            self.make_v_result(graph, focus, value_node=value)  # type: ignore[attr-defined] # of the other base
            for focus, nodes in values.items()
            for value in nodes
            if compare(value, bound) not in self.accepted
        ]
        return bool(found), found

    _evaluate_min_rule = _evaluate_max_rule = beyond


class MinExclusive(Bound, MinExclusiveConstraintComponent):
    """sh:minExclusive (4.3.1)."""

    accepted = (1,)


class MinInclusive(Bound, MinInclusiveConstraintComponent):
    """sh:minInclusive (4.3.2)."""

    accepted = (0, 1)


class MaxExclusive(Bound, MaxExclusiveConstraintComponent):
    """sh:maxExclusive (4.3.3)."""

    accepted = (-1,)


class MaxInclusive(Bound, MaxInclusiveConstraintComponent):
    """sh:maxInclusive (4.3.4)."""

    accepted = (-1, 0)


class Pair:
    """Two properties of one node: `accepted` has the allowed orders of each value of the first and of the second."""

    accepted: tuple[int, ...]

    def out_of_order(self, values: Iterable[Node], others: Iterable[Node], graph: Any, focus: Node) -> Any:
        """A result for each violating value; for incomparable values, the message says so first."""
        found = []
        for value in values:
            orders = {other: compare(value, other) for other in others}
            if all(order in self.accepted for order in orders.values()):
                continue
            result = self.make_v_result(graph, focus, value_node=value)  # type: ignore[attr-defined]
            strange = next((other for other, order in orders.items() if order is None), None)
            found.append(result if strange is None else with_reason(result, value, strange))
        return bool(found), found

    _compare_lt = _compare_ltoe = out_of_order


def with_reason(result: Any, value: Node, other: Node) -> Any:
    """The result with a message that names both values."""
    text, node, triples = result
    reason = f"{shown(value)} and {shown(other)} cannot be compared."
    said = [(s, p, Literal(f"{reason} {o}", o.language) if p == SH.resultMessage else o) for s, p, o in triples]
    return text, node, said


def shown(value: Node) -> str:
    """A value as a message quotes it."""
    text = str(value)
    return f'"{text[:80]}{"…" if len(text) > 80 else ""}"'


class LessThan(Pair, LessThanConstraintComponent):
    """sh:lessThan (4.5.3)."""

    accepted = (-1,)


class LessThanOrEquals(Pair, LessThanOrEqualsConstraintComponent):
    """sh:lessThanOrEquals (4.5.4)."""

    accepted = (-1, 0)


class Sparql(SPARQLBasedConstraint):
    """sh:sparql (5.3.2), with any text for a variable in its messages."""

    def _format_sparql_based_result_message(self, msg: str, bound_vars: Any) -> str:
        bound = dict(bound_vars[3]) | dict(zip(("this", "path", "value"), bound_vars, strict=False))
        return PLACEHOLDER.sub(lambda found: str(bound.get(found[1]) or found[0]), msg)


class Nested:
    """A component that applies another shape to the value nodes (4.6, 4.7), whichever nodes are in focus."""

    def evaluate(self, executor: Any, graph: Any, values: Values, path: list[Any]) -> tuple[bool, Reports]:
        """See `ConstraintComponent.evaluate`."""
        unlimited = replace(executor, focus_nodes=None)
        result: tuple[bool, Reports] = super().evaluate(unlimited, graph, values, path)  # type: ignore[misc] # of the other base
        return result


class And(Nested, AndConstraintComponent):
    """sh:and (4.6.2)."""


class Not(Nested, NotConstraintComponent):
    """sh:not (4.6.1); a shape with only a pattern is evaluated as a pattern, in a tenth of the time."""

    def evaluate(self, executor: Any, graph: Any, values: Values, path: list[Any]) -> tuple[bool, Reports]:
        """See `ConstraintComponent.evaluate`."""
        patterns = [pattern for member in self.not_list if (pattern := self.lone_pattern(member))]
        if len(patterns) < len(self.not_list):
            return super().evaluate(executor, graph, values, path)
        found = [
            self.make_v_result(graph, cast(Any, focus), value_node=cast(Any, value))
            for focus, nodes in values.items()
            for value in nodes
            if not isinstance(value, BNode) and any(pattern.search(str(value)) for pattern in patterns)
        ]
        return not found, found

    def lone_pattern(self, member: Node) -> re.Pattern[str] | None:
        """The pattern of a shape that has no other constraint (4.4.3), else None."""
        said = list(self.shape.sg.graph.predicate_objects(member))
        return re.compile(str(said[0][1])) if len(said) == 1 and said[0][0] == SH.pattern else None


class Or(Nested, OrConstraintComponent):
    """sh:or (4.6.3)."""


class Xone(Nested, XoneConstraintComponent):
    """sh:xone (4.6.4)."""


class NodeShape(Nested, NodeConstraintComponent):
    """sh:node (4.7.1)."""


class PropertyShape(Nested, PropertyConstraintComponent):
    """sh:property (4.7.2)."""


class QualifiedValueShape(Nested, QualifiedValueShapeConstraintComponent):
    """sh:qualifiedValueShape (4.7.3)."""


def value_nodes(shape: Any, graph: Any, focus: Any, *given: Any, **named: Any) -> dict[Node, set[Node]]:
    """The value nodes of each focus node (2.1.3), as in `Shape.value_nodes`.

    pySHACL searches for each member of an alternative path separately; here all triples of a node are read once.
    """
    path = shape.path() if shape.is_property_shape else None
    head = shape.sg.graph.value(path, SH.alternativePath) if isinstance(path, BNode) else None
    members = set(shape.sg.graph.items(head)) if head is not None else set()
    if not members or any(not isinstance(member, URIRef) for member in members):
        return slower_value_nodes(shape, graph, focus, *given, **named)  # type: ignore[no-any-return]
    nodes = focus if isinstance(focus, (list, set, tuple)) else [focus]
    return {node: {value for p, value in graph.predicate_objects(node) if p in members} for node in nodes}


def executor_with_set(validator: Any) -> Any:
    """The executor of pySHACL with the focus nodes as a set, for fast lookup."""
    executor = executor_with_list(validator)
    return replace(executor, focus_nodes=executor.focus_nodes and cast(Any, frozenset(executor.focus_nodes)))


class Targets:
    """What makes a node a target (2.1.3), of the few nodes that are in focus, read once for all shapes."""

    def __init__(self, graph: rdflib.Graph, focus: Iterable[str]) -> None:
        nodes = [URIRef(iri) for iri in focus]
        self.classes = {
            node: {above for kind in graph.objects(node, RDF.type) for above in superclasses(graph, kind)}
            for node in nodes
        }
        self.subject_of = {node: set(graph.predicates(node)) for node in nodes}
        self.object_of = {node: set(graph.predicates(None, node)) for node in nodes}

    def of(self, shape: Any) -> set[URIRef]:
        """The nodes in focus that are targets of a shape; `Shape.focus_nodes` returns all targets."""
        nodes, classes, implicit, objects_of, subjects_of = map(set, shape.target())
        return {
            node
            for node, kinds in self.classes.items()
            if node in nodes
            or kinds & (classes | implicit)
            or self.subject_of[node] & subjects_of
            or self.object_of[node] & objects_of
        }


def superclasses(graph: rdflib.Graph, kind: Node) -> Iterator[Node]:
    """A class and those above it."""
    return cast(Iterator[Node], graph.transitive_objects(kind, RDFS.subClassOf))


def no_description(*_: Any, **__: Any) -> str:
    """In place of the text about each result, also each that is not reported: nobody reads it."""
    return ""


COMPONENTS = (
    *(Datatype, MinExclusive, MinInclusive, MaxExclusive, MaxInclusive, LessThan, LessThanOrEquals, Sparql),
    *(And, Not, Or, Xone, NodeShape, PropertyShape, QualifiedValueShape),
)


@contextmanager
def corrected(targets: Targets | None = None) -> Iterator[None]:
    """Let pySHACL use these classes for their parameters, for a while; limited to some nodes, also their targets."""
    before = dict(CONSTRAINT_PARAMETERS_MAP)
    setattr(Shape, "focus_nodes", (lambda shape, *_, **__: targets.of(shape)) if targets else all_focus_nodes)  # noqa: B010
    setattr(ConstraintComponent, "make_v_result_description", no_description)  # noqa: B010
    setattr(Shape, "value_nodes", value_nodes)  # noqa: B010 mypy holds that a method is not assigned to
    setattr(Validator, "make_executor", executor_with_set)  # noqa: B010
    for kind in COMPONENTS:
        for parameter in kind.constraint_parameters():
            CONSTRAINT_PARAMETERS_MAP[parameter] = kind
    try:
        yield
    finally:
        setattr(Shape, "focus_nodes", all_focus_nodes)  # noqa: B010
        setattr(ConstraintComponent, "make_v_result_description", description)  # noqa: B010
        setattr(Shape, "value_nodes", slower_value_nodes)  # noqa: B010
        setattr(Validator, "make_executor", executor_with_list)  # noqa: B010
        CONSTRAINT_PARAMETERS_MAP.clear()
        CONSTRAINT_PARAMETERS_MAP.update(before)


class Prepared(rdflib.Graph):
    """A graph that parses the text of a query once, not for every focus node."""

    def query(self, query_object: str | Query, *given: Any, **named: Any) -> rdflib.query.Result:
        """See `rdflib.Graph.query`."""
        known = prepared(query_object) if isinstance(query_object, str) else query_object
        return super().query(known, *given, **named)


@cache
def prepared(text: str) -> Query:
    """The parsed query, with the default prefixes of rdflib."""
    return prepareQuery(text, initNs=dict(rdflib.Graph().namespaces()))
