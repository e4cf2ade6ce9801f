"""SPARQL 1.1 Protocol: parses requests for queries (2.1) and updates (2.2) from a WSGI environment."""

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

__all__ = ["ProtocolRequest", "UpdateFields", "body_limit", "read_body", "read_request", "read_update"]

NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
NAMES_OF_FORM = ("format", "output", "results")
FORM, DIRECT, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
UPDATES = "Send updates by POST to /sparql/update, with a token."


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """A protocol request: the query, and its dataset, formats and deadline, if any."""

    query: str
    dataset: Dataset | None = None
    forms: tuple[str, ...] = ()
    seconds: float | None = None


def read_request(environ: dict[str, Any], settings: Settings) -> ProtocolRequest:
    """The parsed protocol request; raises `MalformedRequest`, `UnsupportedMediaType` or `QueryTooLong`."""
    fields = parse(environ.get("QUERY_STRING", "").encode("latin-1"))
    if environ["REQUEST_METHOD"] == "POST":
        fields += read_fields(environ, settings, DIRECT, "query", UPDATES)
    queries = [value for name, value in fields if name == "query"]
    if any(name == "update" for name, _ in fields):
        raise MalformedRequest("Updates are not supported; send a query.", remedy=UPDATES)
    if len(queries) != 1 or not queries[0].strip():
        raise MalformedRequest(f"The request must have exactly one query; it has {sum(map(bool, queries))}.")
    if len(fields) == 1:
        return ProtocolRequest(queries[0])
    return ProtocolRequest(queries[0], read_dataset(fields), read_forms(fields), read_seconds(only(fields, "timeout")))


@dataclass(frozen=True, slots=True)
class UpdateFields:
    """A request for an update: its text, and the graphs of its patterns."""

    text: str
    using: tuple[str, ...]
    using_named: tuple[str, ...]


def read_update(environ: dict[str, Any], settings: Settings) -> UpdateFields:
    """The parsed request of a POST; raises `MalformedRequest`, `UnsupportedMediaType` or `QueryTooLong`."""
    fields = parse(environ.get("QUERY_STRING", "").encode("latin-1"))
    if any(name == "update" for name, _ in fields):  # 2.2.1 and 2.2.2: it is in the body
        raise MalformedRequest("The update is in the address; it belongs in the body.")
    media_type = parse_options_header(environ.get("CONTENT_TYPE", ""))[0].lower()
    if media_type == DIRECT:
        raise MalformedRequest("The body is a query; only updates are accepted here.", remedy="Send it to /sparql.")
    fields += read_fields(environ, settings, UPDATE, "update", "Send application/sparql-update, or a form.")
    if any(name == "query" for name, _ in fields):
        raise MalformedRequest("The request has a query; only updates are accepted here.", remedy="Send it to /sparql.")
    if any(name in ("default-graph-uri", "named-graph-uri") for name, _ in fields):
        raise MalformedRequest(
            "default-graph-uri and named-graph-uri are for queries.",
            remedy="Send using-graph-uri or using-named-graph-uri.",
        )
    updates = [value for name, value in fields if name == "update"]
    if len(updates) != 1:
        raise MalformedRequest(f"The request must have exactly one update; it has {len(updates)}.")
    using, named = (
        tuple(value for name, value in fields if name == wanted)
        for wanted in ("using-graph-uri", "using-named-graph-uri")
    )
    return UpdateFields(updates[0], using, named)


def read_fields(
    environ: dict[str, Any], settings: Settings, direct: str, name: str, remedy: str
) -> list[tuple[str, str]]:
    """The fields of the body of a POST; a body of the type `direct` is one field with this name."""
    media_type, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
    media_type = media_type.lower()
    if media_type not in (FORM, direct) or options.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        error = UnsupportedMediaType(f"The body is {environ.get('CONTENT_TYPE') or 'of an unstated type'}.")
        if media_type == UPDATE or name == "update":
            error.remedy = remedy
        raise error
    coding = environ.get("HTTP_CONTENT_ENCODING", "").strip(" \t")
    if coding.lower() not in ("", "identity"):  # RFC 9110, 8.4
        raise UnsupportedMediaType(f"The body has the content encoding {coding[:40]}, which is not supported.")
    body = read_body(environ, settings)
    return parse(body) if media_type == FORM else [(name, decode(body))]


def read_body(environ: dict[str, Any], settings: Settings) -> bytes:
    """The whole body, which stays readable; raises `QueryTooLong`, `MalformedRequest`."""
    most = body_limit(settings)
    stated = environ.get("CONTENT_LENGTH") or ""
    if stated and not (stated.isascii() and stated.isdigit()):
        raise MalformedRequest("Content-Length is not a number.")
    if stated and int(stated) > most:
        raise QueryTooLong(int(stated), settings.query_max_bytes)
    body: bytes = environ["wsgi.input"].read(int(stated) if stated else most + 1)
    if len(body) > most:
        raise QueryTooLong(len(body), settings.query_max_bytes)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def body_limit(settings: Settings) -> int:
    """The maximum size of a request body: a fully percent-encoded query, and some other fields."""
    return 3 * settings.query_max_bytes + 10_000


def only(fields: list[tuple[str, str]], wanted: str) -> str:
    """The value of a field that may occur once; an empty string without it."""
    values = [value for name, value in fields if name == wanted]
    if len(values) > 1:
        raise MalformedRequest(f"The field {wanted} occurs {len(values)} times; it may occur once.")
    return values[0] if values else ""


def read_forms(fields: list[tuple[str, str]]) -> tuple[str, ...]:
    """The names of formats, those in the documented field first.

    Generic clients send several fields, each with several names of the same format.
    """
    return tuple(value for wanted in NAMES_OF_FORM for name, value in fields if name == wanted and value)


def read_seconds(text: str) -> float | None:
    """The requested deadline; the engine caps it at the setting."""
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
    """The dataset that the request names, if any."""
    default = tuple(value for name, value in fields if name == "default-graph-uri")
    named = tuple(value for name, value in fields if name == "named-graph-uri")
    return Dataset.of(default, named) if default or named else None


def parse(encoded: bytes) -> list[tuple[str, str]]:
    """The fields of a query string or form body."""
    try:
        if encoded.startswith(b"query=") and encoded.count(b"=") == 1 and b"&" not in encoded and encoded.isascii():
            # fast path for the most common request
            return [("query", unescape(encoded[6:].replace(b"+", b" ")).decode("utf-8"))]
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except UnicodeDecodeError as problem:
        raise MalformedRequest(f"A field is not percent-encoded UTF-8: {problem.reason}.") from problem
    except ValueError as problem:
        raise MalformedRequest(f"The fields cannot be parsed: {problem}.") from problem


def unescape(encoded: bytes) -> bytes:
    """Bytes without an equals sign, percent-decoded.

    Quoted-printable differs only in its escape character, and decoding it is many times faster.
    """
    return unquote_to_bytes(encoded) if NO_ESCAPE.search(encoded) else a2b_qp(encoded.replace(b"%", b"="))


def decode(body: bytes) -> str:
    """The text of a query sent as the body."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise MalformedRequest(f"The body is not UTF-8 at byte {problem.start}.") from problem
