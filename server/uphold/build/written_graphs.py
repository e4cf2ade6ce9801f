"""Written graphs: the graphs that writes have made, which a build keeps beside those of the files.

A build from changed files is an entry of the journal too, with the difference, so that each snapshot since the first
entry can be made again. Nobody writes while a build that has a journal runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyoxigraph as ox

from uphold.journal.place import has_journal
from uphold.rdf.graphs import Graphs, graphs_of
from uphold.settings import Settings
from uphold.snapshots.change import Change
from uphold.snapshots.snapshot import Snapshot, as_created, save

if TYPE_CHECKING:
    from uphold.journal.journal import Journal
    from uphold.journal.transaction import Transaction

__all__ = ["Written", "written_graphs"]


@dataclass(frozen=True, slots=True)
class Written:
    """The written graphs, and the journal at whose head they are; no transaction if there is none."""

    graphs: Graphs = field(default_factory=dict)
    lines: frozenset[bytes] = frozenset()
    """All data at the head, as lines of N-Quads."""
    transaction: Transaction | None = None

    def record(self, snapshot: Snapshot) -> dt.datetime | None:
        """Append the entry of a build that leads to another snapshot than that at the head; its moment.

        A snapshot was created when an entry first led to it, for every server on the journal.
        """
        if self.transaction is None:
            return None
        from uphold.journal.entry import Draft

        if self.transaction.head.snapshot != snapshot.id:
            lines = frozenset(snapshot.data.read_bytes().splitlines(keepends=True))
            change = Change(*(b"".join(sorted(some)) for some in (self.lines - lines, lines - self.lines)))
            changed = graphs_of(ox.parse(change.removed + change.added, format=ox.RdfFormat.N_QUADS))
            self.transaction.append(Draft("build", sorted(changed), snapshot.id, change))
        if entries := self.transaction.entries_to(snapshot.id):
            save(replace(snapshot, created=as_created(entries[0].moment)))
            return entries[1].moment
        return None


@contextmanager
def written_graphs(settings: Settings) -> Iterator[Written]:
    """The written graphs, which nobody changes meanwhile; raises what `Journal.open` and `Journal.writing` raise."""
    if not has_journal(settings):
        yield Written()  # without loading a library for databases
        return
    from uphold.journal.entry import EMPTY
    from uphold.journal.journal import Journal

    with Journal.open(settings) as journal, journal.writing() as transaction:
        yield Written(transaction=transaction) if transaction.head == EMPTY else read(journal, transaction)


def read(journal: Journal, transaction: Transaction) -> Written:
    """The written graphs at the head, from all entries."""
    lines, names = set[bytes](), set[str]()
    number = 0
    while entries := journal.entries(after=number):
        for entry in entries:
            change = journal.change(entry)
            lines.difference_update(change.removed.splitlines(keepends=True))
            lines.update(change.added.splitlines(keepends=True))
            names.update(entry.graphs if entry.kind == "write" else ())
        number = entries[-1].number
    graphs = graphs_of(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))
    return Written({name: graphs[name] for name in names & graphs.keys()}, frozenset(lines), transaction)
