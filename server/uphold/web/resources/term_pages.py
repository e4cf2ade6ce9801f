"""Term pages: the view of a class, property, concept or other individual of the ontology.

All data is fetched here, before the template is rendered. The statements of the ontology come from the graph that is
read once (`uphold.serving.ontology`); uses, examples and shapes are queried for each page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from uphold.questions.files import Question
from uphold.rdf.terms import Label, Term, iri_term, literal_term
from uphold.serving.descriptions import Description, Thing
from uphold.serving.ontology import Ontology
from uphold.web.http.request_context import manager, open_snapshot

__all__ = ["Constraint", "Example", "PropertyRow", "Relation", "Rule", "TermView", "first_definition", "view_term"]

RELATIONS: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]] = (
    ("Subclass of", ("rdfs:subClassOf",), ()),
    ("Superclass of", (), ("rdfs:subClassOf",)),
    ("Disjoint with", ("owl:disjointWith",), ("owl:disjointWith",)),
    ("Subproperty of", ("rdfs:subPropertyOf",), ()),
    ("Superproperty of", (), ("rdfs:subPropertyOf",)),
    ("Inverse of", ("owl:inverseOf",), ("owl:inverseOf",)),
    ("Domain", ("rdfs:domain",), ()),
    ("Domain includes", ("schema:domainIncludes",), ()),
    ("Range", ("rdfs:range",), ()),
    ("Range includes", ("schema:rangeIncludes",), ()),
    ("Code list", ("qb:codeList",), ()),
    ("Concept scheme", ("skos:inScheme",), ()),
    ("Broader", ("skos:broader",), ("skos:narrower",)),
    ("Narrower", ("skos:narrower",), ("skos:broader",)),
    ("Replaced by", ("dcterms:isReplacedBy",), ()),
    ("Defined in", ("rdfs:isDefinedBy",), ()),
)
"""Relations between terms, with the properties from this term to others, and from others to this one."""
ALIGNMENTS: Sequence[tuple[str, str]] = (
    ("Exact match", "skos:exactMatch"),
    ("Close match", "skos:closeMatch"),
    ("Broad match", "skos:broadMatch"),
    ("Narrow match", "skos:narrowMatch"),
    ("Related match", "skos:relatedMatch"),
    ("Subclass of", "rdfs:subClassOf"),
    ("Subproperty of", "rdfs:subPropertyOf"),
)
"""Alignments to other vocabularies, the closest first."""
NOTES = (
    ("Also called", "skos:altLabel"),
    ("Notation", "skos:notation"),
    ("Scope", "skos:scopeNote"),
    ("Example", "skos:example"),
    ("History", "skos:historyNote"),
    ("Change", "skos:changeNote"),
    ("Note", "skos:note"),
    ("Comment", "rdfs:comment"),
)
SHOWN = frozenset(
    {
        *("rdf:type", "rdfs:label", "skos:prefLabel", "skos:definition", "vs:term_status", "prov:wasDerivedFrom"),
        *("skos:topConceptOf", "skos:hasTopConcept"),
        *(name for _, name in NOTES),
        *(name for _, name in ALIGNMENTS),
        *(name for _, forth, back in RELATIONS for name in (*forth, *back)),
    }
)
"""Properties with a separate place on the page; others are shown as raw data."""
HIDDEN_TYPES = frozenset(
    {"owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "skos:Concept", "skos:ConceptScheme"}
)
"""Types implied by the kind of a term."""
STRUCTURE = ("skos:", "rdf:", "sh:", "qb:", "void:", "owl:", "rdfs:", "schema:")
"""Prefixes of structural properties of vocabularies and shapes, which do not count as uses of a concept."""
ROLES = {"target": "", "path": "", "value": "Where it is the value of a property", "query": "Queries that name it"}
"""The roles of a term in a shape, from `queries/pages/constraints.rq`, and their headings."""
DOMAIN_PROPERTIES, RANGE_PROPERTIES = ("rdfs:domain", "schema:domainIncludes"), ("rdfs:range", "schema:rangeIncludes")
MOST_EXAMPLES = 3
Row = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Relation:
    """The terms in one relation to this one."""

    name: str
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A property in the table of a class: its other classes, and the class it is inherited from, if any."""

    thing: Thing
    others: tuple[Thing, ...]
    definition: Label | None
    source: Thing | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a shape: the IRI, name and message of the shape."""

    shape: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """The rules about one property, or about a resource as a whole."""

    path: Thing | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A use of a term: the resource, and the property and value, if any."""

    thing: str
    property: Thing | None = None
    value: Term | None = None


@dataclass(frozen=True, slots=True)
class TermView:
    """The content of the page of a term."""

    thing: Thing
    kind: str
    types: tuple[Thing, ...]
    status: str
    definitions: tuple[Label, ...]
    notes: tuple[tuple[str, tuple[Label, ...]], ...]
    relations: tuple[Relation, ...]
    alignments: tuple[Relation, ...]
    properties: tuple[PropertyRow, ...]
    leading: tuple[PropertyRow, ...]
    members: tuple[tuple[Thing, Label | None], ...]
    constraints: tuple[tuple[str, tuple[Constraint, ...]], ...]
    constrained_by: tuple[Thing, ...]
    uses: int
    uses_query: str
    examples: tuple[Example, ...]
    questions: tuple[Question, ...]
    shown: frozenset[str] = SHOWN
    template: str = "term.html"
    schema: str = "DefinedTerm"

    @property
    def rules(self) -> int:
        """The number of rules about it in the shapes."""
        return sum(len(each.rules) for _, found in self.constraints for each in found)

    def mentioned(self) -> list[str]:
        """The IRIs of the data that the page mentions."""
        values = [each.value.value for each in self.examples if each.value and each.value.kind == "iri"]
        return [self.thing.iri, *(each.thing for each in self.examples), *values]


def view_term(iri: str, ontology: Ontology, described: Description) -> TermView:
    """The view of a term; `described` is its description in the snapshot."""
    kind = ontology.kind(iri)
    uses, query, examples = count_uses(iri, kind, ontology, described)
    return TermView(
        thing=ontology.thing(iri),
        kind=kind,
        types=tuple(each for each in described.types if each.short not in HIDDEN_TYPES),
        status=next((term.value for term in ontology.values(iri, "vs:term_status")), ""),
        definitions=tuple(ontology.texts(iri, "skos:definition")),
        notes=tuple((name, tuple(found)) for name, said in NOTES if (found := ontology.texts(iri, said))),
        relations=tuple(relations(iri, ontology)),
        alignments=tuple(alignments(iri, ontology)),
        properties=tuple(property_rows(iri, ontology, DOMAIN_PROPERTIES, RANGE_PROPERTIES)) if kind == "class" else (),
        leading=tuple(property_rows(iri, ontology, RANGE_PROPERTIES, DOMAIN_PROPERTIES)) if kind == "class" else (),
        members=members(iri, ontology),
        constraints=tuple(constraints(iri, ontology)),
        constrained_by=tuple(ontology.thing(each) for each in ontology.above(iri, "rdfs:subClassOf")),
        uses=uses,
        uses_query=query,
        examples=tuple(examples),
        questions=tuple(naming_questions(ontology.thing(iri).short)),
    )


def relations(iri: str, ontology: Ontology) -> list[Relation]:
    """The relations of a term to others, and to the datatypes and classes of a property."""
    found: dict[str, list[str]] = {}
    for name, forth, back in RELATIONS:
        others = [*ontology.iris(iri, *forth), *ontology.sources(iri, *back)]
        if name.startswith(("Subclass", "Subproperty")):  # those of other vocabularies are alignments
            others = [other for other in others if other in ontology.said]
        found[name] = ontology.in_order(others)
    return [Relation(name, tuple(map(ontology.thing, others))) for name, others in found.items() if others]


def alignments(iri: str, ontology: Ontology) -> list[Relation]:
    """The alignments of a term to other vocabularies."""
    found = []
    for name, said in ALIGNMENTS:
        others = [other for other in ontology.iris(iri, said) if other not in ontology.said]
        if others:
            found.append(Relation(name, tuple(map(ontology.thing, sorted(others)))))
    return found


def property_rows(iri: str, ontology: Ontology, near: tuple[str, ...], far: tuple[str, ...]) -> list[PropertyRow]:
    """The properties of a class (or to it), its own first, then those inherited from superclasses."""
    found: dict[str, PropertyRow] = {}
    for owner in (iri, *ontology.above(iri, "rdfs:subClassOf")):
        for each in ontology.in_order(ontology.sources(owner, *near)):
            if each not in found:
                others = tuple(map(ontology.thing, ontology.in_order(ontology.iris(each, *far))))
                source = None if owner == iri else ontology.thing(owner)
                found[each] = PropertyRow(ontology.thing(each), others, first_definition(each, ontology), source)
    return [*found.values()]


def first_definition(iri: str, ontology: Ontology) -> Label | None:
    """The definition of a term, or else its comment."""
    return next(iter(ontology.texts(iri, "skos:definition") or ontology.texts(iri, "rdfs:comment")), None)


def members(iri: str, ontology: Ontology) -> tuple[tuple[Thing, Label | None], ...]:
    """The concepts of a scheme, each with its definition."""
    found = ontology.in_order(ontology.sources(iri, "skos:inScheme"))
    return tuple((ontology.thing(each), first_definition(each, ontology)) for each in found)


def constraints(iri: str, ontology: Ontology) -> list[tuple[str, tuple[Constraint, ...]]]:
    """The constraints on a term, each shape once, under headings by the role of the term."""
    this, short = [iri_term(iri)], ontology.thing(iri).short
    rows = open_snapshot().resources.ask.rows("constraints", this=this, short=[literal_term(re.escape(short))])
    seen: set[str] = set()
    found: dict[str, dict[str, list[Rule]]] = {}
    for role, heading in ROLES.items():
        for row in rows:
            shape, path = row["shape"].value, row["path"].value if "path" in row else ""
            if row["role"].value == role and shape not in seen:
                seen.add(shape)
                message = row["message"].value if "message" in row else ""
                rule = Rule(shape, shape.removeprefix(f"{open_snapshot().snapshot.base}shapes/"), message)
                found.setdefault(heading, {}).setdefault("" if path == iri else path, []).append(rule)
    return [
        (
            heading,
            tuple(
                Constraint(ontology.thing(path) if path else None, tuple(rules))
                for path, rules in sorted(paths.items(), key=lambda each: ontology.thing(each[0]).label.text)
            ),
        )
        for heading, paths in found.items()
    ]


def count_uses(iri: str, kind: str, ontology: Ontology, described: Description) -> tuple[int, str, list[Example]]:
    """The number of uses of a term in the snapshot, the query for all of them, and the first ones."""
    ask, this = open_snapshot().resources.ask, [iri_term(iri)]
    counted = {each["iri"]: each["uses"] for each in open_snapshot().resources.vocabulary()}
    if kind == "class":
        things = [Example(row["thing"].value) for row in ask.rows("class-uses", this=this)]
        query = f"SELECT DISTINCT ?thing WHERE {{ ?thing a {this[0]} }} ORDER BY ?thing"
        return counted.get(iri, 0), query, things
    if kind.endswith("property"):
        rows = ask.rows("property-uses", this=this)
        query = f"SELECT ?thing ?value WHERE {{ ?thing {this[0]} ?value }} ORDER BY ?thing ?value"
        return counted.get(iri, 0), query, [Example(row["thing"].value, None, row["value"]) for row in rows]
    used = [each for each in described.incoming if not each.property.short.startswith(STRUCTURE)]
    things = [Example(thing.iri, each.property) for each in used for thing in each.things]
    query = f"SELECT ?property ?thing WHERE {{ ?thing ?property {this[0]} }} ORDER BY ?property ?thing"
    return sum(each.count for each in used), query, things[:MOST_EXAMPLES]


def naming_questions(short: str) -> Iterable[Question]:
    """The questions whose query contains the short name of a term."""
    named = re.compile(rf"(?<![\w:/-]){re.escape(short)}(?![\w:-])")
    return (question for question in manager().questions.values() if named.search(question.query))
