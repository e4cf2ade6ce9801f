"""Value conditions: when a value node conforms to a constraint component (SHACL 1.0, 4.1, 4.3, 4.4, 4.6, 4.7, 4.8)."""

from __future__ import annotations

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.conditions import Conditions, Scope, Template, literal
from uphold.validation.lexical_forms import FORMS, NUMBERS, XSD
from uphold.validation.paths import predicate
from uphold.validation.rules import SKOLEM_PREFIX
from uphold.validation.shape_graph import Shape
from uphold.validation.triple_index import RDF, SH, Node

__all__ = ["REPLACED", "VALUE", "is_boolean", "number"]

TYPE = predicate(f"{RDF}type")
LANGUAGE_STRING = f"{RDF}langString"
XSD_BOOLEAN = ox.NamedNode(f"{XSD}boolean")
FOURTH = "([02468][048]|[13579][26])"  # the two digits of a multiple of four
REPLACED = {name for name in FORMS if name in NUMBERS or name == "dateTimeStamp"} - {
    "decimal", "double", "float", "integer",
}  # fmt: skip
"""The datatypes for which Oxigraph stores xsd:integer or xsd:dateTime."""


def is_blank(node: str) -> str:
    """Whether a node is blank, or stands for a blank node of an upload."""
    return f'(isBlank({node}) || (isIRI({node}) && STRSTARTS(STR({node}), "{SKOLEM_PREFIX}")))'


def has_class(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:class (4.1.1)."""
    kinds, kind = c.closure(value.value), c.variable()
    scope.read(TYPE, kinds)
    listed = " ".join(f"<{each}>" for each in sorted(kinds))
    return f"EXISTS {{ {node} a {kind} VALUES {kind} {{ {listed} }} }}"


def has_datatype(_: Conditions, shape: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:datatype (4.1.2): the datatype, and a lexical form of it."""
    if value.value == LANGUAGE_STRING:
        return f'LANG({node}) != ""'
    condition = f"DATATYPE({node}) = {value}"
    name = value.value.removeprefix(XSD) if value.value.startswith(XSD) else ""
    if name not in FORMS:
        return condition
    row = FORMS[name]
    if name in REPLACED or "(?" in row.pattern.pattern:
        raise UnsupportedShape(f"{shape.name} requires {value} in sh:datatype, which is not supported.")
    condition += f" && REGEX(STR({node}), {literal(f'^({row.pattern.pattern})$')})"
    if row.holds is not None:
        condition += f" && {in_calendar(node)}"
    return condition


def in_calendar(node: str) -> str:
    """Whether the month of a date has its day (XSD 1.1 Part 2, 3.3.9), where the day is at most 31."""
    leap = f"^-?[0-9]*([0-9][0-9](0[48]|[2468][048]|[13579][26])|{FOURTH}00)-02-29"
    return (
        f'!REGEX(STR({node}), "^(-?[0-9]+|-)-(02-3|(04|06|09|11)-31)") && '
        f'(!REGEX(STR({node}), "^-?[0-9]+-02-29") || REGEX(STR({node}), "{leap}"))'
    )


def has_node_kind(_: Conditions, shape: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:nodeKind (4.1.3)."""
    blank, iri, text = is_blank(node), f"isIRI({node}) && !{is_blank(node)}", f"isLiteral({node})"
    kinds = {
        "IRI": iri,
        "BlankNode": blank,
        "Literal": text,
        "BlankNodeOrIRI": f"(isIRI({node}) || isBlank({node}))",
        "BlankNodeOrLiteral": f"{blank} || {text}",
        "IRIOrLiteral": f"({iri}) || {text}",
    }
    name = value.value.removeprefix(SH)
    if name not in kinds:
        raise UnsupportedShape(f"{shape.name} has the node kind {value}, which SHACL does not define.")
    return kinds[name]


def bound(sign: str) -> Template:
    """A bound of the value range (4.3); what cannot be compared with it is an error, so it does not conform."""

    def template(_: Conditions, __: Shape, value: Node, node: str, ___: Scope) -> str:
        text = str(value)
        if getattr(value, "datatype", None) == XSD_BOOLEAN:
            return f"{is_boolean(node)} && {number(node)} {sign} {number(text)}"
        return f"{node} {sign} {text}"

    return template


def is_boolean(term: str) -> str:
    """Whether a term is an xsd:boolean."""
    return f"DATATYPE({term}) = {XSD_BOOLEAN}"


def number(term: str) -> str:
    """A boolean as 0 or 1, which engines compare that do not compare booleans."""
    return f"<{XSD}integer>({term})"


def length(sign: str) -> Template:
    """sh:minLength and sh:maxLength (4.4.1, 4.4.2)."""

    def template(_: Conditions, __: Shape, value: Node, node: str, ___: Scope) -> str:
        return f"!{is_blank(node)} && STRLEN(STR({node})) {sign} {int(value.value)}"

    return template


def matches(_: Conditions, shape: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:pattern with sh:flags (4.4.3)."""
    flags = "".join(f", {literal(each.value)}" for each in shape.parameters.get("flags", ()))
    return f"!{is_blank(node)} && REGEX(STR({node}), {literal(value.value)}{flags})"


def has_language(c: Conditions, _: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:languageIn (4.4.4)."""
    ranges = (f"LANGMATCHES(LANG({node}), {literal(each.value)})" for each in c.graph.members(value))
    return f'LANG({node}) != "" && ({" || ".join(ranges) or "false"})'


def is_in(c: Conditions, _: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:in (4.8.3)."""
    return " || ".join(f"sameTerm({node}, {each})" for each in c.graph.members(value)) or "false"


def conforms_not(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:not (4.6.1)."""
    return f"!({c.conforms(c.inner(value), node, scope)})"


def conforms_all(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:and (4.6.2)."""
    return " && ".join(f"({c.conforms(c.inner(each), node, scope)})" for each in c.graph.members(value)) or "true"


def conforms_any(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:or (4.6.3)."""
    return " || ".join(f"({c.conforms(c.inner(each), node, scope)})" for each in c.graph.members(value)) or "false"


def conforms_one(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:xone (4.6.4)."""
    counts = (f"IF({c.conforms(c.inner(each), node, scope)}, 1, 0)" for each in c.graph.members(value))
    return f"({' + '.join(counts) or '0'}) = 1"


def conforms_node(c: Conditions, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:node (4.7.1)."""
    return c.conforms(c.inner(value), node, scope)


VALUE: dict[str, Template] = {
    "class": has_class,
    "datatype": has_datatype,
    "nodeKind": has_node_kind,
    "minExclusive": bound(">"),
    "minInclusive": bound(">="),
    "maxExclusive": bound("<"),
    "maxInclusive": bound("<="),
    "minLength": length(">="),
    "maxLength": length("<="),
    "pattern": matches,
    "languageIn": has_language,
    "in": is_in,
    "not": conforms_not,
    "and": conforms_all,
    "or": conforms_any,
    "xone": conforms_one,
    "node": conforms_node,
}
