"""Lets a server answer readers, hostile clients and writers for a while, and looks for what grows, leaks or is lost.

`python -m bench.soak` takes thirty minutes, prints Markdown and ends with code 1 if something is wrong; `--minutes N`
takes another time. All clients are on this machine; each sends one request after the other.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bench.conditions import machine
from bench.processes import end, free_port, memory_mb, start, tree, wait_until_at_rest
from bench.servers import ROOT

__all__ = ["main", "soak"]

SAMPLE_SECONDS, REST_SECONDS, START_SECONDS = 2.0, 90.0, 120
PROCESSES = 2
GROWTH, GROWTH_MB = 1.15, 60
"""How much the memory may grow from the second fifth of the time to the last one: a share, and some megabytes."""
AGENT = "<urn:soak:{0}:{1}> a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> 'Agent {1}' .\n"
AGENTS_OF = "SELECT ?s {{ GRAPH <{0}> {{ ?s a <http://xmlns.com/foaf/0.1/Agent> }} }} ORDER BY ?s"
PAGES = (
    "/",
    "/outcomes",
    "/timeline",
    "/matrix",
    "/discrepancies",
    "/graphs",
    "/snapshots",
    "/api/search.html?q=thai",
)
QUERIES = (
    "SELECT ?s ?l {{ ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }} ORDER BY ?l ?s LIMIT {0}",
    "SELECT ?t (COUNT(*) AS ?n) {{ ?s a ?t }} GROUP BY ?t ORDER BY DESC(?n) ?t LIMIT {0}",
    "CONSTRUCT {{ ?s ?p ?o }} {{ ?s ?p ?o ; a <https://w3id.org/uphold/ontology#Treaty> }} LIMIT {0}",
    "ASK {{ ?s ?p {0} }}",
)
ENDLESS = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?c != ?f && ?f != ?i && {0} > 0) }}"
LARGE = "SELECT * {{ ?a ?b ?c . ?d ?e ?f FILTER ({0} > 0) }}"


NONE: Mapping[str, str] = {}


class Reply(NamedTuple):
    """A status, and the body."""

    status: int
    body: bytes


class Sample(NamedTuple):
    """The server at one time: memory in MB, processes, open files, and MB of its state folder."""

    memory: float
    processes: int
    files: int
    disk: float


@dataclass
class Soak:
    """A server under load, and what was seen of it."""

    port: int
    secret: str
    root: int
    state: Path
    until: float
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    unexpected: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = NONE) -> Reply:
        """The reply to a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    def note(self, kind: str, reply: Reply, *expected: int) -> None:
        """Count the status of a reply, and note one that is not expected."""
        with self.lock:
            self.statuses[kind][reply.status] += 1
            if reply.status not in expected:
                self.unexpected.append(f"{kind}: {reply.status} {reply.body[:300]!r}")

    def query(self, text: str, seconds: float | None = None) -> Reply:
        """The result of a query, as JSON."""
        limit = "" if seconds is None else f"&timeout={seconds:g}"
        return self.send("GET", f"/sparql?format=json&query={quote(text)}{limit}")

    def sample(self) -> Sample:
        """The server now."""
        processes = [*tree(self.root)]
        files = 0
        for process in processes:
            with contextlib.suppress(OSError):
                files += len([*Path(f"/proc/{process}/fd").iterdir()])
        return Sample(memory_mb(self.root), len(processes), files, size_mb(self.state))


def size_mb(folder: Path) -> float:
    """The size of the files in a folder, each once."""
    sizes = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(f"{place}/{name}")
                sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values()) / 1_000_000


def read(soak: Soak, chance: random.Random) -> None:
    """Read a page, or ask a query, seen before or never."""
    if chance.random() < 0.5:
        path = chance.choice(PAGES)
        soak.note(f"page {path}", soak.send("GET", path), 200)
    else:
        limit = chance.choice([10, chance.randrange(1, 100_000)])
        soak.note("query", soak.query(chance.choice(QUERIES).format(limit)), 200, HTTPStatus.SERVICE_UNAVAILABLE)


def attack(soak: Soak, chance: random.Random) -> None:
    """Send what no server likes, and pause, so that others come in."""
    kind = chance.choice([endless, large, malformed, deep, bad_upload, refused_write, hang_up, dribble])
    kind(soak, chance.randrange(1, 1_000_000))
    time.sleep(0.2)


def endless(soak: Soak, number: int) -> None:
    """A query that runs to its deadline."""
    soak.note("endless query", soak.query(ENDLESS.format(number), 1), HTTPStatus.SERVICE_UNAVAILABLE)


def large(soak: Soak, number: int) -> None:
    """A query whose result is too large, or takes too long."""
    reply = soak.query(LARGE.format(number), 2)
    soak.note("large result", reply, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 422)


def malformed(soak: Soak, number: int) -> None:
    """A query that does not parse."""
    soak.note("malformed query", soak.query(f"SELECT * {{ ?s ?p {number} "), HTTPStatus.BAD_REQUEST)


def deep(soak: Soak, number: int) -> None:
    """A query nested deeper than is allowed."""
    text = f"SELECT * {{ {'{ ' * 500} ?s ?p {number} {' }' * 500} }}"
    reply = soak.send("POST", "/sparql", text.encode(), {"Content-Type": "application/sparql-query"})
    soak.note("deep query", reply, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def bad_upload(soak: Soak, number: int) -> None:
    """An upload that cannot be read."""
    reply = soak.send("POST", "/validate", f"<urn:x:{number}> a ".encode(), {"Content-Type": "text/turtle"})
    soak.note("bad upload", reply, HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)


def refused_write(soak: Soak, number: int) -> None:
    """A write without a token, and one of a protected graph."""
    headers = {"Content-Type": "text/turtle"}
    reply = soak.send("PUT", f"/graphs/partner/x{number}", b"", headers)
    soak.note("write without token", reply, HTTPStatus.UNAUTHORIZED)
    headers |= {"Authorization": f"Bearer {soak.secret}"}
    reply = soak.send("PUT", "/graphs/places", AGENT.format("x", number).encode(), headers)
    soak.note("write of a protected graph", reply, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)


def hang_up(soak: Soak, number: int) -> None:
    """A client that is gone before its response."""
    with socket.create_connection(("127.0.0.1", soak.port), timeout=30) as client:
        path = f"/sparql?query={quote(ENDLESS.format(number))}&timeout=5"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.1)


def dribble(soak: Soak, number: int) -> None:
    """A client that sends its body slowly, and never all of it."""
    with socket.create_connection(("127.0.0.1", soak.port), timeout=30) as client, contextlib.suppress(OSError):
        head = "POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
        client.sendall(f"{head}Content-Length: {1000 + number % 7}\r\n\r\n".encode())
        for _ in range(5):
            client.sendall(b"SELECT ")
            time.sleep(0.2)


def writer(name: str) -> Callable[[Soak, random.Random], None]:
    """A client that changes a graph of its own, and knows which of its agents must be there."""
    path, known, numbers = f"/graphs/partner/{name}", set[str](), iter(range(1_000_000))

    def write(soak: Soak, chance: random.Random) -> None:
        soak.acknowledged[name] = known
        headers = {"Content-Type": "text/turtle", "Authorization": f"Bearer {soak.secret}"}
        new = {f"urn:soak:{name}:{next(numbers)}" for _ in range(chance.choice([1, 5, 40]))}
        lines = "".join(AGENT.format(name, iri.rpartition(":")[2]) for iri in sorted(new))
        method = chance.choice(["POST"] * 6 + ["PUT"])
        reply = soak.send(method, path, lines.encode(), headers)
        soak.note(method, reply, 200, 201, 204, HTTPStatus.SERVICE_UNAVAILABLE)
        if reply.status < HTTPStatus.BAD_REQUEST:
            known.difference_update(known if method == "PUT" else ())
            known.update(new)
        time.sleep(0.1)

    return write


def repeat(soak: Soak, do: Callable[[Soak, random.Random], None], seed: int) -> None:
    """Do one thing after the other until the time is over."""
    chance = random.Random(seed)  # noqa: S311 not for secrets
    while time.monotonic() < soak.until:
        try:
            do(soak, chance)
        except (OSError, http.client.HTTPException) as problem:
            with soak.lock:
                soak.unexpected.append(f"{getattr(do, '__name__', do)}: {problem!r}")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str, Path]]:
    """A server on the project's data with a token: its process, port, secret and state."""
    state, port = folder / "state", free_port()
    environment = {"PYTHONPATH": str(ROOT / "server"), "UPHOLD_STATE": str(state), "UPHOLD_FILES": str(ROOT)}
    command = [sys.executable, "-m", "uphold.cli"]

    def run(*arguments: str) -> str:
        given = {**os.environ, **environment}
        return subprocess.run([*command, *arguments], env=given, check=True, capture_output=True, text=True).stdout

    run("build")
    secret = run("token", "create", "--name", "soak", "--graph", "partner/*").strip().splitlines()[-1]
    flags = ["--port", str(port), "--server-processes", str(PROCESSES), "--keep-snapshots", "3"]
    process = start([*command, "serve", *flags], folder / "soak.log", folder, environment)
    try:
        yield process, port, secret, state
        end(process)
        checked = subprocess.run(
            [*command, "verify"], env={**os.environ, **environment}, check=False, capture_output=True, text=True
        )
        if checked.returncode:
            sys.exit(f"`uphold verify` fails: {checked.stdout}{checked.stderr}")
    finally:
        end(process)


def wait_for(soak: Soak) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if soak.send("GET", "/healthz").status == HTTPStatus.OK:
                return
        time.sleep(0.2)
    sys.exit("the server did not start")


def soak(minutes: float) -> tuple[str, list[str]]:
    """The report as Markdown, and what is wrong; one sentence each."""
    with tempfile.TemporaryDirectory() as folder:
        with serving(Path(folder)) as (process, port, secret, state):
            found = Soak(port, secret, process.pid, state, 0)
            wait_for(found)
            first_uses = (read, writer("warm-up"), bad_upload_of)
            for _ in range(2 * PROCESSES):  # each process starts some things with their first use
                for do in first_uses:
                    do(found, random.Random(1))  # noqa: S311 not for secrets
            wait_until_at_rest(process.pid, REST_SECONDS)
            before = found.sample()
            found.until = time.monotonic() + minutes * 60
            clients = [*[read] * 4, *[attack] * 2, *(writer(f"w{number}") for number in range(2))]
            threads = [threading.Thread(target=repeat, args=(found, do, at)) for at, do in enumerate(clients)]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                found.samples.append(found.sample())
                time.sleep(SAMPLE_SECONDS)
            wait_until_at_rest(process.pid, REST_SECONDS)
            after = found.sample()
            wrong = [*found.unexpected[:10], *lost(found), *grown(found, before, after)]
        log = (Path(folder) / "soak.log").read_text("utf-8")
        errors = [line for line in log.splitlines() if '"level": "error"' in line]
        wrong += [f"the log has an error: {line[:2000]}" for line in errors[:5]]
    return report(found, before, after, minutes), wrong


def bad_upload_of(found: Soak, chance: random.Random) -> None:
    """A bad upload, so that validations are ready."""
    bad_upload(found, chance.randrange(1000))


def lost(found: Soak) -> Iterator[str]:
    """What was acknowledged and is not there, or is there and was not acknowledged."""
    for name, agents in found.acknowledged.items():
        reply = found.query(AGENTS_OF.format(f"https://w3id.org/uphold/graph/partner/{name}"))
        there = {row["s"]["value"] for row in json.loads(reply.body)["results"]["bindings"]}
        if there != agents:
            yield f"graph {name} lacks {len(agents - there)} acknowledged agents and has {len(there - agents)} others"


def grown(found: Soak, before: Sample, after: Sample) -> Iterator[str]:
    """What has grown or leaked."""
    fifth, memory = max(1, len(found.samples) // 5), [each.memory for each in found.samples]
    early, late = statistics.median(memory[fifth : 2 * fifth]), statistics.median(memory[-fifth:])
    if late > early * GROWTH + GROWTH_MB:
        yield f"memory has grown from {early:.0f} to {late:.0f} MB"
    if after.processes > before.processes + PROCESSES:
        yield f"{after.processes} processes are left, {before.processes} were there before"
    if after.files > before.files * 1.2 + 20:
        yield f"{after.files} files are open, {before.files} were before"


def report(found: Soak, before: Sample, after: Sample, minutes: float) -> str:
    """The report as Markdown."""
    lines = ["# Soak", "", machine(), f"- {minutes:g} minutes, {PROCESSES} server processes, 8 clients", ""]
    lines += ["| | before | median | highest | at rest after |", "|---|--:|--:|--:|--:|"]
    for name in Sample._fields:
        values = [getattr(each, name) for each in found.samples]
        cells = (getattr(before, name), statistics.median(values), max(values), getattr(after, name))
        lines.append(f"| {name} | {' | '.join(f'{cell:,.0f}' for cell in cells)} |")
    lines += ["", "| request | statuses |", "|---|---|"]
    for kind, statuses in sorted(found.statuses.items()):
        lines.append(f"| {kind} | {', '.join(f'{status} ({count:,})' for status, count in sorted(statuses.items()))} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Print the report; end with code 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    text, wrong = soak(parser.parse_args().minutes)
    print(text)
    Path(__file__).with_name("soak.md").write_text(text, "utf-8")
    if wrong:
        sys.exit("\n".join(["Wrong:", *wrong]))


if __name__ == "__main__":
    main()
