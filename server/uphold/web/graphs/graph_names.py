"""Graph names: which graph a request is about (SPARQL 1.1 Graph Store HTTP Protocol, 4.1 and 4.2).

`/graphs/<path>` is the graph `<base>graph/<path>`, `/graphs?graph=IRI` any graph and `/graphs?default` the unnamed one,
which has the empty name.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask import request
from werkzeug.routing import PathConverter

from uphold.engines.oxigraph.store import UNNAMED
from uphold.errors import MalformedRequest, UpholdError
from uphold.validation.upload import check_terms
from uphold.web.http.link_values import PATH_SAFE
from uphold.web.http.request_context import manager

__all__ = [
    "FIELDS",
    "HISTORY",
    "ONE",
    "GraphPath",
    "address_of",
    "graph_at",
    "history_of",
    "named_graph",
    "require_fields",
    "title_of",
]

HISTORY = "history"
"""The last segment of a path that is no graph: the history of the graph before it."""
FIELDS = ("graph", "default")
IN_IRIS = PATH_SAFE.replace("%", "")
"""ASCII characters that an IRI's path may have as they are; a percent sign in a decoded path is data."""
LONGEST = 2_000
ONE = "Send ?graph= with one absolute IRI, or ?default, or put the path of the graph after /graphs/."


class GraphPath(PathConverter):
    """The path of a graph, whose last segment is not reserved."""

    regex = rf"(?!(?:.*/)?{HISTORY}\Z).+?"


def graph_at(path: str) -> str:
    """The graph at a decoded path under /graphs/; raises `MalformedRequest` if it cannot be the path of an IRI."""
    kept = "".join(sign if ord(sign) > 0x7F else quote(sign, safe=IN_IRIS) for sign in path)
    return checked(f"{manager().settings.base}graph/{kept}")


def named_graph() -> str | None:
    """The graph that the query string names, None if it names none; raises `MalformedRequest`."""
    require_fields(*FIELDS)
    graphs, defaults = (request.args.getlist(name) for name in FIELDS)
    if len(graphs) + len(defaults) > 1:
        raise MalformedRequest("The request names more than one graph.", remedy=ONE)
    if defaults and defaults[0]:
        raise MalformedRequest(f"default is {defaults[0][:80]!r}; it has no value.", remedy=ONE)
    if defaults:
        return ""
    return checked(graphs[0]) if graphs else None


def require_fields(*names: str) -> None:
    """Raise `MalformedRequest` for a field of the query string other than these and those of formats."""
    for name in request.args:
        if name not in (*names, "format", "class"):
            raise MalformedRequest(f"The address has the field {name[:80]!r}, which has no meaning here.", remedy=ONE)


def checked(iri: str) -> str:
    """The IRI, if it can name a graph; else raises `MalformedRequest`."""
    shown = iri if len(iri) <= 200 else f"{iri[:200]}…"
    if "\ufffd" in iri:
        raise MalformedRequest(f"{shown!r} is not percent-encoded UTF-8.", remedy=ONE)
    try:
        node = ox.NamedNode(iri)
        check_terms(ox.Triple(node, node, node))
    except (ValueError, UpholdError) as problem:
        raise MalformedRequest(f"{shown!r} is not an absolute IRI that can name a graph.", remedy=ONE) from problem
    if len(iri.encode()) > LONGEST or node == UNNAMED:
        raise MalformedRequest(f"The IRI {shown} cannot name a graph here.", remedy="Name the graph otherwise.")
    path = iri.removeprefix(home()) if iri.startswith(home()) else ""
    if path.rpartition("/")[2] == HISTORY:
        raise MalformedRequest(
            f"{shown} ends with the segment {HISTORY}, where the history of a graph is.",
            remedy="Name the graph otherwise.",
        )
    return iri


def home() -> str:
    """The start of the IRIs of graphs that have a path."""
    return f"{manager().settings.base}graph/"


def address_of(graph: str) -> str:
    """The address of a graph on this host."""
    start = f"{request.script_root}/graphs"
    if not graph:
        return f"{start}?default"
    path = graph.removeprefix(home())
    # a percent sign would be decoded on the way, and with it perhaps a slash
    if path in ("", graph) or not {"%", "?", "#"}.isdisjoint(path) or not {".", "..", ""}.isdisjoint(path.split("/")):
        return f"{start}?{urlencode({'graph': graph})}"
    return f"{start}/{quote(path, safe=PATH_SAFE)}"


def history_of(graph: str) -> str:
    """The address of the history of a graph; empty for a graph without a path."""
    address = address_of(graph)
    return "" if "?" in address else f"{address}/{HISTORY}"


def title_of(graph: str) -> str:
    """The name of a graph for people."""
    return graph.removeprefix(home()) or "The unnamed graph"
