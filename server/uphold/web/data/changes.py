"""Changes between two archived snapshots, counted by graph, in the format of every API response."""

from __future__ import annotations

from flask import Blueprint, Response, request

from uphold.errors import InvalidParameter
from uphold.snapshots.diff import count_changes
from uphold.snapshots.publication_log import debuts, timeline
from uphold.snapshots.snapshot import Snapshot
from uphold.web.http.json_envelope import enveloped
from uphold.web.http.negotiation import choose
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.http.request_parameters import filled
from uphold.web.http.responses import send

__all__ = ["changes"]

JSON, CSV = "application/json", "text/csv"
FIELDS = ("from", "to")
changes = Blueprint("changes", __name__)


@changes.get("/api/changes", defaults={"suffix": ""})
@changes.get("/api/changes.<any(json, csv):suffix>")
def between(suffix: str) -> Response:
    """The number of triples added to and removed from each graph between two archived snapshots.

    `to` defaults to the current one, `from` to the one before that.
    """
    for name, values in request.args.lists():
        filled(name, values, from_form=False)
        if name not in FIELDS and not (name == "format" and not suffix):
            raise InvalidParameter(f"changes has no parameter {name[:80]!r}: it has {', '.join(FIELDS)}.")
    form = {"json": JSON, "csv": CSV, "": ""}[suffix] or choose([JSON, CSV])
    new = named("to") or open_snapshot().snapshot
    old = named("from") or before(new)
    found = count_changes(old, new) if old else ()
    if form == CSV:
        lines = [f"{change.graph},{change.added},{change.removed}\r\n" for change in found]
        reply = send("".join(["graph,added,removed\r\n", *lines]), form, varies=not suffix)
    else:
        rows = [{"graph": change.graph, "added": change.added, "removed": change.removed} for change in found]
        start = f"{request.script_root}/api/changes?to={new.id}"
        links = {"self": f"{start}&from={old.id}" if old else start}
        if old:
            links["patch"] = f"{request.script_root}/snapshots/{new.id}/changes.rdfp?from={old.id}"
        more = {"total": len(rows), "from": old.id if old else None, "to": new.id}
        reply = send(enveloped("changes", rows, links, **more), form, varies=not suffix)
    reply.headers["Cache-Control"] = "no-cache"  # the archived snapshots change over time
    return reply


def named(field: str) -> Snapshot | None:
    """The archived snapshot that a field names; raises `SnapshotNotFound`."""
    identity = request.args.get(field)
    return manager().find(identity) if identity else None


def before(snapshot: Snapshot) -> Snapshot | None:
    """The archived snapshot published before this one, if any."""
    moments = [moment.snapshot for moment in debuts(timeline(manager().settings.state))]
    place = next((at for at, each in enumerate(moments) if each.id == snapshot.id), 0)
    return moments[place - 1] if place else None
