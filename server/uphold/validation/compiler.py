"""Compiler: shapes as SPARQL queries, each of which returns the violations of one constraint.

`VALUE` has a template for each constraint component that looks at one value node (SHACL Core, 4.1, 4.3, 4.4, 4.6, 4.7,
4.8): a condition that holds if the value conforms. `FOCUS` has one for each component that looks at all value nodes of
a focus node together (4.2, 4.4.5, 4.5, 4.8). A shape inside another one is the conjunction of the conditions of its
components. The query of a SPARQL-based constraint (5.3) is used as it stands.

Each query also knows what it reads (`Read`): a change of other triples cannot change its results.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from uphold.errors import UnsupportedShape
from uphold.validation.lexical_forms import FORMS, NUMBERS, XSD
from uphold.validation.paths import EMPTY, Path, Step, joined, predicate
from uphold.validation.shape_graph import Shape, Targets, is_deactivated, read_shapes
from uphold.validation.sparql_constraints import Link, read_constraint

__all__ = ["SKOLEM_PREFIX", "Compiled", "Read", "Rule", "compile_shapes"]

SKOLEM_PREFIX = "urn:uphold:blank-node:"
"""The prefix of the IRIs that stand for the blank nodes of an upload, which a query could not name otherwise."""
MOST_COUNTED = 6  # a count up to this number becomes a pattern; larger ones are refused
TYPE = predicate(str(RDF.type))
THIS, VALUE_NODE = "?this", "?value"
LANGUAGE_STRING = str(RDF.langString)
XSD_BOOLEAN = rdflib.XSD.boolean
FOURTH = "([02468][048]|[13579][26])"  # the two digits of a multiple of four
REPLACED = {name for name in FORMS if name in NUMBERS or name == "dateTimeStamp"} - {
    "decimal", "double", "float", "integer",
}  # fmt: skip
"""The datatypes for which Oxigraph stores xsd:integer or xsd:dateTime."""
Closure = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Read:
    """A triple that a rule reads: its predicate (any if None), and how the rule gets from the focus node to it.

    `path` leads from the focus node to the subject, or to the object if `forward` is false. `objects` limits the
    objects of the triple, where the rule reads types. `link` is set instead of `path` for a triple in the query of a
    SPARQL-based constraint.
    """

    predicate: str | None
    path: Path = EMPTY
    forward: bool = True
    objects: frozenset[str] | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One constraint of one shape: a query for its violations, to be completed with the focus nodes."""

    shape: str
    component: str
    message: str | None
    severity: str
    targets: Targets
    select: str
    """The query; `{focus}` stands for the pattern that binds ?this."""
    path: Path | None
    reads: tuple[Read, ...]
    datatypes: frozenset[str] = frozenset()
    """The datatypes that the shape requires, for the explanation of its message."""

    def query(self, focus: str) -> str:
        """The query for the focus nodes that a pattern binds to ?this (or, for a nested shape, their targets)."""
        return self.select.replace("{focus:target}", focus.replace(THIS, "?target")).replace("{focus}", focus)


class Compiled:
    """All rules of a shapes graph, with what changes need to find them.

    `classes` maps each class that the shapes name to itself and its subclasses.
    """

    def __init__(self, rules: Iterable[Rule], classes: Closure) -> None:
        self.rules = tuple(rules)
        self.classes = classes
        self.has_objects_of = any(rule.targets.objects_of for rule in self.rules)
        self._reads: dict[str | None, list[tuple[Rule, Read]]] = defaultdict(list)
        self._for_class: dict[str, list[Rule]] = defaultdict(list)
        self._subjects_of: dict[str, list[Rule]] = defaultdict(list)
        self._objects_of: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            for read in rule.reads:
                self._reads[read.predicate].append((rule, read))
            for kind in {sub for target in rule.targets.classes for sub in classes[target]}:
                self._for_class[kind].append(rule)
            for name in rule.targets.subjects_of:
                self._subjects_of[name].append(rule)
            for name in rule.targets.objects_of:
                self._objects_of[name].append(rule)

    def reads(self, predicate: str | None) -> list[tuple[Rule, Read]]:
        """The rules that read triples with a predicate (None: with any), and how."""
        return self._reads.get(predicate, [])

    def rules_for_class(self, kind: str) -> list[Rule]:
        """The rules whose targets are the instances of a class or of a superclass."""
        return self._for_class.get(kind, [])

    def rules_for_subjects_of(self, predicate: str) -> list[Rule]:
        """The rules whose targets are the subjects of a property."""
        return self._subjects_of.get(predicate, [])

    def rules_for_objects_of(self, predicate: str) -> list[Rule]:
        """The rules whose targets are the objects of a property."""
        return self._objects_of.get(predicate, [])


def compile_shapes(graph: rdflib.Graph, subclasses: Mapping[str, Iterable[str]]) -> Compiled:
    """Compile the shapes of a graph.

    `subclasses` maps each class to its direct subclasses in the data. Raises `UnsupportedShape`, which names the
    shape, for everything in SHACL's namespace that has no template.
    """
    compiler = Compiler(graph, read_shapes(graph), subclasses)
    rules = [rule for shape in compiler.shapes.values() if shape.targets for rule in compiler.rules(shape)]
    return Compiled(sorted(rules, key=lambda rule: (rule.shape, rule.component)), compiler.closures)


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


@dataclass(slots=True)
class Compiler:
    """Compiles the shapes of one graph; variables get new names throughout."""

    graph: rdflib.Graph
    shapes: dict[Node, Shape]
    subclasses: Mapping[str, Iterable[str]]
    closures: dict[str, frozenset[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    within: list[Node] = field(default_factory=list)
    """The shapes whose conditions are being written, from the outermost."""

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
            self.closure(kind)
        for name, values in sorted(shape.parameters.items()):
            if name in ("flags", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount"):
                continue
            for value in values:
                if name == "property":
                    inner = joined([way, shape.path or EMPTY])
                    yield from self.rules(self.inner(value), targets, inner, (*outer, shape.node))
                elif name == "sparql":
                    if not is_deactivated(self.graph, value):
                        yield self.sparql(shape, value, targets, way)
                else:
                    yield self.rule(shape, name, value, targets, way)

    def inner(self, node: Node) -> Shape:
        """A shape that another one refers to."""
        if node not in self.shapes:
            raise UnsupportedShape(f"{node.n3()} is used as a shape, but is none.")
        return self.shapes[node]

    def rule(self, shape: Shape, name: str, value: Node, targets: Targets, way: Path) -> Rule:
        """The rule of one Core component."""
        scope = Scope(EMPTY, [], [])
        if way != EMPTY:
            scope = scope.step(way)
        origin = THIS if way == EMPTY else "?target"
        start = f"{{focus}} {origin} {way.sparql} {THIS} ." if way != EMPTY else "{focus}"
        if name in VALUE:
            if shape.path is None:
                condition = VALUE[name](self, shape, value, THIS, scope)
                body = f"{start} FILTER (!COALESCE({condition}, false)) BIND ({THIS} AS {VALUE_NODE})"
            else:
                condition = VALUE[name](self, shape, value, VALUE_NODE, scope.step(shape.path))
                body = f"{start} {THIS} {shape.path.sparql} {VALUE_NODE} FILTER (!COALESCE({condition}, false))"
        elif name in FOCUS:
            branches = FOCUS[name](self, shape, value, THIS, scope).violations
            body = " UNION ".join(f"{{ {start} {branch} }}" for branch in branches)
        else:
            raise UnsupportedShape(f"{shape.name} has sh:{name}, which is not supported.")
        select = f"SELECT DISTINCT {THIS} {VALUE_NODE} ?path WHERE {{ {body} }}"
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
        constraint = read_constraint(self.graph, node, shape.name)
        reads = tuple(
            Read(step.predicate, link=link, objects=link.objects) if step else Read(None, link=link)
            for link in constraint.links
            for step in (link.path.steps() if link.path else [None])
        )
        return Rule(
            shape.name, "sparql", constraint.message or shape.message, shape.severity, targets,
            constraint.select, None, reads,
        )  # fmt: skip

    def datatypes(self, shape: Shape) -> frozenset[str]:
        """The datatypes that a shape requires, itself or in the members of its sh:or."""
        members = [shape, *(self.inner(n) for head in shape.parameters.get("or", ()) for n in self.members(head))]
        return frozenset(str(value) for member in members for value in member.parameters.get("datatype", ()))

    def members(self, head: Node) -> list[Node]:
        """The members of a list."""
        return list(Collection(self.graph, head))

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
            if name in ("flags", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount"):
                continue
            for value in values:
                if name == "property":
                    conditions.append(self.conforms_at(self.inner(value), node, scope, shape.path))
                elif name in FOCUS:
                    conditions.append(FOCUS[name](self, shape, value, node, scope).condition)
                elif name not in VALUE:
                    raise UnsupportedShape(f"{shape.name} has sh:{name} inside another shape: not supported.")
                elif shape.path is None:
                    conditions.append(f"COALESCE({VALUE[name](self, shape, value, node, scope)}, false)")
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
        condition = VALUE[name](self, shape, parameter, value, scope.step(path))
        return f"NOT EXISTS {{ {node} {path.sparql} {value} FILTER (!COALESCE({condition}, false)) }}"


# Conditions for one value node

Template = Callable[[Compiler, Shape, Node, str, Scope], str]


def is_blank(node: str) -> str:
    """Whether a node is blank, or stands for a blank node of an upload."""
    return f'(isBlank({node}) || (isIRI({node}) && STRSTARTS(STR({node}), "{SKOLEM_PREFIX}")))'


def has_class(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:class (4.1.1)."""
    kinds, kind = c.closure(str(value)), c.variable()
    scope.read(TYPE, kinds)
    listed = " ".join(f"<{each}>" for each in sorted(kinds))
    return f"EXISTS {{ {node} a {kind} VALUES {kind} {{ {listed} }} }}"


def has_datatype(_: Compiler, shape: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:datatype (4.1.2): the datatype, and a lexical form of it."""
    if str(value) == LANGUAGE_STRING:
        return f'LANG({node}) != ""'
    condition = f"DATATYPE({node}) = {value.n3()}"
    name = str(value).removeprefix(XSD) if str(value).startswith(XSD) else ""
    if name not in FORMS:
        return condition
    row = FORMS[name]
    if name in REPLACED or "(?" in row.pattern.pattern:
        raise UnsupportedShape(f"{shape.name} requires {value.n3()} in sh:datatype, which is not supported.")
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


def has_node_kind(_: Compiler, shape: Shape, value: Node, node: str, __: Scope) -> str:
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
    name = str(value).removeprefix(str(SH))
    if name not in kinds:
        raise UnsupportedShape(f"{shape.name} has the node kind {value.n3()}, which SHACL does not define.")
    return kinds[name]


def bound(sign: str) -> Template:
    """A bound of the value range (4.3); what cannot be compared with it is an error, so it does not conform."""

    def template(_: Compiler, __: Shape, value: Node, node: str, ___: Scope) -> str:
        text = str(value.n3())
        if getattr(value, "datatype", None) == XSD_BOOLEAN:
            return f"{is_boolean(node)} && {number(node)} {sign} {number(text)}"
        return f"{node} {sign} {text}"

    return template


def is_boolean(term: str) -> str:
    """Whether a term is an xsd:boolean."""
    return f"DATATYPE({term}) = <{XSD_BOOLEAN}>"


def number(term: str) -> str:
    """A boolean as 0 or 1, which engines compare that do not compare booleans."""
    return f"<{XSD}integer>({term})"


def length(sign: str) -> Template:
    """sh:minLength and sh:maxLength (4.4.1, 4.4.2)."""

    def template(_: Compiler, __: Shape, value: Node, node: str, ___: Scope) -> str:
        return f"!{is_blank(node)} && STRLEN(STR({node})) {sign} {int(str(value))}"

    return template


def matches(_: Compiler, shape: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:pattern with sh:flags (4.4.3)."""
    flags = "".join(f", {literal(str(each))}" for each in shape.parameters.get("flags", ()))
    return f"!{is_blank(node)} && REGEX(STR({node}), {literal(str(value))}{flags})"


def has_language(c: Compiler, _: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:languageIn (4.4.4)."""
    ranges = (f"LANGMATCHES(LANG({node}), {literal(str(each))})" for each in c.members(value))
    return f'LANG({node}) != "" && ({" || ".join(ranges) or "false"})'


def is_in(c: Compiler, _: Shape, value: Node, node: str, __: Scope) -> str:
    """sh:in (4.8.3)."""
    return " || ".join(f"sameTerm({node}, {each.n3()})" for each in c.members(value)) or "false"


def conforms_not(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:not (4.6.1)."""
    return f"!({c.conforms(c.inner(value), node, scope)})"


def conforms_all(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:and (4.6.2)."""
    return " && ".join(f"({c.conforms(c.inner(each), node, scope)})" for each in c.members(value)) or "true"


def conforms_any(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:or (4.6.3)."""
    return " || ".join(f"({c.conforms(c.inner(each), node, scope)})" for each in c.members(value)) or "false"


def conforms_one(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
    """sh:xone (4.6.4)."""
    counts = (f"IF({c.conforms(c.inner(each), node, scope)}, 1, 0)" for each in c.members(value))
    return f"({' + '.join(counts) or '0'}) = 1"


def conforms_node(c: Compiler, _: Shape, value: Node, node: str, scope: Scope) -> str:
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


# Conditions for all value nodes of a focus node


@dataclass(frozen=True, slots=True)
class Together:
    """A condition on a focus node, and the patterns that bind the value and path of each violation, if any."""

    condition: str
    patterns: tuple[str, ...] = ()

    @property
    def violations(self) -> tuple[str, ...]:
        """The patterns of the violations, which together find all."""
        return self.patterns or (f"FILTER (!({self.condition}))",)


TogetherTemplate = Callable[[Compiler, Shape, Node, str, Scope], Together]


def values_of(shape: Shape, node: str, value: str) -> str:
    """The pattern that binds the value nodes of a shape to a variable."""
    return f"BIND ({node} AS {value})" if shape.path is None else f"{node} {shape.path.sparql} {value} ."


def has_number(  # noqa: PLR0913, PLR0917 as the templates, with a number and a condition
    c: Compiler, shape: Shape, node: str, number: int, scope: Scope, condition: str = ""
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


def min_count(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:minCount (4.2.1)."""
    return Together(has_number(c, shape, node, int(str(value)), scope))


def max_count(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:maxCount (4.2.2)."""
    return Together(f"!{has_number(c, shape, node, int(str(value)) + 1, scope)}")


def unique_lang(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:uniqueLang (4.4.5)."""
    if str(value) not in ("true", "1"):
        return Together("true")
    one, other = c.variable(), c.variable()
    scope.read(shape.path or EMPTY)
    both = f"{values_of(shape, node, one)} {values_of(shape, node, other)}"
    same = f'!sameTerm({one}, {other}) && LANG({one}) != "" && LCASE(LANG({one})) = LCASE(LANG({other}))'
    return Together(f"NOT EXISTS {{ {both} FILTER ({same}) }}")


def has_value(_: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:hasValue (4.8.2)."""
    if shape.path is None:
        return Together(f"sameTerm({node}, {value.n3()})")
    scope.read(shape.path)
    return Together(f"EXISTS {{ {node} {shape.path.sparql} {value.n3()} }}")


def equal_to(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:equals (4.5.1)."""
    other, one, two = predicate(str(value)), c.variable(), c.variable()
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


def disjoint_from(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:disjoint (4.5.2)."""
    one = c.variable()
    scope.read(shape.path or EMPTY)
    scope.read(predicate(str(value)))
    if shape.path is None:
        shared = f"{node} {value.n3()} {one} FILTER (sameTerm({node}, {one}))"
    else:
        shared = f"{node} {shape.path.sparql} {one} . {node} {value.n3()} {one}"
    return Together(f"NOT EXISTS {{ {shared} }}", (f"{shared} BIND ({one} AS ?value)",))


def ordered(sign: str) -> TogetherTemplate:
    """sh:lessThan and sh:lessThanOrEquals (4.5.3, 4.5.4)."""

    def template(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
        if shape.path is None:
            raise UnsupportedShape(f"{shape.name} compares the values of a node shape, which SHACL does not allow.")
        one, other = c.variable(), c.variable()
        scope.read(shape.path)
        scope.read(predicate(str(value)))
        wrong = (
            f"{node} {shape.path.sparql} {one} . {node} {value.n3()} {other} "
            f"FILTER (!COALESCE({one} {sign} {other}, {is_boolean(one)} && {is_boolean(other)} && "
            f"{number(one)} {sign} {number(other)}, false))"
        )
        return Together(f"NOT EXISTS {{ {wrong} }}", (f"{wrong} BIND ({one} AS ?value)",))

    return template


def qualified(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:qualifiedValueShape (4.7.3), without sh:qualifiedValueShapesDisjoint."""
    scope_at = scope.step(shape.path or EMPTY)
    inner = c.conforms(c.inner(value), "?each", scope_at)
    least = [int(str(number)) for number in shape.parameters.get("qualifiedMinCount", ())]
    most = [int(str(number)) for number in shape.parameters.get("qualifiedMaxCount", ())]
    conditions = [
        *(has_number(c, shape, node, number, scope, f"({inner})") for number in least),
        *(f"!{has_number(c, shape, node, number + 1, scope, f'({inner})')}" for number in most),
    ]
    return Together(" && ".join(conditions) or "true")


def closed(c: Compiler, shape: Shape, value: Node, node: str, scope: Scope) -> Together:
    """sh:closed with sh:ignoredProperties (4.8.1)."""
    if str(value) not in ("true", "1"):
        return Together("true")
    allowed = [each for head in shape.parameters.get("ignoredProperties", ()) for each in c.members(head)]
    paths = [c.graph.value(each, SH.path) for each in shape.parameters.get("property", ())]
    allowed += [path for path in paths if isinstance(path, rdflib.URIRef)]
    subject, name, object_ = c.variable(), c.variable(), c.variable()
    unknown = " && ".join(f"{name} != {each.n3()}" for each in allowed) or "true"
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


def literal(text: str) -> str:
    """A text as a SPARQL string."""
    return rdflib.Literal(text).n3()
