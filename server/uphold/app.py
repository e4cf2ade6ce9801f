"""The app: assembles the WSGI application from the settings."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import RequestRedirect

from uphold import __version__
from uphold.assets.vendor import CHARTS, CONSOLE, EDITOR, vendored
from uphold.errors import NotFound, UnsupportedFormat
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.settings import Settings
from uphold.validation.service import ValidationService
from uphold.web.data.api import api
from uphold.web.data.changes import changes
from uphold.web.data.metrics_endpoint import metering
from uphold.web.data.site import site
from uphold.web.data.sitemap import sitemap
from uphold.web.data.snapshots import snapshots
from uphold.web.data.validate import validate
from uphold.web.graphs.views import graphs
from uphold.web.http.headers import HEADERS, PREFLIGHT
from uphold.web.http.negotiation import named_form
from uphold.web.http.request_context import context, open_snapshot
from uphold.web.http.sparql_protocol import body_limit
from uphold.web.metadata.json_ld import structured
from uphold.web.middleware.access_log import AccessLog
from uphold.web.middleware.compression import Compression
from uphold.web.middleware.conditional_requests import ConditionalRequests
from uphold.web.middleware.response_cache import ResponseCache
from uphold.web.middleware.snapshot_lease import SnapshotLease
from uphold.web.middleware.trailing_slashes import TrailingSlashes
from uphold.web.middleware.transfer_limit import TransferLimit
from uphold.web.rendering.problem_details import add_handlers, problem, problems
from uphold.web.rendering.template_filters import add_filters
from uphold.web.resources.dereferencing import linked
from uphold.web.resources.embed import embed
from uphold.web.resources.page_registry import read_registry
from uphold.web.resources.signposting import signposting
from uphold.web.sparql.endpoint import SparqlEndpoint
from uphold.web.sparql.views import sparql
from uphold.web.topics.compare import compare
from uphold.web.topics.discrepancies import discrepancies
from uphold.web.topics.guides import guides
from uphold.web.topics.home import front
from uphold.web.topics.matrix import matrix
from uphold.web.topics.outcomes import outcomes
from uphold.web.topics.search import search
from uphold.web.topics.timeline import timeline
from uphold.writes.writes import Writes

__all__ = ["create", "create_app"]

log = logging.getLogger(__name__)


def create() -> Flask:
    """The app with the settings of the environment."""
    return create_app(Settings.from_environment(os.environ))


def create_app(settings: Settings) -> Flask:
    """The app that serves the current snapshot in `settings.state`."""
    app = Flask("uphold.web", static_folder="static", template_folder="templates")
    app.url_map.redirect_defaults = app.url_map.merge_slashes = False  # `TrailingSlashes` leads only to what exists
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = body_limit(settings)
    manager = SnapshotManager(settings)
    app.extensions["uphold"], app.extensions["uphold-validation"] = manager, ValidationService(settings)
    app.extensions["uphold-writes"] = writes = Writes(settings)
    manager.closed_too.append(writes.close)
    manager.gone = writes.gone
    app.extensions["uphold-pages"] = pages = read_registry()
    pages.check(manager.questions)
    app.wsgi_app = add_middleware(app.wsgi_app, manager)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = bytecode_cache(Path(app.root_path) / "__pycache__")
    app.context_processor(lambda: {"snapshot": open_snapshot().snapshot, "base": settings.base, "version": __version__})
    app.jinja_env.globals |= {"contact": settings.contact, "contact_iri": settings.contact_iri}
    app.jinja_env.globals["vendored"] = vendored()
    for name in sorted({EDITOR, CONSOLE, CHARTS} - vendored()):
        log.warning("static/vendor/%s is missing, so pages work without it; `make setup` installs it", name)
    add_filters(app, settings.base)
    app.add_template_global(structured)
    add_handlers(app)
    for blueprint in (
        front,
        site,
        api,
        changes,
        discrepancies,
        linked,
        outcomes,
        timeline,
        embed,
        guides,
        sparql,
        search,
        signposting,
        snapshots,
        validate,
        graphs,
        compare,
        matrix,
        metering,
        sitemap,
        problems,
    ):
        app.register_blueprint(blueprint)
    app.before_request(reject_slash_redirects)
    app.after_request(finish)
    app.after_request(refuse_other_formats)
    return app


def bytecode_cache(folder: Path) -> FileSystemBytecodeCache | None:
    """Compiled templates, next to Python's bytecode; compiling those of a page takes up to half a second."""
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def reject_slash_redirects() -> None:
    """Raise `NotFound` where the framework would redirect to any path with a slash; see `TrailingSlashes`."""
    if isinstance(request.routing_exception, RequestRedirect):
        raise NotFound(f"Nothing here has the address {request.path}.")


def refuse_other_formats(response: Response) -> Response:
    """The response, or a problem if `format=` names another format than the only one of this address."""
    named = [value for value in request.args.getlist("format") if value]
    if response.status_code != HTTPStatus.OK or request.method not in ("GET", "HEAD") or not response.mimetype:
        return response
    try:
        named_form(named, [response.mimetype])
    except UnsupportedFormat as error:
        response.close()
        context().cacheable = False
        return problem(error)
    return response


def finish(response: Response) -> Response:
    """Add the headers for snapshot, CORS and content security policy."""
    if response.location:  # the framework builds it from the Host header, which any client can set
        response.location = urlunsplit(urlsplit(response.location)._replace(scheme="", netloc=""))
    if request.method == "HEAD" or response.status_code == HTTPStatus.NOT_MODIFIED:
        response.close()  # without a body, nothing is closed later
    if context().varies_by_language:
        response.vary.add("Accept-Language")
    response.headers["Uphold-Snapshot"] = context().snapshot_after or open_snapshot().snapshot.id
    context().media_type = response.content_type or ""
    added = HEADERS
    if request.method == "OPTIONS" and response.status_code == HTTPStatus.OK:
        added = {**HEADERS, **PREFLIGHT, "Access-Control-Allow-Methods": ", ".join(sorted(response.allow))}
    for name, value in added.items():
        response.headers.setdefault(name, value)
    return response


def add_middleware(wsgi: Any, manager: SnapshotManager) -> Any:
    """Wrap the framework in the middleware; the outermost layer comes last."""
    wsgi = TrailingSlashes(wsgi)
    wsgi = SparqlEndpoint(wsgi, manager)
    wsgi = ConditionalRequests(wsgi)
    wsgi = SnapshotLease(wsgi, manager)
    wsgi = Compression(wsgi)
    transfers = TransferLimit(manager.settings.max_slow_transfers)
    wsgi = AccessLog(wsgi, manager.settings, transfers)
    wsgi = ResponseCache(wsgi, manager.version, manager.settings.response_cache_mb * 1_000_000)
    return transfers.around(wsgi)
