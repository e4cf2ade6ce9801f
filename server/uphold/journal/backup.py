"""Backup: copies the journal to a file while it is in use, and puts such a copy back.

For SQLite the file is an SQLite database, for PostgreSQL an archive of `pg_dump --format=custom`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL, text

from uphold.errors import BackupFailed, JournalDamaged, JournalNotEmpty, JournalTooNew, JournalUnavailable
from uphold.journal.creation import CREATED
from uphold.journal.database import ADVISORY_LOCK, Database, redacted
from uphold.journal.entry import EMPTY, Head
from uphold.journal.journal import Journal
from uphold.journal.migrations import version
from uphold.journal.place import FILE
from uphold.journal.rows import read_head
from uphold.journal.verification import verify
from uphold.settings import Settings
from uphold.snapshots.snapshot import sync_folder

__all__ = ["backup", "restore"]

SQLITE_MAGIC = b"SQLite format 3\0"
ARCHIVE_MAGIC = b"PGDMP"
WAL_FILES = ("", "-wal", "-shm")
"""What the names of SQLite's files end with, in WAL mode."""


def backup(journal: Journal, file: Path) -> None:
    """Write the journal to a file, as it is at one moment.

    The file is written beside its place and then renamed: after a failure, a file of that name is as it was. Raises
    `BackupFailed`.
    """
    unfinished = file.with_name(f"{file.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)  # it has hashes of tokens; and a folder that is not there is found out here
        if journal.database.url:
            run("pg_dump", ["--format=custom", f"--file={unfinished}"], journal.database.url)
        else:
            with journal.database.translated():
                write_copy(journal.database.file, unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(unfinished, file)
        sync_folder(file.absolute().parent)
    except OSError as problem:
        raise BackupFailed(f"{file} cannot be written: {problem.strerror}.") from problem
    except JournalUnavailable as problem:
        raise BackupFailed(f"{file} cannot be written, or the journal not read. {problem}") from problem
    finally:
        unfinished.unlink(missing_ok=True)


def restore(settings: Settings, file: Path, *, force: bool = False) -> Head:
    """Replace the journal by a backup that has been verified, also while a server runs; return its head.

    Raises `JournalNotEmpty` for a journal that has entries or cannot be read, unless `force` is set; then a damaged
    SQLite file is kept beside the new one. Raises `BackupFailed` for a file that is not a whole backup.
    """
    database = Database(settings)
    try:
        if database.url:
            require(file, ARCHIVE_MAGIC, "pg_dump --format=custom")
            restore_archive(database, database.url, file, force=force)
        else:
            require(file, SQLITE_MAGIC, "SQLite")
            restore_copy(database, settings, file, force=force)
    finally:
        database.close()
    with Journal.open(settings) as journal:
        return verify(journal)


def require(file: Path, magic: bytes, made_by: str) -> None:
    """Raise `BackupFailed` unless a file begins so."""
    try:
        with file.open("rb") as opened:
            found = opened.read(len(magic))
    except OSError as problem:
        raise BackupFailed(f"{file} cannot be read: {problem.strerror}.") from problem
    if found != magic:
        raise BackupFailed(f"{file} is not a backup made by {made_by}, which this journal's database needs.")


def write_copy(source: Path, target: Path) -> None:
    """Copy an SQLite database that may be in use into a new file that needs no other file beside it.

    All pages at once: in steps, SQLite begins again after each write of others, and may never end.
    """
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")
        if (found := copy.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise JournalDamaged(f"SQLite reports {found!r}")


def restore_copy(database: Database, settings: Settings, file: Path, *, force: bool) -> None:
    """Verify a copy of the backup, then write its pages over the journal in one transaction of SQLite."""
    settings.state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.state, prefix="restoring-") as folder:
        shutil.copyfile(file, Path(folder, FILE))
        try:
            with Journal.open(replace(settings, state=Path(folder))) as journal:
                verify(journal)
        except (JournalDamaged, JournalTooNew) as problem:
            raise BackupFailed(f"{file} is not a whole journal: {problem}") from problem
        with database.process_lock(), database.translated():
            try:
                if database.file.exists():
                    require_empty(database, force=force)
            except JournalDamaged as problem:
                if not force:
                    raise JournalNotEmpty(f"What is there cannot be read. {problem}") from problem
                database.close()
                for ending in WAL_FILES:
                    damaged = database.file.with_name(database.file.name + ending)
                    if damaged.exists():
                        damaged.rename(damaged.with_name(f"damaged-{damaged.name}"))
            with closing(sqlite3.connect(Path(folder, FILE))) as copy, closing(sqlite3.connect(database.file)) as live:
                live.execute("PRAGMA journal_mode = WAL")
                live.execute("PRAGMA synchronous = FULL")
                copy.backup(live, pages=-1)
            database.write_lock.path.write_bytes(CREATED)


def restore_archive(database: Database, url: URL, file: Path, *, force: bool) -> None:
    """Let `pg_restore` replace the tables in one transaction, while no process of ours writes."""
    tables = run("pg_restore", ["--list", str(file)], url, connects=False)
    if not all(f" TABLE public {name} " in tables for name in ("entry", "head", "token", "alembic_version")):
        raise BackupFailed(f"{file} is not a backup of a journal: it lacks its tables.")
    with database.autocommitting() as connection:
        # A lock of the session, because a transaction of ours would keep pg_restore from replacing the tables.
        connection.execute(text(f"SET lock_timeout = {int(database.seconds * 1000)}"))
        connection.execute(text(f"SELECT pg_advisory_lock({ADVISORY_LOCK})"))
        try:
            require_empty(database, force=force)
            options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
            run("pg_restore", [*options, str(file)], url)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.execute(text("RESET lock_timeout"))


def require_empty(database: Database, *, force: bool) -> None:
    """Raise `JournalNotEmpty` for a journal with entries, unless `force` is set."""
    with database.reading() as connection:
        head = read_head(connection) if version(connection) else EMPTY
    if head.number and not force:
        raise JournalNotEmpty(f"The journal has entries up to number {head.number}.")


def run(program: str, options: Sequence[str], url: URL, *, connects: bool = True) -> str:
    """Run a program of PostgreSQL on the database and return its output; raises `BackupFailed`.

    The password goes into its environment, because anybody on the machine sees its arguments.
    """
    if not shutil.which(program):
        raise BackupFailed(f"{program} is not installed here; it comes with the client programs of PostgreSQL.")
    password = url.password or url.query.get("password")
    plain = url.set(drivername="postgresql", password=None).difference_update_query(["password"])
    target = [f"--dbname={plain.render_as_string(hide_password=False)}"] if connects else []
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run([program, *target, *options], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise BackupFailed(f"{program} failed: {redacted(done.stderr.strip(), url)}")
    return done.stdout
