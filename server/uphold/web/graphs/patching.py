"""Patching: the update or the RDF Patch that a PATCH of a graph sends (Graph Store HTTP Protocol, 5.7; RFC 5789)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from uphold.errors import MalformedRequest, UnsupportedMediaType
from uphold.sparql.guard import Limits, inspect_update
from uphold.web.graphs.bodies import read_text
from uphold.web.http.request_context import manager

if TYPE_CHECKING:
    from uphold.writes.operations import Operation

__all__ = ["ACCEPTED", "read_patch"]

UPDATE, RDF_PATCH = "application/sparql-update", "application/rdf-patch"
ACCEPTED = (UPDATE, RDF_PATCH)


def read_patch(graph: str | None) -> Operation:
    """The operation that a PATCH asks for, on a graph or, as an RDF Patch, on all that it names.

    Raises `UnsupportedMediaType`, `MalformedRequest`, and what `read_text` and `inspect_update` raise.
    """
    from uphold.writes.operations import Kind, Operation
    from uphold.writes.update import UpdateRequest

    settings = manager().settings
    if request.mimetype not in ACCEPTED:
        error = UnsupportedMediaType(f"The body is {request.content_type or 'of no stated type'}, which is no patch.")
        error.remedy = f"Send {' or '.join(ACCEPTED)}, in UTF-8."
        raise error
    if request.mimetype == RDF_PATCH:
        return Operation(Kind.PATCH, graph, patch=read_text(settings.upload_max_bytes))
    if graph is None:
        raise MalformedRequest("The update is for no graph.", remedy="Send it to /sparql/update.")
    text = read_text(settings.upload_max_bytes)
    inspect_update(text, Limits.of(settings))
    return Operation(Kind.UPDATE, graph, update=UpdateRequest(text))
