"""Uploads: converts an upload into triples, or raises an error with its location.

`receive` checks the bytes before any parser reads them, in linear time: size, depth, UTF-8, and no document type,
entity or external context. `parse` then parses them; since a hostile text can still make that slow, a server does it in
a process that it can kill. `read` does both.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import pyoxigraph as ox

from uphold.errors import BodySyntaxError, BodyTooLarge, UnreadableSource, UnsafeBody, UnsupportedMediaType
from uphold.rdf.csv_tables import NOT_IN_AN_IRI, table_to_jsonld
from uphold.rdf.sources import Files, read_context
from uphold.settings import Settings
from uphold.validation.upload_guards import guard
from uphold.validation.upload_json import OwnContext, as_json_ld, with_contexts

__all__ = [
    "CSV",
    "JSON",
    "JSON_LD",
    "MEDIA_TYPES",
    "PACKED",
    "SUFFIXES",
    "Sent",
    "Upload",
    "by_suffix",
    "check_terms",
    "inflate",
    "parse",
    "read",
    "receive",
    "unsupported",
]

CSV, JSON, JSON_LD = "text/csv", "application/json", "application/ld+json"
MEDIA_TYPES = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
    JSON_LD: ox.RdfFormat.JSON_LD,
    JSON: ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    CSV: None,
}
"""Accepted types: RDF formats, whose graphs are merged, tables, and the JSON of our own documents."""

SUFFIXES = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": JSON_LD,
    "json": JSON,
    "rdf": "application/rdf+xml",
    "csv": CSV,
}
"""The media type of each file suffix."""

PACKED = ".gz"
CLASS = re.compile(r"[A-Z][A-Za-z]{0,99}")
IRI_LENGTH = 2_000  # a long prefix, used often, would turn a small text into a large graph
ACTIVE_SCHEMES = ("javascript:", "vbscript:", "data:", "file:", "blob:")
PARSER_ERROR = re.compile(r"^Parser error at line \d+ .*?: ")
PLACED = re.compile(r"(\d+)(?:: |, )(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sent:
    """A raw upload.

    `name` is a file name or a class, and determines the class of a table's rows; `visited` is the host with the path
    prefix under which a client may have found our context.
    """

    body: bytes
    media_type: str
    encoding: str = ""
    name: str = ""
    visited: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked but unparsed upload; a table's rows may have a class."""

    text: str
    media_type: str
    row_class: str = ""


def by_suffix(name: str) -> tuple[str, str]:
    """Media type and content encoding for a file's name; raises `UnsupportedMediaType` for an unknown one."""
    if name.lower().endswith(PACKED):
        return by_suffix(name[: -len(PACKED)])[0], "gzip"
    suffix = PurePath(name).suffix.lstrip(".").lower()
    if suffix not in SUFFIXES:
        endings = ", ".join(f".{known}" for known in SUFFIXES)
        ending = PurePath(name).suffix or "(none)"
        raise unsupported(f"The file suffix {ending} is not one of {endings}, or these with {PACKED}.")
    return SUFFIXES[suffix], ""


def unsupported(detail: str) -> UnsupportedMediaType:
    """The error that lists the accepted types."""
    error = UnsupportedMediaType(detail)
    error.remedy = f"Send one of {', '.join(MEDIA_TYPES)}, in UTF-8; it may be compressed with gzip or deflate."
    return error


def read(body: bytes, media_type: str, settings: Settings, *, encoding: str = "", name: str = "") -> list[ox.Triple]:
    """The triples of an upload; raises what `receive` and `parse` raise."""
    return parse(receive(Sent(body, media_type, encoding, name), settings), settings)


def receive(sent: Sent, settings: Settings) -> Upload:
    """Check an upload.

    Raises `UnsupportedMediaType`, `BodyTooLarge`, `BodyTooDeep`, `UnsafeBody` or `BodySyntaxError`.
    """
    kind, _, parameters = sent.media_type.lower().partition(";")
    kind = kind.strip()
    if kind not in MEDIA_TYPES:
        raise unsupported(f"The body is {kind or 'of no stated type'}, which is not accepted here.")
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters)
    if charset and charset[1] not in ("utf-8", "utf8", "us-ascii"):
        raise unsupported(f"The charset of the body is {charset[1]}; only UTF-8 is accepted.")
    plain = inflate(sent.body, sent.encoding, settings.upload_max_bytes)
    try:
        text = plain.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        line = plain.count(b"\n", 0, problem.start) + 1
        raise BodySyntaxError(f"The body is not UTF-8 at byte {problem.start}.", line) from problem
    if not text.strip():
        raise BodySyntaxError("The body is empty.", 1, 1)
    guard(text, kind, settings.upload_max_depth)
    if kind in (JSON, JSON_LD):
        own = OwnContext(read_context(Files(settings.files, settings.base)).columns, settings.base, sent.visited)
        written = with_contexts(text, own, settings.upload_max_bytes)
        written = as_json_ld(written, own) if kind == JSON else written
        text, kind = written, kind if written == text else JSON
    stem = PurePath(sent.name.replace("\\", "/").removesuffix(PACKED)).stem
    return Upload(text, kind, stem if CLASS.fullmatch(stem) else "")


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """The decompressed body; at most `limit` bytes are decompressed."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise unsupported(f"The body has the content encoding {encoding}, which is not accepted here.")
    if len(body) > limit:
        raise BodyTooLarge(limit)
    if encoding in ("", "identity"):
        return body
    try:
        packed = zlib.decompressobj(zlib.MAX_WBITS | (16 if "gzip" in encoding else 0))
        plain = packed.decompress(body, limit + 1)
    except zlib.error as problem:
        raise BodySyntaxError(f"The body is not valid {encoding}, its content encoding.") from problem
    if len(plain) > limit:
        raise BodyTooLarge(limit)
    if not packed.eof or packed.unused_data:
        raise BodySyntaxError(f"The body is {'more than one' if packed.eof else 'an incomplete'} {encoding} stream.")
    return plain


def parse(upload: Upload, settings: Settings, *, base: str | None = None, one_graph: bool = False) -> list[ox.Triple]:
    """The triples of a checked upload; its graphs are merged, its blank nodes keep their labels.

    Raises `BodySyntaxError` with line and column if the parser reports them, `UnsafeBody`, or `BodyTooLarge`. With
    `one_graph` a graph with a name is a `BodySyntaxError` too.
    """
    text, form = upload.text, MEDIA_TYPES[upload.media_type]
    if form is None:
        text, form = table(upload, settings), ox.RdfFormat.JSON_LD
    found: list[ox.Triple] = []
    try:
        for quad in ox.parse(text, format=form, base_iri=base, rename_blank_nodes=False):
            if len(found) >= settings.upload_max_triples:
                raise BodyTooLarge(settings.upload_max_triples, "triples")
            check_terms(quad.triple)
            if one_graph and quad.graph_name != ox.DefaultGraph():
                raise BodySyntaxError(f"The body names the graph {quad.graph_name}; it must have the statements only.")
            found.append(quad.triple)
    except SyntaxError as problem:
        rewritten = upload.media_type in (CSV, JSON)  # its line numbers are not those of the body
        line, column = (None, None) if rewritten else (problem.lineno, problem.offset)
        raise BodySyntaxError(PARSER_ERROR.sub("", problem.msg), line, column) from problem
    except ValueError as problem:
        raise BodySyntaxError(str(problem)) from problem
    return found


def table(upload: Upload, settings: Settings) -> str:
    """The JSON-LD of a table; an error has its line."""
    context = read_context(Files(settings.files, settings.base))
    name = Path(upload.row_class or "table")
    try:
        return table_to_jsonld(name, upload.text, context)
    except UnreadableSource as problem:
        placed = PLACED.fullmatch(str(problem).removeprefix(f"{name}:"))
        raise (BodySyntaxError(placed[2], int(placed[1])) if placed else BodySyntaxError(str(problem))) from problem


def check_terms(triple: ox.Triple) -> None:
    """Reject terms that are not RDF 1.1, and IRIs that are unsafe in pages or programs."""
    for iri in iris(triple):
        shown = iri if len(iri) <= 200 else f"{iri[:200]}…"
        if len(iri) > IRI_LENGTH:
            raise UnsafeBody(f"The IRI {shown} has {len(iri)} characters; at most {IRI_LENGTH} are accepted.")
        if NOT_IN_AN_IRI.search(iri):
            raise UnsafeBody(f"The IRI {shown!r} has a character that is not allowed in an IRI.")
        if iri.lower().startswith(ACTIVE_SCHEMES):
            raise UnsafeBody(f"The IRI {shown!r} uses an executable or local scheme (such as javascript: or file:).")


def iris(triple: ox.Triple) -> Iterator[str]:
    """The IRIs of a triple, including the datatype of its literal."""
    for term in triple:
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Triple) or getattr(term, "direction", None):
            raise UnsafeBody(f"{str(term)[:200]} is not an RDF 1.1 term; only these are accepted here.")
        elif isinstance(term, ox.Literal):
            yield term.datatype.value
