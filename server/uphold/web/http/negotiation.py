"""Content negotiation: selects the media type of a response (RFC 9110, section 12).

The address can name it, too: `format=` takes a media type or a common short name, and overrides Accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from uphold.errors import NotAcceptable, UnsupportedFormat

__all__ = ["GRAPH_ALIASES", "choose", "choose_from", "choose_graph", "named_form", "prefers_html", "split_suffix"]

LONGEST_HEADER = 4_000
HTML, TURTLE, N_TRIPLES = "text/html", "text/turtle", "application/n-triples"
JSON_LD, RDF_XML = "application/ld+json", "application/rdf+xml"
N_QUADS, TRIG = "application/n-quads", "application/trig"
JSON_RESULTS, XML_RESULTS = "application/sparql-results+json", "application/sparql-results+xml"
GRAPH_ALIASES = {
    "text/n3": TURTLE,
    "text/rdf+n3": TURTLE,
    "application/x-turtle": TURTLE,
    "application/turtle": TURTLE,
    "text/plain": N_TRIPLES,
}
"""Aliases of RDF media types: each Turtle document is Notation3, and N-Triples was once served as plain text."""

DOCUMENT_ALIASES = {**GRAPH_ALIASES, TRIG: TURTLE, N_QUADS: N_TRIPLES}
"""The same for a single unnamed graph: its Turtle is also TriG, and its N-Triples are also N-Quads."""

FORMATS: dict[str, tuple[str, ...]] = {
    "json": (JSON_RESULTS, "application/json", JSON_LD),
    "xml": (XML_RESULTS, "application/xml", RDF_XML),
    "html": (HTML,),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
    "srj": (JSON_RESULTS,),
    "srx": (XML_RESULTS,),
    "sparql-results+json": (JSON_RESULTS,),
    "sparql-results+xml": (XML_RESULTS,),
    "sparql-json": (JSON_RESULTS,),
    "sparql-xml": (XML_RESULTS,),
    **dict.fromkeys(("ttl", "turtle", "n3"), (TURTLE,)),
    **dict.fromkeys(("nt", "ntriples", "n-triples"), (N_TRIPLES,)),
    **dict.fromkeys(("jsonld", "json-ld", "ld+json"), (JSON_LD,)),
    **dict.fromkeys(("rdf", "rdfxml", "rdf-xml", "rdf+xml"), (RDF_XML,)),
    **dict.fromkeys(("nq", "nquads", "n-quads", N_QUADS), (N_QUADS, N_TRIPLES)),
    **dict.fromkeys(("trig", TRIG), (TRIG, TURTLE)),
    "text/xml": (XML_RESULTS, "application/xml", RDF_XML),
    "application/xml": (XML_RESULTS, "application/xml", RDF_XML),
    "application/json": (JSON_RESULTS, "application/json", JSON_LD),
    **{alias: (form,) for alias, form in GRAPH_ALIASES.items()},
}
"""Values of `format=`, and the media types of each, of which the first on offer is used."""


def choose(offered: Sequence[str], aliases: dict[str, str] | None = None) -> str:
    """The media type of the response: that of `format=`, else the one that the client prefers.

    Ties go to a type that the client names, then to the first. `aliases` map other names to those offered.
    Raises `NotAcceptable` when none is acceptable, `UnsupportedFormat` when the named one is not offered.
    """
    named = [value for value in request.args.getlist("format") if value]
    return named_form(named, offered) or choose_from(request.headers.get("Accept", ""), offered, aliases)


def choose_graph(offered: Sequence[str]) -> tuple[str, str]:
    """The RDF (or page) format of the response, and the media type to label it with."""
    label = choose(offered, DOCUMENT_ALIASES)
    return DOCUMENT_ALIASES.get(label, label), label


def named_form(names: Sequence[str], offered: Sequence[str]) -> str | None:
    """The media type of the first of these names on offer; None without names, else `UnsupportedFormat`."""
    for name in names:
        plain = bare(name).replace(" ", "+")  # an unescaped plus sign is decoded as a space
        for form in (plain, *FORMATS.get(plain, ())):
            if form in offered:
                return form
    if not names:
        return None
    raise UnsupportedFormat(names[0], [*offered, *short_names(offered)])


def short_names(offered: Iterable[str]) -> list[str]:
    """The short names of the media types on offer."""
    return [name for name, forms in FORMATS.items() if "/" not in name and not {*forms}.isdisjoint({*offered})]


def choose_from(header: str, offered: Sequence[str], aliases: dict[str, str] | None = None) -> str:
    """The same by an Accept header alone; only its first `LONGEST_HEADER` characters are read."""
    names = [*offered, *(aliases or {})]
    accept = read_accept(header)
    if not accept:
        return offered[0]
    named = {name for name, _ in accept}
    best = max(names, key=lambda name: (accept.quality(name), name in named, -names.index(name)))
    if accept.quality(best) <= 0:
        raise NotAcceptable(list(offered))
    return best


def prefers_html(named: Iterable[str] = ()) -> bool:
    """Whether to render an error as a page: `format=` names HTML, or Accept names it and nothing is preferred."""
    if any(bare(name) in ("html", HTML) for name in named or request.args.getlist("format")):
        return True
    accept = read_accept(request.headers.get("Accept", ""))
    quality = MIMEAccept([(name, quality) for name, quality in accept if name != "*/*"]).quality(HTML)
    return quality > 0 and quality >= max(each for _, each in accept)


def read_accept(header: str) -> MIMEAccept:
    """The header without parameters such as profile or charset, which are ignored here."""
    accept = parse_accept_header(header[:LONGEST_HEADER], MIMEAccept)
    return MIMEAccept([(bare(value), quality) for value, quality in accept])


def bare(media_type: str) -> str:
    """A media type in lower case, without parameters."""
    return media_type.partition(";")[0].strip().lower()


def split_suffix(path: str, suffixes: dict[str, str]) -> tuple[str, str | None]:
    """The path without its suffix, and the media type of the suffix, or None."""
    stem, dot, suffix = path.rpartition(".")
    return (stem, suffixes[suffix]) if dot and stem and suffix in suffixes else (path, None)
