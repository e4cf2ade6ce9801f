"""Prints how fast Uphold answers over HTTP beside rdflib's own evaluator in the same process, as ratios of one run.

Same data (the current snapshot), same queries (`bench/queries/`), one client, the two interleaved. rdflib has the
advantage of no HTTP. Figures from a busy machine mean little below a factor of two.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import rdflib

from uphold.build import build
from uphold.checks import to_rdflib
from uphold.settings import Settings
from uphold.snapshot import Snapshot

QUERIES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
ROUNDS = 15
START_SECONDS = 60


def main() -> None:
    """Build, serve, measure, print."""
    settings = Settings.from_environment(os.environ, port=free_port())
    snapshot = build(settings)
    command = [sys.executable, "-m", "uphold.cli", "serve", "--port", str(settings.port), "--log-level", "error"]
    server = subprocess.Popen(command)
    try:
        endpoint = f"http://{settings.host}:{settings.port}"
        wait_for(endpoint + "/healthz")
        graph, load_seconds = load(snapshot)
        print(f"{snapshot.quads} triples; rdflib {rdflib.__version__} loaded them in {load_seconds:.1f} s\n")
        print(f"{'query':<12}{'uphold p50 ms':>15}{'rdflib p50 ms':>15}{'times faster':>14}{'same size':>11}")
        for path in QUERIES:
            print(line(path, endpoint, graph, snapshot))
    finally:
        server.terminate()
        server.wait()


def line(path: Path, endpoint: str, graph: rdflib.Graph, snapshot: Snapshot) -> str:
    """The line of the table for one query; the two engines take turns."""
    text = path.read_text("utf-8")
    namespaces = {name: rdflib.Namespace(iri) for name, iri in snapshot.prefixes.items()}
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: over_http(endpoint, text)))
        theirs.append(timed(lambda: len(graph.query(text, initNs=namespaces))))
    found, expected = over_http(endpoint, text), len(graph.query(text, initNs=namespaces))
    a, b = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    return f"{path.stem:<12}{a:>15.2f}{b:>15.2f}{b / a:>14.1f}{'yes' if found == expected else 'NO':>11}"


def over_http(endpoint: str, text: str) -> int:
    """Ask over HTTP; the number of rows or triples of the answer."""
    construct = "CONSTRUCT" in text
    accept = "application/n-triples" if construct else "text/csv"
    body = urllib.parse.urlencode({"query": text}).encode()
    request = urllib.request.Request(endpoint + "/sparql", data=body, headers={"Accept": accept})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return len(response.read().splitlines()) - (0 if construct else 1)


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def load(snapshot: Snapshot) -> tuple[rdflib.Graph, float]:
    """The union of the snapshot in rdflib, and how long that took."""
    began = time.perf_counter()
    quads = ox.parse(path=str(snapshot.data), format=ox.RdfFormat.N_QUADS)
    return to_rdflib(quads), time.perf_counter() - began


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    """Wait until the server answers; raises `TimeoutError`."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address).close()  # noqa: S310
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


if __name__ == "__main__":
    main()
