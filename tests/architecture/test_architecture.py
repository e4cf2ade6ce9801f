"""The layout shows the architecture: data flows one way, and no module is long."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "uphold"
ROOMS = {
    "": (
        *("errors", "settings", "server_timing", "logs", "metrics"),
        *("assets", "rdf", "sparql", "snapshots", "journal", "engines", "questions", "search", "validation", "rules"),
        *("build", "writes", "serving", "web", "app", "server", "journal_commands", "cli"),
    ),
    "engines": ("interface", "processes", "federation", "oxigraph", "result_cache"),
    "web": (
        *("request_context", "http", "middleware", "metadata", "rendering"),
        *("sparql", "resources", "topics", "data", "graphs", "warm_up"),
    ),
}
"""The rooms of each folder in the order in which data flows; a room imports only itself and those before it."""


def modules(folder: str) -> Iterator[tuple[str, Path]]:
    """The room that each module below a folder belongs to, and its file."""
    top = PACKAGE / folder
    for path in sorted(top.rglob("*.py")):
        if path != top / "__init__.py":
            yield path.relative_to(top).parts[0].removesuffix(".py"), path


def imports(folder: str) -> Iterator[tuple[str, str, str]]:
    """Each (room, room that it imports, module) below a folder."""
    prefix = ".".join(("uphold", *filter(None, [folder]), ""))
    for room, path in modules(folder):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith(prefix) and not name.removeprefix(prefix).startswith("__"):
                    yield room, name.removeprefix(prefix).partition(".")[0], path.name


@pytest.mark.parametrize("folder", ROOMS)
def test_every_module_belongs_to_a_room(folder: str) -> None:
    """A new room takes its place in the order."""
    assert {room for room, _ in modules(folder)} <= set(ROOMS[folder])


@pytest.mark.parametrize("folder", ROOMS)
def test_a_room_imports_earlier_rooms_only(folder: str) -> None:
    """Data flows one way: no room imports one that comes after it."""
    order = ROOMS[folder]
    assert [found for found in imports(folder) if order.index(found[1]) > order.index(found[0])] == []


def test_only_the_web_knows_of_http() -> None:
    """Flask and Werkzeug stay in the web layer and the app."""
    outside = [
        path.name for room, path in modules("") if room not in ("web", "app") and "flask" in path.read_text("utf-8")
    ]
    assert outside == []


def test_one_module_imports_rdflib() -> None:
    """It takes a third of a second; neither a build nor a validation needs it."""
    pattern = re.compile(r"^\s*(from|import) rdflib", re.MULTILINE)
    importing = [path.name for _, path in modules("") if pattern.search(path.read_text("utf-8"))]
    assert importing == ["serialization.py"]


def test_a_module_can_be_read_in_one_sitting() -> None:
    """No module is longer than 300 lines."""
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for _, path in modules("")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_the_canonical_base_is_written_once() -> None:
    """The base of the IRIs is in the settings and nowhere else in the code."""
    assert [path.name for _, path in modules("") if "w3id.org/uphold" in path.read_text("utf-8")] == ["settings.py"]


def test_a_template_uses_what_it_imports() -> None:
    """No macro is named at the top of a template and then left alone."""
    idle = []
    for path in sorted(PACKAGE.glob("web/templates/**/*.html")):
        text = path.read_text("utf-8")
        for names in re.findall(r'{% from "[^"]+" import ([^%]+?)(?: with context)? %}', text):
            called = [name.rpartition(" as ")[2].strip() for name in names.split(",")]
            idle += [(path.name, name) for name in called if len(re.findall(rf"\b{name}\b", text)) == 1]
    assert idle == []
