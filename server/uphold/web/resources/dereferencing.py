"""Dereferencing: serves every IRI under the base, in the format of the suffix or by negotiation."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, render_template, request

from uphold.errors import ResourceNotFound
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.web.http.negotiation import choose, choose_graph, named_form, split_suffix
from uphold.web.http.request_context import open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.metadata.citations import cite_document
from uphold.web.metadata.contact import contact_terms
from uphold.web.rendering.link_header import Link, add_links
from uphold.web.rendering.page_context import Page, reader_language
from uphold.web.rendering.render import about_page, scripted
from uphold.web.resources.about import about_thing
from uphold.web.resources.embed import Embedding
from uphold.web.resources.lists.views import LIST_FORMS, show_list
from uphold.web.resources.memento import add_memento, time_gate
from uphold.web.resources.ontology_pages import is_term, show_overview, show_term, view_individual
from uphold.web.resources.page_registry import page_of
from uphold.web.resources.signposting import links_of_list, links_of_thing
from uphold.web.resources.view_models.models import VIEW_MODELS

__all__ = ["describe", "linked", "ontology", "split_form", "term"]

HTML, JSON = "text/html", "application/json"
FORMS = {HTML: "html", **GRAPH_TYPES, JSON: "json"}
SUFFIXES = {suffix: media_type for media_type, suffix in FORMS.items()}
GRAPH_SUFFIXES = {suffix: media_type for media_type, suffix in GRAPH_TYPES.items()} | {"html": HTML}
TERMS = "ontology#"
"""The prefix of the IRIs of terms, under the base."""
GENERIC = "thing.html"
linked = Blueprint("linked", __name__)


@linked.get("/id/<kind>/")
@linked.get("/id/<path:key>")
def thing(kind: str = "", key: str = "") -> Response:
    """Redirect from a thing to the document about it (303), keeping `format=`."""
    path = f"{kind}/" if kind else key
    if kind:
        open_snapshot().resources.things_of_kind(kind)
    else:
        stem, _ = split_suffix(path, SUFFIXES)
        open_snapshot().resources.check(f"{open_snapshot().snapshot.base}id/{stem}")
    form = urlencode([("format", value) for value in request.args.getlist("format")])
    response = redirect(f"{request.script_root}/doc/{path}{form and '?'}{form}", 303)
    response.headers["Cache-Control"] = "no-cache"
    return Response(response.get_data(), 303, response.headers)


@linked.get("/doc/<path:key>")
def document(key: str) -> Response:
    """The document about a thing."""
    stem, form = split_form(key)
    past = time_gate(key)
    return past or add_memento(describe(f"id/{stem}", f"doc/{stem}", form), key, archived=False)


def split_form(key: str) -> tuple[str, str | None]:
    """The key of a thing, and the media type of its suffix."""
    return split_suffix(key, SUFFIXES)


@linked.get("/graph/<path:name>", defaults={"space": "graph"})
@linked.get("/shapes/<path:name>", defaults={"space": "shapes"})
def part(space: str, name: str) -> Response:
    """The description of a graph or a shape."""
    stem, form = split_suffix(name, SUFFIXES)
    return describe(f"{space}/{stem}", f"{space}/{stem}", form)


@linked.get("/ontology/<path:name>")
def term(name: str) -> Response:
    """The description of a term of the ontology, or of a version of it."""
    stem, form = split_suffix(name, SUFFIXES)
    place = f"{snapshot_prefix().removeprefix('/')}/ontology".removeprefix("/")
    if is_term(stem):
        return describe(f"{TERMS}{stem}", f"{place}/{stem}", form)
    return describe(f"ontology/{name}", f"{place}/{name}", None)


def describe(path: str, address: str, form: str | None) -> Response:
    """The description of the IRI at `path` under the base; its formats are at `address` plus a suffix."""
    resources, iri = open_snapshot().resources, f"{open_snapshot().snapshot.base}{path}"
    chosen, label = fixed(form) if form else choose_graph(list(FORMS))
    links = (
        [Link(f"{open_snapshot().snapshot.base}doc/{path[3:]}", "describes", HTML)] if path.startswith("id/") else []
    )
    here = f"{request.script_root}/{address}"
    if chosen in GRAPH_TYPES:
        response = send(resources.rdf(iri, chosen), label, varies=form is None)
    elif chosen == JSON:
        content: dict[str, Any] = {**resources.describe(iri).as_json(), "prefixes": resources.names.prefixes}
        response = send(json.dumps(content, ensure_ascii=False, indent=1) + "\n", chosen, varies=form is None)
    else:
        is_thing = not path.startswith(TERMS)
        show, found = (show_thing, path) if is_thing else (show_term, path.removeprefix(TERMS))
        response, links = show(found, here, varies=form is None)
    if form is None:
        response.headers["Content-Location"] = f"{here}.{FORMS[chosen]}"
    add_links(response, [Link(iri, "describes"), *links])
    return response


def show_thing(path: str, here: str, *, varies: bool) -> tuple[Response, list[Link]]:
    """The page about the IRI at `path`, and its header links; its formats are at `here` plus a suffix."""
    language = reader_language()
    described = open_snapshot().resources.describe(f"{open_snapshot().snapshot.base}{path}", language)
    made = (
        page_of([kind.iri for kind in described.types], open_snapshot().snapshot.base)
        if path.startswith("id/")
        else None
    )
    about = about_thing(described, path, here, language, made.schema if made else "Thing")
    term = None if made else view_individual(described, language)
    named = term.mentioned() if term else [described.thing.iri]
    page = Page(made.answers(described) if made else {}, language, named)
    shown = made or term
    values = VIEW_MODELS[made.model](page, described) if made and made.model else {}
    content = render_template(
        shown.template if shown else GENERIC,
        **values,
        made=shown,
        term=term,
        page=page,
        description=described,
        about=about,
        here=here,
        path=path,
        current=f"{request.script_root}/{path.replace('id/', 'doc/', 1)}",
        citation=cite_document(open_snapshot().snapshot, path, about.title) if path.startswith("id/") else None,
        within=snapshot_prefix(),
        card=Embedding(path.removeprefix("id/"), about.title) if about.image else None,
    )
    return scripted(send(content, HTML, varies=varies)), links_of_thing(described, about, path)


@linked.get("/doc/<kind>/", defaults={"suffix": ""})
@linked.get("/doc/<kind>.<any(csv, json):suffix>")
def index(kind: str, suffix: str) -> Response:
    """The list of a kind, filtered by the request, as a page, JSON or CSV."""
    things = open_snapshot().resources.things_of_kind(kind)
    form = next(form for form, known in LIST_FORMS.items() if known == suffix) if suffix else choose([*LIST_FORMS])
    response = show_list(kind, things, form)
    if not suffix:
        response.vary.add("Accept")
        if form != HTML:
            fields = urlencode([*request.args.items(multi=True)])
            here = f"{request.script_root}{snapshot_prefix()}/doc/{quote(kind)}.{LIST_FORMS[form]}"
            response.headers["Content-Location"] = f"{here}?{fields}" if fields else here
    if form == HTML:
        add_links(response, [link for link in links_of_list(kind) if link.relation != "item"])
    return response


@linked.get("/ontology", defaults={"suffix": ""})
@linked.get("/ontology.<suffix>")
def ontology(suffix: str) -> Response:
    """The ontology as a page or as RDF."""
    form, label = whole_form(suffix)
    if form == HTML:
        return show_overview(varies=not suffix)
    return send(open_snapshot().resources.graph("ontology", form), label, varies=not suffix)


@linked.get("/shapes", defaults={"suffix": ""})
@linked.get("/shapes/", defaults={"suffix": ""})
@linked.get("/shapes.<suffix>")
def shapes(suffix: str) -> Response:
    """The shapes as a list or as RDF."""
    form, label = whole_form(suffix)
    if form == HTML:
        about = about_page(
            "Shapes",
            "The constraints on the data, in SHACL: each rule with its message.",
            {form: f"{request.script_root}/shapes.{suffix}" for form, suffix in GRAPH_TYPES.items()},
        )
        page = render_template("shapes.html", shapes=open_snapshot().resources.shapes(), about=about)
        return send(page, form, varies=not suffix)
    return send(open_snapshot().resources.graph("shapes", form), label, varies=not suffix)


@linked.get("/.well-known/void")
def void() -> Response:
    """The description of the data set."""
    form, label = choose_graph(list(GRAPH_TYPES))
    return send(open_snapshot().resources.document("catalogue", form, **contact_terms()), label, varies=True)


def whole_form(suffix: str) -> tuple[str, str]:
    """The format of a graph and its media type label: by suffix, else by negotiation."""
    if suffix and suffix not in GRAPH_SUFFIXES:
        raise ResourceNotFound(f"{request.path} (the formats are .{', .'.join(GRAPH_SUFFIXES)})")
    return fixed(GRAPH_SUFFIXES[suffix]) if suffix else choose_graph([HTML, *GRAPH_TYPES])


def fixed(form: str) -> tuple[str, str]:
    """The format of a suffix and its label; raises `UnsupportedFormat` when `format=` names another."""
    named_form(request.args.getlist("format"), [form])
    return form, form
