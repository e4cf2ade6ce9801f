"""Snapshots: which are kept, what changed from one to the next, and the same questions asked of an old one."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request

from uphold.errors import NotFound
from uphold.snapshots.diff import count_changes, patch
from uphold.snapshots.publication_log import Moment, debuts, timeline
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
    """One snapshot, and what changed in it since the one before."""
    moment, before = moments[place], moments[place - 1].snapshot if place else None
    found = moment.snapshot
    changes = count_changes(before, found) if before else ()
    return {
        "id": found.id,
        "current": found.id == manager().snapshot.id,
        "published": moment.time.isoformat(),
        "built": found.created,
        "triples": found.quads,
        "bytes": found.data.stat().st_size,
        "previous": before.id if before else None,
        "changes": [{"graph": c.graph, "added": c.added, "removed": c.removed} for c in changes] if before else None,
    }


def listed() -> list[Moment]:
    """Every kept snapshot by the moment when it first became current."""
    return debuts(timeline(manager().settings.state))


@snapshots.get("/snapshots")
def index() -> Response:
    """The kept snapshots, the newest first."""
    moments = listed()
    found = [summary(moments, place) for place in reversed(range(len(moments)))]
    form = choose([HTML, JSON])
    if form == JSON:
        return changing(send(json.dumps({"snapshots": found}, indent=1) + "\n", form, varies=True))
    return changing(
        send(
            render_template(
                "snapshots.html",
                snapshots=found,
                about=about_page(
                    "Snapshots",
                    "Every build that changed a fact, named by the digest of its content; each can be asked as it was.",
                ),
            ),
            form,
            varies=True,
        )
    )


@snapshots.get("/snapshots/<identity>")
def one(identity: str) -> Response:
    """One snapshot: date, size, and what changed in it."""
    manager().find(identity)
    moments = listed()
    place = next((place for place, moment in enumerate(moments) if moment.snapshot.id == identity), None)
    if place is None:
        raise NotFound(f"The snapshot {identity} was removed a moment ago.")
    found, form = summary(moments, place), choose([HTML, JSON])
    if form == JSON:
        return changing(send(json.dumps(found, indent=1) + "\n", form, varies=True))
    return changing(
        send(
            render_template(
                "snapshot.html",
                one=found,
                about=about_page(
                    f"Snapshot {identity[:12]}",
                    f"A snapshot of Uphold with {found['triples']} statements, and what changed in it.",
                ),
            ),
            form,
            varies=True,
        )
    )


@snapshots.get("/snapshots/<identity>/changes.rdfp")
def changes(identity: str) -> Response:
    """The RDF Patch from the snapshot before, or from the one that `from` names."""
    new, given = manager().find(identity), request.args.get("from")
    if given:
        return lasting(send(patch(manager().find(given), new), PATCH))
    moments = [moment.snapshot for moment in listed()]
    place = next((place for place, snapshot in enumerate(moments) if snapshot.id == identity), 0)
    if not place:
        raise NotFound(f"No snapshot before {identity} is kept; name another one with ?from=.")
    return changing(send(patch(moments[place - 1], new), PATCH))


@snapshots.route("/snapshots/<identity>/sparql", methods=["GET", "POST"])
def ask(identity: str) -> Response:
    """Answer a query about this snapshot."""
    if not context().snapshot_prefix:  # nothing is asked, or there is no such snapshot
        context().read_archived(manager(), identity)
    return lasting(endpoint())


@snapshots.get("/snapshots/<identity>/sparql/editor.json")
def editor(identity: str) -> Response:
    """What the editor completes with when it asks this snapshot."""
    context().read_archived(manager(), identity)
    return lasting(words())


@snapshots.get("/snapshots/<identity>/doc/<path:key>")
def document(identity: str, key: str) -> Response:
    """The document about a thing as this snapshot has it."""
    context().read_archived(manager(), identity)
    stem, form = split_form(key)
    return add_memento(lasting(describe(f"id/{stem}", f"snapshots/{identity}/doc/{stem}", form)), key, old=True)


@snapshots.get("/snapshots/<identity>/doc/<kind>/", defaults={"suffix": ""})
@snapshots.get("/snapshots/<identity>/doc/<kind>.<any(csv, json):suffix>")
def things(identity: str, kind: str, suffix: str) -> Response:
    """The list of a kind as this snapshot has it."""
    context().read_archived(manager(), identity)
    return lasting(index_of_kind(kind, suffix))


@snapshots.get("/snapshots/<identity>/ontology", defaults={"suffix": ""})
@snapshots.get("/snapshots/<identity>/ontology.<suffix>")
def ontology(identity: str, suffix: str) -> Response:
    """The ontology as this snapshot has it."""
    context().read_archived(manager(), identity)
    return lasting(ontology_page(suffix))


@snapshots.get("/snapshots/<identity>/ontology/<path:name>")
def term(identity: str, name: str) -> Response:
    """A term of the ontology as this snapshot has it."""
    context().read_archived(manager(), identity)
    return lasting(term_page(name))


@snapshots.get("/snapshots/timemap/doc/<path:key>")
def states(key: str) -> Response:
    """The TimeMap of a document."""
    stem, _ = split_form(key)
    return changing(send(time_map(key, f"{open_snapshot().snapshot.base}id/{stem}"), MAP))


def changing(response: Response) -> Response:
    """Let caches ask again each time: this changes as snapshots come and go."""
    response.headers["Cache-Control"] = "no-cache"
    return response


def lasting(response: Response) -> Response:
    """Let a good answer be kept for ever: the snapshot that it is about never changes."""
    good = response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    if good and not response.cache_control.no_store:
        response.headers["Cache-Control"] = IMMUTABLE
    return response
