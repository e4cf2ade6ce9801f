"""The tables of the report's appendix agree with a second, independent reading of it (tests/readings/)."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "data" / "report-2011"
READINGS = ROOT / "tests" / "readings"
GLOBAL = "handover:global"  # described in the body of the report, not in the appendix
UNNAMED = {"senior government representatives"}  # a group of people of whom the report names only some
NO_STATISTIC = {"telephone number", "years of age", "cards"}  # units of numbers that count nothing
UNIT_OF_SIGNATURES = {"signatures": "people"}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keys(cell: str) -> set[str]:
    """The keys in a cell of compact IRIs."""
    return {value.strip().partition(":")[2] for value in cell.split("|") if value.strip()}


def bare(name: str) -> str:
    """A name without accents and case, for comparison."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold().strip()


def handovers() -> list[dict[str, str]]:
    """The second reading of petitions and handovers."""
    return rows(READINGS / "appendix-handovers.csv")


def test_each_printed_call_is_in_the_table_in_its_place() -> None:
    """Both readings find the same calls, in the same printed order."""
    ours = [
        (next(iter(keys(r["addressedTo"]))), int(r["ordinal"]))
        for r in rows(REPORT / "CallToAction.csv")
        if r["ordinal"]
    ]
    assert ours == [(r["jurisdiction"], int(r["ordinal"])) for r in rows(READINGS / "appendix-calls.csv")]


def test_each_call_asks_for_consent_to_the_same_treaties() -> None:
    """Both readings find calls for the same treaties."""
    ours = {r["id"]: keys(r["callsForConsentTo"]) for r in rows(REPORT / "CallToAction.csv") if r["ordinal"]}
    theirs = {
        f"call:{r['jurisdiction']}-{r['ordinal']}": {t for t in r["treaties"].split("|") if t}
        for r in rows(READINGS / "appendix-calls.csv")
    }
    assert ours == theirs


def test_each_call_is_under_a_goal_that_the_second_reading_names() -> None:
    """Which goal a call serves is open to interpretation; the two readings share at least one goal for every call."""
    ours = {r["id"]: keys(r["goal"]) for r in rows(REPORT / "CallToAction.csv")}
    apart = [
        (call, ours[call], goals)
        for r in rows(READINGS / "appendix-calls.csv")
        if (goals := {g for g in r["goals"].split("|") if g})
        and not ours[call := f"call:{r['jurisdiction']}-{r['ordinal']}"] & goals
    ]
    assert apart == []


def test_each_petition_has_the_same_figure_unit_and_status() -> None:
    """Both readings find the same signatures, qualifier, unit and status."""
    petitions = {r["id"]: r for r in rows(REPORT / "Petition.csv")}
    apart = []
    for r in handovers():
        ours = petitions[f"petition:{r['jurisdiction']}"]
        found = (ours["signatures"], *(next(iter(keys(ours[c])), "") for c in ("qualifier", "status")))
        meant = (r["signatures"], r["qualifier"] if r["signatures"] else "", r["status"])
        unit = UNIT_OF_SIGNATURES.get(r["unit"], r["unit"])
        if found != meant or (unit and r["signatures"] and keys(ours["unit"]) != {unit}):
            apart.append((r["jurisdiction"], found, keys(ours["unit"]), meant, unit))
    assert apart == []


def test_each_handover_has_the_same_period() -> None:
    """Both readings find the same days, or the same periods."""
    ours = {r["id"]: (r["notBefore"], r["notAfter"]) for r in rows(REPORT / "Handover.csv")}
    theirs = {f"handover:{r['jurisdiction']}": (r["date_from"], r["date_to"]) for r in handovers() if r["date_from"]}
    assert {key: ours.get(key) for key in theirs} == theirs
    assert {key for key, (start, _) in ours.items() if start} == set(theirs)
    assert ours[GLOBAL] == ("", "")


def test_each_handover_was_received_by_the_same_people() -> None:
    """Both readings find the same recipients, under the names as printed."""
    labels = {r["id"]: r["label"] for name in ("Officeholder", "Organisation") for r in rows(REPORT / f"{name}.csv")}
    ours = {
        r["id"]: {bare(labels[v.strip()]) for v in r["receivedBy"].split("|") if v.strip()}
        for r in rows(REPORT / "Handover.csv")
        if r["id"] != GLOBAL
    }
    apart = []
    for r in handovers():
        meant = {bare(name) for name in r["received_by"].split("|") if name} - UNNAMED
        found = ours.get(f"handover:{r['jurisdiction']}", set())
        if meant and not all(any(m in f or f in m for f in found) for m in meant):
            apart.append((r["jurisdiction"], found, meant))
    assert apart == []


def test_each_person_of_the_second_reading_is_an_officeholder() -> None:
    """Nobody whom the appendix names in an office is missing."""
    ours = {
        bare(name)
        for r in rows(REPORT / "Officeholder.csv")
        for name in (r["label"], *r.get("altLabel", "").split("|"))
        if name
    }
    missing = [r["name"] for r in rows(READINGS / "appendix-people.csv") if bare(r["name"]) not in ours]
    assert missing == []


def test_each_body_of_the_second_reading_is_an_organisation() -> None:
    """Nobody whom the appendix names as presenting, receiving, addressed or acting is missing; each has its country.

    Where only "Parliament" is printed, the label adds whose it is.
    """
    ours = [
        (next(iter(keys(r["jurisdiction"])), ""), bare(name))
        for r in rows(REPORT / "Organisation.csv")
        for name in (r["label"], *r["altLabel"].split("|"))
    ]
    missing = [
        (r["jurisdiction"], r["name"])
        for r in rows(READINGS / "appendix-bodies.csv")
        if not any(country == r["jurisdiction"] and bare(r["name"]) in name for country, name in ours)
    ]
    assert missing == []


def test_each_figure_of_the_second_reading_is_a_statistic() -> None:
    """Every number of the body text is the value, or a part, of a statistic, a petition or a count in a note."""
    numbers = set()
    for r in rows(REPORT / "Statistic.csv"):
        numbers |= {float(r[c]) for c in ("value", "minValue", "maxValue", "numerator", "denominator") if r.get(c)}
    numbers |= {float(r["signatures"]) for r in rows(REPORT / "Petition.csv") if r["signatures"]}
    missing = []
    for r in rows(READINGS / "body-figures.csv"):
        parts = [float(part) for part in r["value"].split("/")] if r["unit"] not in NO_STATISTIC else []
        if not all(any(abs(part - number) < 0.01 for number in numbers) for part in parts):
            missing.append((r["section"], r["figure_as_printed"], r["what"]))
    assert missing == []
