"""Measures writes: POST of a graph that conforms, over HTTP, beside a server that neither validates nor derives.

`python -m bench.writes` prints Markdown and writes it to bench/writes.md. Both servers have the project's data and keep
what they acknowledge on disk.
"""

from __future__ import annotations

import http.client
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from bench.conditions import machine
from bench.gate import upload
from bench.processes import end, free_port, start
from bench.servers import ROOT, Oxigraph
from uphold.snapshots.snapshot import current

__all__ = ["main"]

RESULTS = Path(__file__).with_name("writes.md")
ROUNDS, CLIENTS, GRAPHS = 20, 4, 10
READERS, READ_SECONDS = 16, 10.0
READ = (
    "SELECT * { <https://w3id.org/uphold/id/treaty/opsc> ?p ?o }",
    "SELECT ?s ?o { ?s uphold:treaty <https://w3id.org/uphold/id/treaty/crc> ; uphold:by ?o }",
    "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY DESC(?n) ?t",
    "SELECT ?s ?p ?o { ?s a uphold:Indicator ; ?p ?o }",
)
START_SECONDS = 120
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER STRSTARTS(STR(?g), 'https://data.example/') }"
Post = Callable[[bytes, int], float]
"""Sends the graph of some turn; the value is the milliseconds until it was acknowledged."""


def send(port: int, method: str, path: str, body: bytes, **headers: str) -> float:
    """Milliseconds until the whole response is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    began = time.perf_counter()
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status >= http.HTTPStatus.BAD_REQUEST:
        sys.exit(f"{path} returns {response.status}: {text[:300]!r}")
    return (time.perf_counter() - began) * 1000


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server accepts connections."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
        except OSError:
            if time.monotonic() > until or process.poll() is not None:
                sys.exit(log.read_text("utf-8")[-2000:])
            time.sleep(0.1)
        else:
            return


@contextmanager
def uphold(folder: Path) -> Iterator[tuple[int, Post]]:
    """Our server with a token; its port, and what sends a graph to it."""
    environment = {"PYTHONPATH": str(ROOT / "server"), "UPHOLD_STATE": str(folder / "state"), "UPHOLD_FILES": str(ROOT)}
    command, port = [sys.executable, "-m", "uphold.cli"], free_port()

    def run(*arguments: str) -> str:
        given = {**os.environ, **environment}
        return subprocess.run([*command, *arguments], env=given, check=True, capture_output=True, text=True).stdout

    run("build")
    token = run("token", "create", "--name", "bench", "--graph", "*").strip().splitlines()[-1]
    process = start([*command, "serve", "--port", str(port)], folder / "uphold.log", folder, environment)

    def post(body: bytes, turn: int) -> float:
        path = f"/graphs?graph={quote(graph(turn), safe='')}"
        return send(port, "POST", path, body, Content_Type="text/turtle", Authorization=f"Bearer {token}")

    try:
        wait_for(port, process, folder / "uphold.log")
        for turn in range(8):  # the first ones wait until the data are loaded
            post(cards(5, 9_000 + turn), turn)
        yield port, post
    finally:
        end(process)


@contextmanager
def oxigraph(data: Path, folder: Path) -> Iterator[tuple[int, Post]]:
    """Oxigraph's server with its data on disk; its port, and what sends a graph to it."""
    program, port, place = Oxigraph.program(), free_port(), str(folder / "oxigraph")
    if program is None:
        sys.exit("`make .venv-bench/.ready` installs Oxigraph's server.")
    subprocess.run([program, "load", "--location", place, "--file", str(data)], check=True, capture_output=True)
    command = [program, "serve", "--location", place, "--bind", f"127.0.0.1:{port}"]
    process = start(command, folder / "oxigraph.log", folder, {})

    def post(body: bytes, turn: int) -> float:
        path = f"/store?graph={quote(graph(turn), safe='')}"
        return send(port, "POST", path, body, Content_Type="text/turtle")

    try:
        wait_for(port, process, folder / "oxigraph.log")
        yield port, post
    finally:
        end(process)


def graph(turn: int) -> str:
    """The graph of a turn: one of a few."""
    return f"https://data.example/graph-{turn % GRAPHS}"


def cards(size: int, turn: int) -> bytes:
    """A partner's progress cards, from which rules derive twice as many statements; others in each turn."""
    return upload(size, size * 10_000 + turn)


def agents(turn: int) -> bytes:
    """A hundred triples of a vocabulary that no rule reads; others in each turn."""
    line = "<urn:agent:{0}:{1}> a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> 'Agent {1}' .\n"
    return "".join(line.format(turn, number) for number in range(50)).encode()


KINDS: dict[str, Callable[[int], bytes]] = {
    "cards of 5 triples": partial(cards, 5),
    "cards of 100 triples": partial(cards, 100),
    "100 triples that no rule reads": agents,
}


def in_turns(posts: dict[str, Post]) -> Iterator[str]:
    """Rows of the table: each kind of graph with one client, in turns, then several clients at once."""
    for kind, body in KINDS.items():
        times: dict[str, list[float]] = {name: [] for name in posts}
        for turn in range(ROUNDS):
            for name, post in posts.items():
                times[name].append(post(body(turn), turn))
        yield row(f"{kind}, one client", times)
    times = {}
    for name, post in posts.items():
        with ThreadPoolExecutor(CLIENTS) as clients:
            times[name] = list(clients.map(lambda t, post=post: post(cards(100, 5_000 + t), t), range(CLIENTS * 8)))
    yield row(f"cards of 100 triples, {CLIENTS} clients at once", times)


def read(port: int, seconds: float, first: int) -> list[float]:
    """The milliseconds that queries take, sent by 16 clients for so many seconds; `first` is 0 to repeat the same.

    Else no query was sent before: each has another limit, far above its number of results.
    """
    until = time.monotonic() + seconds

    def ask(client: int) -> list[float]:
        taken = list[float]()
        for turn in itertools.count():
            if time.monotonic() > until:
                return taken
            limit = first + turn * READERS + client if first else turn % len(READ)
            text = f"{READ[turn % len(READ)]} LIMIT {1_000_000 + limit}"
            taken.append(send(port, "GET", f"/sparql?query={quote(text)}", b"", Accept="text/csv"))
        return taken

    with ThreadPoolExecutor(READERS) as clients:
        return sorted(chain.from_iterable(clients.map(ask, range(READERS))))


def beside_a_writer(port: int, post: Post) -> Iterator[str]:
    """Rows about readers: alone, and while a writer sends one graph after the other."""
    first = 1
    for name in ("never seen", "repeated"):
        cells = []
        for writes in (False, True):
            stop = threading.Event()
            writer = threading.Thread(target=write_until, args=(post, stop))
            if writes:
                writer.start()
            found = read(port, READ_SECONDS, first if name == "never seen" else 0)
            first += 1_000_000
            stop.set()
            if writes:
                writer.join()
            cells += [statistics.median(found), found[int(len(found) * 0.99)]]
        yield f"| {name} | {' | '.join(f'{cell:,.1f}' for cell in cells)} | {cells[3] / cells[1]:.1f} |"


def write_until(post: Post, stop: threading.Event) -> None:
    """Send small graphs until `stop` is set."""
    for turn in itertools.count(20_000):
        if stop.is_set():
            return
        post(cards(5, turn), turn)


def row(name: str, times: dict[str, list[float]]) -> str:
    """One row: the median and the highest of each server."""
    cells = []
    for some in map(sorted, times.values()):
        cells += [f"{statistics.median(some):,.1f}", f"{some[-1]:,.1f}"]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    """Measure, print and write the table."""
    conditions = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with uphold(folder) as (port, ours), oxigraph(current(folder / "state").built.data, folder) as (_, theirs):
            rows = list(in_turns({"uphold": ours, "oxigraph": theirs}))
            readers = list(beside_a_writer(port, ours))
            seen = statistics.median(
                send(port, "GET", f"/sparql?query={quote(COUNT)}%20%23{turn}", b"", Accept="text/csv")
                for turn in range(10)
                if ours(cards(5, 8_000 + turn), turn)
            )
    lines = [
        "# Writes",
        "",
        conditions,
        "",
        "Milliseconds until the acknowledgement. Oxigraph's server stores the graph; this one also derives, validates,",
        "records the change in the journal and names the new data set.",
        "",
        "| POST over HTTP | uphold: median | highest | Oxigraph's server: median | highest |",
        "|---|--:|--:|--:|--:|",
        *rows,
        "",
        "Queries of 16 clients, without and with a writer that sends graphs of 5 triples without a pause:",
        "",
        "| queries | alone: median | p99 | beside a writer: median | p99 | p99 beside / alone |",
        "|---|--:|--:|--:|--:|--:|",
        *readers,
        "",
        f"The first query after a write takes {seen:,.0f} ms at the median: it has a new worker with the new data.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
