"""Compares query plans: research queries on the engine alone, on ours, on Virtuoso and on Comunica.

`python -m bench.research` prints Markdown and writes it to bench/research.md. Each query has a limit of ten seconds on
each engine. The data are those of the current snapshot; Virtuoso and Comunica have the union of its graphs only.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import select
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import quote

import pyoxigraph as ox

from bench.conditions import machine, revision
from bench.servers import GRAPH as TRIPLES
from bench.servers import ROOT, TABLE
from bench.virtuoso import GRAPH, Virtuoso
from tests.standard.node import FOLDER, node_command
from uphold.engines.oxigraph.datasets import Data
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.engines.oxigraph.store import open_store
from uphold.errors import QueryTimeout, UpholdError
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current

__all__ = ["QUERIES", "main"]

QUERIES = ROOT / "tests" / "engines" / "research.toml"
RESULTS = Path(__file__).with_name("research.md")
LIMIT_SECONDS, SLOW_MILLISECONDS, START_SECONDS = 10, 1000, 120
REPEATS = 3
NAMES_GRAPHS = re.compile(r"\bGRAPH\b")
OURS = "ours"
COMUNICA = """
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { Parser, Store } from "n3";
const store = new Store(new Parser({ format: "N-Triples" }).parse(readFileSync(process.env.DATA, "utf-8")));
const engine = new QueryEngine();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  try {
    const result = await engine.query(JSON.parse(line), { sources: [store] });
    const value = await result.execute();
    const found = result.resultType === "boolean" ? { length: Number(value) } : await value.toArray();
    const size = result.resultType === "quads" ? new Store(found).size : found.length;
    console.log(JSON.stringify({ milliseconds: performance.now() - began, size }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error.message).split("\\n")[0] }));
  }
}
"""


class Measured(NamedTuple):
    """The milliseconds of a query, infinite beyond the limit, and its rows or triples; or the reason why not."""

    milliseconds: float
    size: int | None = None
    remark: str = ""

    @property
    def cell(self) -> str:
        """The milliseconds as the table shows them."""
        if self.remark:
            return self.remark
        return f">{LIMIT_SECONDS * 1000:,}" if math.isinf(self.milliseconds) else f"{self.milliseconds:,.0f}"


LATE = Measured(math.inf)


class Measures(Protocol):
    """An engine that is measured."""

    def once(self, query: str) -> Measured:
        """Run a query once, within the limit."""

    def close(self) -> None:
        """Stop it."""


class Alone:
    """The engine as a library, with the text as it is: each query in a fork of a process that has loaded the data."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.data = Data(open_store(snapshot, "memory"), snapshot)

    def once(self, query: str) -> Measured:
        """Run a query in a separate process."""
        receiver, sender = get_context("fork").Pipe(duplex=False)
        process = get_context("fork").Process(target=self.answer, args=(query, sender))
        process.start()
        sender.close()
        try:
            return cast("Measured", receiver.recv()) if receiver.poll(LIMIT_SECONDS) else LATE
        except EOFError:
            return Measured(math.inf, remark="ended")
        finally:
            process.kill()
            process.join()

    def answer(self, query: str, sender: Connection) -> None:
        """Run a query in this process."""
        began = time.perf_counter()
        result: Any = self.data.query(query, self.data.choose(None), {})
        graph = isinstance(result, ox.QueryTriples)
        body = result.serialize(format=ox.RdfFormat.N_TRIPLES if graph else ox.QueryResultsFormat.JSON) or b""
        sender.send(Measured(since(began), size_of(body, graph=graph)))

    def close(self) -> None:
        """Nothing to stop."""


class Ours:
    """The project's engine, with one worker."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.engine = EmbeddedEngine(snapshot, Settings(), workers=1)
        self.once("ASK {}")

    def once(self, query: str) -> Measured:
        """Run a query with a deadline."""
        graph = is_graph(query)
        began = time.perf_counter()
        try:
            body = self.engine.query(query, accept=TRIPLES if graph else TABLE, deadline=LIMIT_SECONDS).read()
        except QueryTimeout:
            return LATE
        except UpholdError as problem:
            return Measured(math.inf, remark=type(problem).__name__)
        return Measured(since(began), size_of(body, graph=graph))

    def close(self) -> None:
        """Stop it."""
        self.engine.close()


class OneGraph(Virtuoso):
    """Virtuoso with one graph of its database as the default graph, without the graphs of its own."""

    def target(self, query: str) -> str:
        """The path and query string of a request."""
        return f"{super().target(query)}&default-graph-uri={quote(GRAPH, safe='')}"


class InVirtuoso:
    """Virtuoso over HTTP, started again after a query that exceeds the limit."""

    def __init__(self, snapshot: Snapshot, folder: Path) -> None:
        self.data, self.folder, self.starts = snapshot.union, folder, 0
        self.server = self.started()

    def started(self) -> OneGraph:
        """A server with the data."""
        self.starts += 1
        server = OneGraph(self.data, self.folder / str(self.starts))
        server.start("ASK { ?s ?p ?o }")
        return server

    def once(self, query: str) -> Measured:
        """Run a query over HTTP."""
        if NAMES_GRAPHS.search(query):
            return Measured(math.inf, remark="graphs")
        graph = is_graph(query)
        began = time.perf_counter()
        try:
            body = self.server.ask(query, TRIPLES if graph else TABLE, LIMIT_SECONDS)
        except urllib.error.HTTPError as problem:
            return Measured(math.inf, remark=f"error {problem.read().decode('utf-8', 'replace')[:13].strip()}")
        except OSError:
            self.server.stop()
            self.server = self.started()
            return LATE
        return Measured(since(began), size_of(body, graph=graph))

    def close(self) -> None:
        """Stop it."""
        self.server.stop()


class InComunica:
    """Comunica in one process of Node.js, started again after a query that exceeds the limit."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.data = snapshot.union
        self.process = self.started()

    def started(self) -> subprocess.Popen[bytes]:
        """A process with the data."""
        process = subprocess.Popen(
            ["env", f"DATA={self.data}", *node_command(), "--input-type=module", "--eval", COMUNICA],
            cwd=FOLDER,  # where it finds the packages
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        if line_of(process, START_SECONDS).strip() != b"ready":
            sys.exit("Comunica does not start: `make compared` installs it.")
        return process

    def once(self, query: str) -> Measured:
        """Run a query in the process."""
        if NAMES_GRAPHS.search(query):
            return Measured(math.inf, remark="graphs")
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(query).encode() + b"\n")
        line = line_of(self.process, LIMIT_SECONDS)
        if not line:
            self.close()
            self.process = self.started()
            return LATE
        found = json.loads(line)
        if "error" in found:
            return Measured(math.inf, remark="error")
        return Measured(found["milliseconds"], found["size"])

    def close(self) -> None:
        """Stop it."""
        self.process.kill()
        self.process.wait()


def line_of(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """The next line of output; empty if there is none in time."""
    if process.stdout is None or not select.select([process.stdout], [], [], seconds)[0]:
        return b""
    return process.stdout.readline()


def since(began: float) -> float:
    """The milliseconds since a time."""
    return (time.perf_counter() - began) * 1000


def is_graph(query: str) -> bool:
    """Whether a query of the table returns a graph."""
    return re.search(r"^CONSTRUCT\b", query, re.MULTILINE) is not None


def size_of(body: bytes, *, graph: bool) -> int:
    """The number of rows or distinct triples of a result; one for true."""
    if graph:
        return len({quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)})
    found = json.loads(body)
    return int(found["boolean"]) if "boolean" in found else len(found["results"]["bindings"])


def best(once: Callable[[str], Measured], query: str) -> Measured:
    """The best of several runs, or the first if it is slow."""
    first = once(query)
    if first.milliseconds >= SLOW_MILLISECONDS:
        return first
    return min([first, *(once(query) for _ in range(REPEATS - 1))], key=lambda each: each.milliseconds)


def agreement(measured: Sequence[Measured]) -> str:
    """Whether the engines with an answer have the same number of rows."""
    sizes = [each.size for each in measured]
    known = {size for size in sizes if size is not None}
    if len(known) > 1:
        return "no: " + ", ".join("none" if size is None else f"{size:,}" for size in sizes)
    return "yes"


def table(engines: dict[str, Measures], queries: dict[str, str]) -> Iterator[str]:
    """The table, then the queries that are slow on ours and not on another engine."""
    yield f"| query | {' | '.join(engines)} | rows agree |"
    yield f"|---|{'--:|' * len(engines)}---|"
    slow: list[str] = []
    for name, query in queries.items():
        measured = {engine: best(each.once, query) for engine, each in engines.items()}
        yield f"| {name} | {' | '.join(each.cell for each in measured.values())} | {agreement([*measured.values()])} |"
        if measured[OURS].milliseconds > SLOW_MILLISECONDS:
            quick = [engine for engine, each in measured.items() if each.milliseconds < SLOW_MILLISECONDS]
            slow += [f"- {name}: {', '.join(quick)}"] if quick else []
    yield ""
    yield "Over a second on ours, but not on another engine:" if slow else "None is over a second on ours only."
    yield from ["", *slow] if slow else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.research", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these queries; the file is then not written")
    names = parser.parse_args(arguments).names
    all_queries = {name: each["query"] for name, each in tomllib.loads(QUERIES.read_text("utf-8")).items()}
    queries = {name: all_queries[name] for name in names or all_queries}
    snapshot = current(Settings().state)
    lines = ["# Research queries", "", machine(), f"- revision {revision()}; {Virtuoso.version()}", ""]
    lines += [f"Milliseconds, the best of {REPEATS} below a second; `graphs` marks queries that need named graphs.", ""]
    print("\n".join(lines))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engines: dict[str, Measures] = {"engine alone": Alone(snapshot), OURS: Ours(snapshot)}
        engines |= {"Virtuoso": InVirtuoso(snapshot, Path(folder)), "Comunica": InComunica(snapshot)}
        for each in engines.values():
            stack.callback(each.close)
        for line in table(engines, queries):
            print(line, flush=True)
            lines.append(line)
    if not names:
        RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
