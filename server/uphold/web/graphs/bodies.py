"""Bodies of writes: the graph that a client sends, or those in a form (Graph Store HTTP Protocol, 5.3 and 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from uphold.errors import BodySyntaxError, BodyTooLarge, MalformedRequest
from uphold.settings import Settings
from uphold.validation.upload import MEDIA_TYPES, PACKED, Sent, Upload, by_suffix, inflate, receive, unsupported
from uphold.web.data.validate import stated_name, visited
from uphold.web.http.request_context import manager

__all__ = ["read_text", "read_uploads"]

FORM, OTHER_FORM = "multipart/form-data", "application/x-www-form-urlencoded"
FORM_OVERHEAD = 20_000
MOST_PARTS = 20


def read_uploads(*, forms: bool) -> list[Upload]:
    """The graphs in the body, none for an empty one; a form may have several, if `forms` are accepted.

    Raises what `receive` raises, and `MalformedRequest`.
    """
    settings = manager().settings
    if request.headers.get("Content-Range"):  # RFC 9110, 14.4: else a part would replace the whole
        raise MalformedRequest("The request has Content-Range; a graph is only written as a whole.")
    is_form = request.mimetype == FORM
    if request.mimetype == OTHER_FORM or (is_form and not forms):
        raise unsupported(f"The body is {request.mimetype}, which is not accepted here.")
    body = read_body(settings.upload_max_bytes + FORM_OVERHEAD * is_form)
    coding = request.headers.get("Content-Encoding", "")
    if not is_form:
        return checked([Sent(body, request.content_type or "", coding, stated_name(), visited())], settings)
    if coding:
        raise MalformedRequest("A form must not be compressed; compress the files in it instead.")
    found = checked(list(parts(body)), settings)
    if not found:
        raise MalformedRequest("The form has no part with a graph.")
    return found


def read_text(most: int) -> str:
    """The body as text in UTF-8, which may be compressed; raises what `inflate` raises, and `BodySyntaxError`."""
    body = inflate(read_body(most), request.headers.get("Content-Encoding", ""), most)
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        line = body.count(b"\n", 0, problem.start) + 1
        raise BodySyntaxError(f"The body is not UTF-8 at byte {problem.start}.", line) from problem


def read_body(most: int) -> bytes:
    """The whole body; raises `BodyTooLarge`."""
    request.max_content_length = most + 1  # a body without Content-Length is silently cut there
    try:
        body = request.get_data(cache=False, parse_form_data=False)
    except RequestEntityTooLarge as problem:
        raise BodyTooLarge(most) from problem
    if len(body) > most:
        raise BodyTooLarge(most)
    return body


def checked(all_sent: list[Sent], settings: Settings) -> list[Upload]:
    """The uploads that are not empty; raises what `receive` raises, and `BodyTooLarge` for their sum."""
    found = [receive(sent, settings) for sent in all_sent if not is_empty(sent, settings)]
    if sum(len(upload.text) for upload in found) > settings.upload_max_bytes:
        raise BodyTooLarge(settings.upload_max_bytes)
    return found


def is_empty(sent: Sent, settings: Settings) -> bool:
    """Whether a body has no signs; then it is an empty graph, if its media type is accepted or not stated."""
    kind = sent.media_type.partition(";")[0].strip().lower()
    return kind in ("", *MEDIA_TYPES) and not inflate(sent.body, sent.encoding, settings.upload_max_bytes).strip()


def parts(body: bytes) -> Iterator[Sent]:
    """The parts of a form, each with its own media type, else by the suffix of its file name (RFC 7578, 4.4).

    Raises `MalformedRequest`, or `UnsupportedMediaType` for a part of unknown type.
    """
    _, options = parse_options_header(request.content_type)
    decoder = MultipartDecoder(options.get("boundary", "").encode("latin-1", "replace"), max_parts=MOST_PARTS)
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        headers, name, content = Headers(), "", b""
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                headers, content = event.headers, b""
                name = event.filename if isinstance(event, File) else event.name or ""
            elif isinstance(event, Data):
                content += event.data
                if not event.more_data:
                    yield part(headers, name or "", content)
    except RequestEntityTooLarge as problem:
        raise MalformedRequest(f"The form has more than {MOST_PARTS} parts.") from problem
    except ValueError as problem:
        raise MalformedRequest("The body is not a form with parts as its Content-Type says.") from problem


def part(headers: Headers, name: str, content: bytes) -> Sent:
    """One part of a form; a compressed file is known by its name."""
    stated = headers.get("Content-Type", "")
    kind = stated.partition(";")[0].strip().lower()
    media_type = stated if kind in MEDIA_TYPES else by_suffix(name)[0] if "." in name else stated
    if not content and not media_type:
        raise BodySyntaxError(f"The part {name[:80]!r} of the form is empty and has no media type.")
    return Sent(content, media_type, "gzip" if name.lower().endswith(PACKED) else "", name, visited())
