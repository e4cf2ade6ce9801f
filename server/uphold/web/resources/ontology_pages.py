"""Ontology pages: the responses of the overview at `/ontology` and of the page of each term.

A term is a fragment of the ontology document (`ontology#Treaty`), so its page has a separate address,
`ontology/Treaty`; a concept has one already, that of the document about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, render_template, request

from uphold.errors import InvalidParameter
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.rdf.terms import Label
from uphold.serving.descriptions import Description, Thing
from uphold.serving.ontology import KINDS, Ontology
from uphold.web.http.request_context import open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.metadata.citations import Citation
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.link_header import Link, add_links
from uphold.web.rendering.page_context import Page, reader_language
from uphold.web.rendering.render import cite_view, scripted
from uphold.web.resources.about import about_thing
from uphold.web.resources.class_diagram import class_joins, draw
from uphold.web.resources.signposting import links_of_thing
from uphold.web.resources.term_pages import TermView, first_definition, view_term

__all__ = ["is_term", "show_overview", "show_term", "view_individual"]

HTML = "text/html"
GROUPS = (*KINDS.values(), "individual")
LONGEST_FILTER = 100
HEADER = (
    ("Version", "owl:versionInfo"),
    ("Issued", "dcterms:issued"),
    ("Made by", "dcterms:creator"),
    ("Licence", "dcterms:license"),
    ("This version", "owl:versionIRI"),
    ("Version before", "owl:priorVersion"),
    ("History", "skos:historyNote"),
    ("Namespace", "vann:preferredNamespaceUri"),
    ("Preferred prefix", "vann:preferredNamespacePrefix"),
)
"""The properties of the ontology in the overview."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A term in the list: its anchor, its definition, and the terms above it."""

    thing: Thing
    anchor: str
    definition: Label | None
    above: tuple[Thing, ...]

    def has(self, words: Sequence[str]) -> bool:
        """Whether its name or definition contains all these words."""
        text = (
            f"{self.thing.short} {self.thing.label.text} {self.definition.text if self.definition else ''}".casefold()
        )
        return all(word in text for word in words)


def is_term(name: str) -> bool:
    """Whether the ontology of this snapshot declares a class or a property with this local name."""
    return open_snapshot().resources.ontology().term(name) is not None


def show_overview(*, varies: bool) -> Response:
    """The overview: the ontology, and every term that matches the fields `q` and `kind`."""
    language = reader_language()
    ontology = open_snapshot().resources.ontology().speaking(language)
    described = describe_from(ontology, ontology.iri)
    here, title = f"{request.script_root}{snapshot_prefix()}/ontology", described.thing.label.text
    about = about_ontology(described, here)
    text, kind = read_filter()
    groups = {each: entries(ontology, each) for each in GROUPS}
    words = text.casefold().split()
    shown = {
        name: [entry for entry in found if entry.has(words)]
        for name, found in groups.items()
        if found and kind in ("", name)
    }
    citation = cite_view(title)
    content = render_template(
        "ontology.html",
        page=Page({}, language),
        about=about,
        described=described,
        header=[(name, values) for name, short in HEADER if (values := described.values(short))],
        here=here,
        text=text,
        kind=kind,
        counts={name: len(found) for name, found in groups.items() if found},
        shown={name: found for name, found in shown.items() if found},
        total=sum(map(len, shown.values())),
        diagram=draw(class_joins(ontology)),
        prefixes=ontology.prefixes,
        citation=citation,
        within=snapshot_prefix(),
    )
    response = scripted(send(content, HTML, varies=varies))
    add_links(response, [Link(ontology.iri, "describes"), *links_of_thing(described, about, "ontology")])
    return response


def read_filter() -> tuple[str, str]:
    """The text and kind of the term filter; raises `InvalidParameter`."""
    text, kind = request.args.get("q", "").strip(), request.args.get("kind", "")
    if len(text) > LONGEST_FILTER:
        raise InvalidParameter(f"q has {len(text)} characters; it may have {LONGEST_FILTER}.")
    if kind not in ("", *GROUPS):
        raise InvalidParameter(f"kind is {kind[:40]!r}; it must be one of {', '.join(GROUPS)}.")
    return text, kind


def entries(ontology: Ontology, kind: str) -> list[Entry]:
    """The terms of one kind by label; concepts by scheme."""
    found = [
        iri for iri in ontology.of_kind(kind) if iri != ontology.iri and iri.startswith(open_snapshot().snapshot.base)
    ]
    if kind == "concept":
        found.sort(key=lambda iri: [ontology.thing(each).label.text for each in ontology.iris(iri, "skos:inScheme")])
    upper = {"class": "rdfs:subClassOf", "concept": "skos:inScheme", "individual": "rdf:type"}
    above = upper.get(kind, "rdfs:subPropertyOf")
    return [
        Entry(
            ontology.thing(iri),
            anchor(iri, ontology),
            first_definition(iri, ontology),
            tuple(
                ontology.thing(each)
                for each in ontology.iris(iri, above)
                if each in ontology.said or kind == "individual"
            ),
        )
        for iri in found
    ]


def anchor(iri: str, ontology: Ontology) -> str:
    """The anchor of a term on the overview: its fragment, if it has one."""
    return iri.partition("#")[2] or iri.removeprefix(f"{open_snapshot().snapshot.base}id/").replace("/", "-")


def about_ontology(described: Description, here: str) -> Metadata:
    """The metadata of the overview."""
    forms = {form: f"{here}.{suffix}" for form, suffix in GRAPH_TYPES.items()}
    title = described.thing.label.text
    texts = [value.term.value for value in described.values("dcterms:description")]
    description = texts[0] if texts else title
    subject: dict[str, Any] = {
        "@type": "DefinedTermSet",
        "@id": described.thing.iri,
        "name": title,
        "description": description,
        "license": [value.term.value for value in described.values("dcterms:license")],
        "version": [value.term.value for value in described.values("owl:versionInfo")],
        "mainEntityOfPage": described.thing.iri,
    }
    return Metadata(
        title,
        description,
        described.thing.iri,
        "DefinedTermSet",
        forms,
        subject={name: value for name, value in subject.items() if value},
    )


def describe_from(ontology: Ontology, iri: str) -> Description:
    """The description of a term or of the ontology, with the labels of mentioned data resources."""
    mentioned = {term.value for row in ontology.rows[iri] for term in row.values() if term.kind == "iri"}
    ours = {each for each in mentioned if each.startswith(open_snapshot().snapshot.base) and each not in ontology.said}
    return ontology.description(iri, open_snapshot().resources.called(ours, ontology.language))


def show_term(name: str, here: str, *, varies: bool) -> tuple[Response, list[Link]]:
    """The page of a class or property, and its header links; its formats are at `here` plus a suffix."""
    language = reader_language()
    ontology = open_snapshot().resources.ontology().speaking(language)
    described = describe_from(ontology, f"{ontology.iri}#{name}")
    term = view_term(described.thing.iri, ontology, described)
    path = f"ontology#{name}"
    about = about_thing(described, path, here, language, term.schema)
    citation = Citation(
        open_snapshot().snapshot, about.title, f"snapshots/{open_snapshot().snapshot.id}/ontology/{quote(name)}"
    )
    content = render_template(
        term.template,
        made=term,
        term=term,
        page=Page({}, language, term.mentioned()),
        description=described,
        about=about,
        here=here,
        path=path,
        current=f"{request.script_root}/ontology/{quote(name)}",
        citation=citation,
        within=snapshot_prefix(),
    )
    return scripted(send(content, HTML, varies=varies)), links_of_thing(described, about, path)


def view_individual(described: Description, language: str) -> TermView | None:
    """The view of a concept or another individual of the ontology; None for any other resource."""
    ontology = open_snapshot().resources.ontology().speaking(language)
    iri = described.thing.iri
    return view_term(iri, ontology, described) if iri in ontology.kinds else None
