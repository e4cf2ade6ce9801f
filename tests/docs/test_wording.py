"""Texts that people read avoid the wordings that were replaced (wording.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TABLE: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "wording.toml").read_text("utf-8"))["wording"]
PLACES: Mapping[str, tuple[str, ...]] = {
    "docs": ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md"),
    "pages": tuple(f"server/uphold/web/templates/**/*.{suffix}" for suffix in ("html", "svg", "toml")),
    "scripts": ("server/uphold/web/static/*.js",),
    "questions": ("queries/**/*.rq", "queries/**/*.vl.json", "queries/**/*.ttl"),
    "terms": ("ontology/*.ttl", "shapes/*.ttl"),
}
MADE = re.compile(r"<!-- (settings|results|promises)\b.*?<!-- end of \1 -->", re.DOTALL)
"""Parts of pages that are generated, or whose names of tests are not texts."""
CODE = re.compile(r"```.*?```|`[^`\n]*`|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>|\]\([^)]*\)", re.DOTALL)
"""What is not prose in Markdown and templates."""


def texts() -> Iterator[tuple[str, Path]]:
    """The place and the file of every text."""
    for place, globs in PLACES.items():
        for each in globs:
            for path in sorted(ROOT.glob(each)):
                if path.is_file():
                    yield place, path


def prose(path: Path) -> str:
    """The words of a file on one line: only the header of a question, without code in pages."""
    text = path.read_text("utf-8")
    if path.suffix == ".rq":
        text = "\n".join(line.removeprefix("#+") for line in text.splitlines() if line.startswith("#+"))
    elif path.suffix in (".md", ".html", ".svg"):
        text = CODE.sub(" ", MADE.sub(" ", text))
    return " ".join(text.split())


def found_in(text: str, wording: Mapping[str, Any]) -> list[str]:
    """Each match of a retired wording in a text, with the words around it, without the allowed ones."""
    matches = re.finditer(wording["pattern"].replace(" ", r"\s+"), text, re.IGNORECASE)
    around = [text[max(0, match.start() - 40) : match.end() + 40] for match in matches]
    return [each for each in around if not any(allowed in each for allowed in wording.get("allow", ()))]


FILES = list(texts())


def test_the_texts_are_there() -> None:
    """The test below would pass on nothing."""
    assert {place for place, _ in FILES} == set(PLACES)
    assert len(FILES) > 250
    assert len(TABLE) > 20


@pytest.mark.parametrize("wording", TABLE, ids=lambda wording: wording["better"][:40])
def test_no_text_has_a_retired_wording(wording: Mapping[str, Any]) -> None:
    """Write what `better` says, or add an allowed context to the table."""
    places = wording.get("places", list(PLACES))
    found = {
        str(path.relative_to(ROOT)): hits
        for place, path in FILES
        if place in places and (hits := found_in(prose(path), wording))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("The data are judged by the shapes.", "validate, assess, measure"),
        ("What mends\nit", "fix"),
        ("No source here tells what followed.", "does not say, shows"),
        ("Statements that do not fit together", "type of disagreement, disagree, found by hand"),
        ("for as long as the snapshot is kept", "cached, archived, as long as"),
    ],
)
def test_a_retired_wording_is_found(text: str, better: str) -> None:
    """Whatever the case and the line breaks; each entry can fail."""
    assert [wording["better"] for wording in TABLE if found_in(" ".join(text.split()), wording)] == [better]
