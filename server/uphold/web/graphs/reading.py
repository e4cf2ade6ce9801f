"""Reading graphs: one in a chosen format (Graph Store HTTP Protocol, 5.2 and 5.6), and a list of all."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response, render_template, request

from uphold.errors import GraphNotFound
from uphold.journal.graph_protection import may_write
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.snapshots.snapshot import Snapshot
from uphold.web.graphs.graph_names import address_of, history_of, title_of
from uphold.web.graphs.representations import content_of, tag_of
from uphold.web.http.etags import etag_matches
from uphold.web.http.headers import content_type
from uphold.web.http.link_values import add_link_values, link_value
from uphold.web.http.negotiation import choose, choose_graph
from uphold.web.http.request_context import context, open_snapshot
from uphold.web.http.responses import send
from uphold.web.rendering.render import about_page

__all__ = ["list_graphs", "read"]

HTML, JSON, TURTLE = "text/html", "application/json", "text/turtle"
REVALIDATED = "public, no-cache"
"""A graph may change at any time, and a change is visible at once: caches ask with the ETag, which costs no query."""


def read(graph: str) -> Response:
    """A graph; the unnamed one is always there.

    Raises `GraphNotFound`, `NotAcceptable`, `UnsupportedFormat`, and what the engine raises.
    """
    snapshot = open_snapshot().snapshot
    if graph and graph not in snapshot.graphs:
        raise GraphNotFound(graph)
    form, label = choose_graph([*GRAPH_TYPES, HTML])
    response = page(graph, snapshot) if form == HTML else representation(graph, snapshot, form, label)
    response.headers["Cache-Control"] = REVALIDATED
    if history := history_of(graph):
        add_link_values(response, link_value(history, "version-history", type="text/html"))
    return response


def representation(graph: str, snapshot: Snapshot, form: str, label: str) -> Response:
    """The graph in an RDF format, or 304 if the client has it."""
    tag = tag_of(snapshot.digests.get(graph, ""), label)
    context().media_type = content_type(label)
    if etag_matches(tag, request.headers.get("If-None-Match")):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
        del response.headers["Content-Type"]
    else:
        found = content_of(graph, tag, form)
        response = Response(found if found.file else found.content, content_type=content_type(label))
        response.headers["Content-Length"] = str(found.size)
        context().cacheable = found.file is None
    response.set_etag(tag)
    response.vary.add("Accept")
    return response


def page(graph: str, snapshot: Snapshot) -> Response:
    """What a browser shows of a graph."""
    address = address_of(graph)
    forms = {form: f"{address}{'&' if '?' in address else '?'}format={name}" for form, name in GRAPH_TYPES.items()}
    name = title_of(graph)
    content = render_template(
        "graph.html",
        one=summary(graph, snapshot),
        forms=forms,
        name=name,
        history=history_of(graph),
        about=about_page(f"Graph {name}", f"All statements of one graph of Uphold: {name}."),
    )
    return send(content, HTML, varies=True)


def list_graphs() -> Response:
    """All graphs of the store, the unnamed one last."""
    snapshot = open_snapshot().snapshot
    found = [summary(graph, snapshot) for graph in [*sorted(filter(None, snapshot.graphs)), ""]]
    form = choose([HTML, JSON, TURTLE])
    content = {HTML: list_page, JSON: as_json, TURTLE: description}[form](found)
    response = send(content, form, varies=True)
    response.headers["Cache-Control"] = REVALIDATED
    return response


def summary(graph: str, snapshot: Snapshot) -> dict[str, Any]:
    """One graph in the list; the unnamed one has no IRI."""
    return {
        "graph": graph or None,
        "triples": snapshot.graphs.get(graph, 0),
        "protected": not may_write("*", graph, snapshot.base),
        "address": address_of(graph),
        "history": history_of(graph) or None,
    }


def list_page(found: list[dict[str, Any]]) -> str:
    """The list for a browser."""
    names = [title_of(each["graph"] or "") for each in found]
    about = about_page("Graphs", "The graphs of Uphold: read each of them, or write one with a token.")
    return render_template("graphs.html", graphs=list(zip(names, found, strict=True)), about=about)


def as_json(found: list[dict[str, Any]]) -> str:
    """The list for programs."""
    return json.dumps({"graphs": found}, indent=1, ensure_ascii=False) + "\n"


def description(found: list[dict[str, Any]]) -> str:
    """The list in terms of SPARQL 1.1 Service Description (3.2), with sizes in those of VoID."""
    base = open_snapshot().snapshot.base
    named = ",\n".join(
        f"        [ a sd:NamedGraph ; sd:name <{each['graph']}> ; sd:graph [ a sd:Graph ; void:triples"
        f" {each['triples']} ] ]"
        for each in found
        if each["graph"]
    )
    return (
        "@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .\n"
        "@prefix void: <http://rdfs.org/ns/void#> .\n\n"
        f"<{base}graphs> a sd:Dataset ;\n"
        f"    sd:defaultGraph [ a sd:Graph ; void:triples {found[-1]['triples']} ] ;\n    sd:namedGraph\n{named} .\n"
    )
