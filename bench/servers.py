"""The compared servers: how each is loaded and started, by its own documentation.

Every server loads the same N-Triples file. The load time is from that file to the first response.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from bench import processes
from bench.questions import BenchQuery

__all__ = ["Oxigraph", "OxigraphOnDisk", "Server"]

ROOT = Path(__file__).resolve().parents[1]
BENCH_BIN = ROOT / ".venv-bench" / "bin"
TABLE, GRAPH = "application/sparql-results+json", "application/n-triples"
START_SECONDS = 300
LOG_SHOWN = 2000


class Server:
    """One server in a separate folder. Subclasses define its command, and how it loads the data.

    `slow` servers run one round only; `at_once` is the number of queries that a server runs concurrently.
    """

    name = ""
    get_it = ""
    path = "/sparql"
    slow = False
    at_once = os.cpu_count() or 1
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, data: Path, folder: Path) -> None:
        self.data = data.resolve()
        self.folder = folder / self.name
        self.folder.mkdir(parents=True)
        self.log = self.folder / "server.log"
        self.port = processes.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.load_seconds = 0.0
        self.remarks: list[str] = []

    @classmethod
    def version(cls) -> str:
        """Its version; empty if it is not installed."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """The command that starts the server."""
        raise NotImplementedError

    def before(self) -> None:
        """Load the data before the server starts, if it needs to."""

    def after(self) -> None:
        """Load the data once the server runs, if it needs to."""

    @property
    def address(self) -> str:
        """The address that it listens on."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, first: str) -> None:
        """Load, start and wait for the response to the query `first`."""
        began = time.monotonic()
        self.before()
        self.process = processes.start(self.command(), self.log, self.folder, self.environment)
        self.wait_for_answer("ASK {}")
        self.after()
        self.wait_for_answer(first)
        self.load_seconds = time.monotonic() - began

    def wait_for_answer(self, query: str) -> None:
        """Wait until a query succeeds; raises `RuntimeError` with the end of the server's log."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            try:
                self.ask(query, TABLE)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"{self.name} does not respond:\n{self.log.read_text('utf-8', 'replace')[-LOG_SHOWN:]}")

    def ask(self, query: str, accept: str, seconds: float = 120) -> bytes:
        """The full response to a query."""
        request = urllib.request.Request(self.address + self.target(query), headers={"Accept": accept})  # noqa: S310
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body

    def accept(self, question: BenchQuery) -> str:
        """The Accept header for a query."""
        return GRAPH if question.returns_graph else TABLE

    def target(self, query: str) -> str:
        """The path and query string of a request."""
        return f"{self.path}?query={quote(query, safe='')}"

    def open_target(self, before: str, after: str) -> str:
        """The same with a placeholder for a number, in the format of `rotate.lua`."""
        return f"{self.target(before)}\t{quote(after, safe='')}"

    @property
    def memory_mb(self) -> float:
        """The current memory of all its processes in megabytes."""
        return processes.memory_mb(self.process.pid) if self.process else 0.0

    def at_rest(self, seconds: float) -> bool:
        """Wait until it is idle; False if it is still busy after `seconds`, or has exited."""
        if self.process is None or not processes.wait_until_at_rest(self.process.pid, seconds):
            return False
        return self.process.poll() is None

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            processes.end(self.process)
            self.process = None


def first_line(command: Sequence[str]) -> str:
    """The first line of the output of a command."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


class Oxigraph(Server):
    """`oxigraph serve` with the data in memory."""

    name = "oxigraph-memory"
    get_it = "`make .venv-bench/.ready` installs it."
    path = "/query"

    @classmethod
    def version(cls) -> str:
        """The version that the program reports."""
        program = cls.program()
        return first_line([program, "--version"]) if program else ""

    @staticmethod
    def program() -> str | None:
        """The path of the program, in the environment of the benchmark or in PATH."""
        return shutil.which("oxigraph", path=str(BENCH_BIN)) or shutil.which("oxigraph")

    def command(self) -> Sequence[str]:
        """Serve an empty store in memory."""
        return [str(self.program()), "serve", "--bind", f"127.0.0.1:{self.port}"]

    def after(self) -> None:
        """Upload the data."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.address}/store?default&no_transaction",
            data=self.data.read_bytes(),
            headers={"Content-Type": "application/n-triples"},
        )
        urllib.request.urlopen(request, timeout=START_SECONDS).close()  # noqa: S310


class OxigraphOnDisk(Oxigraph):
    """`oxigraph serve` with the data on disk, compacted."""

    name = "oxigraph-disk"

    def before(self) -> None:
        """Load the file and compact the store."""
        for command in (["load", "--file", str(self.data)], ["optimize"]):
            with self.log.open("ab") as output:
                subprocess.run(
                    [str(self.program()), command[0], "--location", str(self.folder / "store"), *command[1:]],
                    check=True,
                    stdout=output,
                    stderr=output,
                )

    def command(self) -> Sequence[str]:
        """Serve the store."""
        return [*super().command(), "--location", str(self.folder / "store")]

    def after(self) -> None:
        """Nothing to do: the data is loaded already."""
