"""Transaction: what may be done while the write lock is held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text, update

from uphold.errors import EntryNotFound, JournalDamaged
from uphold.journal import schema
from uphold.journal.database import CHANNEL
from uphold.journal.entry import EMPTY, Draft, Entry, read_moment, require_storable, written_moment
from uphold.journal.rows import entries_to, read_entry, read_head, write_entry

__all__ = ["KEPT", "Reply", "Transaction"]

KEPT = dt.timedelta(days=7)
"""How long a request is known by its idempotency key."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request with an idempotency key led to: the digest of the request, the status and perhaps the entry."""

    request: str
    status: int
    entry: int | None
    moment: dt.datetime


class Transaction:
    """The write lock, held: nobody else appends before it ends, and readers see nothing of it before."""

    def __init__(self, connection: Connection, *, notify: bool) -> None:
        """Read the head; raises `JournalDamaged` if the journal does not end with it."""
        self.connection, self.notify = connection, notify
        self.head = read_head(connection)
        try:
            if self.head != EMPTY and read_entry(connection, self.head.number).head != self.head:
                raise JournalDamaged("it is not the one that the head names", self.head.number)
        except EntryNotFound:
            raise JournalDamaged("it is missing, although the head names it", self.head.number) from None

    def append(self, draft: Draft) -> Entry:
        """Append an entry; others see it once the transaction has ended."""
        made = Entry.after(self.head, draft)
        write_entry(self.connection, made, draft.change)
        if self.notify:
            self.connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        self.head = made.head
        return made

    def entries_to(self, snapshot: str) -> tuple[Entry, Entry] | None:
        """The first and the last entry that led to a snapshot; None if there is none."""
        return entries_to(self.connection, snapshot)

    def log_use(
        self, token: str, *, method: str, graph: str | None, status: int, entry: int | None = None
    ) -> dt.datetime:
        """Record that a token was used, for what and with which status, and return the moment recorded.

        `graph` is None for a request about no single graph. Raises `MalformedRequest` for a text that cannot be stored.
        """
        require_storable("method", method)
        require_storable("graph", graph)
        now = dt.datetime.now(dt.UTC)
        used = {"moment": written_moment(now), "token": token, "method": method, "graph": graph}
        self.connection.execute(insert(schema.token_use), used | {"status": status, "entry": entry})
        self.connection.execute(
            update(schema.token).where(schema.token.c.name == token).values(last_used=written_moment(now))
        )
        return now

    def remember(self, key: str, *, token: str | None, request: str, status: int, entry: int | None = None) -> None:
        """Record the reply to a request with an idempotency key of one token, which has none yet.

        Old replies are forgotten: `KEPT`.
        """
        require_storable("key", key)
        moment = dt.datetime.now(dt.UTC)
        now, old = written_moment(moment), schema.idempotency.c.moment < written_moment(moment - KEPT)
        self.connection.execute(delete(schema.idempotency).where(old))
        reply = {"token": token or "", "key": key, "request": request, "status": status, "entry": entry, "moment": now}
        self.connection.execute(insert(schema.idempotency), reply)

    def recall(self, key: str, *, token: str | None) -> Reply | None:
        """The reply recorded for this key of this token; compare its `request` with the digest of the new one."""
        table = schema.idempotency.c
        chosen = select(table.request, table.status, table.entry, table.moment)
        row = self.connection.execute(chosen.where(table.token == (token or ""), table.key == key)).one_or_none()
        return Reply(row[0], row[1], row[2], read_moment(row[3])) if row else None
