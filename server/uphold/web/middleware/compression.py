"""Compression: compresses responses by Accept-Encoding (RFC 9110, 12.5.3), with a separate ETag for each coding.

`Compression` wraps an app that calls `start_response` before it returns, as Flask does. The response cache wraps
`Compression` in turn, so that nothing is compressed twice.

Compressing a secret together with attacker-chosen text leaks the secret (BREACH). No response has any: there are no
sessions or cookies, and no response repeats a token, so everything may be compressed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from werkzeug.http import parse_etags
from werkzeug.wsgi import ClosingIterator

from uphold.web.http.content_codings import COMPRESSORS, Compressor, accepted_coding
from uphold.web.http.request_context import context_of
from uphold.web.http.wsgi_bodies import close

__all__ = ["Compression"]

MIN_SIZE = 500
"""Bytes below which compression is not worth its time."""

BUFFER_LIMIT = 1_000_000
"""Bytes up to which a body is compressed whole and has a Content-Length; a longer one is streamed."""

FLUSH_INTERVAL = 0.25
"""Seconds after which pending output is flushed, even if that compresses worse."""

UNCODED = ("204", "206", "304")
TYPES = frozenset(
    {
        *("application/json", "application/xml", "application/javascript", "application/sparql-query"),
        *("application/n-triples", "application/n-quads", "application/trig", "application/rdf-patch"),
        *("application/link-format", "application/openmetrics-text"),
    }
)
Headers = list[tuple[str, str]]
Start = Callable[..., Any]


@lru_cache(maxsize=512)
def compressible(content_type: str) -> bool:
    """Whether a type is worth compressing: text is; images, fonts and archives are not."""
    bare = content_type.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare.endswith(("+json", "+xml")) or bare in TYPES


class Compression:
    """WSGI middleware (PEP 3333) that compresses the responses of the wrapped app."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        accept = environ.get("HTTP_ACCEPT_ENCODING")
        accepted = accepted_coding(accept) if accept else None
        if accepted is None or accepted.coding is None:

            def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
                return start_response(status, with_vary(headers, environ), exc_info)

            body: Iterable[bytes] = self.wsgi(environ, start)
            return body
        return CompressedResponse(environ, start_response, accepted.coding, always=accepted.always).run(self.wsgi)


class CompressedResponse:
    """The response to one request of a client that accepts `coding`."""

    def __init__(self, environ: dict[str, Any], start_response: Start, coding: str, *, always: bool) -> None:
        self.start_response, self.coding, self.always = start_response, coding, always
        self.environ, self.method = environ, environ["REQUEST_METHOD"]
        self.known = environ.get("HTTP_IF_NONE_MATCH") if self.method in ("GET", "HEAD") else None
        self.status, self.headers, self.exc_info = "", Headers(), None

    def catch(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        """Hold status and headers until the coding is decided."""
        self.status, self.headers, self.exc_info = status, with_vary(headers, self.environ), exc_info

    def run(self, wsgi: Any) -> Iterable[bytes]:
        """Run the app and send its response."""
        self.rewrite_condition()
        body: Iterable[bytes] = wsgi(self.environ, self.catch)
        try:
            fields = {name.lower(): value for name, value in self.headers}
            if self.status[:3] == "304":
                self.restore_etag(fields)
            elif self.should_compress(fields, body):
                self.label(fields)
                if self.method != "HEAD":
                    return self.compress(body, length(fields, body))
        except BaseException:
            close(body)
            raise
        self.start()
        return body

    def rewrite_condition(self) -> None:
        """Rewrite If-None-Match to the ETags of the app, so that the app can evaluate it.

        A tag of another coding does not match; an uncoded one does, unless the client refuses uncoded bodies.
        """
        if self.known is None:
            return
        tags = parse_etags(self.known)
        plain = {
            tag.removesuffix(f"-{self.coding}") for tag in tags.as_set(include_weak=True) if not self.is_other(tag)
        }
        self.environ["HTTP_IF_NONE_MATCH"] = "*" if tags.star_tag else ", ".join(f'"{tag}"' for tag in sorted(plain))

    def is_other(self, tag: str) -> bool:
        """Whether the tag names a variant in another coding."""
        encoded = tag.endswith(f"-{self.coding}")
        return not encoded and (self.always or tag.endswith(tuple(f"-{coding}" for coding in COMPRESSORS)))

    def restore_etag(self, fields: dict[str, str]) -> None:
        """In a 304, send the ETag of the variant that the client has."""
        etag = fields.get("etag", "")
        encoded = f'{etag[:-1]}-{self.coding}"'
        if self.known and encoded in self.known:
            self.headers = [(name, encoded if name.lower() == "etag" else value) for name, value in self.headers]

    def start(self) -> None:
        """Send status and headers."""
        self.start_response(self.status, self.headers, self.exc_info)

    def should_compress(self, fields: dict[str, str], body: Iterable[bytes]) -> bool:
        """Whether to compress the body. Other types than text are not, even if the client refuses identity."""
        if (
            self.status[:3] in UNCODED
            or "content-encoding" in fields
            or not compressible(fields.get("content-type", ""))
        ):
            return False
        size = length(fields, body)
        if size == 0 or "no-transform" in fields.get("cache-control", ""):
            return False
        return self.always or size is None or size >= MIN_SIZE

    def label(self, fields: dict[str, str]) -> None:
        """Set Content-Encoding and the ETag of the variant."""
        gone = ("content-length", "etag", "accept-ranges")
        self.headers = [(name, value) for name, value in self.headers if name.lower() not in gone]
        self.headers.append(("Content-Encoding", self.coding))
        if etag := fields.get("etag"):
            strong = not etag.startswith("W/")
            self.headers.append(("ETag", f'{etag[:-1]}-{self.coding}"' if strong else etag))

    def compress(self, body: Iterable[bytes], size: int | None) -> Iterable[bytes]:
        """Send the body compressed: whole when it is short, else as a stream."""
        compressor = COMPRESSORS[self.coding]()
        if size is None or size > BUFFER_LIMIT:
            self.start()
            return ClosingIterator(pieces(body, compressor), [lambda: close(body)])
        whole = b"".join(body)
        close(body)
        packed = compressor.compress(whole) + compressor.finish()
        self.headers.append(("Content-Length", str(len(packed))))
        self.start()
        return [packed]


def with_vary(headers: Headers, environ: dict[str, Any]) -> Headers:
    """The headers, with Accept-Encoding in Vary where the body depends on it.

    A 304 has no media type, and a multipart range has its own; the request context has that of the full response.
    """
    place, media_type = -1, context_of(environ).media_type
    for at, (name, value) in enumerate(headers):
        if name == "Vary":  # Flask writes it like this; other spellings are not worth checking
            place = at
        elif name == "Content-Type":
            media_type = media_type or value
    if not compressible(media_type):
        return headers
    if place < 0:
        return [*headers, ("Vary", "Accept-Encoding")]
    varied = headers.copy()
    varied[place] = ("Vary", f"{headers[place][1]}, Accept-Encoding")
    return varied


def length(fields: dict[str, str], body: Iterable[bytes]) -> int | None:
    """The size of the body in bytes; None for a stream of unknown length."""
    if stated := fields.get("content-length"):
        return int(stated)
    return sum(map(len, body)) if isinstance(body, list) else None


def pieces(body: Iterable[bytes], compressor: Compressor) -> Iterator[bytes]:
    """The compressed body as a stream, flushed at once and then every `FLUSH_INTERVAL`."""
    sent = 0.0
    for chunk in body:
        ready = compressor.compress(chunk)
        if time.monotonic() - sent > FLUSH_INTERVAL:
            ready += compressor.flush()
        if ready:
            sent = time.monotonic()
            yield ready
    yield compressor.finish()
