"""Request contexts without a server, for tests of functions that views call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, request

from uphold.web.http.request_context import RequestContext

__all__ = ["request_to", "with_context"]


@contextmanager
def request_to(app: Flask, path: str) -> Iterator[RequestContext]:
    """A request to `path` that reads the current snapshot."""
    manager = app.extensions["uphold"]
    with app.test_request_context(path):
        context = RequestContext.begin(request.environ, "test")
        context.leases.append(manager.acquire())
        try:
            yield context
        finally:
            manager.release(context.leases.pop())


def with_context(wsgi: Any) -> Any:
    """A WSGI layer in a request with a context, as the access log makes it."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        RequestContext.begin(environ, "test")
        return wsgi(environ, start_response)

    return answer
