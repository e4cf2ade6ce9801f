"""Measures writes: POST of a graph that conforms, over HTTP, beside a server that neither validates nor derives.

`python -m bench.writes` prints Markdown and writes it to bench/writes.md. Both servers have the project's data and keep
what they acknowledge on disk.
"""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
SIZES = (5, 100)
START_SECONDS = 120
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER STRSTARTS(STR(?g), 'https://data.example/') }"
Post = Callable[[int, int], float]
"""Sends a graph of some size in some turn; the value is the milliseconds until it was acknowledged."""


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

    def post(size: int, turn: int) -> float:
        path = f"/graphs?graph={quote(graph(turn), safe='')}"
        headers = {"Content_Type": "text/turtle", "Authorization": f"Bearer {token}"}
        return send(port, "POST", path, upload(size, size * 10_000 + turn), **headers)

    try:
        wait_for(port, process, folder / "uphold.log")
        for turn in range(8):  # each server process loads the data for its first write
            post(5, 9_000 + turn)
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

    def post(size: int, turn: int) -> float:
        path = f"/store?graph={quote(graph(turn), safe='')}"
        return send(port, "POST", path, upload(size, size * 10_000 + turn), Content_Type="text/turtle")

    try:
        wait_for(port, process, folder / "oxigraph.log")
        yield port, post
    finally:
        end(process)


def graph(turn: int) -> str:
    """The graph of a turn: one of a few."""
    return f"https://data.example/graph-{turn % GRAPHS}"


def in_turns(posts: dict[str, Post]) -> Iterator[str]:
    """Rows of the table: each size with one client, in turns, then several clients at once."""
    for size in SIZES:
        times: dict[str, list[float]] = {name: [] for name in posts}
        for turn in range(ROUNDS):
            for name, post in posts.items():
                times[name].append(post(size, turn))
        yield row(f"{size:,} triples, one client", times)
    times = {}
    for name, post in posts.items():
        with ThreadPoolExecutor(CLIENTS) as clients:
            times[name] = list(clients.map(lambda turn, post=post: post(100, 5_000 + turn), range(CLIENTS * 8)))
    yield row(f"100 triples, {CLIENTS} clients at once", times)


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
            seen = statistics.median(
                send(port, "GET", f"/sparql?query={quote(COUNT)}%20%23{turn}", b"", Accept="text/csv")
                for turn in range(10)
                if ours(5, 8_000 + turn)
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
        f"The first query after a write takes {seen:,.0f} ms at the median: it has a new worker with the new data.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
