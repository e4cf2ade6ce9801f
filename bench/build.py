"""Measures the build: wall and processor time from nothing, beside the build at another commit, and by step.

Both build the data of their own commit, in turns. `python -m bench.build` prints Markdown and writes it to
bench/build.md.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.conditions import machine
from bench.processes import end, free_port, start
from bench.servers import ROOT
from bench.working_tree import working_tree

__all__ = ["BuildTiming", "by_step", "main", "report"]

RESULTS = Path(__file__).with_name("build.md")
COMMIT = "f619eb8"
"""The last commit whose build used pySHACL and terms."""
WANTED_RATIO, WANTED_SECONDS, WANTED_UNCHANGED, WANTED_READY = 5, 5, 0.2, 10
PATIENCE = 120
STEP = re.compile(r"^uphold: (\S.*?) +(\d+\.\d\d) s$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BuildTiming:
    """One build: seconds by the clock, seconds of processor time, and seconds of each step."""

    wall: float
    processor: float
    steps: Mapping[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print and write the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__)
    parser.add_argument("--commit", default=COMMIT, help=f"The commit to compare with (default: {COMMIT}).")
    parser.add_argument("--rounds", type=int, default=3, help="Builds of each (default: 3).")
    given = parser.parse_args(arguments)
    conditions = machine()
    with tempfile.TemporaryDirectory(prefix="bench-") as name, working_tree(given.commit, Path(name, "old")) as old:
        ours, theirs, unchanged = [], [], []
        for number in range(given.rounds):
            theirs.append(build(old, Path(name, f"old-{number}")))
            ours.append(build(ROOT, Path(name, f"new-{number}")))
            unchanged.append(build(ROOT, Path(name, f"new-{number}")))
        ready = seconds_until_ready(Path(name, "new-0"), Path(name, "serve.log"))
    text = f"# The build\n\n{conditions}\n\n{report(ours, theirs, unchanged, given.commit, ready)}\n"
    RESULTS.write_text(text, "utf-8")
    print(text)
    return 0


def environment(root: Path) -> dict[str, str]:
    """The environment for the code of a working tree."""
    return {**os.environ, "PYTHONPATH": str(root / "server"), "PYTHONWARNINGS": ""}


def build(root: Path, state: Path) -> BuildTiming:
    """Build the files of a working tree with its own code; exits with the message of a build that fails."""
    command = [sys.executable, "-m", "uphold.cli", "build", "--files", str(root), "--state", str(state)]
    before, began = os.times(), time.monotonic()
    done = subprocess.run(command, cwd=root, env=environment(root), capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, os.times()
    if done.returncode:
        sys.exit(done.stderr)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return BuildTiming(wall, used, by_step(done.stderr))


def by_step(log: str) -> dict[str, float]:
    """The seconds of each step that a build has printed."""
    return {name: float(seconds) for name, seconds in STEP.findall(log)}


def seconds_until_ready(state: Path, log: Path) -> float:
    """The seconds from the start of a server to the result of its first query."""
    port = free_port()
    command = [sys.executable, "-m", "uphold.cli", "serve", "--state", str(state), "--port", str(port)]
    began = time.monotonic()
    process = start(command, log, ROOT, environment(ROOT))
    try:
        while process.poll() is None and time.monotonic() - began < PATIENCE:
            try:
                query = f"http://127.0.0.1:{port}/sparql?query=ASK%7B%7D"
                with urllib.request.urlopen(query, timeout=PATIENCE) as response:
                    response.read()
                return time.monotonic() - began
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
    finally:
        end(process)
    sys.exit(log.read_text("utf-8"))


def report(
    ours: Sequence[BuildTiming],
    theirs: Sequence[BuildTiming],
    unchanged: Sequence[BuildTiming],
    commit: str,
    ready: float,
) -> str:
    """The medians, the steps, and whether the targets hold."""
    rows = ["| build | wall, s | processor, s |", "|---|--:|--:|"]
    walls = {}
    for name, timings in ((f"at {commit}", theirs), ("from nothing", ours), ("nothing has changed", unchanged)):
        walls[name] = wall = statistics.median(each.wall for each in timings)
        rows.append(f"| {name} | {wall:.2f} | {statistics.median(each.processor for each in timings):.2f} |")
    rows += ["", "| step | wall, s |", "|---|--:|"]
    for step in ours[0].steps:
        rows.append(f"| {step} | {statistics.median(each.steps[step] for each in ours):.2f} |")
    old, new, nothing = walls.values()
    targets = {
        f"{old / new:.1f} times as fast as at {commit}, wanted {WANTED_RATIO}": old / new >= WANTED_RATIO,
        f"{new:.1f} s from nothing, wanted {WANTED_SECONDS}": new <= WANTED_SECONDS,
        f"{nothing:.2f} s when nothing has changed, wanted {WANTED_UNCHANGED}": nothing <= WANTED_UNCHANGED,
        f"{new + ready:.1f} s from nothing to the first answer ({ready:.1f} s of them for the server), "
        f"wanted {WANTED_READY}": new + ready <= WANTED_READY,
    }
    rows += ["", *(f"- {'holds' if holds else 'DOES NOT HOLD'}: {target}" for target, holds in targets.items())]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
