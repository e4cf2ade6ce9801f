"""Journal: append entries, read them, wait for new ones.

`Journal.open` gives the journal that the settings name. Whoever changes data holds `writing()` from reading the head
to appending, so that entries form one chain. Whatever is read is checked against the digests: damage raises
`JournalDamaged` and never returns other data.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import select, text

from uphold.errors import JournalDamaged
from uphold.journal import schema
from uphold.journal.creation import prepare
from uphold.journal.database import CHANNEL, Database
from uphold.journal.entry import Entry, Head, chained, read_moment
from uphold.journal.rows import HEADER, entries_to, read_change, read_entry, read_head, read_row
from uphold.journal.transaction import Transaction
from uphold.settings import Settings
from uphold.snapshots.change import Change

__all__ = ["Journal", "Use"]

POLL_SECONDS = 0.02
"""How often a thread that waits for a change of an SQLite journal reads its head."""


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a token: `entry` is the entry it led to, if any."""

    moment: dt.datetime
    token: str
    method: str
    graph: str | None
    status: int
    entry: int | None


class Journal:
    """The journal; any number of threads may use one, and any number of processes one database.

    Every method raises `JournalUnavailable` if the database cannot be used, and `JournalDamaged` if it is not as it was
    written. Open one after a fork, never before.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, settings: Settings) -> Journal:
        """The journal that the settings name, created or migrated when needed.

        Also raises `JournalTooNew`, `JournalBusy` and `InvalidSetting`.
        """
        journal = cls(Database(settings))
        try:
            prepare(journal.database)
        except BaseException:
            journal.close()
            raise
        return journal

    def close(self) -> None:
        """Close the connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Hold the write lock, in turn; commits at the end, or changes nothing if an exception leaves it.

        Raises `JournalBusy` after the setting `write_queue_timeout`.
        """
        with self.database.writing() as connection:
            yield Transaction(connection, notify=self.database.is_postgresql)

    def head(self) -> Head:
        """The last entry's number, digest and snapshot; cheap enough to call before each request."""
        with self.database.reading() as connection:
            return read_head(connection)

    def head_changed(self, known: Head) -> bool:
        """Whether the journal has another head than this one."""
        return self.head() != known

    def entry(self, number: int) -> Entry:
        """One entry; raises `EntryNotFound`."""
        with self.database.reading() as connection:
            return read_entry(connection, number)

    def entries(self, after: int = 0, limit: int = 1000) -> list[Entry]:
        """The entries after a number, in order, at most `limit`; none of them is missing."""
        number, first = schema.entry.c.number, max(after, 1)  # the entry `after` is read too, to check the chain
        with self.database.reading() as connection:
            last = min(read_head(connection).number, after + limit)
            rows = connection.execute(select(*HEADER).where(number.between(first, last)).order_by(number)).all()
        found = chained([read_row(row) for row in rows], first)
        if len(found) < last - first + 1:
            raise JournalDamaged("it is missing", first + len(found))
        return found[1:] if after else found

    def entries_of(self, graph: str, before: int | None = None, limit: int = 50) -> list[Entry]:
        """The entries that changed a graph, newest first, at most `limit`, of those before a number."""
        number = schema.entry.c.number
        chosen = select(*HEADER).join(schema.entry_graph).where(schema.entry_graph.c.graph == graph)
        if before is not None:
            chosen = chosen.where(number < before)
        with self.database.reading() as connection:
            rows = connection.execute(chosen.order_by(number.desc()).limit(limit)).all()
        return [read_row(row) for row in rows]

    def entries_to(self, snapshot: str) -> tuple[Entry, Entry] | None:
        """The first and the last entry that led to a snapshot; None if there is none."""
        with self.database.reading() as connection:
            return entries_to(connection, snapshot)

    def change(self, entry: Entry) -> Change:
        """The statements that an entry removed and added."""
        with self.database.reading() as connection:
            return read_change(connection, entry)

    def uses(self, token: str, limit: int = 50) -> list[Use]:
        """The uses of a token, newest first, at most `limit`."""
        table = schema.token_use.c
        chosen = select(table.moment, table.token, table.method, table.graph, table.status, table.entry)
        with self.database.reading() as connection:
            rows = connection.execute(chosen.where(table.token == token).order_by(table.id.desc()).limit(limit)).all()
        return [Use(read_moment(row[0]), *row[1:]) for row in rows]

    def wait_for_change(self, after: int, timeout: float) -> bool:
        """Wait until the journal has an entry after this number, at most `timeout` seconds; whether it has one."""
        until = time.monotonic() + timeout
        if self.database.is_postgresql:
            return self.listen(after, until)
        while self.head().number <= after:
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(POLL_SECONDS, left))
        return True

    def listen(self, after: int, until: float) -> bool:
        """Wait for PostgreSQL's notification of a commit."""
        with self.database.autocommitting() as connection:  # inside a transaction no notification arrives
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101  # for the type checker: the connection is open
            connection.execute(text(f"LISTEN {CHANNEL}"))
            try:
                while read_head(connection).number <= after:  # after LISTEN, so that no commit falls in between
                    left = until - time.monotonic()
                    if left <= 0:
                        return False
                    list(driver.notifies(timeout=left, stop_after=1))
                return True
            finally:
                if not connection.invalidated:
                    connection.execute(text("UNLISTEN *"))
