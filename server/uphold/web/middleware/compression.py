"""Encoding: answers compressed as the client asks (RFC 9110, 12.5.3), each encoding with an ETag of its own.

`Compression` goes around an app that calls `start_response` before it returns, as Flask does. Whatever caches answers
goes around `Compression` in turn, so that nothing is compressed twice.

Compressing what holds a secret beside what a stranger can choose tells the secret (BREACH). No page here holds any:
there are no sessions, no cookies and no tokens, so everything may be compressed.
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

__all__ = ["Compression"]

LEAST = 500
"""Bytes under which compressing saves nothing worth its time."""

AT_ONCE = 1_000_000
"""Bytes up to which a body is compressed in one go, and so has a Content-Length; a longer one becomes a stream."""

SILENCE = 0.25
"""Seconds after which a reader is sent what there is, even if that compresses worse."""

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
    """Whether a body of this type gets smaller: text does, images, fonts and archives do not."""
    bare = content_type.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare.endswith(("+json", "+xml")) or bare in TYPES


class Compression:
    """Compresses what the app inside answers."""

    def __init__(self, wsgi: Any) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        accept = environ.get("HTTP_ACCEPT_ENCODING")
        want = accepted_coding(accept) if accept else None
        if want is None or want.coding is None:

            def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
                return start_response(status, with_vary(headers, environ), exc_info)

            body: Iterable[bytes] = self.wsgi(environ, start)
            return body
        return CompressedResponse(environ, start_response, want.coding, always=want.always).run(self.wsgi)


class CompressedResponse:
    """One request of a client that takes `coding`."""

    def __init__(self, environ: dict[str, Any], start_response: Start, coding: str, *, always: bool) -> None:
        self.start_response, self.coding, self.always = start_response, coding, always
        self.environ, self.method = environ, environ["REQUEST_METHOD"]
        self.known = environ.get("HTTP_IF_NONE_MATCH") if self.method in ("GET", "HEAD") else None
        self.status, self.headers, self.exc_info = "", Headers(), None

    def catch(self, status: str, headers: Headers, exc_info: Any = None) -> None:
        """Keep what the app says until it is known what is sent."""
        self.status, self.headers, self.exc_info = status, with_vary(headers, self.environ), exc_info

    def run(self, wsgi: Any) -> Iterable[bytes]:
        """Answer it."""
        self.translate()
        body: Iterable[bytes] = wsgi(self.environ, self.catch)
        try:
            fields = {name.lower(): value for name, value in self.headers}
            if self.status[:3] == "304":
                self.name_what_is_known(fields)
            elif self.is_worth(fields, body):
                self.rename(fields)
                if self.method != "HEAD":
                    return self.compress(body, length(fields, body))
        except BaseException:
            close(body)
            raise
        self.start()
        return body

    def translate(self) -> None:
        """Let the app see the names that it gave itself, so that it can tell without its answer what a client has.

        What it has in another encoding is no match; what it has as it is may be used on, unless it refuses that.
        """
        if self.known is None:
            return
        tags = parse_etags(self.known)
        plain = {
            tag.removesuffix(f"-{self.coding}") for tag in tags.as_set(include_weak=True) if not self.is_other(tag)
        }
        self.environ["HTTP_IF_NONE_MATCH"] = "*" if tags.star_tag else ", ".join(f'"{tag}"' for tag in sorted(plain))

    def is_other(self, tag: str) -> bool:
        """Whether the tag names a variant in an encoding that is not the one to be sent."""
        encoded = tag.endswith(f"-{self.coding}")
        return not encoded and (self.always or tag.endswith(tuple(f"-{coding}" for coding in COMPRESSORS)))

    def name_what_is_known(self, fields: dict[str, str]) -> None:
        """In a 304, the name that the client has."""
        etag = fields.get("etag", "")
        encoded = f'{etag[:-1]}-{self.coding}"'
        if self.known and encoded in self.known:
            self.headers = [(name, encoded if name.lower() == "etag" else value) for name, value in self.headers]

    def start(self) -> None:
        """Send status and headers."""
        self.start_response(self.status, self.headers, self.exc_info)

    def is_worth(self, fields: dict[str, str], body: Iterable[bytes]) -> bool:
        """Whether the body is to be compressed. What is no text is not, not even for who refuses it as it is."""
        if (
            self.status[:3] in UNCODED
            or "content-encoding" in fields
            or not compressible(fields.get("content-type", ""))
        ):
            return False
        size = length(fields, body)
        if size == 0 or "no-transform" in fields.get("cache-control", ""):
            return False
        return self.always or size is None or size >= LEAST

    def rename(self, fields: dict[str, str]) -> None:
        """Name the coding in the headers, and give the variant an ETag of its own."""
        gone = ("content-length", "etag", "accept-ranges")
        self.headers = [(name, value) for name, value in self.headers if name.lower() not in gone]
        self.headers.append(("Content-Encoding", self.coding))
        if etag := fields.get("etag"):
            strong = not etag.startswith("W/")
            self.headers.append(("ETag", f'{etag[:-1]}-{self.coding}"' if strong else etag))

    def compress(self, body: Iterable[bytes], size: int | None) -> Iterable[bytes]:
        """Send the body compressed: in one piece when it is short, else as a stream."""
        compressor = COMPRESSORS[self.coding]()
        if size is None or size > AT_ONCE:
            self.start()
            return ClosingIterator(pieces(body, compressor), [lambda: close(body)])
        whole = b"".join(body)
        close(body)
        packed = compressor.compress(whole) + compressor.finish()
        self.headers.append(("Content-Length", str(len(packed))))
        self.start()
        return [packed]


def with_vary(headers: Headers, environ: dict[str, Any]) -> Headers:
    """The headers, saying that the body depends on Accept-Encoding where it does.

    A 304 has no type, and one of several parts has its own; the context of the request has that of the whole answer.
    """
    place, media_type = -1, context_of(environ).media_type
    for at, (name, value) in enumerate(headers):
        if name == "Vary":  # Flask writes names so; to look for others would cost every answer
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
    """How many bytes the body has; None when only its end will tell."""
    if stated := fields.get("content-length"):
        return int(stated)
    return sum(map(len, body)) if isinstance(body, list) else None


def pieces(body: Iterable[bytes], compressor: Compressor) -> Iterator[bytes]:
    """The compressed bytes as the body comes; the first at once, and never long after it came."""
    sent = 0.0
    for chunk in body:
        ready = compressor.compress(chunk)
        if time.monotonic() - sent > SILENCE:
            ready += compressor.flush()
        if ready:
            sent = time.monotonic()
            yield ready
    yield compressor.finish()


def close(body: Iterable[bytes]) -> None:
    """Close a body that can be closed."""
    if hasattr(body, "close"):
        body.close()
