"""Memento (RFC 7089): a document leads to its older states, by date.

Each document is its own TimeGate: with `Accept-Datetime` it answers 302 to the state of that time (pattern 1.1). A
state is a document under `/snapshots/<id>/doc/`; its datetime is when its snapshot first became current.
"""

from __future__ import annotations

from email.utils import format_datetime
from urllib.parse import quote

from flask import Response, redirect, request

from uphold.errors import MalformedRequest, ResourceNotFound
from uphold.snapshots.publication_log import Moment, at, debuts, timeline
from uphold.web.http.http_dates import read_imf_fixdate
from uphold.web.http.request_context import manager, open_snapshot

__all__ = ["add_memento", "time_gate", "time_map"]

SAFE = "/:@!$&'()*+,;=~-._%"
MAP = "application/link-format"


def address(path: str) -> str:
    """An address on this host, ready for a header."""
    return f"{request.script_root}/{quote(path, safe=SAFE)}"


def date(moment: Moment) -> str:
    """The moment as HTTP writes it."""
    return format_datetime(moment.time, usegmt=True)


def time_gate(key: str) -> Response | None:
    """The way to the document as it was at `Accept-Datetime`; None without that header.

    Raises `MalformedRequest` for any but the one form of date that the header takes (4.5.3).
    """
    wanted = request.headers.get("Accept-Datetime")
    if wanted is None:
        return None
    time = read_imf_fixdate(wanted.strip(" \t"))
    if time is None:
        raise MalformedRequest(
            f"Accept-Datetime is {wanted[:80]!r}; it takes a date of the form Thu, 01 Jan 2026 00:00:00 GMT."
        )
    found = at(timeline(manager().settings.state), time).snapshot
    made = redirect(address(f"snapshots/{found.id}/doc/{key}"), 302)
    response = Response(made.get_data(), 302, made.headers)
    response.headers["Cache-Control"] = "no-cache"
    return with_gate(response, key)


def with_gate(response: Response, key: str) -> Response:
    """Say that the document is its own TimeGate, and where its TimeMap is."""
    here = address(f"doc/{key}")
    response.vary.add("Accept-Datetime")
    links = [f'<{here}>; rel="original timegate"', map_link(key)]
    response.headers["Link"] = ", ".join([*response.headers.getlist("Link"), *links])
    return response


def map_link(key: str) -> str:
    """The link to the TimeMap of a document."""
    return f'<{address(f"snapshots/timemap/doc/{key}")}>; rel="timemap"; type="{MAP}"'


def memento_link(moment: Moment, key: str, rel: str = "memento") -> str:
    """The link to one state of a document."""
    return f'<{address(f"snapshots/{moment.snapshot.id}/doc/{key}")}>; rel="{rel}"; datetime="{date(moment)}"'


def add_memento(response: Response, key: str, *, old: bool) -> Response:
    """Link a document, or an `old` state of one, with its original, its TimeMap and the state that it shows."""
    shown = open_snapshot().snapshot.id
    moment = next((each for each in debuts(timeline(manager().settings.state)) if each.snapshot.id == shown), None)
    if old:
        links = [
            *response.headers.getlist("Link"),
            f'<{address(f"doc/{key}")}>; rel="original timegate"',
            map_link(key),
        ]
        response.headers["Link"] = ", ".join(links)
    else:
        with_gate(response, key)
    if moment:
        response.headers["Link"] += f", {memento_link(moment, key)}"
        if old:
            response.headers["Memento-Datetime"] = date(moment)
    return response


def time_map(key: str, iri: str) -> str:
    """The TimeMap: every kept state of the document about `iri`; raises `ResourceNotFound` when there is none."""
    name = f"<{iri}>".encode()
    found = [each for each in debuts(timeline(manager().settings.state)) if name in each.snapshot.data.read_bytes()]
    if not found:
        raise ResourceNotFound(iri)
    ends = {0: "first ", len(found) - 1: "last "} if len(found) > 1 else {0: "first last "}
    mementos = [memento_link(each, key, f"{ends.get(place, '')}memento") for place, each in enumerate(found)]
    own = f'<{address(f"snapshots/timemap/doc/{key}")}>; rel="self"; type="{MAP}"'
    own += f'; from="{date(found[0])}"; until="{date(found[-1])}"'
    return ",\n".join([f'<{address(f"doc/{key}")}>; rel="original timegate"', own, *mementos]) + "\n"
