"""Page registry: a wrong entry in the tables of pages and lists is named, and stops the app."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from uphold.errors import UnreadableSource
from uphold.questions.files import Catalogue, load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings
from uphold.web.resources.lists.listing import SHOWN_AS
from uphold.web.resources.page_registry import TEMPLATES, read_registry

BAD = sorted(Path(__file__).with_name("registry").glob("*.toml"))


@pytest.fixture(scope="module")
def questions() -> Catalogue:
    """The questions of the project."""
    settings = Settings()
    return load_questions(Files(settings.files, settings.base))


def test_no_case_is_lost() -> None:
    """The test below would pass on an empty folder."""
    assert len(BAD) >= 35


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.stem)
def test_a_wrong_entry_is_named(case: Path, tmp_path: Path, questions: Catalogue) -> None:
    """By file and entry, as the first line of the case says."""
    text = case.read_text("utf-8")
    for name in ("pages.toml", "lists.toml"):
        (tmp_path / name).write_text(text if case.name.endswith(name) else "", "utf-8")
    with pytest.raises(UnreadableSource) as caught:
        read_registry(tmp_path).check(questions)
    assert str(caught.value).startswith(text.splitlines()[0].removeprefix("# "))


def test_a_list_can_be_shown_in_every_way_that_tables_may_name() -> None:
    """The macro of lists.html knows each way, and no other."""
    known = set(re.findall(r'column\.show == "(\w+)"', (TEMPLATES / "lists.html").read_text("utf-8")))
    assert known == set(SHOWN_AS) - {"text"}


def test_every_template_of_a_class_has_a_page() -> None:
    """None is left without an entry; `basis.html` is what two of them extend."""
    shown = {page.template for page in read_registry().pages.values()}
    assert {f"things/{path.name}" for path in (TEMPLATES / "things").glob("*.html")} == shown | {"things/basis.html"}
