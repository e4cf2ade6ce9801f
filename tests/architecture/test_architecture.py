"""The layout shows the architecture: data flows one way, and a module is read in one sitting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "server" / "uphold"
STEPS = (
    *("errors", "source_errors", "request_errors", "service_errors", "question_errors", "settings", "world", "assets"),
    *("tables", "sources", "rules", "partitions", "catalogue", "scans", "additions"),
    *("lexical_forms", "lexical_faults", "xsd_order", "components", "contents", "report", "checks"),
    *("ontology_page", "snapshot"),
    *("timing", "metrics", "logs", "engines", "terms"),
    *(
        "heads",
        "parameters",
        "questions",
        "examples",
        "rows",
        "documents",
        "lettering",
        "charts",
        "operations",
        "openapi",
    ),
    *("search_words", "search_index", "search"),
    *("history", "changes", "build", "intake_errors", "intake_guards", "intake_json", "intake", "judging", "judge"),
    *("results", "page_queries", "writing", "descriptions", "resources", "answers", "library"),
    *("web", "app", "serve", "cli"),
)


def modules() -> Iterator[tuple[str, Path]]:
    """The step that each module belongs to, and its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path != PACKAGE / "__init__.py":
            yield path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path


def imports() -> Iterator[tuple[str, str]]:
    """Each (step, step that it imports)."""
    for step, path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                first, _, rest = name.partition(".")
                if first == "uphold" and rest:
                    yield step, rest.partition(".")[0]


def test_every_module_belongs_to_a_step() -> None:
    """A new module takes its place in the order."""
    assert {step for step, _ in modules()} <= set(STEPS)


def test_a_step_uses_earlier_steps_only() -> None:
    """Data goes one way: no step imports one that comes after it."""
    assert [(a, b) for a, b in imports() if STEPS.index(b) > STEPS.index(a)] == []


def test_only_the_web_knows_of_http() -> None:
    """Flask and Werkzeug stay in the web layer and the app."""
    outside = [
        path.name for step, path in modules() if step not in ("web", "app") and "flask" in path.read_text("utf-8")
    ]
    assert outside == []


def test_a_module_can_be_read_in_one_sitting() -> None:
    """No module is longer than 300 lines."""
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for _, path in modules()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_the_canonical_base_is_written_once() -> None:
    """The base of the IRIs stands in the settings and nowhere else in the code."""
    assert [path.name for _, path in modules() if "w3id.org/uphold" in path.read_text("utf-8")] == ["settings.py"]


def test_a_template_uses_what_it_imports() -> None:
    """No macro is named at the top of a template and then left alone."""
    idle = []
    for path in sorted(PACKAGE.glob("web/templates/**/*.html")):
        text = path.read_text("utf-8")
        for names in re.findall(r'{% from "[^"]+" import ([^%]+?)(?: with context)? %}', text):
            called = [name.rpartition(" as ")[2].strip() for name in names.split(",")]
            idle += [(path.name, name) for name in called if len(re.findall(rf"\b{name}\b", text)) == 1]
    assert idle == []
