"""Metadata of resource pages, with a one-sentence description from the statements about the resource."""

from __future__ import annotations

from collections.abc import Iterator

from uphold.rdf.media_types import GRAPH_TYPES
from uphold.serving.descriptions import Description
from uphold.web.http.request_context import open_snapshot
from uphold.web.metadata.metadata import Image, Metadata
from uphold.web.metadata.schema_org import schema_class, schema_subject
from uphold.web.rendering.template_filters import number, plural, property_name
from uphold.web.resources.cards import has_card, make_card

__all__ = ["about_thing", "sentence_about"]

DESCRIPTIONS = ("skos:definition", "dcterms:description", "dcterms:abstract", "rdfs:comment")
OMITTED = frozenset(
    {
        *("rdf:type", "skos:prefLabel", "skos:altLabel", "rdfs:label", "dcterms:title", "foaf:name", *DESCRIPTIONS),
        *("prov:wasDerivedFrom", "skos:inScheme", "rdfs:isDefinedBy", "skos:exactMatch", "skos:closeMatch"),
        *("owl:sameAs", "uphold:derivedBy", "uphold:asOf", "vs:term_status", "skos:topConceptOf", "uphold:position"),
        *("qb:dataSet", "skos:note", "dcterms:identifier", "uphold:entryIntoForceBasis", "uphold:ordinal"),
    }
)
MOST_FACTS, MOST_VALUES = 5, 3


def about_thing(about: Description, path: str, here: str, language: str, schema: str = "Thing") -> Metadata:
    """The metadata of the page about the resource at `path`; its formats are at `here` plus a suffix."""
    base, key = open_snapshot().snapshot.base, path.removeprefix("id/")
    is_thing, title = path.startswith("id/"), about.thing.label.text
    address = f"{base}doc/{key}" if is_thing else f"{base}{path.replace('#', '/')}"  # a term has its own page
    sentence = sentence_about(about, path, language)
    found = schema_class(about.types, base, schema)
    kind = key.partition("/")[0]
    return Metadata(
        title,
        sentence,
        about.thing.iri,
        found,
        {form: f"{here}.{suffix}" for form, suffix in {**GRAPH_TYPES, "application/json": "json"}.items()},
        address,
        ((plural(kind), f"{base}doc/{kind}/"),) if is_thing else crumbs(path, base),
        Image(f"{base}embed/{key}.png", sentence) if is_thing and has_card(path) else None,
        schema_subject(about, found, address, base),
    )


def crumbs(path: str, base: str) -> tuple[tuple[str, str], ...]:
    """The breadcrumb of a page that is not about a thing: terms and versions are under the ontology."""
    return (("Ontology", f"{base}ontology"),) if path.startswith("ontology") else ()


def sentence_about(about: Description, path: str, language: str) -> str:
    """A sentence about the resource at `path`: its description, else its figures, else its first facts."""
    stated = [
        value.term
        for fact in about.facts
        if fact.property.short in DESCRIPTIONS
        for value in fact.values
        if value.term.kind == "literal"
    ]
    kind = min((each.label.text for each in about.types), key=len, default="")
    if stated:
        best = next((term for term in stated if term.language in (language, "en", "")), stated[0])
        return best.value
    if path.startswith("id/") and has_card(path):
        card, _, key = path.removeprefix("id/").partition("/")
        if (made := make_card(card, key, language)).has_figures:
            return made.sentence
    facts = "; ".join([*fact_phrases(about), *count_phrases(about)][:MOST_FACTS])
    name = about.thing.label.text.rstrip(" .")
    named = f"{kind[0].upper()}{kind[1:]}: {name}." if kind and ":" not in kind else f"{name}."
    return f"{named} {facts[0].upper()}{facts[1:]}." if facts else named


def fact_phrases(about: Description) -> Iterator[str]:
    """The facts of a resource, each as a short phrase."""
    dated = any(fact.property.short == "dcterms:date" for fact in about.facts)
    for fact in about.facts:
        if dated and fact.property.short in ("uphold:notBefore", "uphold:notAfter"):
            continue
        values = [
            value.thing.label.text if value.thing else value.term.value
            for value in fact.values
            if value.term.kind != "blank"
        ]
        if fact.property.short not in OMITTED and values:
            more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
            yield f"{property_name(fact.property)} {', '.join(values[:MOST_VALUES])}{more}"


def count_phrases(about: Description) -> Iterator[str]:
    """The number of resources that link to it, by property."""
    for each in about.incoming:
        if each.property.short not in OMITTED:
            yield f"{property_name(each.property)} of {number(each.count)} {'other' if each.count == 1 else 'others'}"
