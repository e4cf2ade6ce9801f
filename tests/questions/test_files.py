"""A question file that is wrong is named with its line and what is wrong, and stops the build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from uphold.errors import UnreadableSource
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.rq"))


def test_no_case_is_lost() -> None:
    """The test below would pass on an empty folder."""
    assert len(BAD) >= 20


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.stem)
def test_a_wrong_file_is_named_with_its_line(case: Path, tmp_path: Path) -> None:
    """As the text beside it says."""
    (tmp_path / "queries" / "bad").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    shutil.copy(case, tmp_path / "queries" / "bad")
    shutil.copy(Settings().files / "data" / "context.jsonld", tmp_path / "data")
    with pytest.raises(UnreadableSource) as caught:
        load_questions(Files(tmp_path))
    assert str(caught.value).startswith(f"queries/bad/{case.with_suffix('.txt').read_text('utf-8').strip()}")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """Each name is one address."""
    (tmp_path / "data").mkdir()
    shutil.copy(Settings().files / "data" / "context.jsonld", tmp_path / "data")
    for folder in ("one", "two"):
        (tmp_path / "queries" / folder).mkdir(parents=True)
        shutil.copy(Settings().files / "queries" / "outcomes" / "calls-met.rq", tmp_path / "queries" / folder)
    with pytest.raises(
        UnreadableSource, match=r"queries/two/calls-met\.rq:1: queries/one/calls-met\.rq has the same name"
    ):
        load_questions(Files(tmp_path))
