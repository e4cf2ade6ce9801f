"""Replies to writes: what a change led to, or why it was refused."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask import Response, render_template, url_for

from uphold.errors import ChangeDoesNotConform, NotAcceptable, SnapshotNotFound, UnsupportedFormat
from uphold.web.data.validate import uncached
from uphold.web.graphs.graph_names import address_of, title_of
from uphold.web.graphs.representations import tag_of
from uphold.web.http.negotiation import choose
from uphold.web.http.preferences import preferences
from uphold.web.http.problem_documents import PROBLEM
from uphold.web.http.request_context import context, manager, open_snapshot
from uphold.web.rendering.problem_details import as_details
from uphold.web.rendering.render import about_page

if TYPE_CHECKING:
    from uphold.writes.service import Outcome

__all__ = ["Wanted", "reply", "status_of"]

HTML, JSON, TURTLE = "text/html", "application/json", "text/turtle"
FORMS = (JSON, TURTLE, HTML)
SEVERITY = "Violation"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the client wants to hear, by its preferences, and in which media type, if it wants a body."""

    dry_run: bool
    body: bool
    form: str
    applied: str

    @classmethod
    def by_request(cls) -> Wanted:
        """That of the request; raises `NotAcceptable` or `UnsupportedFormat` if a body is wanted in no known form."""
        given = preferences()
        dry_run, returned = given.get("handling") == "dry-run", given.get("return")
        applied = ["handling=dry-run"] if dry_run else []
        applied += [f"return={returned}"] if returned in ("representation", "minimal") and not dry_run else []
        body = dry_run or returned == "representation"
        return cls(dry_run, body, choose(FORMS, {PROBLEM: JSON}) if body else "", ", ".join(applied))


def status_of(found: Outcome, graph: str | None, wanted: Wanted) -> int:
    """The status of the response (Graph Store HTTP Protocol, 5.3 to 5.5): 201 for a graph that was not there."""
    if not found.conforms:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if wanted.dry_run:
        return HTTPStatus.OK
    if graph and not found.existed.get(graph) and found.changed.get(graph, (0, 0))[1]:
        return HTTPStatus.CREATED
    return HTTPStatus.OK if wanted.body else HTTPStatus.NO_CONTENT


def reply(found: Outcome, graph: str | None, wanted: Wanted, method: str) -> Response:
    """The response to a write of a graph, or of several."""
    status = found.status or status_of(found, graph, wanted)
    context().validation_outcome = "conforms" if found.conforms else "does-not-conform"
    if found.conforms and not wanted.dry_run:
        context().snapshot_after = found.snapshot
    tagged = graph is not None and found.conforms and not wanted.dry_run and found.status is None
    tag = new_tag(found, graph or "") if tagged else ""
    if found.conforms and (not wanted.body or status == HTTPStatus.NO_CONTENT):
        response = without_body(status)
    else:
        response = with_body(found, graph, wanted, tag, status)
    if status == HTTPStatus.CREATED and graph:
        response.headers["Location"] = address_of(graph)
    if tag and method == "POST":  # not for PUT: its content is written otherwise than it came (RFC 9110, 9.3.4)
        response.headers["ETag"] = f'"{tag}"'
    if wanted.applied:
        response.headers["Preference-Applied"] = wanted.applied
    return response


def new_tag(found: Outcome, graph: str) -> str:
    """The ETag that the graph now has in Turtle; empty if it is gone, or the snapshot was replaced and removed."""
    try:
        digests = manager().find(found.snapshot).digests
    except SnapshotNotFound:
        return ""
    return tag_of(digests.get(graph, ""), TURTLE) if graph in digests or not graph else ""


def without_body(status: int) -> Response:
    """The response to a client that wants no body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def with_body(found: Outcome, graph: str | None, wanted: Wanted, tag: str, status: int) -> Response:
    """The response with the report and the change."""
    form = wanted.form or form_of_problem()
    if form == TURTLE:
        return uncached(found.turtle, form, status)
    members: dict[str, Any] = {**found.report, "graphs": counted(found)}
    if wanted.dry_run:
        members["derived"] = derived(found)
    if found.conforms:
        members |= {"snapshot": found.snapshot, "entry": found.entry} | ({"etag": f'"{tag}"'} if tag else {})
    else:
        violations = sum(result["severity"] == SEVERITY for result in found.report["results"])
        members |= as_details(ChangeDoesNotConform(violations))
    if form == HTML:
        page = render_template(
            "graph-change.html",
            report=found.report,
            change=members,
            dry_run=wanted.dry_run,
            name="several" if graph is None else title_of(graph),
            address=url_for("graphs.indirect") if graph is None else address_of(graph),
            about=about_page("Change of a graph", "What a change of a graph leads to.", indexed=False),
        )
        return uncached(page, form, status)
    text = json.dumps(members, indent=1, ensure_ascii=False) + "\n"
    return uncached(text, JSON if found.conforms else PROBLEM, status)


def form_of_problem() -> str:
    """The media type of a report that the client did not ask for: the one it prefers, else JSON."""
    try:
        return choose(FORMS, {PROBLEM: JSON})
    except (NotAcceptable, UnsupportedFormat):
        return JSON


def counted(found: Outcome) -> list[dict[str, Any]]:
    """The numbers of statements that the change removes from each graph and adds to it."""
    changed = found.changed
    if found.status is not None:  # the same request was carried out before: the journal has the statements only
        removed, added = (Counter(name for name, _ in statements(lines)) for lines in (found.removed, found.added))
        changed = {name: (removed[name], added[name]) for name in sorted({*removed, *added})}
    return [{"graph": name or None, "removed": pair[0], "added": pair[1]} for name, pair in changed.items()]


def derived(found: Outcome) -> dict[str, list[str]]:
    """The derived statements that the change removes and adds, as lines of N-Triples."""
    graph = f"{open_snapshot().snapshot.base}graph/derived"
    parts = (("removed", found.removed), ("added", found.added))
    return {kind: [f"{triple} ." for name, triple in statements(lines) if name == graph] for kind, lines in parts}


def statements(lines: str) -> list[tuple[str, ox.Triple]]:
    """The statements of N-Quads, each with the name of its graph."""
    return [
        (getattr(quad.graph_name, "value", ""), quad.triple)
        for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False)
    ]
