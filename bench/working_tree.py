"""The files of an earlier commit, for comparisons with the build before."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import ROOT

__all__ = ["working_tree"]


@contextmanager
def working_tree(commit: str, folder: Path) -> Iterator[Path]:
    """The files of a commit, in a folder that is removed again."""
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)
