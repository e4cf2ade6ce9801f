"""Metrics endpoint: the metrics of the server, for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uphold.errors import NotFound
from uphold.metrics import metrics
from uphold.web.http.request_context import manager, open_snapshot

__all__ = ["metering"]

metering = Blueprint("metering", __name__)


@metering.get("/metrics")
def show() -> Response:
    """The metrics of all server processes; raises `NotFound` if metrics are disabled."""
    if not manager().settings.metrics:
        raise NotFound("Metrics are disabled on this server.")
    snapshot = open_snapshot().snapshot
    content, content_type = metrics().exposition(request.headers.get("Accept", ""), snapshot.id, snapshot.quads)
    response = Response(content, content_type=content_type)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    return response
