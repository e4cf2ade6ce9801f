"""Replies: bytes with the headers that every representation of a snapshot carries."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

from flask import Response, current_app, g, request
from werkzeug.wsgi import wrap_file

from uphold.engines import Answer
from uphold.errors import AnswerTooLong
from uphold.library import Library, Opened

__all__ = ["Spooled", "library", "open_old", "opened", "send", "send_spooled", "spool", "within"]

IN_MEMORY = 4_000_000
TEXTUAL = ("text/", "application/sparql-query")


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


def send(content: bytes | str, media_type: str, status: int = HTTPStatus.OK, *, varies: bool = False) -> Response:
    """A representation with a strong ETag, or 304 when the client has it already."""
    raw = content.encode() if isinstance(content, str) else content
    response = Response(raw, status, content_type=content_type(media_type))
    return finish(response, hashlib.sha256(raw).hexdigest(), varies=varies)


def finish(response: Response, digest: str, *, varies: bool) -> Response:
    """Add ETag and caching rules; the ETag is of the snapshot, the media type and the bytes."""
    if varies:
        response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-cache"  # may be kept, and is asked for again with its ETag
    if response.status_code == HTTPStatus.OK:
        name = f"{opened().snapshot.id} {response.content_type} {digest}"
        response.set_etag(hashlib.sha256(name.encode()).hexdigest()[:32])
        response.make_conditional(request)
    return response


def content_type(media_type: str) -> str:
    """The media type with its charset where it takes one."""
    return f"{media_type}; charset=utf-8" if media_type.startswith(TEXTUAL) else media_type


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole answer, in memory or in a file without a name, with its size and digest."""

    media_type: str
    file: IO[bytes]
    size: int
    digest: str


def spool(answer: Answer, folder: Path, limit: int) -> Spooled:
    """Take in an answer to its end before any of it is sent.

    An answer that breaks off is then an error with its own status: the server under us (Granian) ends a broken stream
    as if it were whole. And a client that reads slowly keeps no query worker busy. `limit` is in megabytes.
    """
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b", prefix="answer-", dir=str(folder))  # noqa: SIM115 it is sent later
    digest = hashlib.sha256()
    try:
        for chunk in answer.chunks:
            file.write(chunk)
            digest.update(chunk)
            if file.tell() > limit * 1_000_000:
                raise AnswerTooLong(limit)
    except BaseException:
        file.close()
        close = getattr(answer.chunks, "close", None)
        if close:
            close()
        raise
    size = file.tell()
    file.seek(0)
    return Spooled(answer.media_type, file, size, digest.hexdigest())


def send_spooled(spooled: Spooled, media_type: str) -> Response:
    """A spooled answer; closing the response closes the file."""
    body = wrap_file(request.environ, spooled.file, 65_536)
    response = Response(body, content_type=content_type(media_type), direct_passthrough=True)
    response.content_length = spooled.size
    return finish(response, spooled.digest, varies=True)
