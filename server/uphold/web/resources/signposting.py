"""Signposting: typed links from a page to its identifier, data, licence and author, for programs.

The FAIR Signposting profile at both levels: the main links are in the `Link` header, and all of them in a link set
(RFC 9264) at `/linkset/<kind>/<key>`; `/linkset` has those of the home page.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from uphold.errors import MalformedRequest
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.serving.descriptions import Description
from uphold.snapshots.downloads import FORM, WHOLE
from uphold.web.http.link_values import URI_SAFE
from uphold.web.http.request_context import open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.metadata.json_ld import LICENCE
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.link_header import SCHEMA, Link
from uphold.web.resources.about import about_thing
from uphold.web.resources.page_registry import page_of

__all__ = [
    "LINKSET",
    "links_of_catalogue",
    "links_of_list",
    "links_of_thing",
    "signposting",
    "write_linkset",
]

LINKSET, HTML = "application/linkset+json", "text/html"
signposting = Blueprint("signposting", __name__)


@signposting.get("/linkset")
def whole() -> Response:
    """The links of the home page."""
    return send_linkset(open_snapshot().snapshot.base, links_of_catalogue())


@signposting.get("/linkset/<kind>/")
def collection(kind: str) -> Response:
    """The links of the list of a kind, to each resource in it; raises `MalformedRequest` for a filter."""
    if request.args:
        chosen = ", ".join(request.args)[:80]
        raise MalformedRequest(f"A link set has the links of the whole list; {chosen} cannot filter it.")
    return send_linkset(f"{open_snapshot().snapshot.base}doc/{kind}/", links_of_list(kind))


@signposting.get("/linkset/<path:key>")
def thing(key: str) -> Response:
    """The links of the document about a resource."""
    base = open_snapshot().snapshot.base
    about = open_snapshot().resources.describe(f"{base}id/{key}")
    data = about_thing(about, f"id/{key}", f"{base}doc/{key}", "en", schema_of(about))
    return send_linkset(data.canonical, links_of_thing(about, data, f"id/{key}"))


def schema_of(about: Description) -> str:
    """The schema.org class on the page of a resource."""
    page = page_of([kind.iri for kind in about.types], open_snapshot().snapshot.base)
    return page.schema if page else "Thing"


def links_of_thing(about: Description, data: Metadata, path: str) -> list[Link]:
    """The links of the document about the resource at `path`, or of its state in an archived snapshot."""
    base, place = open_snapshot().snapshot.base, snapshot_prefix()
    state = f"{base}{place.removeprefix('/')}/{data.canonical.removeprefix(base)}"
    stated = {graph["licence"].value for graph in graphs_of(about) if "licence" in graph}
    licences = {licence for licence in stated if licence.startswith(("http://", "https://"))} or {LICENCE}
    links = [
        Link(state if place else about.thing.iri, "cite-as"),
        Link(f"{SCHEMA}AboutPage", "type"),
        Link(f"{SCHEMA}{data.schema}", "type"),
        *(Link(licence, "license") for licence in sorted(licences)),
        Link(f"{base}id/organisation/uphold-contributors", "author"),
    ]
    start = state if place else data.canonical
    links += [Link(f"{start}.{suffix}", "describedby", form) for form, suffix in GRAPH_TYPES.items()]
    if path.startswith("id/") and not place:
        kind = path.split("/")[1]
        links += [
            Link(f"{base}doc/{kind}/", "collection", HTML),
            Link(f"{base}linkset/{path.removeprefix('id/')}", "linkset", LINKSET),
        ]
    return links


def graphs_of(about: Description) -> list[Mapping[str, Any]]:
    """The catalogue entries of the graphs with statements about a resource."""
    own = {graph.iri for graph in about.graphs}
    return [row for row in open_snapshot().resources.graphs() if row["graph"].value in own]


def links_of_list(kind: str) -> list[Link]:
    """The links of the list of a kind; raises `ResourceNotFound`."""
    base, things = open_snapshot().snapshot.base, open_snapshot().resources.things_of_kind(kind)
    return [
        Link(f"{SCHEMA}CollectionPage", "type"),
        Link(LICENCE, "license"),
        Link(f"{base}linkset/{kind}/", "linkset", LINKSET),
        *(Link(f"{base}doc/{thing.iri.removeprefix(f'{base}id/')}", "item", HTML) for thing in things),
    ]


def links_of_catalogue() -> list[Link]:
    """The links of the home page: the data set, its description and its downloads."""
    base = open_snapshot().snapshot.base
    return [
        Link(base, "cite-as"),
        Link(f"{SCHEMA}AboutPage", "type"),
        Link(f"{SCHEMA}Dataset", "type"),
        Link(LICENCE, "license"),
        Link(f"{base}id/organisation/uphold-contributors", "author"),
        Link(f"{base}.well-known/void", "describedby", "text/turtle"),
        *(Link(f"{base}dumps/{name}", "item", FORM) for name in WHOLE),
        Link(f"{base}linkset", "linkset", LINKSET),
    ]


def write_linkset(contexts: Mapping[str, Iterable[Link]]) -> str:
    """Links by anchor as a link set in JSON (RFC 9264, 4.2)."""
    found = []
    for anchor, links in contexts.items():
        targets: dict[str, list[dict[str, str]]] = defaultdict(list)
        for link in links:
            if link.relation != "linkset":
                address = quote(link.target, safe=URI_SAFE)
                targets[link.relation].append({"href": address, **({"type": link.form} if link.form else {})})
        found.append({"anchor": quote(anchor, safe=URI_SAFE), **targets})
    return json.dumps({"linkset": found}, ensure_ascii=False, indent=1) + "\n"


def send_linkset(page: str, links: list[Link]) -> Response:
    """The link set of a page, with the links back from each format of its data."""
    back = {
        link.target: [Link(page, "describes", HTML)]
        for link in links
        if link.relation == "describedby" and link.target != page
    }
    return send(write_linkset({page: links, **back}), LINKSET)
