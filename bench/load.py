"""Load generation: runs `wrk` with prepared requests, and reads its report."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["GET_WRK", "Load", "LoadResult", "installed"]

SCRIPT = Path(__file__).with_name("rotate.lua")
GET_WRK = "wrk, which generates the load, is not installed; on Debian or Ubuntu: apt-get install wrk"
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The figures of one run: responses per second, and the median and 99th percentile latency in ms.

    A server too slow for the run has an estimate instead: `per_second` is an upper bound of its rate.
    """

    per_second: float
    p50: float
    p99: float
    errors: int = 0
    estimated: bool = False


def installed() -> bool:
    """Whether `wrk` is installed."""
    return shutil.which("wrk") is not None


@dataclass(frozen=True, slots=True)
class Load:
    """A file of prepared requests to one server."""

    address: str
    requests: Path
    accept: str

    def run(self, clients: int, seconds: int, first: int) -> LoadResult | None:
        """Run `clients` clients for `seconds`; None without a response. Limits of open requests count from `first`."""
        done = subprocess.run(
            [
                *("wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s"),
                *("--timeout", f"{TIMEOUT_SECONDS}s", "--script", str(SCRIPT), self.address),
                *("--", str(self.requests), self.accept, str(first)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        found = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        if done.returncode or not found:
            raise RuntimeError(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
        answers, microseconds, p50, p99, errors = (int(value) for value in found[0])
        return LoadResult(answers / microseconds * 1e6, p50 / 1000, p99 / 1000, errors) if answers else None
