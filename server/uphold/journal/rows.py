"""Rows: entries as the tables hold them; whatever is read is checked against the digests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, func, insert, select, update

from uphold.errors import EntryNotFound, JournalDamaged
from uphold.journal import schema
from uphold.journal.entry import Entry, Head, read_moment, written_moment
from uphold.snapshots.change import Change

__all__ = ["HEADER", "entries_to", "read_change", "read_entry", "read_head", "read_row", "write_entry"]

HEADER = [column for column in schema.entry.columns if column.name not in ("removed_quads", "added_quads")]
"""The columns of an entry without its statements."""


def write_entry(connection: Connection, made: Entry, change: Change) -> None:
    """Insert an entry and make it the head."""
    compressor = zstandard.ZstdCompressor()
    row: dict[str, Any] = {column.name: getattr(made, column.name) for column in HEADER}
    row |= {"moment": written_moment(made.moment), "graphs": json.dumps(made.graphs, ensure_ascii=False)}
    row |= {"removed_quads": compressor.compress(change.removed), "added_quads": compressor.compress(change.added)}
    connection.execute(insert(schema.entry), row)
    if made.graphs:
        connection.execute(
            insert(schema.entry_graph), [{"graph": graph, "entry": made.number} for graph in made.graphs]
        )
    connection.execute(update(schema.head).values(number=made.number, digest=made.digest, snapshot=made.snapshot))


def read_head(connection: Connection) -> Head:
    """The head; raises `JournalDamaged` if there is none."""
    row = connection.execute(select(schema.head.c.number, schema.head.c.digest, schema.head.c.snapshot)).one_or_none()
    if row is None:
        raise JournalDamaged("its table `head` is empty")
    return Head(*row)


def read_entry(connection: Connection, number: int) -> Entry:
    """One entry; raises `EntryNotFound` or `JournalDamaged`."""
    row = connection.execute(select(*HEADER).where(schema.entry.c.number == number)).one_or_none()
    if row is None:
        raise EntryNotFound(number)
    return read_row(row)


def entries_to(connection: Connection, snapshot: str) -> tuple[Entry, Entry] | None:
    """The first and the last entry that led to a snapshot; None if there is none."""
    number, to = schema.entry.c.number, schema.entry.c.snapshot == snapshot
    first, last = connection.execute(select(func.min(number), func.max(number)).where(to)).one()
    return None if first is None else (read_entry(connection, first), read_entry(connection, last))


def read_row(row: Row[Any]) -> Entry:
    """The entry of a row; raises `JournalDamaged` if its digest is not that of its members."""
    members = dict(row._mapping)  # noqa: SLF001  # public, in spite of its name
    try:
        read: dict[str, Any] = {
            "graphs": tuple(json.loads(members["graphs"])),
            "moment": read_moment(members["moment"]),
        }
        found = Entry(**members | read)
        digest = found.computed_digest()
    except (ValueError, TypeError, JournalDamaged) as problem:
        raise JournalDamaged("one of its members cannot be read", members["number"]) from problem
    if digest != found.digest:
        raise JournalDamaged("its digest is not that of its members", found.number)
    return found


def read_change(connection: Connection, entry: Entry) -> Change:
    """The statements of an entry; raises `JournalDamaged` if their digests are not those in the entry."""
    columns = schema.entry.c
    chosen = select(columns.removed_quads, columns.added_quads).where(columns.number == entry.number)
    row = connection.execute(chosen).one_or_none()
    if row is None:
        raise EntryNotFound(entry.number)
    parts = []
    for name, packed, digest in (("removed", row[0], entry.removed), ("added", row[1], entry.added)):
        try:
            quads = zstandard.ZstdDecompressor().decompress(packed)
        except (zstandard.ZstdError, TypeError) as problem:
            raise JournalDamaged(f"the statements {name} cannot be unpacked", entry.number) from problem
        if hashlib.sha256(quads).hexdigest() != digest:
            raise JournalDamaged(f"the statements {name} do not have the digest recorded", entry.number)
        parts.append(quads)
    return Change(*parts)
