"""Responses: content with the headers of every representation of a snapshot."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from flask import Response, request

from uphold.web.http.etags import make_etag
from uphold.web.http.headers import content_type, shared
from uphold.web.http.request_context import context, manager, open_snapshot

__all__ = ["send"]


def send(
    content: bytes | str, media_type: str, status: int = HTTPStatus.OK, *, varies: bool = False, cacheable: bool = True
) -> Response:
    """A representation with a strong ETag, or 304 if the client has it; `no-store` unless cacheable."""
    raw = content.encode() if isinstance(content, str) else content
    response = Response(raw, status, content_type=content_type(media_type))
    if varies:
        response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    if cacheable and status == HTTPStatus.OK:
        response.headers["Cache-Control"] = shared(manager().settings.cache_s_maxage)
        context().cacheable = True
        response.set_etag(
            make_etag(open_snapshot().snapshot.id, response.content_type, hashlib.sha256(raw).hexdigest())
        )
        response.make_conditional(request)
    return response
