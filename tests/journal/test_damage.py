"""Damage is found and named; it never returns other data."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import text

from tests.journal.drafts import append, draft
from uphold.errors import JournalDamaged, JournalTooNew
from uphold.journal.entry import Entry
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings
from uphold.snapshots.change import Change

FORGERIES = {
    "kind": "kind = 'build'",
    "moment": "moment = '2026-01-01T00:00:00.000000Z'",
    "moment that is none": "moment = 'yesterday'",
    "token": "token = 'other'",
    "token that was none": "token = NULL",
    "graphs": "graphs = '[\"x:other\"]'",
    "graphs that are no list": "graphs = '3'",
    "digest of what was added": f"added = '{'0' * 64}'",
    "snapshot": f"snapshot = '{'0' * 64}'",
    "snapshot before": f"previous_snapshot = '{'0' * 64}'",
    "note": "note = 'other'",
    "key": "key = 'other'",
    "digest": f"digest = '{'0' * 64}'",
    "digest before": f"previous_digest = '{'0' * 64}'",
}


COPY = (
    "INSERT INTO entry SELECT 6, moment, kind, token, graphs, removed, added, previous_snapshot, snapshot, note, key, "
    "{previous_digest}, digest, removed_quads, added_quads FROM entry WHERE number = 5"
)
"""The last entry once more, as number 6."""


def change_by_hand(journal: Journal, *statements: str) -> None:
    """Change the tables without our code, as somebody with a database shell could."""
    with journal.database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def five(journal: Journal) -> Journal:
    """A journal with five entries."""
    append(journal, 5, token="acme", note="note", key="key")
    return journal


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_changed_member_is_found_and_its_entry_named(five: Journal, forgery: str) -> None:
    """By verification, and by whoever reads the entry."""
    change_by_hand(five, f"UPDATE entry SET {forgery} WHERE number = 3")
    for read in (lambda: verify(five), lambda: five.entry(3), lambda: five.entries(2, 1), five.entries):
        with pytest.raises(JournalDamaged, match="Entry 3:") as caught:
            read()
        assert caught.value.entry == 3


def test_changed_statements_are_found(five: Journal) -> None:
    """Others that unpack well, and bytes that do not unpack."""
    packed = zstandard.compress(Change(added=b"<a:a> <a:b> <a:c> .\n").added).hex()
    binary = "decode('{}', 'hex')" if five.database.is_postgresql else "x'{}'"
    for column in ("removed", "added"):
        for value, reason in ((packed, "digest recorded"), ("00", "unpacked")):
            before = five.change(five.entry(4))
            old = zstandard.compress(getattr(before, column)).hex()
            change_by_hand(five, f"UPDATE entry SET {column}_quads = {binary.format(value)} WHERE number = 4")
            for read in (lambda: verify(five), lambda: five.change(five.entry(4))):
                with pytest.raises(JournalDamaged, match=f"Entry 4: the statements {column} .*{reason}"):
                    read()
            change_by_hand(five, f"UPDATE entry SET {column}_quads = {binary.format(old)} WHERE number = 4")
            assert verify(five).number == 5


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_missing_entry_is_found(five: Journal, number: int) -> None:
    """Also the last one; nothing can be appended in its place, so its number is never given out again."""
    change_by_hand(
        five, f"DELETE FROM entry_graph WHERE entry = {number}", f"DELETE FROM entry WHERE number = {number}"
    )
    with pytest.raises(JournalDamaged, match=f"Entry {number}: it is missing"):
        verify(five)
    with pytest.raises(JournalDamaged, match=f"Entry {number}: it is missing"):
        five.entries()
    if number == 5:
        with pytest.raises(JournalDamaged, match="Entry 5: it is missing"):
            append(five)


def test_a_forged_entry_at_the_end_is_found(five: Journal, settings: Settings) -> None:
    """The head does not name it; with a forged head too, its predecessor's digest gives it away."""
    forged = Entry.after(five.entry(3).head, draft(6))
    change_by_hand(five, COPY.format(previous_digest=f"'{forged.previous_digest[::-1]}'"))
    with pytest.raises(JournalDamaged, match="Entry 6: it is there, but the head does not count it"):
        verify(five)
    change_by_hand(five, "UPDATE head SET number = 6")
    with pytest.raises(JournalDamaged, match="Entry 6"):
        verify(five)
    with pytest.raises(JournalDamaged, match="Entry 6"):
        append(five)


def test_an_entry_with_a_right_digest_that_follows_another_is_found(five: Journal) -> None:
    """Somebody recomputed the digest of a changed entry, but not those after it."""
    with five.database.writing() as connection:
        old = five.entry(3)
        new = Entry.after(five.entry(2).head, draft(3, note="forged", moment=old.moment))
        connection.execute(
            text("UPDATE entry SET note = 'forged', token = NULL, key = NULL, digest = :digest WHERE number = 3"),
            {"digest": new.digest},
        )
    assert five.entry(3).note == "forged"
    with pytest.raises(JournalDamaged, match="Entry 4: it does not follow the entry before it"):
        verify(five)


def test_a_chain_cannot_fork(five: Journal) -> None:
    """The database itself refuses a second entry with the same predecessor."""
    with pytest.raises(JournalDamaged):
        change_by_hand(five, COPY.format(previous_digest="previous_digest"))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM entry_graph WHERE entry = 2", "Entry 2: its graphs are not"),
        ("UPDATE head SET digest = '0'", "Entry 5: it is not the one"),
        ("UPDATE head SET number = 4", "Entry 5: it is there"),
        ("DELETE FROM head", "head"),
        ("DROP TABLE entry_graph", "damaged"),
    ],
)
def test_damage_beside_the_entries_is_found(five: Journal, statement: str, reason: str) -> None:
    """In the index of graphs and in the head."""
    change_by_hand(five, statement)
    with pytest.raises(JournalDamaged, match=reason):
        verify(five)


def test_a_number_that_was_deleted_is_not_given_out_again(five: Journal) -> None:
    """Of a use of a token; SQLite alone would do that with the last one."""
    with five.database.writing() as connection:
        connection.execute(
            text("INSERT INTO token (name, hash, glob, created) VALUES ('a', '', '', '2026-01-01T00:00:00.000000Z')")
        )
    ids = []
    for _ in range(2):
        with five.writing() as transaction:
            transaction.log_use("a", method="PUT", graph="x:g", status=403)
            ids.append(transaction.connection.execute(text("SELECT max(id) FROM token_use")).scalar_one())
        change_by_hand(five, "DELETE FROM token_use")
    assert ids[1] == ids[0] + 1


# SQLite's file


def filled(settings: Settings) -> tuple[Path, list[tuple[Entry, Change]]]:
    """The file of a closed journal, and what is in it."""
    with Journal.open(settings) as journal:
        append(journal, 15)
        content = [(entry, journal.change(entry)) for entry in journal.entries()]
    file = settings.state / "journal.sqlite"
    assert not file.with_name("journal.sqlite-wal").exists()  # closing writes everything into the file
    return file, content


def read_all(settings: Settings) -> list[tuple[Entry, Change]]:
    """All that a journal returns."""
    with Journal.open(settings) as journal:
        verify(journal)
        return [(entry, journal.change(entry)) for entry in journal.entries()]


def spoil(file: Path, good: bytes, change: Callable[[bytearray], None]) -> None:
    """Write the good bytes with a change."""
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    spoilt = bytearray(good)
    change(spoilt)
    file.write_bytes(spoilt)


def test_a_flipped_bit_is_found_or_harmless(sqlite: Settings, pytestconfig: pytest.Config) -> None:
    """Anywhere in the file: either an error of ours, or every entry is as it was."""
    file, content = filled(sqlite)
    good = file.read_bytes()
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    found = 0
    positions = [chance.randrange(len(good)) for _ in range(3000 if pytestconfig.getoption("long") else 80)]
    for position in [*range(0, 100, 7), *positions]:

        def flip(data: bytearray, position: int = position) -> None:
            data[position] ^= 1 << chance.randrange(8)

        spoil(file, good, flip)
        try:
            assert read_all(sqlite) == content, position
        except (JournalDamaged, JournalTooNew):
            found += 1
    assert found > len(positions) / 10


@pytest.mark.parametrize("part", [0.999, 0.9, 0.5, 0.1, 0.001, 0])
def test_a_truncated_file_is_found(sqlite: Settings, part: float) -> None:
    """Also one without a byte, which SQLite takes for a new database."""
    file, _ = filled(sqlite)
    good = file.read_bytes()
    spoil(file, good, lambda data: data.__delitem__(slice(int(len(good) * part), None)))
    with pytest.raises(JournalDamaged):
        read_all(sqlite)


def test_a_truncation_at_any_page_is_found(sqlite: Settings) -> None:
    """Where whole pages are left."""
    file, _ = filled(sqlite)
    good = file.read_bytes()
    for length in range(0, len(good), 4096):
        spoil(file, good, lambda data, length=length: data.__delitem__(slice(length, None)))  # type: ignore[misc]
        with pytest.raises(JournalDamaged):
            read_all(sqlite)


def test_a_file_that_is_no_database_is_named(sqlite: Settings) -> None:
    """And is left as it is."""
    sqlite.state.mkdir()
    file = sqlite.state / "journal.sqlite"
    file.write_text("This is not a database, but a text that is long enough to be one." * 100, "ascii")
    before = file.read_bytes()
    with pytest.raises(JournalDamaged, match="not an SQLite database"):
        Journal.open(sqlite)
    assert file.read_bytes() == before


def test_a_journal_that_is_gone_is_not_begun_again(sqlite: Settings) -> None:
    """The lock's file remembers it; without both, a new one begins."""
    file, content = filled(sqlite)
    moved = shutil.move(file, file.with_name("elsewhere"))
    with pytest.raises(JournalDamaged, match=r"journal\.sqlite is missing or empty"):
        Journal.open(sqlite)
    assert not file.exists()
    shutil.move(moved, file)
    assert read_all(sqlite) == content
    file.unlink()
    (sqlite.state / "journal.lock").unlink()
    assert read_all(sqlite) == []
