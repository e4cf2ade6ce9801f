"""The note on words is followed: no text of the project has a word that it excludes, except in formal titles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from uphold.web.topics.guides import read_wording

ROOT = Path(__file__).parents[2]
WORDING = read_wording()
PLACES = (
    *("data/**/*.csv", "data/**/*.ttl", "ontology/*.ttl", "shapes/*.ttl", "queries/**/*.rq", "queries/**/*.json*"),
    *("server/uphold/web/templates/**/*.*", "server/uphold/*.py", "server/uphold/web/*.py"),
    *("docs/**/*.md", "*.md", "tests/tiny/data/**/*.csv"),
)
TEXTS = sorted({path for place in PLACES for path in ROOT.glob(place) if path.is_file()})
AVOIDED = sorted((word for term in WORDING.terms for word in term["avoid"]), key=len, reverse=True)


def spaced(texts: Iterable[str]) -> str:
    """A pattern for any of these texts, however lines are broken."""
    return "|".join(r"\s+".join(map(re.escape, text.split())) for text in texts)


WORD = re.compile(rf"\b({spaced(AVOIDED)})\b", re.IGNORECASE)
TITLE = re.compile(spaced(each["text"] for each in WORDING.kept), re.IGNORECASE)


def found_in(text: str) -> list[str]:
    """The words that are not written, outside formal titles."""
    return [" ".join(word.split()) for word in WORD.findall(TITLE.sub("", text))]


def test_the_texts_are_there() -> None:
    """The test below would pass on nothing."""
    assert len(TEXTS) > 250
    assert len(AVOIDED) > 30


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_has_a_word_that_is_not_written(path: Path) -> None:
    """In the project's own words; titles of treaties and of offices are allowed, and words.toml names each."""
    assert found_in(path.read_text("utf-8")) == []


def test_every_allowed_title_is_used_somewhere() -> None:
    """An exception that nothing needs is removed."""
    texts = " ".join(" ".join(path.read_text("utf-8").split()) for path in TEXTS)
    assert [each["text"] for each in WORDING.kept if each["text"] not in texts] == []


def test_a_title_does_not_allow_the_words_beside_it() -> None:
    """Only the whole title is allowed."""
    title, word = WORDING.kept[0]["text"], AVOIDED[0]
    assert found_in(title) == []
    assert found_in(f"{title} and {word}s, a {word}.") == [word]


def test_every_term_says_what_is_written_instead_and_why() -> None:
    """A ban alone does not help writers."""
    assert [term["avoid"][0] for term in WORDING.terms if not (term["write"] and term["why"].endswith("."))] == []
    assert [word for term in WORDING.terms for word in term["avoid"] if word in term["write"]] == []
