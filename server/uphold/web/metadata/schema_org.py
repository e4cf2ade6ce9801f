"""schema.org: maps the description of a resource to the classes and properties that search engines know.

Two tables hold the mapping; anything else is left out, since a wrong class is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from uphold.serving.descriptions import Description, Thing, Value

__all__ = ["schema_class", "schema_subject"]

CLASSES: Mapping[str, str] = {
    "Jurisdiction": "AdministrativeArea",
    "Instrument": "Legislation",
    "TreatyAction": "Action",
    "CallToAction": "CreativeWork",
    "Petition": "CreativeWork",
    "Commitment": "CreativeWork",
    "Handover": "Event",
    "ReviewRound": "Event",
    "Finding": "Claim",
    "Statistic": "Observation",
    "RecomputedStatistic": "Observation",
    "ProgressCard": "CreativeWork",
    "Organisation": "Organization",
    "Officeholder": "Person",
    "Publication": "CreativeWork",
    "Citation": "CreativeWork",
    "Campaign": "Project",
    "Goal": "DefinedTerm",
    "Indicator": "DefinedTerm",
    "Rating": "DefinedTerm",
}
"""Classes of the ontology, and the closest class of schema.org that is not broader."""

WORKS = frozenset({"Legislation", "CreativeWork", "Claim"})
PROPERTIES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("uphold:adopted", "legislationDate", frozenset({"Legislation"})),
    ("dcterms:issued", "datePublished", WORKS),
    ("dcterms:created", "dateCreated", WORKS),
    ("dcterms:date", "dateCreated", WORKS),
    ("dcterms:creator", "author", WORKS),
    ("dcterms:publisher", "publisher", WORKS),
    ("dcterms:isPartOf", "isPartOf", WORKS),
    ("uphold:jurisdiction", "spatialCoverage", WORKS),
    ("uphold:addressedTo", "about", WORKS),
    ("uphold:madeBy", "author", WORKS),
    ("uphold:about", "about", WORKS),
    ("uphold:notBefore", "startDate", frozenset({"Event"})),
    ("uphold:notAfter", "endDate", frozenset({"Event"})),
    ("uphold:presentedBy", "organizer", frozenset({"Event"})),
    ("dcterms:date", "startTime", frozenset({"Action"})),
    ("uphold:by", "agent", frozenset({"Action"})),
    ("uphold:treaty", "object", frozenset({"Action"})),
    ("uphold:inRegion", "containedInPlace", frozenset({"AdministrativeArea"})),
    ("org:memberOf", "memberOf", frozenset({"Person", "Organization"})),
    ("foaf:homepage", "url", frozenset({"Organization", "Project"})),
)
"""A property of the data, its schema.org equivalent, and the schema.org classes that have it."""
NAMES = ("skos:prefLabel", "skos:altLabel", "rdfs:label", "dcterms:title", "foaf:name")
CODES = ("uphold:iso3", "uphold:m49", "skos:notation", "dcterms:identifier")
DESCRIPTIONS = ("skos:definition", "dcterms:description", "dcterms:abstract", "rdfs:comment")
SAME = ("skos:exactMatch", "owl:sameAs")
WEB = ("http://", "https://")


def schema_class(types: Iterable[Thing], base: str, stated: str = "Thing") -> str:
    """The schema.org class for these classes: the one `stated` by the page, else by the table."""
    local = {kind.iri.removeprefix(f"{base}ontology#") for kind in types}
    found = (CLASSES[name] for name in CLASSES if name in local)
    return stated if stated != "Thing" else next(found, "Thing")


def schema_subject(about: Description, schema: str, page: str, base: str) -> dict[str, Any]:
    """The resource in schema.org terms; `page` is the address of the document about it."""
    values = {fact.property.short: fact.values for fact in about.facts}
    found: dict[str, Any] = {
        "@type": schema,
        "@id": about.thing.iri,
        "name": about.thing.label.text,
        "alternateName": alternate_names(values, about.thing.label.text),
        "identifier": [about.thing.iri, *codes(values)],
        "description": first_text(values, DESCRIPTIONS),
        "sameAs": [value.term.value for value in several(values, SAME) if value.term.value.startswith(WEB)],
        "mainEntityOfPage": page,
        "subjectOf": {"@type": "Dataset", "@id": base, "name": "Uphold"},
    }
    for short, name, classes in PROPERTIES:
        if schema in classes and short in values:
            stated = [plain(value) for value in values[short] if value.term.kind != "blank"]
            found.setdefault(name, stated[0] if len(stated) == 1 else stated)
    publications = {source.publication.iri: source.publication for source in about.sources if source.publication}
    found["isBasedOn"] = [work(each) for each in publications.values()]
    found["citation"] = [work(source.citation) for source in about.sources]
    return {name: value for name, value in found.items() if value}


def several(values: Mapping[str, tuple[Value, ...]], names: Iterable[str]) -> Iterator[Value]:
    """The values of several properties."""
    for name in names:
        yield from values.get(name, ())


def alternate_names(values: Mapping[str, tuple[Value, ...]], name: str) -> list[Any]:
    """The alternate names, each with its language."""
    terms = {value.term: None for value in several(values, NAMES) if value.term.kind == "literal"}
    return [
        {"@language": term.language, "@value": term.value} if term.language else term.value
        for term in terms
        if term.value != name
    ]


def codes(values: Mapping[str, tuple[Value, ...]]) -> list[dict[str, str]]:
    """The codes of a resource, each with its type."""
    return [
        {"@type": "PropertyValue", "propertyID": name.rpartition(":")[2], "value": value.term.value}
        for name in CODES
        for value in values.get(name, ())
    ]


def first_text(values: Mapping[str, tuple[Value, ...]], names: Iterable[str]) -> str:
    """The first literal of these properties."""
    return next((value.term.value for value in several(values, names) if value.term.kind == "literal"), "")


def plain(value: Value) -> Any:
    """A value: a literal as it is, a resource as its IRI and name."""
    return work(value.thing) if value.thing else value.term.value


def work(thing: Thing) -> dict[str, str]:
    """A linked resource."""
    return {"@id": thing.iri, "name": thing.label.text}
