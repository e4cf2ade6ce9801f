"""Creation: finds out whether the tables are there, and creates or migrates them under the write lock."""

from __future__ import annotations

from sqlalchemy import Connection, text

from uphold.errors import JournalDamaged, JournalUnavailable
from uphold.journal import schema
from uphold.journal.database import Database
from uphold.journal.migrations import migrate, version

__all__ = ["prepare"]

CREATED = b"The journal beside this file was created; where it is missing, it was lost.\n"


def prepare(database: Database) -> None:
    """Create or migrate the tables, unless they are there; one process does it, others wait for it.

    Raises `JournalDamaged`, `JournalTooNew`, `JournalUnavailable` or `JournalBusy`.
    """
    if not database.is_postgresql:
        create_file(database)
    with database.reading() as connection:
        if database.is_postgresql:
            require_utf8(connection)
        found = version(connection)
    if found is None and not database.is_postgresql:
        raise JournalDamaged("its tables are missing")
    if found != schema.NEWEST:
        with database.writing() as connection:
            migrate(connection)


def create_file(database: Database) -> None:
    """Create the SQLite file with its tables, in WAL mode; raises `JournalDamaged` if it was there and is gone.

    SQLite takes a missing or empty file for a new database. The lock's file says whether there was one.
    """
    file, lock = database.file, database.write_lock.path
    if file.exists() and file.stat().st_size and lock.exists() and lock.stat().st_size:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise JournalUnavailable(f"The journal's folder cannot be created: {problem.strerror}.") from problem
    with database.process_lock():
        if lock.stat().st_size and not (file.exists() and file.stat().st_size):
            raise JournalDamaged(f"{file.name} is missing or empty (to begin a new one, delete {lock.name})")
        with database.autocommitting() as connection:  # the mode cannot change inside a transaction
            connection.execute(text("PRAGMA journal_mode = WAL"))
        with database.translated(), database.engine.begin() as connection:
            migrate(connection)
        try:
            lock.write_bytes(CREATED)
        except OSError as problem:
            raise JournalUnavailable(f"The journal's lock cannot be written: {problem.strerror}.") from problem


def require_utf8(connection: Connection) -> None:
    """Raise `JournalUnavailable` for a PostgreSQL database in another encoding, which cannot store every IRI."""
    if connection.execute(text("SHOW server_encoding")).scalar() != "UTF8":
        raise JournalUnavailable("The journal cannot be used: the encoding of its PostgreSQL database is not UTF8.")
