"""Conditions of the measurements: machine, versions, date."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.servers import Server, first_line

__all__ = ["conditions", "machine"]


def conditions(kinds: Sequence[type[Server]], rounds: int, seconds: int) -> str:
    """The conditions, above the tables."""
    wrk = first_line(["wrk", "--version"]).partition(" [")[0]
    lines = [
        f"rounds: {rounds}, of {seconds} s each; figures are medians",
        f"Linux {platform.release()}, Python {platform.python_version()}, {wrk} (on the same cores)",
        f"{'; '.join(dict.fromkeys(kind.version() for kind in kinds))}; revision {revision()}",
    ]
    return "\n".join(["# Uphold beside other servers", "", machine(), *(f"- {line}" for line in lines)])


def machine() -> str:
    """The date, the machine, and its load."""
    now = dt.datetime.now(dt.UTC)
    busy = ", ".join(f"{share:.1f}" for share in os.getloadavg())
    cores = f"{os.cpu_count()} cores ({processor()}), {memory_gb():.0f} GB"
    return f"- {now:%Y-%m-%d %H:%M} UTC\n- {cores}; load of the machine before: {busy}"


def processor() -> str:
    """The model of the processor."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def memory_gb() -> float:
    """The memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def revision() -> str:
    """The measured commit, and whether there are uncommitted changes."""
    if not shutil.which("git"):
        return "unknown"
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
