"""The main pages are rendered in advance, and a new snapshot is served after that."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import copied
from uphold.build.pipeline import build
from uphold.engines.interface import Answer
from uphold.serving.open_snapshot import OpenSnapshot
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.settings import Settings
from uphold.web.warm_up import MAIN_PAGES, warm_up

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
LINK = re.compile(r'<li><a href="([^"#]*)"')


@pytest.fixture
def own(tiny: Settings, tmp_path: Path) -> Settings:
    """Settings with files and a state of one's own."""
    return copied(tiny, tmp_path)


def change(settings: Settings) -> str:
    """Build another snapshot; the value is its id."""
    rules = settings.files / "shapes" / "labels.ttl"
    text = rules.read_text("utf-8")
    rules.write_text(re.sub(r'(?<=sh:message ")', "Really: ", text, count=1), "utf-8")
    return build(settings).id


def manager_of(client: FlaskClient) -> SnapshotManager:
    """The snapshot manager of an app."""
    found: SnapshotManager = client.application.extensions["uphold"]
    return found


def wait_until(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true within seconds."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not holds():
        time.sleep(0.02)
    return holds()


def test_the_main_pages_are_those_that_each_page_links_to(client: FlaskClient) -> None:
    """But for the editor, which asks the engine nothing."""
    page = client.get("/words", headers={"Accept": "text/html"}).get_data(as_text=True)
    lists = re.findall(r'<nav aria-label="(?:Site|Data and documentation)">(.*?)</nav>', page, re.DOTALL)
    links = {link for each in lists for link in LINK.findall(each)}
    assert len(links) > 15
    assert links - {"/sparql"} <= set(MAIN_PAGES)
    for path in MAIN_PAGES:
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200, path


def test_a_page_rendered_in_advance_asks_the_engine_little(
    tiny: Settings, app_client: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its questions are answered and its labels known; what remains are its sources."""
    with app_client(dataclasses.replace(tiny, response_cache_mb=0)) as client:
        engine = manager_of(client).open_snapshot.page_engine
        asked: list[str] = []
        query = engine.query

        def noted(text: str, **given: Any) -> Answer:
            asked.append(text)
            return query(text, **given)

        monkeypatch.setattr(engine, "query", noted)
        warm_up(client.application, manager_of(client).open_snapshot)
        assert len(asked) > 50
        asked.clear()
        for path in ("/", "/outcomes", "/timeline", "/matrix"):
            assert client.get(path, headers={"Accept": "text/html"}).status_code == 200
        assert len(asked) <= 4


def test_nothing_is_rendered_without_time(tiny: Settings, app_client: AppClient) -> None:
    """The setting switches it off."""
    with app_client(dataclasses.replace(tiny, warm_up_seconds=0)) as client:
        opened = manager_of(client).open_snapshot
        warm_up(client.application, opened)
        assert opened.resources.kinds.cache_info().currsize == 0


def test_a_new_snapshot_is_served_once_it_is_prepared(own: Settings, app_client: AppClient) -> None:
    """Until then readers get the old one, at once."""
    with app_client(own) as client:
        manager, prepared = manager_of(client), threading.Event()
        seen: list[OpenSnapshot] = []

        def prepare(opened: OpenSnapshot) -> None:
            seen.append(opened)
            warm_up(client.application, opened)
            prepared.wait(20)

        manager.prepare = prepare
        old = client.get("/healthz").headers["Uphold-Snapshot"]
        new = change(own)
        assert wait_until(lambda: client.get("/healthz").headers["Uphold-Snapshot"] == old and bool(seen))
        assert client.get("/", headers={"Accept": "text/html"}).headers["Uphold-Snapshot"] == old != new
        prepared.set()
        assert wait_until(lambda: client.get("/healthz").headers["Uphold-Snapshot"] == new)
        assert client.get("/", headers={"Accept": "text/html"}).headers["Uphold-Snapshot"] == new
        assert [each.snapshot.id for each in seen] == [new]


def test_a_snapshot_that_is_replaced_while_it_is_prepared_is_never_served(own: Settings, app_client: AppClient) -> None:
    """The newest one is, even if it is prepared first."""
    with app_client(own) as client:
        manager = manager_of(client)
        go = [threading.Event(), threading.Event()]
        seen: list[OpenSnapshot] = []

        def prepare(opened: OpenSnapshot) -> None:
            seen.append(opened)
            go[len(seen) - 1].wait(20)

        manager.prepare = prepare
        change(own)
        assert wait_until(lambda: client.get("/healthz").status_code == 200 and len(seen) == 1)
        newest = change(own)
        assert wait_until(lambda: client.get("/healthz").status_code == 200 and len(seen) == 2)
        go[1].set()
        assert wait_until(lambda: client.get("/healthz").headers["Uphold-Snapshot"] == newest)
        go[0].set()
        assert wait_until(lambda: process_of(seen[0]).poll() is not None)
        assert client.get("/healthz").headers["Uphold-Snapshot"] == newest


def process_of(opened: OpenSnapshot) -> subprocess.Popen[bytes]:
    """The fork server that a snapshot started."""
    assert opened.engine.fork_server.process
    return opened.engine.fork_server.process


def test_a_snapshot_whose_preparation_fails_is_served(own: Settings, app_client: AppClient) -> None:
    """Slow pages are better than old ones."""
    with app_client(own) as client:

        def fail(_: OpenSnapshot) -> None:
            raise RuntimeError

        manager_of(client).prepare = fail
        new = change(own)
        assert wait_until(lambda: client.get("/healthz").headers["Uphold-Snapshot"] == new)


def test_the_current_snapshot_stays_open_while_it_is_prepared(own: Settings, app_client: AppClient) -> None:
    """It may be replaced meanwhile, and is closed afterwards."""
    with app_client(own) as client:
        manager, go = manager_of(client), threading.Event()
        seen: list[OpenSnapshot] = []

        def prepare(opened: OpenSnapshot) -> None:
            seen.append(opened)
            if len(seen) == 1:
                go.wait(20)

        manager.prepare_with(prepare)
        assert wait_until(lambda: len(seen) == 1)
        fork_server = process_of(seen[0])
        new = change(own)
        assert wait_until(lambda: client.get("/healthz").headers["Uphold-Snapshot"] == new)
        assert fork_server.poll() is None
        go.set()
        assert wait_until(lambda: fork_server.poll() is not None)


def test_a_new_snapshot_is_prepared_before_anyone_asks(own: Settings, app_client: AppClient) -> None:
    """A server without requests finds it, too."""
    with app_client(own) as client:
        manager = manager_of(client)
        seen: list[str] = []
        manager.prepare_with(lambda opened: seen.append(opened.snapshot.id))
        new = change(own)
        assert wait_until(lambda: manager.snapshot.id == new)
        assert seen[-1] == new
