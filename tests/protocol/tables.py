"""Reads the tables of cases in `http/`."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "http"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def cases(name: str) -> dict[str, Any]:
    """A file of cases with more structure."""
    return tomllib.loads((FOLDER / name).read_text("utf-8"))
