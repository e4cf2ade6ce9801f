"""Replies: bytes with the headers that every representation of a snapshot carries."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from flask import Response, current_app, g, request

from uphold.serving.open_snapshots import Library, Opened
from uphold.web.http.headers import content_type, shared

__all__ = ["library", "open_old", "opened", "send", "within"]


def library() -> Library:
    """The library of the app that answers this request."""
    found: Library = current_app.extensions["uphold"]
    return found


def opened() -> Opened:
    """The snapshot that this request reads, the same one until the answer is out."""
    if "opened" not in g:
        g.opened = request.environ.get("uphold.opened") or library().opened
    found: Opened = g.opened
    return found


def open_old(identity: str) -> Opened:
    """Let this request read the snapshot with this id from here on; its links then stay within that snapshot."""
    g.opened = library().borrow_old(identity)
    request.environ["uphold.lent"].append(g.opened)
    g.within = f"/snapshots/{identity}"
    return opened()


def within() -> str:
    """The path before the addresses of the snapshot that this request reads; empty for the current one."""
    path: str = g.get("within", "")
    return path


def send(
    content: bytes | str, media_type: str, status: int = HTTPStatus.OK, *, varies: bool = False, lasts: bool = True
) -> Response:
    """A representation with a strong ETag, or 304 when the client has it already; nobody keeps what does not last."""
    raw = content.encode() if isinstance(content, str) else content
    response = Response(raw, status, content_type=content_type(media_type))
    return finish(response, hashlib.sha256(raw).hexdigest(), varies=varies, lasts=lasts)


def finish(response: Response, digest: str, *, varies: bool, lasts: bool) -> Response:
    """Add ETag and caching rules; the ETag is of the snapshot, the media type and the bytes."""
    if varies:
        response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    if lasts and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = shared(library().settings.shared_cache_seconds)
        request.environ["uphold.lasts"] = True
        name = f"{opened().snapshot.id} {response.content_type} {digest}"
        response.set_etag(hashlib.sha256(name.encode()).hexdigest()[:32])
        response.make_conditional(request)
    return response
