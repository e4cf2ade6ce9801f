"""Validation endpoint: validates uploaded data against the shapes; nothing is stored."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Blueprint, Response, current_app, render_template, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header

from uphold.errors import BodyTooLarge, MalformedRequest, ServerBusy, UnsupportedFormat, UpholdError
from uphold.validation.service import ValidationResult, ValidationService
from uphold.validation.upload import MEDIA_TYPES, PACKED, SUFFIXES, Sent, Upload, by_suffix, receive
from uphold.web.http.negotiation import choose, named_form, prefers_html
from uphold.web.http.request_context import context, manager, open_snapshot
from uphold.web.http.responses import send
from uphold.web.metadata.contact import contact_of
from uphold.web.rendering.problem_details import as_details
from uphold.web.rendering.render import about_page

__all__ = ["drain", "stated_name", "uncached", "validate", "visited"]

HTML, JSON, TURTLE = "text/html", "application/json", "text/turtle"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
FORM_OVERHEAD = 20_000
MOST_PARTS = 20
validate = Blueprint("validate", __name__)


@validate.route("/validate", methods=["GET", "POST"])
def endpoint() -> Response:
    """Validate an upload, or show the form."""
    if request.method != "POST":
        return welcome()
    try:
        form = choose([JSON, TURTLE, HTML])
        posted = read_request()
        result = validation_service().validate(posted, open_snapshot().validator)
        context().validation_outcome = "conforms" if result.report["conforms"] else "does-not-conform"
    except UpholdError as error:
        if prefers_html() and not isinstance(error, ServerBusy):
            return uncached(page(problem=as_details(error), text=text_sent(error)), HTML, error.status)
        raise
    if form == HTML:
        return uncached(page(result=result, text=text_sent()), HTML)
    return uncached(result.turtle if form == TURTLE else as_json(result), form)


def validation_service() -> ValidationService:
    """The validation service of the current app."""
    found: ValidationService = current_app.extensions["uphold-validation"]
    return found


def as_json(result: ValidationResult) -> str:
    """The report as `uphold validate --json` prints it."""
    return json.dumps(result.report, indent=1, ensure_ascii=False) + "\n"


def read_request() -> Upload:
    """The upload, as by `read_upload`; a rejected body is read to its end, so that its client reads the response."""
    most = manager().settings.upload_max_bytes
    try:
        return read_upload()
    except RequestEntityTooLarge as problem:
        drain(4 * most)
        raise BodyTooLarge(most) from problem
    except UpholdError:
        drain(4 * most)
        raise


def read_upload() -> Upload:
    """The upload: the body, or the one text or file of a form."""
    settings = manager().settings
    is_form = request.mimetype in FORMS
    # a body without Content-Length is silently cut here, so this limit is one byte above that of `receive`
    request.max_content_length = settings.upload_max_bytes + (FORM_OVERHEAD if is_form else 1)
    request.max_form_memory_size, request.max_form_parts = request.max_content_length, MOST_PARTS
    if is_form and request.mimetype != FORMS[0]:
        request.max_content_length = 3 * request.max_content_length  # percent-encoding makes three bytes of one
        request.max_form_memory_size = request.max_content_length
    encoding = request.headers.get("Content-Encoding", "")
    if is_form:
        if encoding:
            raise MalformedRequest("A form must not be compressed; compress the file in it instead.")
        return read_form()
    body = request.get_data(cache=False)
    return receive(Sent(body, request.content_type or "", encoding, stated_name(), visited()), settings)


def visited() -> str:
    """The host of the request with the path prefix."""
    return f"{request.host}{request.script_root}/"


def drain(most: int) -> None:
    """Read the rest of a body, up to `most` bytes."""
    while most > 0 and (part := request.environ["wsgi.input"].read(min(most, 1_000_000))):
        most -= len(part)


def stated_name() -> str:
    """The class in the address, else the file name."""
    _, options = parse_options_header(request.headers.get("Content-Disposition"))
    return request.args.get("class") or options.get("filename", "")


def read_form() -> Upload:
    """The one text or file of a form; raises `MalformedRequest` for none or several."""
    texts = [text for text in request.form.getlist("text") if text.strip()]
    files = [file for file in request.files.getlist("file") if file.filename]
    if len(texts) + len(files) != 1:
        raise MalformedRequest(
            f"Paste some data or choose one file: the form has {len(texts)} texts (field text) and {len(files)} files "
            "(field file)."
        )
    named, stated = request.form.get("class", "") or request.args.get("class", ""), stated_type()
    settings = manager().settings
    if files:
        file = files[0]
        kind, encoding = media_type(file)
        name = named or file.filename or ""
        return receive(Sent(file.read(), stated or kind, encoding, name, visited()), settings)
    text = texts[0].encode("utf-8", "replace")
    return receive(Sent(text, stated or TURTLE, "", named, visited()), settings)


def stated_type() -> str:
    """The media type in the field `format`, by its name or a short name; an unknown one is unchanged."""
    names = [name for name in request.form.getlist("format") if name]
    try:
        return named_form(names, list(MEDIA_TYPES)) or ""
    except UnsupportedFormat:
        return names[0]


def media_type(file: FileStorage) -> tuple[str, str]:
    """The media type and content encoding of an uploaded file, by its form part if supported, else by its name.

    A compressed file is detected by name only: clients disagree on whether its type is that of the content.
    """
    name = file.filename or ""
    encoding = "gzip" if name.lower().endswith(PACKED) else ""
    return (file.content_type or "" if file.mimetype in MEDIA_TYPES else by_suffix(name)[0]), encoding


def welcome() -> Response:
    """The form, or a service description for programs."""
    form = choose([HTML, JSON, TURTLE])
    settings = manager().settings
    if form == HTML:
        return send(page(), HTML, varies=True)
    if form == TURTLE:
        return send(service(), TURTLE, varies=True)
    described = {
        "description": "POST data to get a SHACL validation report; nothing is stored.",
        "takes": list(MEDIA_TYPES),
        "gives": [JSON, TURTLE, HTML],
        "maxBytes": settings.upload_max_bytes,
        "maxTriples": settings.upload_max_triples,
    }
    return send(json.dumps(described, indent=1) + "\n", JSON, varies=True)


def service() -> str:
    """The service description as RDF."""
    base = open_snapshot().snapshot.base
    return (
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
        f"<{base}validate> a dcat:DataService ;\n"
        '    dcterms:title "Validate data"@en ;\n'
        '    dcterms:description "POST data to get a SHACL validation report; nothing is stored."@en ;\n'
        f"    dcterms:conformsTo <https://www.w3.org/TR/shacl/> ;\n    dcat:endpointURL <{base}validate> .\n\n"
        f"<{base}validate> a rdfs:Resource .\n<https://www.w3.org/TR/shacl/> a dcterms:Standard .\n"
        f"{contact_of(f'{base}validate')}"
    )


def text_sent(error: UpholdError | None = None) -> str:
    """The text of the form, for corrections; empty when the form could not be read."""
    unread = request.mimetype not in FORMS or isinstance(error, BodyTooLarge)
    return "" if unread else request.form.get("text", "")


def page(**found: object) -> str:
    """The form, with the result or the problem."""
    about = about_page(
        "Validate data",
        "Check RDF or a table against our rules and see each problem; nothing is stored.",
        indexed=not found,
    )
    kinds = {SUFFIXES[suffix]: suffix for suffix in SUFFIXES}
    return render_template("validate.html", kinds=kinds, settings=manager().settings, about=about, **found)


def uncached(content: str, media_type: str, status: int = HTTPStatus.OK) -> Response:
    """A response that must not be stored."""
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    response = Response(content, status, content_type=f"{media_type}{charset}")
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response
