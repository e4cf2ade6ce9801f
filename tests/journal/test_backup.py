"""A backup holds the journal as it was at one moment, and puts it back."""

from __future__ import annotations

import os
import sqlite3 as driver
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journal.drafts import append
from uphold.errors import BackupFailed, JournalNotEmpty
from uphold.journal.backup import backup, restore
from uphold.journal.journal import Journal
from uphold.journal.tokens import authenticate, create
from uphold.journal.verification import verify
from uphold.settings import Settings


def elsewhere(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings for another, empty journal in the same kind of database."""
    database = request.getfixturevalue("cluster").new_database() if settings.database else ""
    return replace(settings, state=tmp_path / "elsewhere", database=database)


def test_a_backup_is_restored_elsewhere(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """With all entries and tokens; the journal goes on from there."""
    file = tmp_path / "backup"
    with Journal.open(settings) as journal:
        append(journal, 3)
        secret = create(journal, "acme", "*")
        backup(journal, file)
        before = journal.entries()
        append(journal)
    other = elsewhere(settings, tmp_path, request)
    assert restore(other, file) == before[-1].head
    with Journal.open(other) as journal:
        assert journal.entries() == before
        assert journal.change(before[2]).added
        assert authenticate(journal, secret).name == "acme"
        append(journal)
        assert verify(journal).number == 4
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup"]


def test_a_restore_replaces_nothing_without_force(settings: Settings, tmp_path: Path) -> None:
    """With it, the journal is as it was, also for whoever had it open."""
    file = tmp_path / "backup"
    with Journal.open(settings) as journal:
        append(journal, 2)
        backup(journal, file)
        before = journal.entries()
        append(journal, 3)
        with pytest.raises(JournalNotEmpty, match="up to number 5"):
            restore(settings, file)
        assert verify(journal).number == 5
        assert restore(settings, file, force=True).number == 2
        assert journal.entries() == before
        append(journal)
        assert verify(journal).number == 3


def test_a_backup_is_whole_while_others_write(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """It has the entries of one moment, and the writers go on."""
    file = tmp_path / "backup"
    with Journal.open(settings) as journal:
        append(journal)
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                append(journal)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for _ in range(3):
                least = journal.head().number
                backup(journal, file)
        finally:
            stop.set()
            thread.join()
        number = verify(journal).number
    assert least <= restore(elsewhere(settings, tmp_path, request), file).number <= number


def test_a_backup_that_fails_leaves_the_one_before(settings: Settings, tmp_path: Path) -> None:
    """And no unfinished file."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "file").touch()
    with Journal.open(settings) as journal:
        append(journal)
        for target in (folder / "missing" / "backup", folder / "full"):
            with pytest.raises(BackupFailed):
                backup(journal, target)
    assert [path.name for path in folder.iterdir()] == ["full"]


@pytest.mark.parametrize("content", [b"", b"text", b"SQLite format 3\0" + b"\0" * 4096, b"PGDMP" + b"\0" * 100])
def test_what_is_no_backup_is_not_restored(content: bytes, settings: Settings, tmp_path: Path) -> None:
    """The journal stays as it is."""
    file = tmp_path / "backup"
    file.write_bytes(content)
    with Journal.open(settings) as journal:
        append(journal)
        for force in (False, True):
            with pytest.raises(BackupFailed):
                restore(settings, file, force=force)
        assert verify(journal).number == 1
    with pytest.raises(BackupFailed, match="cannot be read"):
        restore(settings, tmp_path / "missing")


def test_another_database_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    """One with the right form, but without the tables of a journal."""
    file = tmp_path / "backup"
    with Journal.open(settings) as journal:
        append(journal)
        if settings.database:
            with journal.database.writing() as connection:
                connection.exec_driver_sql("CREATE SCHEMA other; CREATE TABLE other.entry (id integer)")
            url = settings.database
            subprocess.run(
                ["pg_dump", f"--dbname={url}", "--format=custom", "--schema=other", f"--file={file}"], check=True
            )
        else:
            with driver.connect(file) as other:
                other.execute("CREATE TABLE entry (id integer)")
            other.close()
        with pytest.raises(BackupFailed):
            restore(settings, file, force=True)
        assert verify(journal).number == 1


def test_a_damaged_backup_is_not_restored(sqlite: Settings, tmp_path: Path) -> None:
    """A changed entry, and half a file."""
    file = tmp_path / "backup"
    with Journal.open(sqlite) as journal:
        append(journal, 20)
        backup(journal, file)
        good = file.read_bytes()
        for spoilt in (good.replace(b"2026-", b"2016-"), good[: len(good) // 2]):
            assert spoilt != good
            file.write_bytes(spoilt)
            with pytest.raises(BackupFailed, match="not a whole journal"):
                restore(sqlite, file, force=True)
        assert verify(journal).number == 20


@pytest.mark.parametrize("damage", ["text", "empty", "gone"])
def test_a_backup_replaces_a_damaged_journal(damage: str, sqlite: Settings, tmp_path: Path) -> None:
    """With force where something is there, which is kept beside it."""
    file, live = tmp_path / "backup", sqlite.state / "journal.sqlite"
    with Journal.open(sqlite) as journal:
        append(journal, 2)
        backup(journal, file)
    live.unlink()
    if damage != "gone":
        live.write_text("This is not a database." * 500 if damage == "text" else "", "ascii")
    if damage == "text":
        with pytest.raises(JournalNotEmpty):
            restore(sqlite, file)
    assert restore(sqlite, file, force=damage == "text").number == 2
    assert (sqlite.state / "damaged-journal.sqlite").exists() == (damage == "text")
    with Journal.open(sqlite) as journal:
        append(journal)
        assert verify(journal).number == 3


def test_a_backup_without_the_programs_is_refused(
    postgresql: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install."""
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with Journal.open(postgresql) as journal, pytest.raises(BackupFailed, match="pg_dump is not installed"):
        backup(journal, tmp_path / "backup")
