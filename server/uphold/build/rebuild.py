"""Rebuild: makes all data again from the files and the journal, as after damage to the state folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from uphold.build.pipeline import build
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot

__all__ = ["rebuild"]

MADE = ("snapshots", "steps", "builds")
"""What a build or a write makes in the state folder; the journal, which it is made from, stays."""


def rebuild(settings: Settings, say: Callable[[str], None]) -> Snapshot:
    """Build the files and what the journal has, without anything made before; older snapshots are removed.

    The same files and journal give the same snapshot id. Raises what `build` raises; all is then as it was. A server
    that runs continues with the data that it has loaded.
    """
    aside = settings.state / "set-aside"
    restore(aside, settings.state)  # an earlier attempt was killed
    aside.mkdir(parents=True, exist_ok=True)
    for name in MADE:
        if (settings.state / name).exists():
            os.replace(settings.state / name, aside / name)
    try:
        made = build(settings, say)
    except BaseException:
        for name in MADE:
            shutil.rmtree(settings.state / name, ignore_errors=True)
        restore(aside, settings.state)
        raise
    shutil.rmtree(aside)
    return made


def restore(aside: Path, state: Path) -> None:
    """Move back what was set aside, unless it has been made again."""
    for name in MADE:
        if (aside / name).exists() and not (state / name).exists():
            os.replace(aside / name, state / name)
