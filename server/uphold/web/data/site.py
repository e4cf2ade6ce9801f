"""Site endpoints: downloads, the health check and robots.txt."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_from_directory

from uphold.build.completion import with_dumps
from uphold.errors import NotFound
from uphold.snapshots.downloads import FORM, downloads
from uphold.web.http.negotiation import choose
from uphold.web.http.request_context import open_snapshot
from uphold.web.http.responses import send
from uphold.web.metadata.json_ld import downloads_of_all
from uphold.web.rendering.render import about_page

__all__ = ["site"]

HTML = "text/html"
MEDIA_TYPES = {".ttl.gz": "text/turtle", ".nq.gz": "application/n-quads", ".trig.gz": "application/trig"}
site = Blueprint("site", __name__)


@site.get("/dumps/")
def dumps() -> Response:
    """The downloads with sizes and checksums."""
    found = downloads(with_dumps(open_snapshot().snapshot))
    form = choose([HTML, "application/json"])
    if form == HTML:
        about = about_page(
            "Downloads", "The whole data set of a snapshot and each of its graphs, as files with checksums."
        )
        about = replace(about, subject=downloads_of_all(open_snapshot().snapshot, found))
        return send(render_template("dumps.html", downloads=found, about=about), form, varies=True)
    base = f"{open_snapshot().snapshot.base}dumps/"
    listed = [{"id": f"{base}{file.name}", "size": file.size, "sha256": file.sha256} for file in found]
    return send(
        json.dumps({"snapshot": open_snapshot().snapshot.id, "files": listed}, indent=1) + "\n", form, varies=True
    )


@site.get("/dumps/<name>")
def dump(name: str) -> Response:
    """One download, or the checksums of all."""
    snapshot = with_dumps(open_snapshot().snapshot)
    if name == "SHA256SUMS":
        return send((snapshot.dumps / name).read_bytes(), "text/plain")
    found = next((file for file in downloads(snapshot) if file.name == name), None)
    if found is None:
        raise NotFound(f"There is no download {name!r}.")
    response = send_from_directory(
        Path(snapshot.dumps).resolve(), name, mimetype=FORM, as_attachment=True, etag=found.sha256
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


@site.get("/healthz")
def health() -> Response:
    """The status of the server and its current snapshot."""
    snapshot = open_snapshot().snapshot
    state = {"status": "ok", "snapshot": snapshot.id, "created": snapshot.created, "quads": snapshot.quads}
    response = Response(json.dumps(state) + "\n", content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@site.get("/robots.txt")
def robots() -> Response:
    """Crawlers may read everything except query results and archived snapshots; the sitemap lists the rest."""
    root, listed = request.script_root, f"Sitemap: {open_snapshot().snapshot.base}sitemap.xml\n"
    return send(f"User-agent: *\nDisallow: {root}/sparql?\nDisallow: {root}/snapshots/\n\n{listed}", "text/plain")
