"""Template filters: addresses on this host for identifiers, and text for slugs, numbers and dates."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from flask import Flask, request

from uphold.serving.descriptions import Thing
from uphold.web.http.link_values import PATH_SAFE
from uphold.web.http.request_context import snapshot_prefix
from uphold.web.rendering.axis import anchor
from uphold.web.rendering.counts import count_kept, count_met
from uphold.web.rendering.dates import day, duration, period, since
from uphold.web.rendering.page_context import nodes

__all__ = ["add_filters", "local_path"]

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NAMES = {
    "dcterms:isPartOf": "part of",
    "foaf:page": "page",
    "rdf:type": "type",
    "rdfs:isDefinedBy": "defined in",
    "rdfs:subClassOf": "subclass of",
    "skos:altLabel": "also known as",
    "skos:broader": "belongs to",
    "skos:closeMatch": "close match",
    "skos:exactMatch": "exact match",
    "skos:inScheme": "in scheme",
    "skos:prefLabel": "name",
    "prov:wasDerivedFrom": "source",
}

QUERY_SAFE = "?:/(),;*=!@$"
"""Characters common in SPARQL that need no escape in a query string (RFC 3986, 3.4), to keep links short."""


def local_path(iri: str, base: str) -> str | None:
    """The address on this host of an IRI under the base; None for any other IRI."""
    if not iri.startswith(base):
        return None
    path, mark, fragment = iri[len(base) :].lstrip("/").partition("#")
    if path == "ontology" and fragment:  # each term has its own page
        path, mark, fragment = f"ontology/{fragment}", "", ""
    start, path = (snapshot_prefix(), f"doc/{path[3:]}") if path.startswith("id/") else ("", path)
    start = snapshot_prefix() if path.partition("/")[0] == "ontology" else start
    return f"{request.script_root}{start}/{quote(path, safe=PATH_SAFE)}{mark}{quote(fragment, safe=PATH_SAFE)}"


def add_filters(app: Flask, base: str) -> None:
    """Register the filters and globals of the templates."""

    def href(iri: str) -> str | None:
        """The address to link to; None for anything but a web address."""
        return local_path(iri, base) or (iri if iri.startswith(("http://", "https://")) else None)

    def query_link(query: str) -> str:
        """The address of the result page of a query."""
        fields = urlencode({"query": query, "format": "html"}, safe=QUERY_SAFE)
        return f"{request.script_root}{snapshot_prefix()}/sparql?{fields}"

    app.add_template_filter(href, "href")
    app.add_template_filter(query_link, "query_link")
    app.add_template_filter(number, "number")
    app.add_template_filter(anchor, "anchor")
    app.add_template_filter(plural, "plural")
    app.add_template_filter(words, "words")
    app.add_template_filter(property_name, "property_name")
    app.add_template_filter(size, "size")
    app.add_template_filter(language, "language")
    app.add_template_filter(nodes, "nodes")
    app.add_template_filter(day, "day")
    app.add_template_filter(duration, "duration")
    app.add_template_filter(period, "period")
    app.add_template_filter(since, "since")
    app.add_template_global(count_met, "count_met")
    app.add_template_global(count_kept, "count_kept")


def number(value: int | str) -> str:
    """A number with thin spaces as thousands separators."""
    return f"{int(value):,}".replace(",", "\u202f")


def plural(kind: str) -> str:
    """The kind in an IRI as a plural heading."""
    name = words(kind)
    if name.endswith("asis"):
        return f"{name[:-2]}es"
    if name.endswith(("s", "x")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def words(slug: str) -> str:
    """A slug as a heading."""
    return slug.replace("-", " ").capitalize()


def property_name(thing: Thing) -> str:
    """The name of a property; without a label, the words of its local name."""
    if thing.short in NAMES:
        return NAMES[thing.short]
    if thing.label.text != thing.short:
        return thing.label.text
    return HUMP.sub(" ", thing.short.rpartition(":")[2].rpartition("/")[2]).lower()


def size(count: int) -> str:
    """A human-readable size in bytes."""
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def language(tag: str) -> str:
    """A language tag for HTML, which is empty for an unknown language."""
    return "" if tag == "und" else tag
