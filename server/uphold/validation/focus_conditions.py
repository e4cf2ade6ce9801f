"""Focus conditions: when all value nodes of a focus node together conform (SHACL 1.0, 4.2, 4.4.5, 4.5, 4.7.3, 4.8)."""

from __future__ import annotations

import itertools

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.conditions import Conditions, Scope, Together, TogetherTemplate
from uphold.validation.paths import EMPTY, predicate
from uphold.validation.rules import Read
from uphold.validation.shape_graph import PATH, Shape
from uphold.validation.triple_index import Node
from uphold.validation.value_conditions import is_boolean, number

__all__ = ["FOCUS"]

MOST_COUNTED = 6  # a count up to this number becomes a pattern; larger ones are refused


def values_of(shape: Shape, node: str, value: str) -> str:
    """The pattern that binds the value nodes of a shape to a variable."""
    return f"BIND ({node} AS {value})" if shape.path is None else f"{node} {shape.path.sparql} {value} ."


def has_number(  # noqa: PLR0913, PLR0917 as the templates, with a number and a condition
    c: Conditions, shape: Shape, node: str, number: int, scope: Scope, condition: str = ""
) -> str:
    """The condition that a focus node has at least so many values; `condition` is one on the variable ?each."""
    if number > MOST_COUNTED:
        raise UnsupportedShape(f"{shape.name} counts more than {MOST_COUNTED} values, which is not supported.")
    if shape.path is None:
        raise UnsupportedShape(f"{shape.name} counts the values of a node shape, which has one.")
    scope.read(shape.path)
    names = [c.variable() for _ in range(number)]
    values = " ".join(values_of(shape, node, name) for name in names)
    apart = [f"!sameTerm({one}, {other})" for one, other in itertools.combinations(names, 2)]
    filters = [*apart, *(condition.replace("?each", name) for name in names if condition)]
    checks = f"FILTER ({' && '.join(filters)})" if filters else ""
    return f"EXISTS {{ {values} {checks} }}" if number else "true"


def min_count(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:minCount (4.2.1)."""
    return Together(has_number(c, shape, node, int(value.value), scope))


def max_count(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:maxCount (4.2.2)."""
    return Together(f"!{has_number(c, shape, node, int(value.value) + 1, scope)}")


def unique_lang(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:uniqueLang (4.4.5)."""
    if value.value not in ("true", "1"):
        return Together("true")
    one, other = c.variable(), c.variable()
    scope.read(shape.path or EMPTY)
    both = f"{values_of(shape, node, one)} {values_of(shape, node, other)}"
    same = f'!sameTerm({one}, {other}) && LANG({one}) != "" && LCASE(LANG({one})) = LCASE(LANG({other}))'
    return Together(f"NOT EXISTS {{ {both} FILTER ({same}) }}")


def has_value(_: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:hasValue (4.8.2)."""
    if shape.path is None:
        return Together(f"sameTerm({node}, {value})")
    scope.read(shape.path)
    return Together(f"EXISTS {{ {node} {shape.path.sparql} {value} }}")


def equal_to(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:equals (4.5.1)."""
    other, one, two = predicate(value.value), c.variable(), c.variable()
    scope.read(other)
    if shape.path is None:
        missing = f"EXISTS {{ {node} {other.sparql} {node} }}"
        surplus = f"{node} {other.sparql} {two} FILTER (!sameTerm({node}, {two}))"
        return Together(
            f"{missing} && NOT EXISTS {{ {surplus} }}",
            (f"FILTER (!{missing}) BIND ({node} AS ?value)", f"{surplus} BIND ({two} AS ?value)"),
        )
    scope.read(shape.path)
    missing = f"{values_of(shape, node, one)} FILTER NOT EXISTS {{ {node} {other.sparql} {one} }}"
    surplus = f"{node} {other.sparql} {two} FILTER NOT EXISTS {{ {node} {shape.path.sparql} {two} }}"
    return Together(
        f"NOT EXISTS {{ {missing} }} && NOT EXISTS {{ {surplus} }}",
        (f"{missing} BIND ({one} AS ?value)", f"{surplus} BIND ({two} AS ?value)"),
    )


def disjoint_from(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:disjoint (4.5.2)."""
    one = c.variable()
    scope.read(shape.path or EMPTY)
    scope.read(predicate(value.value))
    if shape.path is None:
        shared = f"{node} {value} {one} FILTER (sameTerm({node}, {one}))"
    else:
        shared = f"{node} {shape.path.sparql} {one} . {node} {value} {one}"
    return Together(f"NOT EXISTS {{ {shared} }}", (f"{shared} BIND ({one} AS ?value)",))


def ordered(sign: str) -> TogetherTemplate:
    """sh:lessThan and sh:lessThanOrEquals (4.5.3, 4.5.4)."""

    def template(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
        if shape.path is None:
            raise UnsupportedShape(f"{shape.name} compares the values of a node shape, which SHACL does not allow.")
        one, other = c.variable(), c.variable()
        scope.read(shape.path)
        scope.read(predicate(value.value))
        wrong = (
            f"{node} {shape.path.sparql} {one} . {node} {value} {other} "
            f"FILTER (!COALESCE({one} {sign} {other}, {is_boolean(one)} && {is_boolean(other)} && "
            f"{number(one)} {sign} {number(other)}, false))"
        )
        comparable = f"COALESCE({one} < {other} || {one} >= {other}, {is_boolean(one)} && {is_boolean(other)}, false)"
        why = f"BIND (IF({comparable}, ?unbound, {other}) AS ?incomparable)"
        return Together(f"NOT EXISTS {{ {wrong} }}", (f"{wrong} BIND ({one} AS ?value) {why}",))

    return template


def qualified(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:qualifiedValueShape (4.7.3), without sh:qualifiedValueShapesDisjoint."""
    scope_at = scope.step(shape.path or EMPTY)
    inner = c.conforms(c.inner(value), "?each", scope_at)
    least = [int(number.value) for number in shape.parameters.get("qualifiedMinCount", ())]
    most = [int(number.value) for number in shape.parameters.get("qualifiedMaxCount", ())]
    conditions = [
        *(has_number(c, shape, node, number, scope, f"({inner})") for number in least),
        *(f"!{has_number(c, shape, node, number + 1, scope, f'({inner})')}" for number in most),
    ]
    return Together(" && ".join(conditions) or "true")


def closed(c: Conditions, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:closed with sh:ignoredProperties (4.8.1)."""
    if value.value not in ("true", "1"):
        return Together("true")
    allowed = [each for head in shape.parameters.get("ignoredProperties", ()) for each in c.graph.members(head)]
    paths = [c.graph.value(each, PATH) for each in shape.parameters.get("property", ())]
    allowed += [path for path in paths if isinstance(path, ox.NamedNode)]
    subject, name, object_ = c.variable(), c.variable(), c.variable()
    unknown = " && ".join(f"{name} != {each}" for each in allowed) or "true"
    if shape.path is None:
        subject, reach = node, ""
    else:
        scope, reach = scope.step(shape.path), f"{values_of(shape, node, subject)} "
    scope.reads.append(Read(None, scope.chain))
    pattern = f"{reach}{subject} {name} {object_} FILTER ({unknown})"
    return Together(f"NOT EXISTS {{ {pattern} }}", (f"{pattern} BIND ({object_} AS ?value) BIND ({name} AS ?path)",))


FOCUS: dict[str, TogetherTemplate] = {
    "minCount": min_count,
    "maxCount": max_count,
    "uniqueLang": unique_lang,
    "hasValue": has_value,
    "equals": equal_to,
    "disjoint": disjoint_from,
    "lessThan": ordered("<"),
    "lessThanOrEquals": ordered("<="),
    "qualifiedValueShape": qualified,
    "closed": closed,
}
