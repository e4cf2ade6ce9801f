"""Conditional requests: preconditions and ranges for every response (RFC 9110, sections 13 and 14).

The wrapped app sends full responses, and evaluates If-None-Match and If-Modified-Since (304) itself. This layer
evaluates If-Match and If-Unmodified-Since, and Range with If-Range. Ranges count uncompressed bytes, so `Compression`
wraps this layer.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from werkzeug.http import http_date, parse_etags
from werkzeug.wsgi import ClosingIterator

from uphold.errors import PreconditionFailed, RangeNotSatisfiable
from uphold.web.http.content_codings import accepted_coding
from uphold.web.http.headers import field
from uphold.web.http.http_dates import read_http_date
from uphold.web.http.wsgi_bodies import close

__all__ = ["ConditionalRequests"]

DATES = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE")
RANGE = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")
LONGEST_RANGE, MOST_PARTS = 1_000, 20
"""Limits of a Range header in characters and ranges; beyond them the full response is sent."""
Headers = list[tuple[str, str]]


class Span(NamedTuple):
    """The bytes from `first` to `last`, inclusive, and the part header `before` them."""

    first: int
    last: int
    before: bytes = b""


class ConditionalRequests:
    """WSGI middleware (PEP 3333) over an app that sends full responses."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request.

        Raises `PreconditionFailed` and `RangeNotSatisfiable`.
        """
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.wsgi(environ, start_response)  # type: ignore[no-any-return]
        keep_valid_dates(environ)
        asked = {name: environ.pop(f"HTTP_{name}", "") for name in ("IF_MATCH", "RANGE", "IF_RANGE")}
        heads: list[tuple[str, Headers, Any]] = []

        def catch(status: str, headers: Headers, exc_info: Any = None) -> None:
            heads[:] = [(status, headers, exc_info)]

        body: Iterable[bytes] = self.wsgi(environ, catch)
        status, headers, exc_info = heads[0]
        try:
            if status[:3] in ("200", "304"):
                check(asked["IF_MATCH"], environ, headers)
            if status[:3] == "200":
                status, headers, body = in_part(environ, asked, headers, body)
        except BaseException:
            close(body)
            raise
        start_response(status, headers, exc_info)
        return body


def keep_valid_dates(environ: dict[str, Any]) -> None:
    """Normalize dates in the headers; an invalid HTTP date is ignored (13.1.3, 13.1.4)."""
    for name in DATES:
        if name in environ:
            read = read_http_date(environ.pop(name).strip(" \t"), dt.datetime.now(dt.UTC))
            if read:
                environ[name] = http_date(read)


def check(if_match: str, environ: dict[str, Any], headers: Headers) -> None:
    """Raise `PreconditionFailed` unless the preconditions hold (13.2.2, steps 1 and 2)."""
    if if_match:
        tag = field(headers, "etag")
        tags = parse_etags(if_match)
        strong = tag.removesuffix('"').removeprefix('"') if tag.startswith('"') else ""
        coding = accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", "")).coding
        if not (tags.star_tag or (strong and (tags.is_strong(strong) or tags.is_strong(f"{strong}-{coding}")))):
            raise PreconditionFailed(f"If-Match is {if_match[:200]}; the ETag is {tag or 'absent'}.")
    elif (since := environ.get("HTTP_IF_UNMODIFIED_SINCE")) and (changed := field(headers, "last-modified")):
        now = dt.datetime.now(dt.UTC)
        allowed, modified = read_http_date(since, now), read_http_date(changed, now)
        if allowed and modified and modified > allowed:
            raise PreconditionFailed(f"If-Unmodified-Since is {since}; Last-Modified is {changed}.")


def in_part(
    environ: dict[str, Any], asked: dict[str, str], headers: Headers, body: Iterable[bytes]
) -> tuple[str, Headers, Iterable[bytes]]:
    """The full response, or the requested ranges of it; raises `RangeNotSatisfiable`."""
    fields = {name.lower(): value for name, value in headers}
    tag, length = fields.get("etag", ""), fields.get("content-length", "")
    if not (tag.startswith('"') and length.isdigit()) or fields.get("content-encoding"):
        return "200 OK", headers, body
    if "accept-ranges" in fields:
        headers = [(name, value) for name, value in headers if name.lower() != "accept-ranges"]
    headers = [*headers, ("Accept-Ranges", "bytes")]
    if not asked["RANGE"]:
        return "200 OK", headers, body
    size = int(length)
    spans = read_range(asked["RANGE"], size) if environ["REQUEST_METHOD"] == "GET" and size else None
    needs_coding = accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", "")).always  # coded ranges are unsupported
    if spans is None or needs_coding or not holds(asked["IF_RANGE"], tag, fields.get("last-modified", "")):
        return "200 OK", headers, body
    if not spans:
        raise RangeNotSatisfiable(size)
    part_headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    end = b""
    if len(spans) == 1:
        part_headers.append(("Content-Range", f"bytes {spans[0].first}-{spans[0].last}/{size}"))
    else:
        part_headers, spans, end = as_multipart(part_headers, spans, size)
    sent = sum(len(span.before) + span.last + 1 - span.first for span in spans) + len(end)
    parts = cut(body, spans, end)
    headers = [*part_headers, ("Content-Length", str(sent))]
    if isinstance(body, list):
        return "206 Partial Content", headers, [b"".join(parts)]
    return "206 Partial Content", headers, ClosingIterator(parts, [lambda: close(body)])


def holds(if_range: str, tag: str, changed: str) -> bool:
    """Whether If-Range matches (13.1.5): the same strong ETag, or exactly the same date."""
    if_range = if_range.strip(" \t")
    if not if_range or if_range.endswith('"'):
        return not if_range or if_range == tag
    now = dt.datetime.now(dt.UTC)
    date = read_http_date(if_range, now)
    return date is not None and date == read_http_date(changed, now)


def read_range(header: str, size: int) -> list[Span] | None:
    """The satisfiable ranges (14.1.2), adjacent ones merged; None to send the full response.

    That is also the response to another unit, an invalid header, ranges out of order, or too many of them.
    """
    unit, _, listed = header.partition("=")
    ranges = [text for each in listed.split(",") if (text := each.strip(" \t"))]
    if unit.strip().lower() != "bytes" or len(header) > LONGEST_RANGE or not 0 < len(ranges) <= MOST_PARTS:
        return None
    spans: list[Span] = []
    for text in ranges:
        found = RANGE.fullmatch(text)
        if not found:
            return None
        first, last, suffix = found.groups()
        start = int(first) if first else max(0, size - int(suffix))
        stop = min(size - 1, int(last) if last else size - 1)
        if first and last and int(last) < int(first):
            return None
        if start >= size or stop < start:
            continue
        if spans and start < spans[-1].first:
            return None
        if spans and start <= spans[-1].last + 1:
            spans[-1] = Span(spans[-1].first, max(spans[-1].last, stop))
        else:
            spans.append(Span(start, stop))
    return spans


def as_multipart(headers: Headers, spans: list[Span], size: int) -> tuple[Headers, list[Span], bytes]:
    """The headers, parts and closing delimiter of a multipart range response (14.6)."""
    boundary, media_type = secrets.token_hex(16), field(headers, "content-type")
    headers = [(name, value) for name, value in headers if name.lower() != "content-type"]
    headers.append(("Content-Type", f"multipart/byteranges; boundary={boundary}"))
    parts = [
        Span(
            first,
            last,
            f"\r\n--{boundary}\r\nContent-Type: {media_type}\r\n"
            f"Content-Range: bytes {first}-{last}/{size}\r\n\r\n".encode(),
        )
        for first, last, _ in spans
    ]
    return headers, parts, f"\r\n--{boundary}--\r\n".encode()


def cut(body: Iterable[bytes], spans: list[Span], end: bytes) -> Iterator[bytes]:
    """The ranges of a body, in order."""
    chunks, chunk, place = iter(body), b"", 0
    for first, last, before in spans:
        yield before
        while True:
            if part := chunk[max(0, first - place) : last + 1 - place]:
                yield part
            if place + len(chunk) > last:
                break
            place += len(chunk)
            chunk = next(chunks)
    yield end
