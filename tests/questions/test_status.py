"""The status of a treaty is the same in every question that shows it, also when a party leaves the treaty.

Nobody has left a treaty in the project's record, so these questions query a separate record, `status/`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest

from uphold.questions.files import load_questions
from uphold.rdf.sources import Files
from uphold.settings import Settings

HERE = Path(__file__).parent / "status"
QUESTIONS = load_questions(Files(Settings().files))
with (HERE / "expected.csv").open(encoding="utf-8", newline="") as lines:
    EXPECTED = list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def record() -> ox.Store:
    """The record of the case."""
    store = ox.Store()
    store.bulk_load(path=str(HERE / "record.ttl"), format=ox.RdfFormat.TURTLE)
    return store


def answer(record: ox.Store, name: str, **given: str) -> list[dict[str, str]]:
    """The rows of a question, keys and statuses only."""
    query = QUESTIONS[name].bound({parameter: [value] for parameter, value in given.items()})
    rows = cast("ox.QuerySolutions", record.query(query))
    names = [variable.value for variable in rows.variables]
    return [{name: cell.value.rpartition("/")[2] for name in names if (cell := row[name]) is not None} for row in rows]


def test_no_day_is_lost() -> None:
    """The tests below would pass on an empty table."""
    assert len(EXPECTED) == 16


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: row["day"])
def test_the_questions_agree_on_the_status(record: ox.Store, expected: dict[str, str]) -> None:
    """One row each, as the table says; parties are listed as such, and nobody else."""
    day = expected["day"]
    statuses = {name: status for name, status in expected.items() if name != "day"}
    rows = answer(record, "treaty-status", treaty="river", asof=day)
    assert [(row["jurisdiction"], row["status"]) for row in rows] == sorted(statuses.items())
    for name, status in statuses.items():
        assert [row["status"] for row in answer(record, "jurisdiction-treaties", jurisdiction=name, asof=day)] == [
            status
        ]
    missing = answer(record, "non-parties", treaty="river", asof=day)
    assert {row["jurisdiction"]: row["status"] for row in missing} == {
        name: status for name, status in statuses.items() if status != "party"
    }
    signed = answer(record, "signed-not-ratified", treaty="river", asof=day)
    assert [row["jurisdiction"] for row in signed] == [n for n, status in statuses.items() if status == "signatory"]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: row["day"])
def test_parties_are_those_of_the_status(record: ox.Store, expected: dict[str, str]) -> None:
    """By the act that made them so last."""
    parties = {row["jurisdiction"] for row in answer(record, "treaty-parties", treaty="river", asof=expected["day"])}
    assert parties == {name for name, status in expected.items() if status == "party"}
