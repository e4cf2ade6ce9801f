"""The threat model stays true: every promise in it names tests, and each of them is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
TABLE = PAGE.partition("<!-- promises -->")[2].partition("<!-- end of promises -->")[0]
ROWS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in TABLE.strip().splitlines()[2:]]
PROMISES = [(promise, tests) for promise, tests in ROWS if not promise.startswith("**")]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_of_tests(path: Path) -> set[str]:
    """The names of the tests in a file."""
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test_of_it() -> None:
    """A row without one is a wish."""
    assert len(PROMISES) >= 40
    assert [promise for promise, tests in PROMISES if not NAMED.fullmatch(tests.split(", ")[0])] == []
    assert [tests for _, tests in PROMISES if not all(NAMED.fullmatch(name) for name in tests.split(", "))] == []


def test_every_test_that_is_named_exists() -> None:
    """A test that was renamed is renamed here too."""
    named = NAMED.findall(PAGE)
    assert [f"{path}::{name}" for path, name in named if name not in names_of_tests(ROOT / path)] == []
