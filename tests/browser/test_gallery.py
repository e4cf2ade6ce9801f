"""The gallery shows what there is: its page is made from its table, and every picture that it names is there."""

from __future__ import annotations

import re

import pytest

from tests.browser.gallery import FOLDER, PAGE, PICTURES, Picture, written
from tests.browser.looking import KINDS

MOST_BYTES = 1_000_000


def test_the_page_is_as_its_table_says() -> None:
    """Written by `make gallery`, not by hand."""
    assert PAGE.read_text("utf-8") == written()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_there_and_so_is_its_page(picture: Picture) -> None:
    """A file that browsers show, of a tested kind of page."""
    assert picture.path.read_bytes()[8:12] == b"WEBP"
    assert picture.page in {kind.name for kind in KINDS}


def test_no_picture_is_left_over() -> None:
    """Each file of the folder is named on the page."""
    named = re.findall(r"\]\(gallery/([\w-]+\.webp)\)", PAGE.read_text("utf-8"))
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(named)


def test_the_pictures_are_small() -> None:
    """All of them together, so that a clone stays quick."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
