"""Processes by their ids, as /proc shows them."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["ended", "runs"]


def runs(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def ended(process: int) -> bool:
    """Whether a process ends soon; the kernel takes a moment to end one whose parent was lost."""
    until = time.monotonic() + 5
    while runs(process) and time.monotonic() < until:
        time.sleep(0.01)
    return not runs(process)
