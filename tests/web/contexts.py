"""Request contexts without a server, for tests of functions that views call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request

from uphold.web.http.request_context import RequestContext

__all__ = ["request_to"]


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
