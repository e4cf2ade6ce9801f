"""A database that cannot be used gives a clear error, keeps what it has, and works again afterwards."""

from __future__ import annotations

import logging
import os
import sqlite3 as driver
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journal.drafts import append, draft
from tests.journal.postgresql import Cluster, programs
from uphold.errors import InvalidSetting, JournalBusy, JournalUnavailable
from uphold.journal.database import read_url, redacted
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings
from uphold.snapshots.change import Change

ROOT = Path(__file__).parents[2]
NOISE = Change(added=b"".join(sorted(b"<x:%s> <x:p> <x:o> .\n" % os.urandom(20).hex().encode() for _ in range(5000))))
"""Statements that take 100 kB or more when compressed."""
LIMITED = """
import resource, signal, sys
from pathlib import Path
from tests.journal.test_failures import NOISE
from tests.journal.drafts import append
from uphold.errors import JournalUnavailable
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal.open(Settings(state=Path(sys.argv[1])))
append(journal, 3)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, most))
try:
    append(journal, change=NOISE)
except JournalUnavailable as problem:
    print(problem)
print(verify(journal).number)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
append(journal, change=NOISE)
print(verify(journal).number)
"""
UNPRIVILEGED = """
import os
import sys
import tempfile
from pathlib import Path
from uphold.errors import JournalUnavailable
from tests.journal.drafts import append
from uphold.journal.journal import Journal
from uphold.settings import Settings

with tempfile.TemporaryDirectory() as folder, Journal.open(Settings(state=Path(folder))) as journal:
    append(journal)  # loads all modules, which another user may not be allowed to read
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with Journal.open(Settings(state=Path(sys.argv[1]))) as journal:
        append(journal)
except JournalUnavailable as problem:
    print(problem)
"""


def child(code: str, *arguments: str) -> str:
    """What a process of Python prints."""
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'server'}"}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_a_full_disk_keeps_what_was_there(sqlite: Settings) -> None:
    """SQLite's own limit on pages stands for the disk; with room again, the same journal goes on."""
    with Journal.open(sqlite) as journal:
        append(journal, 3)
        with journal.database.autocommitting() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalUnavailable, match="disk is full"):
            append(journal, change=NOISE)
        assert verify(journal).number == 3
        with journal.database.autocommitting() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        append(journal, change=NOISE)
        assert verify(journal).number == 4


def test_a_file_that_may_not_grow_keeps_what_was_there(tmp_path: Path) -> None:
    """The kernel refuses to write in the middle of a commit."""
    lines = child(LIMITED, str(tmp_path)).splitlines()
    assert lines[0].startswith("The journal cannot be used: ")
    assert lines[1:] == ["3", "4"]


@pytest.mark.parametrize("locked", ["folder", "new folder", "file"])
def test_a_place_that_is_read_only_is_reported(locked: str, tmp_path: Path) -> None:
    """To a user who may not write there, with nothing changed."""
    state = tmp_path / "state"
    if locked != "new folder":
        with Journal.open(Settings(state=state)) as journal:
            append(journal)
    writable = 0o777 if locked == "file" else 0o755
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):  # noqa: S108  # pytest's folders are private
            folder.chmod(0o755)
    if state.exists():
        state.chmod(writable)
        for file in state.iterdir():
            file.chmod(0o444)
    if os.geteuid():
        (state if state.exists() else tmp_path).chmod(writable & 0o555)
    said = child(UNPRIVILEGED, str(state))
    assert said.startswith("The journal")
    assert str(tmp_path) not in said
    if locked != "new folder":
        with Journal.open(Settings(state=state)) as journal:
            assert verify(journal).number == 1


def test_a_program_that_holds_the_database_is_reported(sqlite: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows nothing of our lock, such as a database shell; it is waited for, for a bounded time."""
    monkeypatch.setattr("uphold.journal.database.FOREIGN_WRITER_SECONDS", 0.2)
    with Journal.open(sqlite) as journal:
        shell = driver.connect(sqlite.state / "journal.sqlite", isolation_level=None)
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalBusy):
            append(journal)
        assert journal.head().number == 0
        shell.close()
        append(journal)


# PostgreSQL


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that a test may stop, which really writes to the disk."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: Debian has it in postgresql")
    made = Cluster(tmp_path, durable=True)
    yield made
    made.close()


def test_a_restart_of_the_server_is_not_noticed(own_cluster: Cluster, tmp_path: Path) -> None:
    """By a journal that was idle meanwhile."""
    with Journal.open(Settings(state=tmp_path, database=own_cluster.new_database())) as journal:
        append(journal)
        own_cluster.stop()
        own_cluster.start()
        assert journal.head().number == 1
        append(journal)
        assert verify(journal).number == 2


def test_a_server_that_goes_away_and_comes_back(own_cluster: Cluster, tmp_path: Path) -> None:
    """A clear error meanwhile, in the middle of a write too; then it works again, with all that was acknowledged."""
    settings = Settings(state=tmp_path, database=own_cluster.new_database())

    def interrupted(journal: Journal) -> None:
        with journal.writing() as transaction:
            own_cluster.stop()
            transaction.append(draft(4))

    with Journal.open(settings) as journal:
        append(journal, 3)
        with pytest.raises(JournalUnavailable, match="does not answer"):
            interrupted(journal)
        for use in (journal.head, lambda: append(journal), lambda: journal.wait_for_change(0, 1)):
            with pytest.raises(JournalUnavailable, match="does not answer"):
                use()
        own_cluster.start()
        assert verify(journal).number == 3
        append(journal)
        assert not journal.wait_for_change(4, 0.1)
        assert verify(journal).number == 4


SECRET = "s3cr3t%2F%C3%BC"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://uphold:{}@127.0.0.1:1/journal",
        "postgresql://uphold@127.0.0.1:1/journal?password={}",
        "postgresql://uphold:{}@127.0.0.1:1/journal?unknown_option=1",
        "postgresql://uphold:{}@127.0.0.1:port/journal",
        "postgresql://uphold:{}@[::1/journal",
        "mysql://uphold:{}@127.0.0.1/journal",
    ],
)
def test_the_password_is_shown_nowhere(url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the error, its traceback or the log, whatever is wrong with the URL; nor in the settings."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises((JournalUnavailable, InvalidSetting)) as caught:  # noqa: PT012
        settings = Settings(state=tmp_path, database=url.format(SECRET))
        assert "s3cr3t" not in repr(settings)
        Journal.open(settings)
    shown = "".join(traceback.format_exception(caught.value, chain=True)) + caught.value.remedy + caplog.text
    assert "s3cr3t" not in shown


@pytest.mark.parametrize("form", ["s3cr3t/ü +", "s3cr3t%2F%C3%BC%20%2B", "s3cr3t%2F%C3%BC+%2B"])
@pytest.mark.parametrize("url", ["postgresql://u:{}@host/name", "postgresql://u@host/name?password={}"])
def test_a_text_of_a_driver_is_shown_without_the_password(url: str, form: str) -> None:
    """Encoded as in a URL or not."""
    given = read_url(url.format("s3cr3t%2F%C3%BC%20%2B"))
    assert redacted(f"cannot use {form} on host", given) == "cannot use *** on host"


def test_a_refused_password_is_not_shown(
    own_cluster: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has PostgreSQL's reason without it."""
    with (own_cluster.home / "data" / "pg_hba.conf").open("w") as file:
        file.write("local all all scram-sha-256\n")
    own_cluster.run("pg_ctl", "--silent", "reload")
    url = f"postgresql://uphold:s3cr3t@/postgres?host={own_cluster.home}"
    with pytest.raises(JournalUnavailable) as caught:
        Journal.open(Settings(state=tmp_path, database=url))
    assert "password authentication failed" in caplog.text
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value, chain=True)) + caplog.text


def test_a_database_in_another_encoding_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    """It could not store every IRI."""
    url = cluster.new_database("ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(JournalUnavailable, match="encoding"):
        Journal.open(Settings(state=tmp_path, database=url))


def test_a_read_only_server_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    """As one is that follows another."""
    settings = Settings(state=tmp_path, database=cluster.new_database())
    Journal.open(settings).close()
    cluster.sql(f"ALTER DATABASE journal{cluster.made} SET default_transaction_read_only = on")
    with Journal.open(settings) as journal, pytest.raises(JournalUnavailable, match="read-only"):
        append(journal)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_the_head_is_read_after_the_wait(level: str, cluster: Cluster, tmp_path: Path) -> None:
    """Where the database's default would read it as of before the lock was there."""
    settings = Settings(state=tmp_path, database=cluster.new_database())
    cluster.sql(f"ALTER DATABASE journal{cluster.made} SET default_transaction_isolation = '{level}'")
    with Journal.open(settings) as journal:
        threads = [threading.Thread(target=append, args=(journal, 10)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert verify(journal).number == 40


def test_nothing_waits_for_the_lock_of_a_client_that_is_gone(
    postgresql: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends a write whose client says nothing; the next one can go on."""
    monkeypatch.setattr("uphold.journal.database.IDLE_MS", 300)
    hurried = replace(postgresql, write_queue_timeout=10)

    def silent(journal: Journal, other: Journal) -> None:
        with journal.writing():
            append(other)  # waits until PostgreSQL has ended the first one

    with Journal.open(postgresql) as journal, Journal.open(hurried) as other:
        with pytest.raises(JournalUnavailable):
            silent(journal, other)
        assert other.head().number == 1
