"""A failing engine: whatever a page needs is queried before it is rendered, and a failure is one problem document."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from flask import Flask, before_render_template, template_rendered
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.engines.processes.worker_process import Worker
from uphold.errors import QueryTimeout
from uphold.settings import Settings
from uphold.web.resources.page_registry import read_registry

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
HTML = {"Accept": "text/html"}
VIEWS = (
    "/",
    "/outcomes",
    "/compare",
    "/compare?jurisdiction=nzl",
    "/compare?jurisdiction=nzl&jurisdiction=irl",
    "/matrix",
    "/timeline",
    "/discrepancies",
    "/partners",
    "/shapes",
    "/api/calls-met.html",
    "/api/call.html",
    "/doc/treaty/opsc?year=2005&of=irl",
)
"""Pages that are about more than one thing, or that a request changes."""


def pages(app: Flask) -> list[str]:
    """One page of each kind, and its list."""
    resources = app.extensions["uphold"].open_snapshot.resources
    things = (resources.things_of_kind(kind)[0].iri for kind in resources.kinds())
    lists = [f"/doc/{kind}/" for kind in resources.kinds()]
    return [*VIEWS, *lists, *(iri.replace(f"{resources.base}id/", "/doc/", 1) for iri in things)]


class BusyWhileRendering:
    """Acquires the worker of the pages while a template is rendered, and records which templates were."""

    def __init__(self, app: Flask) -> None:
        self.engine: EmbeddedEngine = app.extensions["uphold"].open_snapshot.page_engine
        self.held: list[Worker] = []
        self.rendered: list[str] = []
        before_render_template.connect(self.take, app)
        template_rendered.connect(self.release, app)

    def take(self, *_: Any, template: Any, **__: Any) -> None:
        """Hold the worker, unless the page is that of a failure and it is held already."""
        self.rendered.append(template.name)
        if not self.held:
            worker = self.engine.pool.acquire(60)
            assert worker
            self.held.append(worker)

    def release(self, *_: Any, **__: Any) -> None:
        """Release the worker."""
        while self.held:
            self.engine.pool.release(self.held.pop())


def test_no_page_queries_the_engine_while_it_is_rendered(app_client: AppClient, project_settings: Settings) -> None:
    """Each is whole although the engine answers nothing from the first to the last line of its template."""
    with app_client(dataclasses.replace(project_settings, result_cache_mb=0, query_queue_timeout=0.5)) as client:
        paths, found = pages(client.application), {}
        busy = BusyWhileRendering(client.application)
        for path in paths:
            found[path] = client.get(path, headers=HTML).status_code
            busy.release()
    assert {path: status for path, status in found.items() if status != 200} == {}
    assert len(busy.rendered) == len(paths)
    assert {page.template for page in read_registry().pages.values()} <= set(busy.rendered)
    assert {"thing.html", "lists.html", "front.html"} <= set(busy.rendered)


@contextmanager
def losing_workers(app: Flask, seconds: float) -> Iterator[None]:
    """Again and again the pages lose the worker that is at work for them."""
    engine: EmbeddedEngine = app.extensions["uphold"].open_snapshot.page_engine
    over = threading.Event()

    def lose() -> None:
        while not over.wait(seconds):
            for worker in [*engine.pool.workers]:
                with suppress(OSError):
                    worker.channel.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=lose)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_whole(response: TestResponse) -> bool:
    """Whether a response is one page from its beginning to its end."""
    return response.text.count("<html") == response.text.count("</html>") == 1


def test_a_page_whose_questions_run_out_of_time_is_one_problem_document(app_client: AppClient, tiny: Settings) -> None:
    """No page is cut off, and none has an unexpected server error."""
    with app_client(tiny) as client:
        paths = pages(client.application)
    with app_client(dataclasses.replace(tiny, result_cache_mb=0, query_timeout=1e-6)) as client:
        for path in paths:
            response = client.get(path, headers=HTML)
            assert (path, response.status_code, is_whole(response)) == (path, 503, True)
            assert QueryTimeout.title in response.text


def test_a_page_that_loses_its_worker_is_complete_or_one_problem_document(
    app_client: AppClient, tiny: Settings
) -> None:
    """Whichever of its questions it loses the worker at."""
    statuses = set()
    with app_client(dataclasses.replace(tiny, result_cache_mb=0)) as client:
        paths = pages(client.application)
        with losing_workers(client.application, 0.05):
            for path in paths:
                response = client.get(path, headers=HTML)
                assert (path, is_whole(response)) == (path, True)
                statuses.add(response.status_code)
    assert 503 in statuses
    assert statuses <= {200, 503}
