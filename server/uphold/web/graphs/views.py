"""The addresses of graphs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from uphold.errors import MalformedRequest
from uphold.web.graphs.graph_names import ONE, GraphPath, graph_at, named_graph, require_fields
from uphold.web.graphs.history import show_history
from uphold.web.graphs.patching import ACCEPTED
from uphold.web.graphs.reading import list_graphs, read
from uphold.web.graphs.updating import patch_all, update_all
from uphold.web.graphs.writing import change

__all__ = ["graphs"]

METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]
graphs = Blueprint("graphs", __name__)


@graphs.record_once
def add_converter(state: BlueprintSetupState) -> None:
    """Let routes have the paths of graphs."""
    state.app.url_map.converters["graph"] = GraphPath


@graphs.after_request
def add_accept_patch(response: Response) -> Response:
    """Say which patches are accepted (RFC 5789, 2.2 and 3.1)."""
    refused = request.method == "PATCH" and response.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if refused or "PATCH" in response.allow:
        response.headers["Accept-Patch"] = ", ".join(ACCEPTED)
    return response


@graphs.route("/graphs", methods=METHODS)
def indirect() -> Response:
    """The graph that the query string names; without one GET lists all, POST creates, and PATCH changes several."""
    graph = named_graph()
    if request.method in ("GET", "HEAD"):
        return list_graphs() if graph is None else read(graph)
    if graph is None and request.method == "PATCH":
        return patch_all()
    if graph is None and request.method != "POST":
        raise MalformedRequest("The request names no graph.", remedy=ONE)
    return change(graph)


@graphs.route("/graphs/<graph:path>", methods=METHODS)
def direct(path: str) -> Response:
    """The graph at a path."""
    require_fields()
    graph = graph_at(path)
    return read(graph) if request.method in ("GET", "HEAD") else change(graph)


@graphs.post("/sparql/update")
def update() -> Response:
    """The update operation of the SPARQL 1.1 Protocol."""
    return update_all()


@graphs.get("/graphs/<path:path>/history")
def history(path: str) -> Response:
    """The history of the graph at a path."""
    return show_history(graph_at(path))
