"""The SPARQL endpoint: SPARQL 1.1 Protocol queries by GET and both POSTs, the service description, and a plain form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from flask import Blueprint, Response, render_template, request

from uphold.engines import GRAPH_TYPES, QUAD_TYPES, RESULT_TYPES, Dataset
from uphold.engines.guard import Limits, inspect
from uphold.errors import NotAcceptable, RequestNotUnderstood, UnsupportedMedia, UpholdError
from uphold.results import read_table
from uphold.web.citing import cite_query
from uphold.web.negotiation import choose
from uphold.web.problems import as_details
from uphold.web.replies import Spooled, library, opened, send, send_spooled, spool, within

__all__ = ["sparql"]

HTML, JSON_RESULTS, TURTLE = "text/html", "application/sparql-results+json", "text/turtle"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
ALIASES = {
    "application/json": JSON_RESULTS,
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
TURTLE_SHOWN = 100_000
sparql = Blueprint("sparql", __name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A protocol request: the query, and the graphs, the form and the deadline that it names, if any."""

    query: str
    dataset: Dataset | None
    form: str
    seconds: float | None = None


@sparql.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query, or show what there is to ask."""
    if request.method in ("GET", "HEAD") and not request.query_string:
        return welcome()
    asked = read_request()
    try:
        gives_graph = inspect(asked.query, limits())
        form = choose_form(asked.form, gives_graph=gives_graph)
        native = ALIASES.get(form, form) if form != HTML else TURTLE if gives_graph else JSON_RESULTS
        spooled = answer(asked, native)
    except UpholdError as error:
        if wants_html(asked.form):
            return show(asked, status=error.status, problem=as_details(error))
        raise
    if form != HTML:
        return send_spooled(spooled, form)
    with spooled.file:
        return show_graph(asked, spooled) if gives_graph else show(asked, table=read_table(spooled.file))


def answer(asked: Asked, media_type: str) -> Spooled:
    """The whole answer of the engine."""
    settings = library().settings
    found = opened().engine.query(asked.query, accept=media_type, deadline=asked.seconds, dataset=asked.dataset)
    return spool(found, settings.state, settings.answer_max_mb)


def welcome() -> Response:
    """Without a query: the form for people, the service description for programs."""
    form = choose([*GRAPH_TYPES, HTML]) if request.accept_mimetypes else TURTLE
    if form == HTML:
        return show(Asked("", None, ""))
    return send(opened().resources.document("service", form, **stated_limits()), form, varies=True)


def choose_form(named: str, *, gives_graph: bool) -> str:
    """The form of the answer: the one that the request names when it fits the query, else by Accept."""
    offered = {**GRAPH_TYPES, **QUAD_TYPES} if gives_graph else RESULT_TYPES
    suffixes = {suffix: media_type for media_type, suffix in offered.items()} | {"html": HTML}
    return suffixes.get(named) or choose([*offered, HTML], {} if gives_graph else ALIASES)


def wants_html(named: str) -> bool:
    """Whether an error is to be shown above the form, so that the query can be mended."""
    try:
        return named == "html" or choose([JSON_RESULTS, HTML]) == HTML
    except NotAcceptable:
        return False


def show(asked: Asked, *, status: int = HTTPStatus.OK, **found: object) -> Response:
    """The form, with what was found."""
    page = render_template(
        "sparql.html",
        asked=asked,
        examples=library().examples,
        names=opened().resources.names,
        within=within(),
        citation=cite_query(opened().snapshot, asked.query, asked.dataset),
        **found,
    )
    return send(page, HTML, status, varies=True)


def show_graph(asked: Asked, spooled: Spooled) -> Response:
    """The form, with the beginning of a graph in Turtle."""
    text = spooled.file.read(TURTLE_SHOWN).decode("utf-8", "ignore")
    return show(asked, turtle=text, whole=spooled.size <= TURTLE_SHOWN)


def limits() -> Limits:
    """How long and how deep a query may be."""
    settings = library().settings
    return Limits(settings.query_max_bytes, settings.query_max_depth)


def stated_limits() -> dict[str, list[str]]:
    """The limits as the service description states them, as SPARQL literals."""
    settings = library().settings
    stated = {
        "seconds": settings.query_timeout,
        "memory": settings.query_memory_mb,
        "bytes": settings.query_max_bytes,
        "depth": settings.query_max_depth,
        "answer": settings.answer_max_mb,
    }
    return {name: [f"{value:f}" if isinstance(value, float) else str(value)] for name, value in stated.items()}


def read_request() -> Asked:
    """The protocol request; raises `RequestNotUnderstood` or `UnsupportedMedia`."""
    fields = parse(request.query_string)
    if request.method == "POST":
        media_type, charset = request.mimetype, request.mimetype_params.get("charset", "utf-8").lower()
        if media_type not in (FORM, DIRECT) or charset not in ("utf-8", "utf8"):
            raise UnsupportedMedia(f"The body is {request.content_type or 'of no stated type'}.")
        body = request.get_data()
        fields += parse(body) if media_type == FORM else [("query", decode(body))]
    queries = [value for name, value in fields if name == "query"]
    if any(name == "update" for name, _ in fields):
        raise RequestNotUnderstood("There is an update field, and this address only answers queries.")
    if len(queries) != 1 or not queries[0].strip():
        raise RequestNotUnderstood(f"There must be exactly one query; there are {sum(map(bool, queries))}.")
    return Asked(queries[0], read_dataset(fields), only(fields, "format"), read_seconds(only(fields, "timeout")))


def only(fields: list[tuple[str, str]], wanted: str) -> str:
    """The value of a field that is there at most once; an empty text without it."""
    values = [value for name, value in fields if name == wanted]
    if len(values) > 1:
        raise RequestNotUnderstood(f"The field {wanted} is there {len(values)} times.")
    return values[0] if values else ""


def read_seconds(text: str) -> float | None:
    """The deadline that the caller asks for; the engine never grants more than the setting."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise RequestNotUnderstood(f"timeout is {text[:40]!r}, which is not a number of seconds above 0.")
    return seconds


def read_dataset(fields: list[tuple[str, str]]) -> Dataset | None:
    """The graphs that the request names."""
    default = tuple(value for name, value in fields if name == "default-graph-uri")
    named = tuple(value for name, value in fields if name == "named-graph-uri")
    return Dataset.of(default, named) if default or named else None


def parse(encoded: bytes) -> list[tuple[str, str]]:
    """The fields of a query string or form body."""
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except UnicodeDecodeError as problem:
        raise RequestNotUnderstood(f"A field is not UTF-8, percent-encoded: {problem.reason}.") from problem
    except ValueError as problem:
        raise RequestNotUnderstood(f"The fields are not readable: {problem}.") from problem


def decode(body: bytes) -> str:
    """The text of a query sent as it is."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise RequestNotUnderstood(f"The body is not UTF-8 at byte {problem.start}.") from problem
