"""Compiler: shapes as SPARQL queries, each of which returns the violations of one constraint.

The conditions of SHACL Core come from two tables with a template for each constraint component: `value_conditions` and
`focus_conditions`. The query of a SPARQL-based constraint (5.3) is used as it stands.

Each query also knows what it reads (`rules.Read`): a change of other triples cannot change its results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.conditions import QUALIFIERS, Conditions, Scope
from uphold.validation.focus_conditions import FOCUS
from uphold.validation.paths import EMPTY, Path, joined
from uphold.validation.rules import THIS, Compiled, Read, Rule
from uphold.validation.shape_graph import Shape, Targets, is_deactivated, read_shapes
from uphold.validation.sparql_constraints import read_constraint
from uphold.validation.triple_index import Node, TripleIndex
from uphold.validation.value_conditions import VALUE

__all__ = ["compile_shapes"]

VALUE_NODE = "?value"


def compile_shapes(shapes: Iterable[ox.Triple], subclasses: Mapping[str, Iterable[str]]) -> Compiled:
    """Compile the shapes in a graph of triples.

    `subclasses` maps each class to its direct subclasses in the data. Raises `UnsupportedShape`, which names the
    shape, for everything in SHACL's namespace that has no template.
    """
    graph = TripleIndex(shapes)
    compiler = Compiler(Conditions(graph, read_shapes(graph), subclasses, VALUE, FOCUS))
    rules = [rule for shape in compiler.conditions.shapes.values() if shape.targets for rule in compiler.rules(shape)]
    return Compiled(sorted(rules, key=lambda rule: (rule.shape, rule.component)), compiler.conditions.closures)


class Compiler:
    """Compiles the shapes of one graph."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions

    def rules(
        self, shape: Shape, targets: Targets | None = None, way: Path = EMPTY, outer: tuple[Node, ...] = ()
    ) -> Iterator[Rule]:
        """The rules of a shape; `way` leads from the target nodes to its focus nodes."""
        if shape.deactivated:
            return
        if shape.node in outer:
            raise UnsupportedShape(f"{shape.name} refers to itself, which is not supported (SHACL 3.4.3).")
        targets = targets or shape.targets
        for kind in targets.classes:
            self.conditions.closure(kind)
        for name, values in sorted(shape.parameters.items()):
            if name in QUALIFIERS:
                continue
            for value in values:
                if name == "property":
                    inner = joined([way, shape.path or EMPTY])
                    yield from self.rules(self.conditions.inner(value), targets, inner, (*outer, shape.node))
                elif name == "sparql":
                    if not is_deactivated(self.conditions.graph, value):
                        yield self.sparql(shape, value, targets, way)
                else:
                    yield self.rule(shape, name, value, targets, way)

    def rule(self, shape: Shape, name: str, value: Node, targets: Targets, way: Path) -> Rule:
        """The rule of one Core component."""
        scope = Scope(EMPTY, [], [])
        if way != EMPTY:
            scope = scope.step(way)
        origin = THIS if way == EMPTY else "?target"
        start = f"{{focus}} {origin} {way.sparql} {THIS} ." if way != EMPTY else "{focus}"
        if name in VALUE:
            if shape.path is None:
                condition = VALUE[name](self.conditions, shape, value, THIS, scope)
                body = f"{start} FILTER (!COALESCE({condition}, false)) BIND ({THIS} AS {VALUE_NODE})"
            else:
                condition = VALUE[name](self.conditions, shape, value, VALUE_NODE, scope.step(shape.path))
                body = f"{start} {THIS} {shape.path.sparql} {VALUE_NODE} FILTER (!COALESCE({condition}, false))"
        elif name in FOCUS:
            branches = FOCUS[name](self.conditions, shape, value, THIS, scope).violations
            body = " UNION ".join(f"{{ {start} {branch} }}" for branch in branches)
        else:
            raise UnsupportedShape(f"{shape.name} has sh:{name}, which is not supported.")
        select = f"SELECT DISTINCT {THIS} {VALUE_NODE} ?path ?incomparable WHERE {{ {body} }}"
        if way != EMPTY:
            select = select.replace("{focus}", "{focus:target}")
        if targets.nodes and scope.unmoved:
            raise UnsupportedShape(
                f"{shape.name} has sh:targetNode and the path {scope.unmoved[0].text}, which is not supported: an "
                "engine does not find a path without steps from a node that is not in the data."
            )
        return Rule(
            shape.name, name, shape.message, shape.severity, targets, select, shape.path,
            tuple(dict.fromkeys(scope.reads)), self.datatypes(shape),
        )  # fmt: skip

    def sparql(self, shape: Shape, node: Node, targets: Targets, way: Path) -> Rule:
        """The rule of a SPARQL-based constraint (5.3.1): its own query, with $this bound by the focus nodes."""
        if way != EMPTY or shape.path is not None:
            raise UnsupportedShape(f"{shape.name} has sh:sparql on a property shape, which is not supported.")
        constraint = read_constraint(self.conditions.graph, node, shape.name)
        reads = tuple(
            Read(step.predicate, link=link, objects=link.objects(step)) if step else Read(None, link=link)
            for link in constraint.links
            for step in (link.path.steps() if link.path else [None])
        )
        return Rule(
            shape.name, "sparql", constraint.message or shape.message, shape.severity, targets,
            constraint.select, None, reads,
        )  # fmt: skip

    def datatypes(self, shape: Shape) -> frozenset[str]:
        """The datatypes that a shape requires, itself or in the members of its sh:or."""
        members = [
            shape,
            *(
                self.conditions.inner(n)
                for head in shape.parameters.get("or", ())
                for n in self.conditions.graph.members(head)
            ),
        ]
        return frozenset(value.value for member in members for value in member.parameters.get("datatype", ()))
