"""The history of a graph: the entries of the journal that changed it, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Response, render_template, request

from uphold.errors import GraphNotFound, InvalidParameter
from uphold.web.graphs.graph_names import address_of, history_of, title_of
from uphold.web.graphs.writing import writes
from uphold.web.http.negotiation import choose
from uphold.web.http.request_context import open_snapshot
from uphold.web.http.request_parameters import read_number
from uphold.web.http.responses import send
from uphold.web.rendering.render import about_page

if TYPE_CHECKING:
    from uphold.journal.entry import Entry
    from uphold.journal.journal import Journal

__all__ = ["show_history"]

HTML, JSON = "text/html", "application/json"
MOST, USUAL, LAST = 100, 50, 999_999_999


def show_history(graph: str) -> Response:
    """The changes of a graph, in pages; raises `GraphNotFound` for one that never was, and `InvalidParameter`."""
    before, limit = numbers()
    entries: list[Entry] = []
    if writes().has_journal:
        entries = writes().journal.entries_of(graph, before=before or None, limit=limit + 1)
    if not entries and not before and graph not in open_snapshot().snapshot.graphs:
        raise GraphNotFound(graph)
    rows = [row(writes().journal, entry, graph) for entry in entries[:limit]]
    links = {"graph": address_of(graph), "self": page_address(graph, before, limit)}
    if len(entries) > limit:
        links["next"] = page_address(graph, rows[-1]["entry"], limit)
    form = choose([HTML, JSON])
    content = json.dumps({"graph": graph, "changes": rows, "links": links}, indent=1, ensure_ascii=False) + "\n"
    if form == HTML:
        name = title_of(graph)
        about = about_page(f"History of graph {name}", f"Who changed the graph {name}, and when.", indexed=False)
        content = render_template("graph-history.html", name=name, rows=rows, links=links, about=about)
    response = send(content, form, varies=True)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def numbers() -> tuple[int, int]:
    """The fields `before` and `limit`; raises `InvalidParameter` for others, or a value that is no number."""
    fields: Mapping[str, list[str]] = dict(request.args.lists())
    for name in fields:
        if name not in ("before", "limit", "format"):
            raise InvalidParameter(f"A history has no parameter {name[:80]!r}: it has before, limit and format.")
    return read_number(fields, "before", LAST), read_number(fields, "limit", MOST) or USUAL


def page_address(graph: str, before: int, limit: int) -> str:
    """The address of a page of the history."""
    fields = urlencode({name: value for name, value in (("before", before), ("limit", limit)) if value})
    return f"{history_of(graph)}?{fields}"


def row(journal: Journal, entry: Entry, graph: str) -> dict[str, Any]:
    """One change; the token has its name only."""
    removed, added = counts(journal, entry, graph)
    prefix, here = f"{request.script_root}/snapshots", entry.snapshot
    changes = f"{prefix}/{here}/changes.rdfp?from={entry.previous_snapshot}" if entry.previous_snapshot else None
    return {
        "entry": entry.number,
        "moment": entry.moment.isoformat(),
        "kind": entry.kind,
        "token": entry.token,
        "removed": removed,
        "added": added,
        "snapshot": here,
        "links": {"snapshot": f"{prefix}/{here}", "changes": changes},
    }


@lru_cache(maxsize=10_000)  # an entry never changes, and the first one has all data
def counts(journal: Journal, entry: Entry, graph: str) -> tuple[int, int]:
    """The numbers of statements that an entry removed from a graph and added to it."""
    change = journal.change(entry)
    return count(change.removed, graph), count(change.added, graph)


def count(lines: bytes, graph: str) -> int:
    """The number of statements of a graph in N-Quads."""
    quads = ox.parse(lines, format=ox.RdfFormat.N_QUADS)
    return sum(getattr(quad.graph_name, "value", "") == graph for quad in quads)
