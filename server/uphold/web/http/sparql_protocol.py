"""The SPARQL 1.1 Protocol: a query request, read from a WSGI environment by each of its three ways (section 2.1)."""

from __future__ import annotations

import io
import math
import re
from binascii import a2b_qp
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from werkzeug.http import parse_options_header

from uphold.engines.interface import Dataset
from uphold.errors import MalformedRequest, QueryTooLong, UnsupportedMediaType
from uphold.settings import Settings

__all__ = ["ProtocolRequest", "body_limit", "read_body", "read_request"]

NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NAMES_OF_FORM = ("format", "output", "results")
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """A protocol request: the query, and the graphs, the forms and the deadline that it names, if any."""

    query: str
    dataset: Dataset | None = None
    forms: tuple[str, ...] = ()
    seconds: float | None = None


def read_request(environ: dict[str, Any], settings: Settings) -> ProtocolRequest:
    """The protocol request; raises `MalformedRequest`, `UnsupportedMediaType` or `QueryTooLong`."""
    fields = parse(environ.get("QUERY_STRING", "").encode("latin-1"))
    if environ["REQUEST_METHOD"] == "POST":
        media_type, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
        media_type = media_type.lower()
        if media_type not in (FORM, DIRECT) or options.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(f"The body is {environ.get('CONTENT_TYPE') or 'of no stated type'}.")
        coding = environ.get("HTTP_CONTENT_ENCODING", "").strip(" \t")
        if coding.lower() not in ("", "identity"):  # RFC 9110, 8.4
            raise UnsupportedMediaType(f"The body has the content encoding {coding[:40]}, which is not read here.")
        body = read_body(environ, settings)
        fields += parse(body) if media_type == FORM else [("query", decode(body))]
    queries = [value for name, value in fields if name == "query"]
    if any(name == "update" for name, _ in fields):
        raise MalformedRequest("There is an update field, and this address only answers queries.")
    if len(queries) != 1 or not queries[0].strip():
        raise MalformedRequest(f"There must be exactly one query; there are {sum(map(bool, queries))}.")
    if len(fields) == 1:
        return ProtocolRequest(queries[0])
    return ProtocolRequest(queries[0], read_dataset(fields), read_forms(fields), read_seconds(only(fields, "timeout")))


def read_body(environ: dict[str, Any], settings: Settings) -> bytes:
    """The whole body, which can be read again after; raises `QueryTooLong`, `MalformedRequest`."""
    most = body_limit(settings)
    stated = environ.get("CONTENT_LENGTH") or ""
    if stated and not (stated.isascii() and stated.isdigit()):
        raise MalformedRequest("Content-Length is no number.")
    if stated and int(stated) > most:
        raise QueryTooLong(int(stated), settings.query_max_bytes)
    body: bytes = environ["wsgi.input"].read(int(stated) if stated else most + 1)
    if len(body) > most:
        raise QueryTooLong(len(body), settings.query_max_bytes)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def body_limit(settings: Settings) -> int:
    """Bytes that a request's body may have: a query of which each byte is percent-encoded, and some more fields."""
    return 3 * settings.query_max_bytes + 10_000


def only(fields: list[tuple[str, str]], wanted: str) -> str:
    """The value of a field that is there at most once; an empty text without it."""
    values = [value for name, value in fields if name == wanted]
    if len(values) > 1:
        raise MalformedRequest(f"The field {wanted} is there {len(values)} times.")
    return values[0] if values else ""


def read_forms(fields: list[tuple[str, str]]) -> tuple[str, ...]:
    """The names of forms, those in the field that is documented first.

    Clients that are made for any endpoint send several fields, each with several names of the same form.
    """
    return tuple(value for wanted in NAMES_OF_FORM for name, value in fields if name == wanted and value)


def read_seconds(text: str) -> float | None:
    """The deadline that the caller asks for; the engine never grants more than the setting."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise MalformedRequest(f"timeout is {text[:40]!r}, which is not a number of seconds above 0.")
    return seconds


def read_dataset(fields: list[tuple[str, str]]) -> Dataset | None:
    """The graphs that the request names."""
    default = tuple(value for name, value in fields if name == "default-graph-uri")
    named = tuple(value for name, value in fields if name == "named-graph-uri")
    return Dataset.of(default, named) if default or named else None


def parse(encoded: bytes) -> list[tuple[str, str]]:
    """The fields of a query string or form body."""
    try:
        if encoded.startswith(b"query=") and encoded.count(b"=") == 1 and b"&" not in encoded and encoded.isascii():
            # what most clients send, at less cost
            return [("query", unescape(encoded[6:].replace(b"+", b" ")).decode("utf-8"))]
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except UnicodeDecodeError as problem:
        raise MalformedRequest(f"A field is not UTF-8, percent-encoded: {problem.reason}.") from problem
    except ValueError as problem:
        raise MalformedRequest(f"The fields are not readable: {problem}.") from problem


def unescape(encoded: bytes) -> bytes:
    """Bytes without an equals sign, percent-decoded.

    But for its sign, quoted-printable text is the same, and decoding that is many times faster.
    """
    return unquote_to_bytes(encoded) if NO_ESCAPE.search(encoded) else a2b_qp(encoded.replace(b"%", b"="))


def decode(body: bytes) -> str:
    """The text of a query sent as it is."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise MalformedRequest(f"The body is not UTF-8 at byte {problem.start}.") from problem
