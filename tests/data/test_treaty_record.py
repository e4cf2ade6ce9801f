"""The treaty record: its tables agree with each other, with the treaties, and with the facts they came from.

The tables are read as the text people edit, so that a wrong cell is seen here before it becomes a graph.
The last part compares them with the facts, row by row, wherever a checkout has those beside it.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "data" / "treaties"
OPEN_FACTS = ROOT / "docs" / "open-facts.md"

CONSENT = {"Ratification", "Accession", "Acceptance", "Approval", "Succession", "ConsentToBeBound"}
TYPES = CONSENT | {"Signature", "TerritorialExtension", "Denunciation"}

Row = dict[str, str]
Pair = tuple[str, str]  # the keys of a treaty and of a jurisdiction


class Action(NamedTuple):
    """One row of TreatyAction.csv, its cells made into values."""

    id: str
    type: str
    by: str
    treaty: str
    first: dt.date
    last: dt.date
    day: dt.date | None
    in_force: dt.date | None
    basis: str
    source: str

    @property
    def pair(self) -> Pair:
        """What the action is about: a treaty and a jurisdiction."""
        return self.treaty, self.by


def table(name: str) -> list[Row]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def key(iri: str) -> str:
    return iri.partition(":")[2]


def date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def known(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture(scope="module")
def actions() -> list[Action]:
    return [
        Action(
            id=key(row["id"]),
            type=row["type"],
            by=key(row["by"]),
            treaty=key(row["treaty"]),
            first=known(row["notBefore"]),
            last=known(row["notAfter"]),
            day=date(row["date"]),
            in_force=date(row["entersIntoForce"]),
            basis=key(row["entryIntoForceBasis"]),
            source=row["source"],
        )
        for row in table("TreatyAction")
    ]


@pytest.fixture(scope="module")
def by_pair(actions: list[Action]) -> dict[Pair, list[Action]]:
    found: dict[Pair, list[Action]] = defaultdict(list)
    for action in actions:
        found[action.pair].append(action)
    return found


@pytest.fixture(scope="module")
def records() -> dict[Pair, Row]:
    return {(key(row["treaty"]), key(row["jurisdiction"])): row for row in table("TreatyRecord")}


# The tables among themselves


def period(first: dt.date, last: dt.date) -> str:
    """The part of an identifier that says when: a day, a month, a year, or both ends of anything else."""
    if first == last:
        return first.isoformat()
    if first.day == 1 and last == last.replace(day=calendar.monthrange(last.year, last.month)[1]):
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if first.year == last.year and (first.month, last.month) == (1, 12):
            return f"{first:%Y}"
    return f"{first}-{last}"


NAMED_BY_YEAR = {"opsc-slb-consent-to-be-bound-2022": "opsc-slb-consent-to-be-bound-2022-01-01-2022-06-30"}
"""The source gives the year, which is in the name; that the source is of June ends the period earlier."""


def test_an_action_is_of_a_type_the_model_knows(actions: list[Action]) -> None:
    """Every action is a signature, a kind of consent, an extension or a denunciation."""
    assert [a.id for a in actions if a.type not in TYPES] == []


def test_an_identifier_follows_from_its_row(actions: list[Action], records: dict[Pair, Row]) -> None:
    """An action is named by treaty, jurisdiction, type and period; a record by treaty and jurisdiction."""
    names = [re.sub(r"(?<!^)(?=[A-Z])", "-", a.type).lower() for a in actions]
    made = [f"{a.treaty}-{a.by}-{name}-{period(a.first, a.last)}" for a, name in zip(actions, names, strict=True)]
    assert {a.id: name for a, name in zip(actions, made, strict=True) if a.id != name} == NAMED_BY_YEAR
    assert [(key(row["id"]), f"{t}-{j}") for (t, j), row in records.items() if key(row["id"]) != f"{t}-{j}"] == []


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.csv")), ids=lambda path: path.stem)
def test_a_table_is_sorted_and_names_each_thing_once(path: Path) -> None:
    """Rows are in the order of their ids, no id occurs twice, and lines end in a bare line feed."""
    ids = [row["id"] for row in table(path.stem)]
    assert ids == sorted(set(ids))
    assert b"\r" not in path.read_bytes()


def test_a_period_runs_forward_and_a_day_is_given_only_when_known(actions: list[Action]) -> None:
    """`notBefore` is not after `notAfter`; there is a `date` if, and only if, the two are equal, and it is that day."""
    assert [a.id for a in actions if a.first > a.last] == []
    assert [a.id for a in actions if a.day != (a.first if a.first == a.last else None)] == []


def test_a_jurisdiction_signs_and_consents_once(by_pair: dict[Pair, list[Action]]) -> None:
    """No jurisdiction has two signatures, or two acts of consent, for one treaty."""
    assert [p for p, acts in by_pair.items() if sum(a.type == "Signature" for a in acts) > 1] == []
    assert [p for p, acts in by_pair.items() if sum(a.type in CONSENT for a in acts) > 1] == []


def test_signature_comes_before_consent_and_consent_before_entry_into_force(
    actions: list[Action], by_pair: dict[Pair, list[Action]]
) -> None:
    """Nobody signs after consenting, and a treaty binds nobody before the deposit."""
    late = [
        (signature.id, consent.id)
        for acts in by_pair.values()
        for signature in acts
        for consent in acts
        if signature.type == "Signature" and consent.type in CONSENT
        if signature.first > consent.first or signature.last > consent.last
    ]
    assert late == []
    assert [a.id for a in actions if a.in_force and a.in_force <= a.last] == []


def test_nobody_acts_before_the_treaty_is_open(actions: list[Action]) -> None:
    """No signature or consent can have happened before the treaty was opened for signature."""
    opened = {key(row["id"]): known(row["openedForSignature"]) for row in table("Treaty")}
    assert [a.id for a in actions if a.first < opened[a.treaty]] == []


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or the last one of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def days_later(days: int) -> Callable[[dt.date], dt.date]:
    return lambda deposit: deposit + dt.timedelta(days)


def first_after_three_months(deposit: dt.date) -> dt.date:
    return months_later(deposit.replace(day=1), 4)


def one_month_later(deposit: dt.date) -> dt.date:
    """A month after the deposit; a deposit made before the protocol was in force waited for that day alone."""
    began = dt.date(2002, 1, 18)
    return began if deposit < began else months_later(deposit, 1)


RULES: dict[str, tuple[Callable[[dt.date], dt.date], dt.date]] = {
    "crc": (days_later(30), dt.date(1990, 9, 2)),
    "opsc": (one_month_later, dt.date(2002, 1, 18)),
    "untip": (days_later(30), dt.date(2003, 12, 25)),
    "cets-197": (first_after_three_months, dt.date(2008, 2, 1)),
    "cets-201": (first_after_three_months, dt.date(2010, 7, 1)),
}


def in_force(treaty: str, deposit: dt.date) -> dt.date:
    """The day on which a treaty enters into force for a party that deposits an instrument on `deposit`."""
    after, at_earliest = RULES[treaty]
    return max(after(deposit), at_earliest)


def test_the_rules_start_with_the_treaties() -> None:
    """The earliest possible day by a rule is the day the treaty itself entered into force."""
    assert {treaty: at_earliest for treaty, (_, at_earliest) in RULES.items()} == {
        key(row["id"]): known(row["enteredIntoForce"]) for row in table("Treaty")
    }


def test_entry_into_force_is_what_the_treaty_says(actions: list[Action]) -> None:
    """From an exact deposit, the treaty's rule determines the day; from a period, a day that the period allows."""
    wrong = [
        (a.id, a.in_force)
        for a in actions
        if a.in_force and not in_force(a.treaty, a.first) <= a.in_force <= in_force(a.treaty, a.last)
    ]
    assert wrong == []


def test_entry_into_force_says_where_it_comes_from(actions: list[Action]) -> None:
    """It is either stated by a source or computed, and computed from a known day only; a signature has none."""
    assert [a.id for a in actions if (a.basis in {"stated", "computed"}) != (a.in_force is not None)] == []
    assert [a.id for a in actions if a.basis == "computed" and not a.day] == []
    assert [a.id for a in actions if a.in_force and a.type not in CONSENT] == []


def test_a_succession_has_no_computed_entry_into_force(actions: list[Action]) -> None:
    """A successor is bound from the day it became a state, which follows from no rule of the treaty."""
    assert [a.id for a in actions if a.type == "Succession" and a.basis == "computed"] == []


def test_a_record_says_what_its_actions_say(by_pair: dict[Pair, list[Action]], records: dict[Pair, Row]) -> None:
    """Party: there is an act of consent. Signatory: a signature alone. None: no action at all."""

    def status(pair: Pair) -> str:
        types = {a.type for a in by_pair.get(pair, [])}
        if types & CONSENT:
            return "party"
        return "signatory" if "Signature" in types else "none"

    assert set(by_pair) <= set(records)
    wrong = [row["id"] for pair, row in records.items() if key(row["recordedStatus"]) != status(pair)]
    assert wrong == []


def test_every_statement_has_a_source_and_every_source_is_used() -> None:
    """Citations exist, belong to a publication of these tables, and none of either is unused."""
    cited = {
        name: set(filter(None, row["source"].split("|")))
        for stem in ("TreatyAction", "TreatyRecord", "Treaty", "Organisation", "Finding", "Discrepancy")
        for row in table(stem)
        for name in [row["id"]]
    }
    assert [name for name, sources in cited.items() if not sources] == []
    citations = {row["id"]: row["isPartOf"] for row in table("Citation")}
    assert set[str]().union(*cited.values()) == set(citations)
    assert set(citations.values()) == {row["id"] for row in table("Publication")}


def test_a_source_of_an_action_prints_a_period_that_meets_it(actions: list[Action]) -> None:
    """Where a citation says which days its source prints for an act, the act may have happened on one of them."""
    printed = {
        row["id"]: (known(row["statedNotBefore"]), known(row["statedNotAfter"]))
        for row in table("Citation")
        if row["statedNotBefore"]
    }
    apart = [
        (action.id, source)
        for action in actions
        for source in action.source.split("|")
        if source in printed and not (printed[source][0] <= action.last and action.first <= printed[source][1])
    ]
    assert apart == []


def test_a_discrepancy_is_between_two_statements_of_these_tables() -> None:
    """Both sides of a contradiction are in the record, and each of the two can be looked up."""
    statements = {row["id"] for stem in ("TreatyAction", "TreatyRecord", "Finding") for row in table(stem)}
    sides = {row["id"]: set(row["between"].split("|")) for row in table("Discrepancy")}
    assert [name for name, between in sides.items() if len(between) < 2 or not between <= statements] == []


def test_every_unknown_day_is_an_open_fact(actions: list[Action]) -> None:
    """The page of open facts names every action whose day is not known."""
    page = OPEN_FACTS.read_text(encoding="utf-8")
    assert [a.id for a in actions if not a.day and f"`{a.id}`" not in page] == []


# The facts the tables came from


@pytest.fixture(scope="module")
def facts() -> list[Row]:
    """The rows of the facts, by default from a folder beside the checkout; `UPHOLD_FACTS` names another."""
    chosen = os.environ.get("UPHOLD_FACTS")
    folder = Path(chosen) if chosen else ROOT.parent / "shared" / "facts"
    path = folder / "treaty-participation.csv"
    if not chosen and not path.exists():
        pytest.skip(f"no treaty facts beside this checkout ({path}); set UPHOLD_FACTS to compare with them")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


TREATIES = {"crc": "crc", "opsc": "opsc", "palermo": "untip", "cets197": "cets-197", "cets201": "cets-201"}


def pair_of(fact: Row) -> Pair:
    return TREATIES[fact["treaty"]], "eu" if fact["iso3"] == "EUE" else fact["iso3"].lower()


def signature_is_recalled(fact: Row) -> bool:
    """Whether the note says that nobody read the day of signature."""
    return any(words in fact["note"] for words in ("from memory: signature", "signature from memory"))


def days(acts: list[Action], kinds: set[str]) -> list[dt.date]:
    return [a.day for a in acts if a.type in kinds and a.day]


def consents(facts: list[Row], confidence: str) -> Iterator[Row]:
    return (fact for fact in facts if fact["confidence"] == confidence and fact["action_date"])


def test_every_confirmed_consent_is_in_the_record(facts: list[Row], by_pair: dict[Pair, list[Action]]) -> None:
    """A day of consent that was read in a source is in the table, as that day and under its type."""
    lost = []
    for fact in consents(facts, "confirmed"):
        recalled_type = "type" in fact["note"] and "from memory" in fact["note"]
        kind = "ConsentToBeBound" if recalled_type else fact["action"].capitalize()
        if days(by_pair[pair_of(fact)], {kind}) != [known(fact["action_date"])]:
            lost.append((*pair_of(fact), kind, fact["action_date"]))
    assert lost == []


def test_every_confirmed_signature_is_in_the_record(facts: list[Row], by_pair: dict[Pair, list[Action]]) -> None:
    """A day of signature that was read in a source is in the table; one that was only recalled is not."""
    wrong = []
    for fact in facts:
        if fact["confidence"] != "confirmed" or not fact["signature"]:
            continue
        expected = [] if signature_is_recalled(fact) else [known(fact["signature"])]
        if days(by_pair[pair_of(fact)], {"Signature"}) != expected:
            wrong.append((*pair_of(fact), fact["signature"]))
    assert wrong == []


def test_a_consent_of_which_only_the_year_is_sure_is_a_period(
    facts: list[Row], by_pair: dict[Pair, list[Action]]
) -> None:
    """The period contains the day in the facts, and is one day only where the entry into force fixes it."""
    wrong = []
    for fact in consents(facts, "year-confirmed"):
        acts = [a for a in by_pair[pair_of(fact)] if a.type in CONSENT]
        exact = "30-day rule" in fact["note"]
        if not any(a.first <= known(fact["action_date"]) <= a.last and bool(a.day) == exact for a in acts):
            wrong.append((*pair_of(fact), fact["action_date"]))
    assert wrong == []


def test_what_was_only_recalled_is_not_in_the_record(
    facts: list[Row], by_pair: dict[Pair, list[Action]], records: dict[Pair, Row]
) -> None:
    """A row without a stored source is neither an action nor a record, but one of the open facts."""
    recalled = {pair_of(fact): fact["jurisdiction"] for fact in facts if fact["confidence"] == "memory"}
    assert recalled.keys() & (by_pair.keys() | records.keys()) == set()
    section = OPEN_FACTS.read_text(encoding="utf-8").split("\n## ")[1]
    assert [name for name in recalled.values() if f"| {name} |" not in section] == []
    assert section.count("\n| ") == len(recalled) + 1  # and the line of column names


def test_the_record_adds_nothing(facts: list[Row], actions: list[Action]) -> None:
    """Every action has its row in the facts, and its period contains the day there."""
    rows = {pair_of(fact): fact for fact in facts if fact["confidence"] != "memory"}
    column = {"Signature": "signature", **dict.fromkeys(CONSENT, "action_date")}
    added = []
    for action in actions:
        day = date(rows[action.pair][column[action.type]])
        if not day or not action.first <= day <= action.last:
            added.append(action.id)
    assert added == []


def test_a_record_has_the_status_of_its_facts(facts: list[Row], records: dict[Pair, Row]) -> None:
    """One record for each row that has a stored source, and no other."""
    status = {"": "signatory", "none": "none"}
    expected = {pair_of(f): status.get(f["action"], "party") for f in facts if f["confidence"] != "memory"}
    assert {pair: key(row["recordedStatus"]) for pair, row in records.items()} == expected


def test_entry_into_force_is_that_of_the_facts(facts: list[Row], actions: list[Action]) -> None:
    """The day is the one in the facts; it is called stated when it was read, and is there for every exact consent."""
    rows = {pair_of(fact): fact for fact in facts}
    wrong = []
    for action in actions:
        if action.type not in CONSENT:
            continue
        fact = rows[action.pair]
        read = bool(re.search(r"EIF( \([^)]*\)| \d+ \w+ \d+)? read|read: .*?(?<=[ ,])EIF(?! computed)", fact["note"]))
        expected: tuple[dt.date | None, str] = (None, "")
        if read:
            expected = (date(fact["entry_into_force"]), "stated")
        elif action.day and action.type != "Succession":
            expected = (date(fact["entry_into_force"]), "computed")
        if (action.in_force, action.basis) != expected:
            wrong.append((action.id, action.in_force, action.basis, expected))
    assert wrong == []
