"""Whatever process is killed at whatever moment: what was acknowledged is there, and nothing is half-done."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.web.test_server import GONE, Running, command, serving, wait_until
from uphold.journal import tokens
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings

AGENT = "<urn:agent:{0}> a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> 'Agent {0}' ."


class Writer(threading.Thread):
    """Writes one agent after the other until it is stopped, and notes which were acknowledged."""

    def __init__(self, running: Running, secret: str, first: int) -> None:
        super().__init__()
        self.running, self.secret, self.number = running, secret, first
        self.acknowledged: list[int] = []
        self.sent: list[int] = []
        self.stopped = False

    def run(self) -> None:
        """Write until stopped."""
        while not self.stopped:
            self.sent.append(self.number)
            with contextlib.suppress(*GONE, urllib.error.HTTPError):
                if post(self.running, self.secret, AGENT.format(self.number)) in (201, 204):
                    self.acknowledged.append(self.number)
            self.number += 1


def post(running: Running, secret: str, turtle: str) -> int:
    """The status of a POST to a graph."""
    headers = {"Content-Type": "text/turtle", "Authorization": f"Bearer {secret}"}
    request = urllib.request.Request(f"{running.address}/graphs/partner/a", turtle.encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return int(response.status)


def agents(running: Running) -> dict[int, int]:
    """The agents that a server knows, each with the number of its statements."""
    query = "SELECT ?s (COUNT(*) AS ?n) { ?s a <http://xmlns.com/foaf/0.1/Agent> ; ?p ?o } GROUP BY ?s"
    status, body = running.get("/sparql", query=query, format="json")
    assert status == 200
    rows = json.loads(body)["results"]["bindings"]
    found = [(row["s"]["value"], int(row["n"]["value"])) for row in rows]
    return {int(iri.removeprefix("urn:agent:")): count for iri, count in found if iri.startswith("urn:agent:")}


@pytest.mark.parametrize("victim", ["everything", "a server process", "the worker of writes"])
def test_no_acknowledged_write_is_lost(tiny_copy: Settings, victim: str) -> None:
    """With two writers at once, and several deaths; a repeated start serves what was acknowledged, in full."""
    with Journal.open(tiny_copy) as journal:
        secret = tokens.create(journal, "partner", "partner/*")
    chance, acknowledged, sent = random.Random(victim), set[int](), set[int]()  # noqa: S311 not for secrets
    for life in range(2):
        with serving(tiny_copy) as running:
            known = agents(running)
            assert acknowledged <= known.keys() <= sent
            assert set(known.values()) <= {2}
            writers = [Writer(running, secret, 10_000 * life + 1_000 * number) for number in range(2)]
            for writer in writers:
                writer.start()
            assert wait_until(lambda all_of=writers: all(each.acknowledged for each in all_of), 60)  # type: ignore[misc]
            time.sleep(chance.uniform(0.1, 0.6))
            if victim == "everything":
                for pid in [running.process.pid, *running.processes(), *running.workers()]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            elif victim == "a server process":
                os.kill(chance.choice(running.processes()), signal.SIGKILL)
                time.sleep(1)
            else:
                for pid in running.workers():
                    if "uphold.writes.worker" in command(pid):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                time.sleep(1)
            for writer in writers:
                writer.stopped = True
            for writer in writers:
                writer.join(60)
            acknowledged |= {number for writer in writers for number in writer.acknowledged}
            sent |= {number for writer in writers for number in writer.sent}
    with serving(tiny_copy) as running:
        known = agents(running)
        assert acknowledged <= known.keys() <= sent
        assert set(known.values()) == {2}
        with Journal.open(tiny_copy) as journal:
            head = verify(journal)
            assert head.snapshot == running.get("/healthz")[1].decode().split('"snapshot": "')[1][:64]
            assert len(journal.entries(limit=10_000)) == len(known) + 1
