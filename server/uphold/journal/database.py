"""Database: connections to SQLite or PostgreSQL whose transactions begin, wait and fail alike.

Both traps of SQLite's driver are avoided here: it begins no transaction before a SAVEPOINT or a CREATE TABLE, and a
transaction that reads first and then writes fails when another writer was faster. So `connect` turns its own way of
beginning off, and `begin` says BEGIN for readers, who never wait, and BEGIN IMMEDIATE for the writer.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from uphold.errors import InvalidSetting, JournalBusy, JournalDamaged, JournalUnavailable, UpholdError
from uphold.journal.place import FILE
from uphold.journal.write_lock import WriteLock
from uphold.settings import Settings

__all__ = ["ADVISORY_LOCK", "CHANNEL", "Database", "read_url", "redacted"]

LOCK = "journal.lock"
ADVISORY_LOCK = 7_599_401_165_112_108_100
"""The number of the lock that writers hold on PostgreSQL; any that no other program uses."""
CHANNEL = "uphold_journal"
CONNECT_SECONDS = 5
FOREIGN_WRITER_SECONDS = 5
"""How long a writer waits for a program that writes without our lock, such as a database shell."""
IDLE_MS = 600_000
"""PostgreSQL ends a write whose process has said nothing for so long, as when its machine is gone."""
NOT_TEXT = "SQLite reads a text from its file that is not UTF-8"
"""The driver raises `UnicodeDecodeError`, no error of its own, for a message of SQLite that quotes a damaged table."""
log = logging.getLogger(__name__)


class Database:
    """The database that the settings name. Open it after a fork, never before."""

    def __init__(self, settings: Settings) -> None:
        """Raise `InvalidSetting` for a URL that cannot be read; nothing is opened yet."""
        self.seconds = settings.write_queue_timeout
        self.url = read_url(settings.database) if settings.database else None
        self.file = settings.state / FILE
        self.write_lock = WriteLock(settings.state / LOCK, self.seconds)
        self.engine = postgresql(self.url) if self.url else sqlite(self.file)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL, else SQLite."""
        return self.url is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading, which waits for no writer.

        Raises `JournalUnavailable`, `JournalDamaged`, or `JournalBusy` if too many connections are in use.
        """
        with self.translated(), self.engine.connect() as connection, connection.execution_options(read=True).begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that alone may write; commits at the end, or undoes everything if an exception leaves it.

        Raises `JournalBusy` after the setting `write_queue_timeout`, else as `reading`.
        """
        with self.process_lock(), self.translated(), self.engine.begin() as connection:
            if self.is_postgresql:
                connection.execute(text(f"SET LOCAL lock_timeout = {max(1, int(self.seconds * 1000))}"))
                connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            yield connection

    @contextmanager
    def autocommitting(self) -> Iterator[Connection]:
        """A connection without a transaction, for what cannot be in one."""
        with self.translated(), self.engine.connect() as plain:
            yield plain.execution_options(isolation_level="AUTOCOMMIT", begin=False)

    def process_lock(self) -> AbstractContextManager[None]:
        """The lock on a file beside the SQLite database; PostgreSQL has its own, in the transaction."""
        return nullcontext() if self.is_postgresql else self.write_lock.held()

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn errors of the drivers into ours; only the log has the driver's text, without the password."""
        try:
            yield
        except PoolTimeout:
            raise JournalBusy(CONNECT_SECONDS) from None
        except (DBAPIError, sqlite3.Error) as problem:
            # `from None`, because a traceback would show the driver's text
            raise self.translation(getattr(problem, "orig", None) or problem) from None

    def translation(self, problem: BaseException) -> UpholdError:
        """Our error for one of a driver."""
        log.warning("the journal's database reports: %s", redacted(str(problem), self.url))
        if isinstance(problem, sqlite3.Error):
            return of_sqlite(problem)
        return of_postgresql(getattr(problem, "sqlstate", None), self.seconds)


def sqlite(file: Path) -> Engine:
    """An engine for a file. Every commit reaches the disk before it returns (`synchronous`), in one fdatasync."""
    # No limit on connections: a thread has one only while it reads, or while it holds the write lock.
    engine = create_engine(URL.create("sqlite", database=str(file)), hide_parameters=True, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {FOREIGN_WRITER_SECONDS * 1000}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cell_size_check = ON",
        ):
            try:
                connection.execute(f"PRAGMA {pragma}")
            except UnicodeDecodeError:
                raise JournalDamaged(NOT_TEXT) from None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("begin", True):  # the event also comes for a connection that commits each statement
            connection.exec_driver_sql("BEGIN" if options.get("read") else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "handle_error")
    def handle_error(context: ExceptionContext) -> JournalDamaged | None:
        return JournalDamaged(NOT_TEXT) if isinstance(context.original_exception, UnicodeDecodeError) else None

    return engine


def postgresql(url: URL) -> Engine:
    """An engine for a server. It tries a connection before use, so that a restart of the server is not noticed."""
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        max_overflow=20,
        # The default of a database may be stricter; the head would then be read as of before the wait for the lock.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "uphold"},
    )


def read_url(given: str) -> URL:
    """The URL of a PostgreSQL database; raises `InvalidSetting` without quoting it."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise InvalidSetting("database is not a URL such as postgresql://user@host/name.") from None
    return url.set(drivername="postgresql+psycopg")


def redacted(said: str, url: URL | None) -> str:
    """A text of a driver or a program without the passwords of the URL."""
    secrets = [url.password, *(value for key, value in url.query.items() if "password" in key)] if url else []
    for secret in filter(None, secrets):
        for form in (str(secret), quote(str(secret), safe=""), quote_plus(str(secret))):
            said = said.replace(form, "***")
    return said


def of_sqlite(problem: sqlite3.Error) -> UpholdError:
    """Our error for one of SQLite, by its primary result code (https://www.sqlite.org/rescode.html)."""
    code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalBusy(FOREIGN_WRITER_SECONDS)
    reasons = {
        sqlite3.SQLITE_FULL: "its disk is full",
        sqlite3.SQLITE_READONLY: "its file or folder is read-only",
        sqlite3.SQLITE_IOERR: "reading or writing its file failed",
        sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
        sqlite3.SQLITE_PERM: "its file may not be accessed",
        sqlite3.SQLITE_NOMEM: "there is not enough memory",
    }
    if code in reasons:
        return JournalUnavailable(f"The journal cannot be used: {reasons[code]}.")
    if code == sqlite3.SQLITE_NOTADB:
        return JournalDamaged("its file is not an SQLite database")
    # Our statements are right, so a table or column that is missing, or a constraint that fails, is damage too.
    return JournalDamaged("SQLite cannot read its file as it was written")


def of_postgresql(state: str | None, seconds: float) -> UpholdError:
    """Our error for one of PostgreSQL, by its SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
    if state in ("55P03", "57014"):  # lock_not_available, query_canceled
        return JournalBusy(seconds)
    if state is not None and (state[:2] in ("XX", "42", "23", "22") and state != "42501"):
        return JournalDamaged(f"PostgreSQL reports {state}")
    reasons = {
        "53100": "the disk of its server is full",
        "53300": "its server has too many connections",
        "25006": "its server is read-only",
        "42501": "its server does not permit it",
    }
    return JournalUnavailable(f"The journal cannot be used: {reasons.get(state or '', 'its server does not answer')}.")
