"""A server process opens the journal with the first write, and no sooner."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.conftest import open_app
from tests.web.graphs.graph_store import TURTLE, GraphStore, secret_of
from tests.web.test_server import serving, wait_until
from uphold.settings import Settings

PROGRAM = """
import sys
from pathlib import Path
from uphold.app import create_app
from uphold.settings import Settings
from uphold.writes.writes import recover
settings = Settings(files=Path(sys.argv[1]), state=Path(sys.argv[2]))
recover(settings)
app = create_app(settings)
app.extensions["uphold-writes"].prepare()
client = app.test_client()
for path in ("/graphs", "/graphs/places", "/graphs?default", "/sparql?query=ASK%7B%7D"):
    assert client.get(path, buffered=True).status_code == 200, path
assert client.put("/graphs/a", data=b"", buffered=True).status_code == 401
assert "sqlalchemy" not in sys.modules
app.extensions["uphold"].close()
"""


def test_reading_opens_no_journal(tiny_copy: Settings) -> None:
    """Nor does a start, or a write without a token; the library of the database is not imported."""
    arguments = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(tiny_copy.files), str(tiny_copy.state)]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not list(tiny_copy.state.glob("journal*"))


def test_a_history_without_a_journal_is_empty(tiny_copy: Settings) -> None:
    """And creates none."""
    with open_app(tiny_copy) as client:
        found = client.get("/graphs/places/history?format=json")
        assert (found.status_code, found.get_json()["changes"]) == (200, [])
        assert not (tiny_copy.state / "journal.sqlite").exists()


def test_a_write_that_leads_back_to_what_was_built_is_visible_at_once(tiny_copy: Settings) -> None:
    """A new build is prepared before it is served; the data after a DELETE can be those of a build, and are not."""
    secret, end = secret_of(tiny_copy), threading.Event()
    with open_app(tiny_copy) as client:
        store = GraphStore(client, tiny_copy, secret)
        built = store.snapshot()
        client.application.extensions["uphold"].prepare_with(lambda _: end.wait(30))
        try:
            assert store.send("PUT", "/graphs/a", "<urn:a:b> <urn:a:c> 1 .").status_code == 201
            assert store.send("DELETE", "/graphs/a").headers["Uphold-Snapshot"] == built
            assert store.read("/graphs/a").status_code == 404
            assert store.snapshot() == built
        finally:
            end.set()


def test_what_writes_opened_is_closed_with_the_app(tiny_copy: Settings) -> None:
    """No process of it stays."""
    secret = secret_of(tiny_copy)
    with open_app(tiny_copy) as client:
        store = GraphStore(client, tiny_copy, secret)
        assert store.send("PUT", "/graphs/a", "<urn:a:b> <urn:a:c> 1 .", {"Content-Type": TURTLE}).status_code == 201
        assert workers(tiny_copy.state)
    assert not workers(tiny_copy.state)


def workers(state: Path) -> list[str]:
    """The command lines of fork servers of writes for a state folder."""
    listed = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "uphold.writes.worker" in line and str(state) in line]


def test_a_token_that_is_created_while_the_server_runs_has_it_load_the_data(tiny_copy: Settings) -> None:
    """Once for all server processes, and before the first write, which would else wait for that."""
    with serving(tiny_copy):
        time.sleep(1)
        assert not workers(tiny_copy.state)
        secret_of(tiny_copy)
        assert wait_until(lambda: len(workers(tiny_copy.state)) == 1)
