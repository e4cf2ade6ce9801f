"""The server as `uphold serve` runs it: it outlives what happens to its processes, and none of them outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families as read_metrics

from tests.conftest import QUIET
from tests.processes import runs
from uphold.settings import Settings

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked up in /proc")

ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (?c != ?f && ?f != ?i) }"
LOADER, VALIDATOR = "uphold.engines.oxigraph.fork_server_main", "uphold.validation.worker"
SOON = 15.0
GONE = (OSError, HTTPException)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: its process, its address, its log."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def processes(self) -> list[int]:
        """Its server processes."""
        return [pid for pid in children(self.process.pid) if LOADER not in command(pid)]

    def fork_servers(self) -> list[int]:
        """The processes from which its server processes fork workers."""
        return [pid for server in self.processes() for pid in children(server)]

    def query_workers(self) -> list[int]:
        """The query workers."""
        return [pid for fork_server in self.fork_servers() for pid in children(fork_server)]

    def workers(self) -> list[int]:
        """The fork servers, and the query workers forked from them."""
        return [*self.fork_servers(), *self.query_workers()]

    def get(self, path: str, **fields: str) -> tuple[int, bytes]:
        """Status and body of a page."""
        query = f"?{urlencode(fields)}" if fields else ""
        try:
            with urllib.request.urlopen(f"{self.address}{path}{query}", timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def lines(self) -> list[dict[str, object]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


def children(parent: int) -> list[int]:
    """The processes that a process started."""
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text("ascii").split())
    return found


def command(process: int) -> str:
    """The command line of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def wait_until(holds: Callable[[], bool], seconds: float = SOON) -> bool:
    """Whether something becomes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@contextmanager
def serving(settings: Settings, *flags: str, processes: int = 2) -> Iterator[Running]:
    """A server on a port that was free a moment ago, all its processes answering."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = settings.state / f"serving-{port}.log"
    places = ["--files", str(settings.files), "--state", str(settings.state), "--port", str(port)]
    arguments = [sys.executable, "-m", "uphold.cli", "serve", *places, "--server-processes", str(processes), *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, stdout=output, stderr=output, env={**os.environ, **QUIET})
    running = Running(process, f"http://127.0.0.1:{port}", log)
    try:
        started = re.compile(r"Started worker-\d")
        assert wait_until(lambda: len(started.findall(log.read_text("utf-8"))) >= processes, 60), log.read_text("utf-8")
        yield running
    finally:
        process.terminate()
        process.wait(90)  # a stop lets running requests finish, at most 65 seconds


@contextmanager
def asking(running: Running, seconds: float) -> Iterator[threading.Thread]:
    """A query that runs for so long, already started."""
    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        with contextlib.suppress(*GONE):
            answers.append(running.get("/sparql", query=ENDLESS, timeout=f"{seconds}"))

    asker = threading.Thread(target=ask)
    before = {worker: ticks(worker) for worker in running.query_workers()}
    asker.start()
    assert wait_until(lambda: any(ticks(w) > before.get(w, 0) + 20 for w in running.query_workers()))
    asker.answers = answers  # type: ignore[attr-defined]
    yield asker
    asker.join(60)


def ticks(process: int) -> int:
    """How much a process has worked, in hundredths of a second."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[11])
    except OSError:
        return 0


def test_a_killed_server_process_is_replaced_and_the_other_continues(tiny: Settings) -> None:
    """Only requests to the one that died are lost: later ones are answered, with no pause."""
    with serving(tiny) as running, ThreadPoolExecutor(2) as pool:
        first, second = running.processes()
        going = True

        def ask() -> list[tuple[float, int]]:
            found = []
            while going:
                began, status = time.monotonic(), 0
                with contextlib.suppress(*GONE):
                    status = running.get("/robots.txt")[0]
                found.append((began, status))
            return found

        pending = [pool.submit(ask) for _ in range(2)]
        time.sleep(0.3)
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: first not in running.processes())
        gone = time.monotonic()
        assert wait_until(lambda: len(running.processes()) == 2)
        time.sleep(2)
        going = False
        found = [each for every in pending for each in every.result(30)]
        assert second in running.processes()
        assert {status for _, status in found} <= {200, 0}
        assert {status for began, status in found if began > gone} == {200}
        assert running.process.poll() is None


def test_the_data_are_loaded_once_for_all_server_processes(tiny: Settings) -> None:
    """The fork server outlives the server process that started it."""
    with serving(tiny) as running:
        (loader,) = [pid for pid in running.fork_servers() if LOADER in command(pid)]
        for _ in range(20):
            assert running.get("/sparql", query="ASK { ?s ?p ?o }")[0] == 200
        (starter,) = [pid for pid in running.processes() if loader in children(pid)]
        os.kill(starter, signal.SIGKILL)
        assert wait_until(lambda: running.log.read_text("utf-8").count("Started worker-") == 3)
        for number in range(20):
            assert running.get("/sparql", query=f"SELECT * {{ ?s ?p ?o }} LIMIT {number}")[0] == 200
        assert runs(loader)
        assert not [pid for pid in running.fork_servers() if LOADER in command(pid)]
    assert wait_until(lambda: not runs(loader))


def test_a_process_that_fails_again_and_again_does_not_end_the_server(tiny: Settings) -> None:
    """Once it was well, it is started again each time, and the server answers in the end."""
    with serving(tiny, processes=1) as running:
        time.sleep(5)
        for _ in range(3):
            (process,) = running.processes()
            os.kill(process, signal.SIGKILL)
            assert wait_until(lambda gone=process: running.processes() not in ([], [gone]))  # type: ignore[misc]
        assert wait_until(lambda: healthy(running), 20)
        assert running.process.poll() is None


@pytest.mark.parametrize("seconds", [0, 6])
def test_a_server_that_never_came_up_ends(tiny: Settings, seconds: int) -> None:
    """A wrong setting is reported, however late the app finds it."""
    delayed = f"""
import sys, time
import uphold.app, uphold.cli
create = uphold.app.create
uphold.app.create = lambda: (time.sleep({seconds}), create())[1]
sys.exit(uphold.cli.main(sys.argv[1:]))
"""
    elsewhere = ["--files", str(tiny.files), "--state", str(tiny.state), "--base", "https://example.org/"]
    arguments = [sys.executable, "-c", delayed, "serve", *elsewhere, "--port", "0"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "the snapshot was built for" in done.stderr


def healthy(running: Running) -> bool:
    """Whether it answers."""
    try:
        return running.get("/healthz")[0] == 200
    except GONE:
        return False


def test_a_server_process_that_is_killed_leaves_no_worker_behind(tiny: Settings) -> None:
    """Not even one that is in the middle of a long query."""
    with serving(tiny, processes=1) as running, asking(running, 30):
        workers = running.workers()
        assert len(workers) >= 2
        os.kill(running.processes()[0], signal.SIGKILL)
        assert wait_until(lambda: not any(map(runs, workers)))


def validate(running: Running) -> list[dict[str, object]]:
    """The report on more than can be validated soon."""
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    body = "\n".join(f'<https://data.example/{n}> {label} "Thing {n}"@en .' for n in range(1_000)).encode()
    request = urllib.request.Request(f"{running.address}/validate", body, {"Content-Type": "text/turtle"})
    with urllib.request.urlopen(request, timeout=60) as response:
        found: list[dict[str, object]] = json.loads(response.read())["results"]
        return found


@pytest.mark.parametrize("ending", ["stop", "server process killed", "main process killed"])
def test_no_validator_is_left(tiny: Settings, ending: str) -> None:
    """Validators start with the first upload; a stop lets them finish, and they end with a process that is killed."""
    with serving(tiny, processes=1) as running, ThreadPoolExecutor(1) as pool:
        (server,) = running.processes()
        assert not [pid for pid in running.workers() if VALIDATOR in command(pid)]
        pending = pool.submit(validate, running)
        assert wait_until(lambda: len([pid for pid in running.workers() if VALIDATOR in command(pid)]) == 2)
        everything = [*running.processes(), *running.workers()]
        if ending == "stop":
            running.process.terminate()
            assert pending.result(60) == []
            assert running.process.wait(20) == 0
        else:
            os.kill(server if ending == "server process killed" else running.process.pid, signal.SIGKILL)
            with pytest.raises(GONE):
                pending.result(60)
        assert wait_until(lambda: not any(runs(pid) for pid in everything if pid != running.process.pid))


def test_when_the_main_process_is_killed_nothing_is_left(tiny: Settings) -> None:
    """No server process continues that nobody can stop any more."""
    with serving(tiny) as running:
        everything = [*running.processes(), *running.workers()]
        running.process.kill()
        assert wait_until(lambda: not any(map(runs, everything)))
    left = tiny.state / f"metrics-{running.process.pid}"
    assert left.is_dir()
    with serving(tiny, processes=1):
        assert not left.exists()


def test_the_processes_add_up_what_they_count(tiny: Settings) -> None:
    """Whichever answers, /metrics shows all; a process that died does not reduce it."""
    with serving(tiny) as running:
        for _ in range(20):
            assert running.get("/robots.txt")[0] == 200
        assert wait_until(lambda: counted(running) == 20)  # a request is counted after its answer is out
        assert len(list(tiny.state.glob(f"metrics-{running.process.pid}/counter_*.db"))) == 2
        killed = running.processes()[0]
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: killed not in running.processes() and healthy(running))
        assert counted(running) == 20


def counted(running: Running) -> float:
    """How many requests for robots.txt the metrics show."""
    text = running.get("/metrics")[1].decode()
    samples = [sample for family in read_metrics(text) for sample in family.samples]
    return sum(
        s.value for s in samples if s.name == "uphold_http_requests_total" and s.labels["endpoint"] == "robots.txt"
    )


def test_everything_the_server_says_is_a_line_of_json(tiny: Settings) -> None:
    """Its own lines and those of Granian, at the level that the setting says."""
    with serving(tiny, processes=1) as running:
        running.get("/healthz")
        assert wait_until(lambda: "healthz" in running.log.read_text("utf-8"))  # it is written after the answer is out
        running.process.terminate()
        running.process.wait(30)
        lines = running.lines()
    assert {"_granian", "uphold.web.middleware.access_log"} <= {line["logger"] for line in lines}
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
