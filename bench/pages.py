"""Measures pages: the time to first byte, and the size of each.

A page is requested for the first time on a server that has rendered no page, and on one that has rendered its main
pages in advance, as servers do; then again, from the cache. The baseline is the same page as a file from Python's
http.server, interleaved: the minimum for a Python server.
`python -m bench.pages` prints Markdown and writes it to bench/pages.md.
"""

from __future__ import annotations

import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.conditions import machine
from bench.processes import end, free_port, start
from bench.servers import ROOT
from uphold.server import processes
from uphold.settings import Settings

__all__ = ["PAGES", "PageTiming", "main", "table"]

RESULTS = Path(__file__).with_name("pages.md")
ROUNDS = 50
START_SECONDS = 60
PAGES = {
    "front": "/",
    "jurisdiction": "/doc/jurisdiction/irl",
    "treaty": "/doc/treaty/opsc",
    "call": "/doc/call/irl-5",
    "statistic": "/doc/statistic/opsc-not-ratified",
    "list of calls": "/doc/call/",
    "compare": "/compare?jurisdiction=nzl&jurisdiction=irl",
    "matrix": "/matrix",
    "outcomes": "/outcomes",
    "timeline": "/timeline",
    "question": "/api/treaty-status.html",
}
HEADERS = {"Accept": "text/html", "Accept-Encoding": "br", "Accept-Language": "en"}


@dataclass
class PageTiming:
    """One page: milliseconds to its first byte, and its size in bytes, compressed and uncompressed."""

    first: float
    in_advance: float
    sent: int
    whole: int
    cached: list[float] = field(default_factory=list)
    file: list[float] = field(default_factory=list)


def get(port: int, path: str, headers: dict[str, str]) -> tuple[float, bytes]:
    """Milliseconds to the first byte of the body, and the body; on a new connection, as for a visitor."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    first = response.read(1)
    took = (time.perf_counter() - began) * 1000
    body = first + response.read()
    connection.close()
    if response.status != http.HTTPStatus.OK:
        sys.exit(f"{path} returns {response.status}")
    return took, body


def measure(ours: int, warm: int, files: int, folder: Path) -> dict[str, PageTiming]:
    """Each page by name: once uncached on both servers, then cached and as a file, interleaved."""
    found: dict[str, PageTiming] = {}
    for name, path in PAGES.items():
        took, body = get(ours, path, HEADERS)
        whole = get(ours, path, {**HEADERS, "Accept-Encoding": "identity"})[1]
        (folder / f"{name}.html").write_bytes(body)
        found[name] = PageTiming(took, get(warm, path, HEADERS)[0], len(body), len(whole))
    for _ in range(ROUNDS):
        for name, path in PAGES.items():
            found[name].cached.append(get(ours, path, HEADERS)[0])
            found[name].file.append(get(files, f"/{name.replace(' ', '%20')}.html", {})[0])
    return found


def table(found: dict[str, PageTiming]) -> str:
    """The figures as a Markdown table."""
    heads = (
        "uncached, ms",
        "rendered in advance, ms",
        "cached, ms",
        "cached p95, ms",
        "static file, ms",
        "ratio",
        "compressed, kB",
        "uncompressed, kB",
    )
    lines = [f"| page | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    for name, each in found.items():
        cached, file = statistics.median(each.cached), statistics.median(each.file)
        high = statistics.quantiles(each.cached, n=20)[-1]
        sizes = f"{each.sent / 1000:.1f} | {each.whole / 1000:.0f}"
        times = f"{each.first:.0f} | {each.in_advance:.0f} | {cached:.1f} | {high:.1f} | {file:.1f}"
        lines.append(f"| {name} | {times} | {cached / file:.1f} | {sizes} |")
    return "\n".join(lines)


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            get(port, path, {})
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"no server responds on port {port}")


def wait_until_rendered(log: Path) -> None:
    """Wait until each process of a server has rendered its main pages."""
    until = time.monotonic() + START_SECONDS
    while log.read_text("utf-8").count("in advance, in") < processes(Settings()):
        if time.monotonic() > until:
            sys.exit(log.read_text("utf-8"))
        time.sleep(0.2)


def main(_arguments: Sequence[str] | None = None) -> int:
    """Serve the project's own data, measure its pages, and print and write the report."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, state = Path(name, "files"), Path(name, "state")
        folder.mkdir()
        environment = {"PYTHONPATH": str(ROOT / "server"), "UPHOLD_STATE": str(state), "PYTHONWARNINGS": ""}
        uphold, log = [sys.executable, "-m", "uphold.cli"], Path(name, "warm.log")
        ours, warm, files = free_port(), free_port(), free_port()
        cold = environment | {"UPHOLD_WARM_UP_SECONDS": "0"}
        if start([*uphold, "build"], Path(name, "build.log"), ROOT, environment).wait():
            sys.exit(Path(name, "build.log").read_text("utf-8"))
        servers = [
            start([*uphold, "serve", "--port", str(ours)], Path(name, "ours.log"), ROOT, cold),
            start([*uphold, "serve", "--port", str(warm)], log, ROOT, environment),
            start([sys.executable, "-m", "http.server", str(files)], Path(name, "files.log"), folder, {}),
        ]
        try:
            wait_for(ours, "/healthz")
            wait_for(files, "/")
            wait_until_rendered(log)
            text = "\n\n".join(["# Pages", machine(), table(measure(ours, warm, files, folder))])
        finally:
            for server in servers:
                end(server)
    print(text)
    RESULTS.write_text(f"{text}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
