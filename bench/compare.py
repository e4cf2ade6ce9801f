"""Compares this project's server with others: the same data and queries, over HTTP, interleaved.

python -m bench.compare --triples 50000 --rounds 3 --seconds 3 --only uphold,oxigraph-memory --queries point,join
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bench import load
from bench.answers import differences
from bench.conditions import conditions
from bench.generate import SyntheticDataset, triples
from bench.measure import Plan, Results, measure
from bench.ours import Uphold, UpholdBefore
from bench.peers import Comunica, RdflibEndpoint
from bench.questions import QUESTIONS
from bench.report import Measurement, Standing, growth, table
from bench.servers import Oxigraph, OxigraphOnDisk, Server
from bench.targets import verdicts
from bench.virtuoso import Virtuoso

KINDS = (Uphold, UpholdBefore, Oxigraph, OxigraphOnDisk, Virtuoso, RdflibEndpoint, Comunica)
SERVERS: dict[str, type[Server]] = {kind.name: kind for kind in KINDS}
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and write them to a file."""
    given = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped as well
    if not load.installed():
        print(load.GET_WRK, file=sys.stderr)
        return 1
    kinds = [SERVERS[name] for name in given.only if SERVERS[name].version()]
    parts = [conditions(kinds, given.rounds, given.seconds)]
    parts += [
        f"{name} is left out: it is not installed. {SERVERS[name].get_it}"
        for name in given.only
        if SERVERS[name] not in kinds
    ]
    found = []
    began = time.monotonic()
    for size in given.triples:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measurement, remarks = compare(size, kinds, given, Path(folder))
        found.append(measurement)
        parts += [f"## {measurement.triples:,} triples", table(measurement), listed(remarks)]
        parts += [under("### Targets", listed(verdicts(measurement)))]
    if len(found) > 1:
        parts += [growth(found[0], found[-1])]
    parts.append(f"Measured in {(time.monotonic() - began) / 60:.0f} minutes.")
    text = "\n\n".join(part for part in parts if part)
    print(text)
    RESULTS.write_text(f"{text}\n", "utf-8")
    return 0


def compare(
    size: int, kinds: Sequence[type[Server]], given: argparse.Namespace, folder: Path
) -> tuple[Measurement, list[str]]:
    """Measure all servers with data of one size; returns the measurement and remarks on it."""
    dataset = SyntheticDataset.of(size)
    data = folder / "data.nt"
    data.write_text("".join(triples(dataset)), "utf-8")
    count = data.read_bytes().count(b"\n")
    questions = [QUESTIONS[name] for name in given.queries]
    with contextlib.ExitStack() as stack:
        servers, remarks = [], []
        for server in (kind(data, folder) for kind in kinds):
            stack.callback(server.stop)
            say(f"{count:,} triples: starting {server.name}")
            try:
                server.start(QUESTIONS["point"].repeated(dataset)[0])
                servers.append(server)
            except (RuntimeError, OSError, subprocess.SubprocessError) as problem:  # the others continue
                remarks.append(f"{server.name} is left out: {problem}")
        loaded = {server.name: server.memory_mb for server in servers}
        remarks += differences(dataset, questions, servers)
        plan = Plan(dataset, questions, given.rounds, given.seconds, folder)
        results = measure(plan, servers, say)
        standings = [
            Standing(server.name, server.load_seconds, loaded[server.name], server.memory_mb) for server in servers
        ]
        remarks += [f"{server.name}: {remark}" for server in servers for remark in server.remarks]
    return Measurement(count, given.queries, standings, results), [*remarks, *failures(results)]


def failures(results: Results) -> Iterator[str]:
    """A line for each server that failed, and for each figure with error responses."""
    yield from (f"{server}: {why}" for server, why in results.lost.items())
    for (server, cell), runs in results.runs.items():
        errors = sum(run.errors for run in runs)
        if errors:
            yield f"{server}: {errors} ERRORS at {cell.question}, {cell.asked}, {cell.clients} clients"


def say(text: str) -> None:
    """Report progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def listed(lines: Iterable[str]) -> str:
    """Lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


def under(heading: str, text: str) -> str:
    """A text with its heading, if there is any."""
    return f"{heading}\n\n{text}" if text else ""


def parser() -> argparse.ArgumentParser:
    """The command-line options."""
    made = argparse.ArgumentParser(prog="bench.compare", description=(__doc__ or "").splitlines()[0])
    made.add_argument("--triples", type=sizes, default=[50_000, 1_000_000], help="Sizes of the data, comma-separated.")
    made.add_argument("--rounds", type=int, default=3, help="Rounds of measurement.")
    made.add_argument("--seconds", type=int, default=1, help="Seconds of each run.")
    made.add_argument("--only", type=some_of(SERVERS), default=list(SERVERS), help=f"Servers, of {', '.join(SERVERS)}.")
    made.add_argument("--queries", type=some_of(QUESTIONS), default=list(QUESTIONS), help=f"Of {', '.join(QUESTIONS)}.")
    return made


def sizes(text: str) -> list[int]:
    """Comma-separated sizes."""
    return [int(part) for part in text.split(",")]


def some_of(names: Iterable[str]) -> Callable[[str], list[str]]:
    """A parser of comma-separated names."""

    def read(text: str) -> list[str]:
        unknown = set(text.split(",")) - set(names)
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not of {', '.join(names)}")
        return text.split(",")

    return read


if __name__ == "__main__":
    sys.exit(main())
