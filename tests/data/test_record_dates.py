"""Each treaty record is dated by its own newest source; computed here from the tables, and queried from the API.

`record-dates/` has a record for each way in which one can be dated, with what follows from it.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from uphold.settings import Settings

HERE = Path(__file__).parent / "record-dates"
ROOT = Settings().files
TREATIES = ("crc", "opsc", "untip", "cets-197", "cets-201")
UPHOLD = "https://w3id.org/uphold/ontology#"
YEARS = 2
"""From how many years on a record counts as old, beside the newest of its treaty (docs/model.md)."""


def table(*path: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with ROOT.joinpath("data", *path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def expected() -> list[dict[str, str]]:
    """What follows from the records of the case."""
    with (HERE / "expected.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def derived() -> dict[tuple[str, str], list[str]]:
    """What the two rules derive from the records of the case, by record and property."""
    store = ox.Store()
    store.bulk_load(path=str(HERE / "record.trig"), format=ox.RdfFormat.TRIG)
    store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in [*store])
    for name in ("08-record-dates", "09-treaty-dates"):
        query = (ROOT / "queries" / "rules" / f"{name}.rq").read_text("utf-8")
        store.extend(ox.Quad(*triple) for triple in [*cast("ox.QueryTriples", store.query(query))])
    found: dict[tuple[str, str], list[str]] = {}
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        subject, predicate = cast("ox.NamedNode", quad.subject).value, quad.predicate.value
        found.setdefault((subject.rpartition("/")[2], predicate.rpartition("#")[2]), []).append(
            cast("ox.Literal", quad.object).value
        )
    return found


@pytest.mark.parametrize("case", expected(), ids=lambda case: case["record"])
@pytest.mark.parametrize("name", ["asOf", "lastLookedUp", "staleFrom"])
def test_a_record_is_dated_by_its_newest_evidence(
    derived: dict[tuple[str, str], list[str]], case: dict[str, str], name: str
) -> None:
    """A month or a year counts from its first day; without a date there is none."""
    assert derived.get((case["record"], name), []) == list(filter(None, [case[name]]))


def source_dates() -> dict[str, str]:
    """The date of each citation of the treaty record as its row or its publication has it."""
    issued = {
        row["id"]: row["issued"] or row["issuedMonth"] or row["issuedYear"]
        for row in table("treaties", "Publication.csv")
    }
    return {
        row["id"]: row["valid"] or row["validMonth"] or row["validYear"] or issued[row["isPartOf"]]
        for row in table("treaties", "Citation.csv")
    }


def records() -> Iterator[dict[str, str | None]]:
    """Each treaty record, its newest source, and the day up to which its sources and acts reach."""
    dates, acts = source_dates(), table("treaties", "TreatyAction.csv")
    for row in table("treaties", "TreatyRecord.csv"):
        dated = sorted((f"{date}-01-01"[:10], date) for each in row["source"].split("|") if (date := dates[each]))
        own = [act["notAfter"] for act in acts if (act["by"], act["treaty"]) == (row["jurisdiction"], row["treaty"])]
        yield {
            "jurisdiction": row["jurisdiction"].partition(":")[2],
            "treaty": row["treaty"].partition(":")[2],
            "status": row["recordedStatus"].partition(":")[2],
            "lookedUp": dated[-1][1] if dated else None,
            "asOf": max([*own, *(day for day, _ in dated)], default=None),
        }


RECORDS = list(records())


def is_old(record: dict[str, str | None]) -> bool:
    """Whether an absence was last looked up two years or more before the newest record of the treaty."""
    if record["status"] == "party":
        return False
    if record["asOf"] is None:
        return True
    newest = max(each["asOf"] or "" for each in RECORDS if each["treaty"] == record["treaty"])
    day = dt.date.fromisoformat(record["asOf"])
    return day.replace(year=day.year + YEARS) <= dt.date.fromisoformat(newest)


def test_the_tables_have_old_new_and_undated_records() -> None:
    """The tests below would say little of a record that is all alike."""
    assert len(RECORDS) == 716
    assert sum(record["asOf"] is None for record in RECORDS) == 72
    assert {is_old(record) for record in RECORDS if record["status"] == "signatory"} == {True, False}


@pytest.mark.parametrize("treaty", TREATIES)
def test_each_status_is_dated_by_its_own_source(project_client: FlaskClient, treaty: str) -> None:
    """Not by the newest source of all; where there is no date, by the adoption, when nobody had joined."""
    adopted = {row["id"]: row["adopted"] for row in table("treaties", "Treaty.csv")}[f"treaty:{treaty}"]
    reply = project_client.get(f"/api/treaty-status.json?treaty={treaty}&limit=1000").get_json()["data"]
    found = {row["jurisdiction"].rpartition("/")[2]: (row["asOf"], row["lookedUp"], row["stale"]) for row in reply}
    assert found == {
        record["jurisdiction"]: (record["asOf"] or adopted, record["lookedUp"], is_old(record))
        for record in RECORDS
        if record["treaty"] == treaty
    }


def test_a_past_status_is_borne_out_by_a_source_of_that_day_or_later(project_client: FlaskClient) -> None:
    """Ghana's record reaches to June 2022: a day before is covered, a later one is not."""
    for asked, until, stale in (
        ("2010-07-01", "2010-07-01", False),
        ("2023-01-01", "2022-06-01", False),
        ("2024-06-01", "2022-06-01", True),
    ):
        address = f"/api/treaty-status.json?treaty=opsc&jurisdiction=gha&asof={asked}"
        row = project_client.get(address).get_json()["data"][0]
        assert (row["status"], row["asOf"], row["stale"]) == ("signatory", until, stale)


@pytest.mark.parametrize(
    "question",
    [
        *(f"{name}?treaty={treaty}" for name in ("treaty-parties", "non-parties") for treaty in TREATIES),
        *(f"signed-not-ratified?treaty={treaty}" for treaty in ("crc", "opsc", "untip")),
        *(f"jurisdiction-treaties?jurisdiction={key}" for key in ("gha", "irl", "hkg", "eu", "twn", "tha", "usa")),
        *(f"treaty-map?treaty={treaty}" for treaty in TREATIES),
        "call-outcomes",
        "open-calls",
        "commitments-kept",
        "calls-met",
    ],
)
def test_no_question_has_one_date_for_all(project_client: FlaskClient, question: str) -> None:
    """Whatever names a jurisdiction and a treaty has the date of that record."""
    dated = {(record["jurisdiction"], record["treaty"]): record["asOf"] for record in RECORDS}
    name, _, fields = question.partition("?")
    rows = project_client.get(f"/api/{name}.json?{fields}&limit=1000").get_json()["data"]
    keys = [(row["jurisdiction"].rpartition("/")[2], row["treaty"].rpartition("/")[2]) for row in rows]
    found = {key: row["asOf"] for key, row in zip(keys, rows, strict=True) if dated.get(key)}
    assert found == {key: dated[key] for key in found}
    assert rows


@pytest.mark.parametrize("treaty", TREATIES)
def test_the_numbers_of_a_treaty_end_with_its_newest_source(project_client: FlaskClient, treaty: str) -> None:
    """So do those of each region."""
    newest = max(record["asOf"] or "" for record in RECORDS if record["treaty"] == treaty)
    for name in ("ratification-timeline", "ratification-by-region"):
        rows = project_client.get(f"/api/{name}.json?treaty={treaty}&limit=1000").get_json()["data"]
        assert max(row["year"] for row in rows) == int(newest[:4])
        assert max(row["asOf"] for row in rows) <= newest
    treaties = project_client.get("/api/treaties.json").get_json()["data"]
    assert [row["asOf"] for row in treaties if row["treaty"].endswith(f"/{treaty}")] == [newest]


@pytest.mark.parametrize("treaty", TREATIES)
def test_the_map_of_all_years_agrees_with_that_of_each(project_client: FlaskClient, treaty: str) -> None:
    """The last row up to a year says what the map of that year says."""
    changes = project_client.get(f"/api/treaty-map-changes.json?treaty={treaty}&limit=1000").get_json()["data"]
    for year in range(min(row["year"] for row in changes), 2026):
        rows = project_client.get(f"/api/treaty-map.json?treaty={treaty}&year={year}&limit=1000").get_json()["data"]
        until = {
            row["jurisdiction"]: (row["status"], row["stale"]) for row in changes if row["year"] <= year and row["m49"]
        }
        assert until == {row["jurisdiction"]: (row["status"], row["stale"]) for row in rows}
