"""Measures the servers interleaved: each run of a server is followed by the same run of the next one.

So any other load on the machine affects all of them.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.generate import SyntheticDataset
from bench.load import Load, LoadResult
from bench.questions import BenchQuery
from bench.servers import Server

__all__ = ["ASKED", "CLIENTS", "Cell", "Plan", "Results", "measure"]

REPEATED, NEVER_SEEN = ASKED = ("repeated", "never seen")
CLIENTS = (1, 16)
REST_SECONDS = 120
WARM_SECONDS = 3
ANSWERS_PER_CLIENT = 2
LONGEST_RUN = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """The query, the kind of request and the number of clients of one figure."""

    question: str
    asked: str
    clients: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The queries, rounds and seconds of a measurement, and a folder for the prepared requests."""

    dataset: SyntheticDataset
    questions: Sequence[BenchQuery]
    rounds: int
    seconds: int
    folder: Path


@dataclass(slots=True)
class Results:
    """All runs of every server, and the errors of servers that failed."""

    runs: dict[tuple[str, Cell], list[LoadResult]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    def add(self, server: str, cell: Cell, measured: LoadResult) -> None:
        """Add one run."""
        self.runs.setdefault((server, cell), []).append(measured)

    def middle(self, server: str, cell: Cell) -> LoadResult | None:
        """The median of each figure over the runs; None without any."""
        runs = self.runs.get((server, cell), [])
        if not runs:
            return None
        per_second, p50, p99 = (
            statistics.median(getattr(run, name) for run in runs) for name in ("per_second", "p50", "p99")
        )
        errors, estimated = sum(run.errors for run in runs), any(run.estimated for run in runs)
        return LoadResult(per_second, p50, p99, errors, estimated)


def measure(plan: Plan, servers: Sequence[Server], say: Callable[[str], None]) -> Results:
    """Run all rounds; slow servers take part in the first round only."""
    results = Results()
    limits = itertools.count(10_000_000, 1_000_000)  # a million texts for each run, so that none repeats
    for turn, question, asked in itertools.product(range(plan.rounds), plan.questions, ASKED):
        say(f"round {turn + 1} of {plan.rounds}: {question.name}, {asked}")
        for clients in CLIENTS:
            for server in in_turn(servers, turn):
                if server.name in results.lost:
                    continue
                try:
                    measured = Turn(plan, server, question, asked, clients, next(limits)).measure()
                    results.add(server.name, Cell(question.name, asked, clients), measured)
                except (RuntimeError, OSError) as problem:  # the others continue
                    results.lost[server.name] = f"lost at {question.name}, {asked}, {clients} clients: {problem}"
                    say(f"{server.name}: {results.lost[server.name]}")
    return results


def in_turn(servers: Sequence[Server], turn: int) -> Iterator[Server]:
    """The servers of a round, each round starting with another one."""
    first = turn % max(1, len(servers))
    for server in [*servers[first:], *servers[:first]]:
        if turn == 0 or not server.slow:
            yield server


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of one server."""

    plan: Plan
    server: Server
    question: BenchQuery
    asked: str
    clients: int
    first_limit: int

    def measure(self) -> LoadResult:
        """Run, and wait until the server has finished its remaining requests.

        The run of a server with slow responses is extended, so that each client gets some responses; if even that is
        not enough, the warm-up response gives an upper bound.
        """
        alone = self.warm()
        at_once = min(self.clients, self.server.at_once)
        wanted = math.ceil(ANSWERS_PER_CLIENT * alone * self.clients / at_once)
        longest = self.plan.seconds if self.server.slow else LONGEST_RUN
        seconds = max(self.plan.seconds, min(wanted, longest))
        at_most = LoadResult(at_once / alone, alone * 1000, alone * 1000, estimated=True)
        if wanted > ANSWERS_PER_CLIENT * seconds:
            return at_most
        load = Load(self.server.address, self.prepare(), self.server.accept(self.question))
        measured = load.run(self.clients, seconds, self.first_limit + len(self.samples()))
        if not self.server.at_rest(REST_SECONDS):
            raise RuntimeError(f"it has exited, or is still busy {REST_SECONDS} s after the run")
        if measured is None and wanted <= seconds:
            raise RuntimeError(f"no response in {seconds} s, although a single one took {alone:.2f} s")
        return measured or at_most

    def warm(self) -> float:
        """Send some queries once, for at most `WARM_SECONDS`; returns the seconds of the last one."""
        until = time.monotonic() + WARM_SECONDS
        seconds = 0.0
        for text in self.samples():
            began = time.monotonic()
            self.server.ask(text, self.server.accept(self.question))
            seconds = time.monotonic() - began
            if time.monotonic() > until:
                break
        return seconds

    def samples(self) -> list[str]:
        """The repeated query texts, one of them twice; or two texts that no other run sends."""
        if self.asked == REPEATED:
            texts = self.question.repeated(self.plan.dataset)
            return [*texts, texts[0]]
        parts = self.question.unlimited(self.plan.dataset)[-2:]
        return [f"{before}{limit}{after}" for limit, (before, after) in enumerate(parts, self.first_limit)]

    def prepare(self) -> Path:
        """The file of requests."""
        file = self.plan.folder / f"{self.server.name}-{self.question.name}-{self.asked.replace(' ', '-')}.txt"
        if not file.exists():
            if self.asked == REPEATED:
                lines = [self.server.target(text) for text in self.question.repeated(self.plan.dataset)]
            else:
                lines = [self.server.open_target(*parts) for parts in self.question.unlimited(self.plan.dataset)]
            file.write_text("".join(f"{line}\n" for line in lines), "ascii")
        return file
