"""Memento (RFC 7089): access to the archived states of a document by date.

Each document is its own TimeGate: with `Accept-Datetime` it redirects (302) to the state of that time (pattern 1.1). A
state is a document under `/snapshots/<id>/doc/`; its datetime is when its snapshot first became current.
"""

from __future__ import annotations

from contextlib import suppress
from email.utils import format_datetime
from urllib.parse import quote

from flask import Response, redirect, request

from uphold.errors import MalformedRequest, ResourceNotFound, SnapshotNotFound
from uphold.snapshots.publication_log import Moment, at, debuts, timeline
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import occurrences
from uphold.web.http.http_dates import read_imf_fixdate
from uphold.web.http.link_values import PATH_SAFE, add_link_values, link_value
from uphold.web.http.request_context import manager, open_snapshot

__all__ = ["add_memento", "time_gate", "time_map"]

MAP = "application/link-format"


def address(path: str) -> str:
    """An address on this host, escaped for a header."""
    return f"{request.script_root}/{quote(path, safe=PATH_SAFE)}"


def date(moment: Moment) -> str:
    """The moment as an HTTP date."""
    return format_datetime(moment.time, usegmt=True)


def time_gate(key: str) -> Response | None:
    """The redirection to the document as of `Accept-Datetime`; None without that header.

    Raises `MalformedRequest` for a date in any other format than that of the header (4.5.3).
    """
    wanted = request.headers.get("Accept-Datetime")
    if wanted is None:
        return None
    time = read_imf_fixdate(wanted.strip(" \t"))
    if time is None:
        raise MalformedRequest(
            f"Accept-Datetime is {wanted[:80]!r}; it must be a date such as Thu, 01 Jan 2026 00:00:00 GMT."
        )
    found = at(timeline(manager().settings.state), time).snapshot
    made = redirect(address(f"snapshots/{found.id}/doc/{key}"), 302)
    response = Response(made.get_data(), 302, made.headers)
    response.headers["Cache-Control"] = "no-cache"
    return with_gate(response, key)


def with_gate(response: Response, key: str) -> Response:
    """Declare the document its own TimeGate, and link to its TimeMap."""
    response.vary.add("Accept-Datetime")
    add_link_values(response, gate_link(key), map_link(key))
    return response


def gate_link(key: str) -> str:
    """The link to the current document, which is the original and its own TimeGate."""
    return link_value(address(f"doc/{key}"), "original timegate")


def map_link(key: str, relation: str = "timemap", **datetimes: str) -> str:
    """The link to the TimeMap of a document."""
    return link_value(address(f"snapshots/timemap/doc/{key}"), relation, type=MAP, **datetimes)


def memento_link(moment: Moment, key: str, rel: str = "memento") -> str:
    """The link to one state of a document."""
    return link_value(address(f"snapshots/{moment.snapshot.id}/doc/{key}"), rel, datetime=date(moment))


def add_memento(response: Response, key: str, *, archived: bool) -> Response:
    """Link a document, or an `archived` state of one, to its original, its TimeMap and the state that it shows."""
    shown = open_snapshot().snapshot.id
    moment = next((each for each in debuts(timeline(manager().settings.state)) if each.snapshot.id == shown), None)
    if archived:
        add_link_values(response, gate_link(key), map_link(key))
    else:
        with_gate(response, key)
    if moment:
        add_link_values(response, memento_link(moment, key))
        if archived:
            response.headers["Memento-Datetime"] = date(moment)
    return response


def time_map(key: str, iri: str) -> str:
    """The TimeMap: every archived state of the document about `iri`; raises `ResourceNotFound` for none."""
    name = f"<{iri}>".encode()
    found = [each for each in debuts(timeline(manager().settings.state)) if occurs(each.snapshot, name)]
    if not found:
        raise ResourceNotFound(iri)
    ends = {0: "first ", len(found) - 1: "last "} if len(found) > 1 else {0: "first last "}
    mementos = [memento_link(each, key, f"{ends.get(place, '')}memento") for place, each in enumerate(found)]
    own = map_link(key, "self", **{"from": date(found[0]), "until": date(found[-1])})
    return ",\n".join([gate_link(key), own, *mementos]) + "\n"


def occurs(snapshot: Snapshot, name: bytes) -> bool:
    """Whether a snapshot has a name; False for one that a write removes meanwhile."""
    with suppress(SnapshotNotFound, FileNotFoundError):
        return occurrences(snapshot, name) > 0
    return False
