"""Snapshots: the archived snapshots, the changes between them, and their pages, documents and queries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request

from uphold.errors import NotFound, SnapshotNotFound
from uphold.snapshots.diff import count_changes, patch
from uphold.snapshots.publication_log import Moment, debuts, timeline
from uphold.snapshots.steps import data_size
from uphold.web.http.headers import IMMUTABLE
from uphold.web.http.negotiation import choose
from uphold.web.http.request_context import context, manager, open_snapshot
from uphold.web.http.responses import send
from uphold.web.rendering.render import about_page
from uphold.web.resources.dereferencing import describe, split_form
from uphold.web.resources.dereferencing import index as index_of_kind
from uphold.web.resources.dereferencing import ontology as ontology_page
from uphold.web.resources.dereferencing import term as term_page
from uphold.web.resources.memento import MAP, add_memento, time_map
from uphold.web.sparql.views import endpoint, words

__all__ = ["snapshots"]

HTML, JSON, PATCH = "text/html", "application/json", "application/rdf-patch"
snapshots = Blueprint("snapshots", __name__)


def summary(moments: list[Moment], place: int) -> dict[str, Any]:
    """One snapshot with its changes from the previous one."""
    moment, before = moments[place], moments[place - 1].snapshot if place else None
    found = moment.snapshot
    changes = count_changes(before, found) if before else ()
    return {
        "id": found.id,
        "current": found.id == manager().snapshot.id,
        "published": moment.time.isoformat(),
        "built": found.created,
        "triples": found.quads,
        "bytes": data_size(found),
        "previous": before.id if before else None,
        "changes": [{"graph": c.graph, "added": c.added, "removed": c.removed} for c in changes] if before else None,
    }


def summaries() -> Iterator[dict[str, Any]]:
    """The archived snapshots, newest first, but for those that a write removes meanwhile."""
    moments = listed()
    for place in reversed(range(len(moments))):
        with suppress(SnapshotNotFound, FileNotFoundError):
            yield summary(moments, place)


def listed() -> list[Moment]:
    """Every archived snapshot by the time when it first became current."""
    return debuts(timeline(manager().settings.state))


@snapshots.get("/snapshots")
def index() -> Response:
    """The archived snapshots, newest first."""
    found = list(summaries())
    form = choose([HTML, JSON])
    if form == JSON:
        return revalidated(send(json.dumps({"snapshots": found}, indent=1) + "\n", form, varies=True))
    return revalidated(
        send(
            render_template(
                "snapshots.html",
                snapshots=found,
                about=about_page(
                    "Snapshots",
                    "Every build that changed a fact, identified by a digest of its content; all can be queried.",
                ),
            ),
            form,
            varies=True,
        )
    )


@snapshots.get("/snapshots/<identity>")
def one(identity: str) -> Response:
    """One snapshot: date, size and changes."""
    manager().find(identity)
    moments = listed()
    place = next((place for place, moment in enumerate(moments) if moment.snapshot.id == identity), None)
    if place is None:
        raise NotFound(f"The snapshot {identity} has just been removed.")
    found, form = summary(moments, place), choose([HTML, JSON])
    if form == JSON:
        return revalidated(send(json.dumps(found, indent=1) + "\n", form, varies=True))
    return revalidated(
        send(
            render_template(
                "snapshot.html",
                one=found,
                about=about_page(
                    f"Snapshot {identity[:12]}",
                    f"A snapshot of Uphold with {found['triples']} statements, and its changes.",
                ),
            ),
            form,
            varies=True,
        )
    )


@snapshots.get("/snapshots/<identity>/changes.rdfp")
def changes(identity: str) -> Response:
    """The RDF Patch from the previous snapshot, or from the one that `from` names."""
    new, given = manager().find(identity), request.args.get("from")
    if given:
        return immutable(send(patch(manager().find(given), new), PATCH))
    moments = [moment.snapshot for moment in listed()]
    place = next((place for place, snapshot in enumerate(moments) if snapshot.id == identity), 0)
    if not place:
        raise NotFound(f"No snapshot before {identity} is archived; name another one with ?from=.")
    return revalidated(send(patch(moments[place - 1], new), PATCH))


@snapshots.route("/snapshots/<identity>/sparql", methods=["GET", "POST"])
def ask(identity: str) -> Response:
    """Answer a query about this snapshot."""
    if not context().snapshot_prefix:  # the endpoint passed it on: no query, or an unknown snapshot
        context().read_archived(manager(), identity)
    return immutable(endpoint())


@snapshots.get("/snapshots/<identity>/sparql/editor.json")
def editor(identity: str) -> Response:
    """The completions of the editor for this snapshot."""
    context().read_archived(manager(), identity)
    return immutable(words())


@snapshots.get("/snapshots/<identity>/doc/<path:key>")
def document(identity: str, key: str) -> Response:
    """The document about a resource in this snapshot."""
    context().read_archived(manager(), identity)
    stem, form = split_form(key)
    return add_memento(immutable(describe(f"id/{stem}", f"snapshots/{identity}/doc/{stem}", form)), key, archived=True)


@snapshots.get("/snapshots/<identity>/doc/<kind>/", defaults={"suffix": ""})
@snapshots.get("/snapshots/<identity>/doc/<kind>.<any(csv, json):suffix>")
def things(identity: str, kind: str, suffix: str) -> Response:
    """The list of a kind in this snapshot."""
    context().read_archived(manager(), identity)
    return immutable(index_of_kind(kind, suffix))


@snapshots.get("/snapshots/<identity>/ontology", defaults={"suffix": ""})
@snapshots.get("/snapshots/<identity>/ontology.<suffix>")
def ontology(identity: str, suffix: str) -> Response:
    """The ontology in this snapshot."""
    context().read_archived(manager(), identity)
    return immutable(ontology_page(suffix))


@snapshots.get("/snapshots/<identity>/ontology/<path:name>")
def term(identity: str, name: str) -> Response:
    """A term of the ontology in this snapshot."""
    context().read_archived(manager(), identity)
    return immutable(term_page(name))


@snapshots.get("/snapshots/timemap/doc/<path:key>")
def states(key: str) -> Response:
    """The TimeMap of a document."""
    stem, _ = split_form(key)
    return revalidated(send(time_map(key, f"{open_snapshot().snapshot.base}id/{stem}"), MAP))


def revalidated(response: Response) -> Response:
    """Make caches revalidate: the content changes as snapshots are added and removed."""
    response.headers["Cache-Control"] = "no-cache"
    return response


def immutable(response: Response) -> Response:
    """Make a successful response immutable, as its snapshot is."""
    is_successful = response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    if is_successful and not response.cache_control.no_store:
        response.headers["Cache-Control"] = IMMUTABLE
    return response
