"""Access log: assigns each request an id, and times, counts and logs it in one line.

`AccessLog` wraps everything but the response cache, which does its own counting. Inner layers record details in the
request context.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from uphold.errors import PreconditionFailed, RangeNotSatisfiable, ServerBusy, UpholdError
from uphold.logs import log_request
from uphold.metrics import metrics
from uphold.server_timing import CURRENT
from uphold.settings import Settings
from uphold.web.http.headers import with_snapshot
from uphold.web.http.problem_documents import PROBLEM, problem_document, problem_headers
from uphold.web.http.request_context import RequestContext
from uphold.web.http.wsgi_bodies import close
from uphold.web.middleware.transfer_limit import TransferLimit, acquire_slot

__all__ = ["METHODS", "AccessLog", "endpoint_of", "request_id"]

ACCEPTED = re.compile(r"(?!uphold_)[A-Za-z0-9._-]{1,64}")
TOKEN = re.compile(r"uphold_[A-Za-z0-9_-]{43}")
"""A token that a client put in the wrong place."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ENDPOINTS = frozenset(
    {
        *("doc", "id", "sparql", "snapshots", "dumps", "ontology", "shapes", "graph", "validate", "static", "problem"),
        *("embed", "graphs", "linkset", "partners", "words"),
        *("healthz", "metrics", "sitemap.xml", "robots.txt", ".well-known"),
    }
)
LONGEST_PATH, LONGEST_QUERY = 500, 2000
BUFFER_LIMIT = 1_000_000
"""Bytes up to which a body is buffered in memory until it is sent."""
Headers = list[tuple[str, str]]
PREFIX, NUMBERS = secrets.token_hex(4), itertools.count(1)
log = logging.getLogger(__name__)


class AccessLog:
    """WSGI middleware (PEP 3333) that logs the requests to the wrapped app."""

    def __init__(self, wsgi: Any, settings: Settings, transfers: TransferLimit) -> None:
        self.wsgi, self.settings, self.transfers = wsgi, settings, transfers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        context = RequestContext.begin(environ, request_id(environ))
        exchange = LoggedExchange(environ, context, start_response)
        token = CURRENT.set(context.timing)
        try:
            body = self.sendable(self.wsgi(environ, exchange.start), exchange)
        except (ServerBusy, PreconditionFailed, RangeNotSatisfiable) as error:
            body = exchange.fail(self.settings.base, error)
        except Exception:
            log.exception("unexpected error in the middleware")
            body = exchange.fail(self.settings.base, UpholdError("Unexpected server error."))
        finally:
            CURRENT.reset(token)
        if isinstance(body, list):
            exchange.end(sum(map(len, body)))
            return body
        return LoggedBody(body, exchange, self.transfers)

    def sendable(self, body: Iterable[bytes], exchange: LoggedExchange) -> Iterable[bytes]:
        """A short body as a list, which holds no thread; a long one once it has a transfer slot."""
        if isinstance(body, list):
            return body
        try:
            if exchange.length <= BUFFER_LIMIT or exchange.environ["REQUEST_METHOD"] == "HEAD":
                whole = [b"".join(body)]
                close(body)
                return whole
            acquire_slot(self.transfers.sending)
        except BaseException:
            close(body)
            raise
        return body


def request_id(environ: dict[str, Any]) -> str:
    """The id of a request: its X-Request-Id if well-formed, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and ACCEPTED.fullmatch(given) else f"{PREFIX}-{next(NUMBERS)}"


class LoggedExchange:
    """One request and its response."""

    __slots__ = ("context", "environ", "length", "snapshot", "start_response", "status", "timing")

    def __init__(self, environ: dict[str, Any], context: RequestContext, start_response: Callable[..., Any]) -> None:
        self.environ, self.context, self.start_response = environ, context, start_response
        self.timing = context.timing
        self.status, self.snapshot, self.length = "", "", BUFFER_LIMIT + 1

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Any:
        """Send status and headers, with the request id and the server timing."""
        self.status = status[:3]
        self.snapshot, self.length = "", BUFFER_LIMIT + 1
        for name, value in headers:
            if name == "Content-Length":
                self.length = int(value)
            elif name == "Uphold-Snapshot":
                self.snapshot = value
        added = [("X-Request-Id", self.timing.request), ("Server-Timing", self.timing.header())]
        return self.start_response(status, [*headers, *added], exc_info)

    def fail(self, base: str, error: UpholdError) -> list[bytes]:
        """Send a problem document instead of the response of the app."""
        self.context.error_code = error.code
        content = json.dumps(problem_document(error, base, self.timing.request)).encode() + b"\n"
        headers = [("Content-Type", PROBLEM), ("Content-Length", str(len(content))), *problem_headers(error).items()]
        if self.context.snapshot_id:
            headers += with_snapshot(self.context.snapshot_id)
        status = HTTPStatus(error.status)
        self.start(f"{status.value} {status.phrase}", headers)
        return [] if self.environ["REQUEST_METHOD"] == "HEAD" else [content]

    def end(self, size: int) -> None:
        """Count and log the request after its response was sent."""
        path = self.environ.get("PATH_INFO", "/")
        method, endpoint, seconds = self.environ["REQUEST_METHOD"], endpoint_of(path), self.timing.seconds()
        counts = metrics()
        counts.request(method if method in METHODS else "other", endpoint, self.status).inc()
        counts.duration(endpoint).observe(seconds)
        if self.context.query_text is not None:
            counts.query(self.outcome()).inc()
        if endpoint == "validate" and method == "POST":
            counts.validations.labels(self.outcome()).inc()
        if log.isEnabledFor(logging.INFO):
            log_request(log, self.fields(method, path, size, seconds))

    def outcome(self) -> str:
        """The outcome of a query or validation: an error code, a validation outcome or `ok`."""
        return self.context.error_code or self.context.validation_outcome or "ok"

    def fields(self, method: str, path: str, size: int, seconds: float) -> dict[str, Any]:
        """The log members of the request."""
        query = self.context.query_text
        found = {
            "request_id": self.timing.request,
            "method": method[:20],
            "path": TOKEN.sub("uphold_***", path)[:LONGEST_PATH],
            "status": int(self.status or 0),
            "bytes": size,
            "duration_ms": round(seconds * 1000, 2),
            "snapshot": self.snapshot,
            "handler": "cache" if "cache" in self.timing.notes else "pages" if query is None else "engine",
        }
        if self.context.error_code:
            found["problem"] = self.context.error_code
        if query is not None:
            found["query_sha256"] = hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if log.isEnabledFor(logging.DEBUG):
                found["query_text"] = query[:LONGEST_QUERY]
        return found


def endpoint_of(path: str) -> str:
    """The endpoint that a path belongs to, of a small set of labels."""
    if path == "/":
        return "front"
    first = path.lstrip("/").partition("/")[0]
    name = first if first in ENDPOINTS else first.partition(".")[0]
    return name if name in ENDPOINTS else "other"


class LoggedBody:
    """A body that counts its sent bytes; on close it logs them and releases its transfer slot."""

    def __init__(self, body: Iterable[bytes], exchange: LoggedExchange, transfers: TransferLimit) -> None:
        self.body, self.exchange, self.transfers = body, exchange, transfers
        self.chunks, self.size, self.ended = iter(body), 0, False

    def __iter__(self) -> Iterator[bytes]:
        """The body itself."""
        return self

    def __next__(self) -> bytes:
        """The next chunk."""
        try:
            chunk = next(self.chunks)
        except StopIteration:
            raise
        except Exception:
            named = {"fields": {"request_id": self.exchange.timing.request}}
            log.exception("response aborted after %d bytes", self.size, extra=named)
            raise
        self.size += len(chunk)
        return chunk

    def close(self) -> None:
        """Close the body after the server has sent it."""
        try:
            close(self.body)
        finally:
            if not self.ended:
                self.ended = True
                self.transfers.sending.release()
                self.exchange.end(self.size)
