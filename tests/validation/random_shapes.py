"""Random shapes and data for the comparison of processors: small, and the same for the same seed.

Left out is where pySHACL differs from the specification; the cases in conformance/ say how. That is: comparisons of
values of different kinds (4.3.2-minInclusive-2 and -3, 4.3.3-maxExclusive-1, 4.5.3-lessThan-2), inverse sequences
(2.3.1-path-inverse-2), a length of 0 for blank nodes (4.4.1-minLength-1), flags other than i (4.4.3-pattern-2), ranges
of languages with two parts (4.4.4-languageIn-1) and empty lists (4.6.2-and-2).
"""

from __future__ import annotations

from random import Random

__all__ = ["RandomCase"]

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NODES = [f"ex:n{number}" for number in range(5)] + ["_:b0", "_:b1"]
LITERALS = [
    *("1", "2", "3", "1.5", '"a"', '"ab"', '"b"', '"a"@en', '"b"@en', '"a"@de', '"a"@en-gb'),
    *('"2020-01-01"^^xsd:date', '"2020-01-02"^^xsd:date', '"x"^^xsd:integer', '"x"^^ex:own'),
]
CLASSES = ["ex:A", "ex:B", "ex:C"]
PROPERTIES = ["ex:p", "ex:q", "ex:r"]
NUMBERS = ["ex:least", "ex:most"]  # their values can be compared
PATTERNS = ['"a"', '"^A" ; sh:flags "i"', '"^[0-9]+$"', '"org/n[0-2]"']
LANGUAGES = ['"en"', '"de"', '"fr"']
KINDS = [
    f"sh:{kind}" for kind in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
]


class RandomCase:
    """Random shapes and data, as Turtle."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 not for secrets
        self.count = 0
        self.shapes: list[str] = []
        self.nodes_as_targets = self.random.random() < 0.5  # not with a path without steps: 2.3.1-path-absent-1
        for _ in range(self.random.randint(1, 3)):
            self.shape(target=True, depth=self.random.randint(0, 2))
        self.classes = [f"{sub} rdfs:subClassOf {above} ." for sub in CLASSES for above in CLASSES if self.chance(0.2)]
        self.data = sorted({self.statement() for _ in range(self.random.randint(4, 24))})

    @property
    def fixed(self) -> list[str]:
        """The lines that do not change: shapes and classes."""
        return [PREFIXES, *self.shapes, *self.classes]

    def part(self, random: Random) -> list[str]:
        """About half of the data."""
        return [line for line in self.data if random.random() < 0.5]

    def chance(self, share: float) -> bool:
        """Whether an event of this probability happens."""
        return self.random.random() < share

    def one(self, options: list[str]) -> str:
        """One of the options."""
        return self.random.choice(options)

    def some(self, options: list[str], most: int = 3) -> list[str]:
        """One or more different options."""
        return self.random.sample(options, self.random.randint(1, min(most, len(options))))

    def listed(self, members: list[str]) -> str:
        """A list in Turtle."""
        return f"( {' '.join(members)} )"

    def statement(self) -> str:
        """A triple of the data."""
        subject = self.one(NODES)
        if self.chance(0.25):
            return f"{subject} a {self.one(CLASSES)} ."
        if self.chance(0.2):
            return f"{subject} {self.one(NUMBERS)} {self.one(['1', '2', '2.5', '3'])} ."
        return f"{subject} {self.one(PROPERTIES)} {self.one(NODES if self.chance(0.6) else LITERALS)} ."

    def path(self, depth: int = 2) -> str:
        """A property path."""
        if depth == 0 or self.chance(0.5):
            return self.one(PROPERTIES)
        kind = self.random.randint(0, 2 if self.nodes_as_targets else 4)
        match kind:
            case 0:
                inner = self.path(depth - 1)
                while inner.startswith("("):  # see 2.3.1-path-inverse-2
                    inner = self.path(depth - 1)
                return f"[ sh:inversePath {inner} ]" if inner.startswith("ex:") else inner
            case 1:
                return self.listed([self.path(depth - 1), self.path(depth - 1)])
            case 2:
                return f"[ sh:alternativePath {self.listed([self.path(depth - 1), self.path(depth - 1)])} ]"
            case 3:
                return f"[ sh:{self.one(['zeroOrMorePath', 'oneOrMorePath'])} {self.path(depth - 1)} ]"
            case _:
                return f"[ sh:zeroOrOnePath {self.path(depth - 1)} ]"

    def shape(self, *, target: bool = False, depth: int) -> str:
        """A new shape, by its IRI."""
        self.count += 1
        name = f"ex:Shape{self.count}"
        has_path = self.chance(0.5)
        path = self.path() if has_path else ""
        said = [f"sh:path {path}"] if has_path else []
        if target:
            said += [self.target() for _ in range(self.random.randint(1, 2))]
        if self.chance(0.05):
            said.append("sh:deactivated true")
        if self.chance(0.2):
            said.append(f"sh:severity {self.one(['sh:Warning', 'sh:Info'])}")
        for _ in range(self.random.randint(1, 3)):
            constraint = self.constraint(depth, has_path=has_path, simple=path in PROPERTIES)
            if constraint.split()[0] not in {each.split()[0] for each in said}:
                said.append(constraint)
        self.shapes.append(f"{name} a {'sh:PropertyShape' if has_path else 'sh:NodeShape'} ; {' ; '.join(said)} .")
        return name

    def target(self) -> str:
        """A target."""
        options = [
            f"sh:targetClass {self.one(CLASSES)}",
            f"sh:targetSubjectsOf {self.one(PROPERTIES)}",
            f"sh:targetObjectsOf {self.one(PROPERTIES)}",
        ]
        if self.nodes_as_targets:
            options.append(f"sh:targetNode {self.one(['ex:n0', 'ex:n1', 'ex:absent', '1'])}")
        return self.one(options)

    def constraint(self, depth: int, *, has_path: bool, simple: bool) -> str:
        """A constraint of one component."""
        if depth and self.chance(0.5):
            return self.nested(depth, has_path=has_path)
        one, some = self.one, self.some
        options = [
            f"sh:class {one(CLASSES)}",
            f"sh:datatype {one(['xsd:integer', 'xsd:string', 'xsd:decimal', 'xsd:date', 'ex:own'])}",
            f"sh:nodeKind {one(KINDS)}",
            f"sh:minLength {self.random.randint(1, 3)}",
            f"sh:maxLength {self.random.randint(0, 20)}",
            f"sh:pattern {one(PATTERNS)}",
            f"sh:languageIn {self.listed(some(LANGUAGES))}",
            f"sh:in {self.listed(some([node for node in NODES + LITERALS if node[0] != '_'], 12))}",
            f"sh:equals {one(PROPERTIES)}",
            f"sh:disjoint {one(PROPERTIES)}",
            f"sh:hasValue {one([node for node in NODES + LITERALS if node[0] != '_'])}",
        ]
        if simple:
            options.append(f"sh:closed true ; sh:ignoredProperties {self.listed(some(PROPERTIES))}")
        if has_path:
            options += [
                *(f"sh:minCount {self.random.randint(0, 3)}", f"sh:maxCount {self.random.randint(0, 3)}"),
                "sh:uniqueLang true",
            ]
        return one(options)

    def nested(self, depth: int, *, has_path: bool) -> str:
        """A constraint that refers to other shapes."""
        kind = self.one(
            ["not", "and", "or", "xone", "node", "property", *(["qualifiedValueShape"] if has_path else [])]
        )
        if kind in ("and", "or", "xone"):
            return f"sh:{kind} {self.listed([self.shape(depth=depth - 1) for _ in range(self.random.randint(1, 2))])}"
        inner = self.shape(depth=depth - 1)
        if kind == "property":
            while "PropertyShape" not in self.shapes[-1]:
                inner = self.shape(depth=depth - 1)
        if kind == "node":
            while "NodeShape" not in self.shapes[-1]:
                inner = self.shape(depth=depth - 1)
        count = self.one(
            ["sh:qualifiedMinCount 1", "sh:qualifiedMinCount 2", "sh:qualifiedMaxCount 0", "sh:qualifiedMaxCount 1"]
        )
        return f"sh:{kind} {inner}{f' ; {count}' if kind == 'qualifiedValueShape' else ''}"
