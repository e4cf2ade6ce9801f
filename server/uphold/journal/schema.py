"""Schema: the tables of the journal as the newest migration leaves them; a test compares the two on both databases.

Moments are texts in UTC, because SQLite drops the zone of a timestamp. Numbers of entries are counted under the write
lock, not by a sequence: a sequence leaves gaps, and PostgreSQL hands out its numbers in another order than it commits.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

__all__ = ["NEWEST", "entry", "entry_graph", "head", "idempotency", "metadata", "token", "token_use"]

NEWEST = "0003"
"""The last migration in `migrations/versions/`."""
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in a column whose type is exactly INTEGER."""
metadata = MetaData()

entry = Table(
    "entry",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    Column("moment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("token", Text),
    Column("graphs", Text, nullable=False),  # a JSON array
    Column("removed", Text, nullable=False),
    Column("added", Text, nullable=False),
    Column("previous_snapshot", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("note", Text),
    Column("key", Text),
    Column("previous_digest", Text, nullable=False, unique=True),  # so that the chain cannot fork
    Column("digest", Text, nullable=False),
    Column("removed_quads", LargeBinary, nullable=False),  # last, so that SQLite reads past them only when asked to
    Column("added_quads", LargeBinary, nullable=False),
    Index("entry_snapshot", "snapshot", "number"),
)

entry_graph = Table(
    "entry_graph",
    metadata,
    Column("graph", Text, primary_key=True),
    Column("entry", NUMBER, ForeignKey("entry.number"), primary_key=True, autoincrement=False),
)

head = Table(  # one row: reading it is how followers look for new entries, and it shows when the last entry is lost
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", NUMBER, nullable=False),
    Column("digest", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    CheckConstraint("id = 1", name="one_head"),
)

token = Table(
    "token",
    metadata,
    Column("name", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("glob", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text),
    Column("revoked", Text),
    Column("last_used", Text),
    Column("conditional", Integer, nullable=False, server_default="0"),
)

token_use = Table(
    "token_use",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("moment", Text, nullable=False),
    Column("token", Text, ForeignKey("token.name"), nullable=False),
    Column("method", Text, nullable=False),
    Column("graph", Text),
    Column("status", Integer, nullable=False),
    Column("entry", NUMBER, ForeignKey("entry.number")),
    Index("token_use_token", "token", "id"),
    sqlite_autoincrement=True,  # else SQLite gives the number of a deleted last row to the next one
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("token", Text, primary_key=True),  # empty where none was used
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("entry", NUMBER, ForeignKey("entry.number")),
    Column("moment", Text, nullable=False),
)
