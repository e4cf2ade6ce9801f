"""Problem details: error responses (RFC 9457), and the pages that explain each kind of error."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.exceptions import NotFound as NoRoute

from uphold.errors import (
    ClientError,
    MethodNotAllowed,
    NotFound,
    QueryTooLong,
    UpholdError,
    all_kinds,
)
from uphold.web.http.negotiation import choose, prefers_html
from uphold.web.http.problem_documents import PROBLEM, problem_document, problem_headers
from uphold.web.http.request_context import context, manager
from uphold.web.http.responses import send
from uphold.web.rendering.render import about_page

__all__ = ["add_handlers", "as_details", "problem", "problems"]

problems = Blueprint("problems", __name__)
log = logging.getLogger(__name__)


def add_handlers(app: Flask) -> None:
    """Register the error handlers of `app`."""
    app.register_error_handler(UpholdError, problem)
    app.register_error_handler(HTTPException, http_problem)
    app.register_error_handler(Exception, unexpected_problem)


def as_details(error: UpholdError) -> dict[str, Any]:
    """The error as problem details; its code goes to the request context."""
    context().error_code = error.code
    return problem_document(error, manager().settings.base, context().timing.request)


def problem(error: UpholdError, headers: dict[str, str] | None = None) -> Response:
    """The response to an error: a page for clients that prefer HTML, else problem details, whatever they accept."""
    details = as_details(error)
    if prefers_html():
        response = Response(
            render_template(
                "problem.html", problem=details, about=about_page(error.title, error.remedy, indexed=False)
            ),
            content_type="text/html; charset=utf-8",
        )
    else:
        response = Response(json.dumps(details, ensure_ascii=False) + "\n", content_type=PROBLEM)
    response.status_code = error.status
    response.vary.add("Accept")
    response.headers.update(problem_headers(error) | (headers or {}))
    return response


def http_problem(error: HTTPException) -> Response | HTTPException:
    """The response to an error raised by the framework."""
    if error.code is None:
        return error
    if isinstance(error, WrongMethod):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return problem(MethodNotAllowed(f"{request.method} is not one of {allowed}."), {"Allow": allowed})
    if isinstance(error, NoRoute):
        return problem(NotFound(f"There is nothing at {request.path}."))
    if isinstance(error, RequestEntityTooLarge):
        return problem(QueryTooLong(request.content_length or 0, manager().settings.query_max_bytes))
    found: UpholdError = ClientError(error.description or error.name)
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        found = UpholdError("The server could not process this request.")
    found.status = error.code
    return problem(found)


def unexpected_problem(error: Exception) -> Response:
    """The response to an unexpected exception, which only the log describes."""
    log.error("unexpected error in %s %s", request.method, request.path, exc_info=error)
    return problem(UpholdError("Unexpected server error."))


@problems.get("/problem/<code>")
def explain(code: str) -> Response:
    """The meaning and remedy of a kind of error."""
    kind = next((kind for kind in all_kinds() if kind.code == code), None)
    if kind is None:
        raise NotFound(f"No error has the code {code!r}.")
    meaning = {
        "type": f"{manager().settings.base}problem/{kind.code}",
        "title": kind.title,
        "status": int(kind.status),
        "description": " ".join((kind.__doc__ or "").split()),
        "remedy": kind.remedy,
    }
    form = choose(["text/html", "application/json"])
    if form == "text/html":
        return send(
            render_template("problem.html", problem=meaning, about=about_page(kind.title, str(meaning["description"]))),
            form,
            varies=True,
        )
    return send(json.dumps(meaning, ensure_ascii=False) + "\n", form, varies=True)
