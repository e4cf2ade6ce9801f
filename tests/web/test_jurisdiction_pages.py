"""Pages of jurisdictions: their sentences say no more than the data.

What a page says is a line of jurisdiction-pages.csv: the promise, the jurisdiction, the words that meet it,
and words that would break it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.reading import read_page, words

CASES = list(csv.DictReader(Path(__file__).with_name("jurisdiction-pages.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize("case", CASES, ids=[case["promise"] for case in CASES])
def test_a_page_says_it_and_not_the_other(case: dict[str, str], project_client: FlaskClient) -> None:
    """Each promise of jurisdiction-pages.csv is met by the words beside it, and not broken by those after them."""
    article = read_page(project_client, f"/doc/jurisdiction/{case['jurisdiction']}").find(".//article")
    said = words(article).partition("Raw data")[0].replace("\u202f", " ")
    assert case["says"] in said
    assert not case["never"] or case["never"] not in said


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (35, 35, "35 days after the promise"),
        (-1, -1, "1 day before the promise"),
        (-30, -1, "1 to 30 days before the promise"),
        (0, 30, "0 to 30 days after the promise"),
        (-5, 20, "between 5 days before and 20 days after the promise"),
    ],
)
def test_days_before_an_event_are_not_said_to_be_after_it(
    project_client: FlaskClient, least: int, most: int, said: str
) -> None:
    """A consent can precede the promise that it keeps, or a period can include it."""
    app = project_client.application
    assert isinstance(app, Flask)
    row = {"days": least if least == most else None, "minimumDays": least, "maximumDays": most}
    assert words_of(app, row) == said


def words_of(app: Flask, row: dict[str, int | None]) -> str:
    """The time since the promise, in the words of the pages."""
    with app.app_context():
        marks = app.jinja_env.get_template("marks.html").make_module({"page": None})
        return " ".join(str(marks.since(row, "the promise")).split())  # type: ignore[attr-defined]
