"""Conditions: when a node conforms to a shape inside another one, as a SPARQL expression.

A shape is the conjunction of the conditions of its components, whose templates are in `value_conditions` and
`focus_conditions`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.paths import EMPTY, Path, Step, joined
from uphold.validation.rules import Read
from uphold.validation.shape_graph import Shape
from uphold.validation.triple_index import Node, TripleIndex

__all__ = ["QUALIFIERS", "Conditions", "Scope", "Template", "Together", "TogetherTemplate", "literal"]

QUALIFIERS = ("flags", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount")
"""The parameters that belong to the component of another one."""


@dataclass(slots=True)
class Scope:
    """Where the compiler is: the path from the focus node of the rule to the node at hand, and what was read.

    `unmoved` lists the paths that can lead from the focus node to itself.
    """

    chain: Path
    reads: list[Read]
    unmoved: list[Path]

    def step(self, path: Path) -> Scope:
        """The place at the end of a path."""
        self.read(path)
        return Scope(joined([self.chain, path]), self.reads, self.unmoved)

    def read(self, path: Path, objects: frozenset[str] | None = None) -> None:
        """Note the triples of a path that begins here."""
        self.reads += [self.of(step, objects) for step in path.steps()]
        if path != EMPTY and path.leads_back and self.chain.leads_back:
            self.unmoved.append(path)

    def of(self, step: Step, objects: frozenset[str] | None) -> Read:
        """The triple of a step."""
        return Read(step.predicate, joined([self.chain, step.before]), step.forward, objects)


@dataclass(frozen=True, slots=True)
class Together:
    """A condition on a focus node, and the patterns that bind the value and path of each violation, if any."""

    condition: str
    patterns: tuple[str, ...] = ()

    @property
    def violations(self) -> tuple[str, ...]:
        """The patterns of the violations, which together find all."""
        return self.patterns or (f"FILTER (!({self.condition}))",)


@dataclass(slots=True)
class Conditions:
    """Writes the conditions of the shapes of one graph; variables get new names throughout."""

    graph: TripleIndex
    shapes: dict[Node, Shape]
    subclasses: Mapping[str, Iterable[str]]
    value: Mapping[str, Template]
    """The templates of the components that look at one value node."""
    focus: Mapping[str, TogetherTemplate]
    """The templates of the components that look at all value nodes of a focus node together."""
    closures: dict[str, frozenset[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    within: list[Node] = field(default_factory=list)
    """The shapes whose conditions are being written, from the outermost."""

    def inner(self, node: Node) -> Shape:
        """A shape that another one refers to."""
        if node not in self.shapes:
            raise UnsupportedShape(f"{node} is used as a shape, but is none.")
        return self.shapes[node]

    def closure(self, kind: str) -> frozenset[str]:
        """A class and its subclasses, direct and indirect."""
        if kind not in self.closures:
            found, waiting = {kind}, [kind]
            while waiting:
                new = set(self.subclasses.get(waiting.pop(), ())) - found
                found |= new
                waiting += new
            self.closures[kind] = frozenset(found)
        return self.closures[kind]

    def variable(self) -> str:
        """A new variable."""
        return f"?v{next(self.numbers)}"

    def conforms(self, shape: Shape, node: str, scope: Scope) -> str:
        """The condition that a node, given as a variable, conforms to a shape."""
        if shape.deactivated:
            return "true"
        if shape.node in self.within:
            raise UnsupportedShape(f"{shape.name} refers to itself, which is not supported (SHACL 3.4.3).")
        self.within.append(shape.node)
        conditions = []
        for name, values in sorted(shape.parameters.items()):
            if name in QUALIFIERS:
                continue
            for value in values:
                if name == "property":
                    conditions.append(self.conforms_at(self.inner(value), node, scope, shape.path))
                elif name in self.focus:
                    conditions.append(self.focus[name](self, shape, value, node, scope).condition)
                elif name not in self.value:
                    raise UnsupportedShape(f"{shape.name} has sh:{name} inside another shape: not supported.")
                elif shape.path is None:
                    conditions.append(f"COALESCE({self.value[name](self, shape, value, node, scope)}, false)")
                else:
                    conditions.append(self.all_values(shape, name, value, node, scope))
        self.within.pop()
        return " && ".join(f"({condition})" for condition in conditions) or "true"

    def conforms_at(self, shape: Shape, node: str, scope: Scope, path: Path | None) -> str:
        """The condition that all value nodes of a path, or the node itself, conform to a property shape."""
        if path is None:
            return self.conforms(shape, node, scope)
        value = self.variable()
        inner = self.conforms(shape, value, scope.step(path))
        return f"NOT EXISTS {{ {node} {path.sparql} {value} FILTER (!({inner})) }}"

    def all_values(self, shape: Shape, name: str, parameter: Node, node: str, scope: Scope) -> str:
        """The condition that all value nodes of a property shape meet a component for single values."""
        path, value = shape.path or EMPTY, self.variable()
        condition = self.value[name](self, shape, parameter, value, scope.step(path))
        return f"NOT EXISTS {{ {node} {path.sparql} {value} FILTER (!COALESCE({condition}, false)) }}"


Template = Callable[[Conditions, Shape, Node, str, Scope], str]
TogetherTemplate = Callable[[Conditions, Shape, Node, str, Scope], Together]


def literal(text: str) -> str:
    """A text as a SPARQL string."""
    return str(ox.Literal(text))
