"""Verification: reads the whole journal and recomputes every digest."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from uphold.errors import JournalDamaged
from uphold.journal import schema
from uphold.journal.entry import EMPTY, Entry, Head
from uphold.journal.journal import Journal
from uphold.journal.rows import read_change, read_head

__all__ = ["verify"]

PAGE = 500


def verify(journal: Journal) -> Head:
    """The head, once the database and each entry up to it are found as they were written.

    Raises `JournalDamaged`, which names the first wrong entry and what is wrong with it.
    """
    with journal.database.reading() as connection:
        if not journal.database.is_postgresql:
            check_file(connection)
        head = read_head(connection)
        last = connection.execute(select(func.max(schema.entry.c.number))).scalar() or 0
    if last > head.number:
        raise JournalDamaged("it is there, but the head does not count it", head.number + 1)
    at = EMPTY
    while at.number < head.number:
        entries = journal.entries(at.number, min(PAGE, head.number - at.number))
        with journal.database.reading() as connection:
            for entry in entries:
                check_entry(connection, entry)
        at = entries[-1].head
    if at != head:
        raise JournalDamaged("it is not the one that the head names", head.number)
    return head


def check_file(connection: Connection) -> None:
    """Let SQLite check its pages and indexes."""
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar()
    if found != "ok":
        raise JournalDamaged(f"SQLite reports {found!r}")


def check_entry(connection: Connection, entry: Entry) -> None:
    """Check what an entry has in other columns and tables."""
    read_change(connection, entry)
    table = schema.entry_graph.c
    listed = connection.execute(select(table.graph).where(table.entry == entry.number)).scalars()
    if sorted(listed) != list(entry.graphs):
        raise JournalDamaged("its graphs are not those in the table `entry_graph`", entry.number)
