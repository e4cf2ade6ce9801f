"""Warm-up: renders the main pages of a snapshot once, so that its first reader need not wait.

It fills the caches of query results, labels and join orders, and loads the templates; other pages of the same kinds
gain from it, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import partial

from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from uphold.serving.open_snapshot import OpenSnapshot
from uphold.web.http.request_context import RequestContext
from uphold.web.resources.page_registry import Registry

__all__ = ["MAIN_PAGES", "warm_up"]

MAIN_PAGES = (
    *("/", "/doc/jurisdiction/", "/doc/treaty/", "/doc/call/", "/outcomes", "/compare", "/matrix", "/timeline"),
    *("/api", "/discrepancies", "/ontology", "/shapes/", "/validate", "/dumps/", "/snapshots", "/partners", "/words"),
)
"""The pages that every page links to, except the SPARQL editor."""
TREATY = "treaty"
log = logging.getLogger(__name__)


def warm_up(app: Flask, opened: OpenSnapshot) -> None:
    """Render the main pages, each treaty, and a page of each kind, of a snapshot that need not be current yet.

    After `warm_up_seconds`, the rest is left for later.
    """
    seconds, began, count = opened.settings.warm_up_seconds, time.monotonic(), 0
    for path in pages(app.extensions["uphold-pages"], opened) if seconds else ():
        if time.monotonic() - began > seconds:
            break
        environ = create_environ(path, headers={"Accept": "text/html"})
        RequestContext.begin(environ, "warm-up").leases.append(opened)
        _, status, _ = run_wsgi_app(partial(Flask.wsgi_app, app), environ, buffered=True)  # without the middleware
        if status.startswith("5"):
            log.warning("rendering %s in advance failed: %s", path, status)
        count += 1
    taken = time.monotonic() - began
    log.info("rendered %d pages of snapshot %s in advance, in %.1f s", count, opened.snapshot.id, taken)


def pages(registry: Registry, opened: OpenSnapshot) -> Iterator[str]:
    """The addresses of the pages to render."""
    yield from MAIN_PAGES
    resources = opened.resources
    for kind in dict.fromkeys((TREATY, *registry.lists)):
        if kind in resources.kinds():
            things = resources.things_of_kind(kind)
            for thing in things if kind == TREATY else things[:1]:
                yield f"/doc/{thing.iri.removeprefix(f'{resources.base}id/')}"
