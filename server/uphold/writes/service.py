"""Write service: the way of a write from request to acknowledgement.

While it holds the journal's write lock, a server process has a worker stage the change on the newest data, writes the
snapshot that it leads to, and appends the entry; then that snapshot becomes current. If the change does not conform, or
anything fails before the entry is committed, nothing has changed.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from uphold.errors import (
    IdempotencyKeyReused,
    JournalDamaged,
    ServerOutdated,
    SnapshotNotFound,
    WriteNotSupported,
)
from uphold.journal.entry import EMPTY, Draft, Entry, Head
from uphold.journal.journal import Journal
from uphold.journal.tokens import Token, require_may_write
from uphold.journal.transaction import Reply, Transaction
from uphold.settings import Settings
from uphold.snapshots.change import Change, Step
from uphold.snapshots.snapshot import Snapshot, current, save
from uphold.snapshots.steps import data_file, link_steps
from uphold.writes.completion import Completion
from uphold.writes.operations import Operation
from uphold.writes.publication import in_turn, make_current, write_snapshot
from uphold.writes.staging import Staging
from uphold.writes.workspace import Counts

__all__ = ["Outcome", "Write", "WriteService"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Write:
    """A request to change data: its operations, who asks, and how.

    `require` is called with the newest snapshot while nobody else can write, and raises an error if a precondition of
    the request does not hold. `key` is the idempotency key, `digest` that of the request.
    """

    operations: Sequence[Operation]
    token: Token
    method: str
    require: Callable[[Snapshot], None] = lambda _: None
    status: Callable[[Outcome], int] = lambda _: 204
    dry_run: bool = False
    key: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write led to: the report, the snapshot and the entry, if there is a new one.

    `changed` has for each graph the numbers of removed and added triples; `existed` says which of the requested graphs
    were there before. `removed` and `added` are N-Quads.
    """

    report: dict[str, Any]
    turtle: str
    snapshot: str
    entry: int | None
    existed: dict[str, bool]
    changed: dict[str, tuple[int, int]]
    removed: str
    added: str
    status: int | None = None
    """The status of the first response, if this request was carried out before."""

    @property
    def conforms(self) -> bool:
        """Whether the data conform with the change."""
        return bool(self.report["conforms"])


class WriteService:
    """Writes of one server process; those of all processes and servers on the same journal happen one by one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.Lock()
        self.opened: Journal | None = None
        self.staging, self.completion = Staging(settings), Completion(settings, self.build_on)

    @property
    def journal(self) -> Journal:
        """The journal, opened with the first use in this process."""
        with self.lock:
            if self.opened is None:
                self.opened = Journal.open(self.settings)
            return self.opened

    def write(self, write: Write) -> Outcome:
        """Carry out a write; raises what the operations raise, `JournalBusy`, and what `Write.require` raises.

        A change that does not conform changes nothing: see `Outcome.conforms`. A request that was carried out before,
        by its idempotency key, is not carried out again.
        """
        with self.journal.writing() as transaction:
            if write.key and (reply := transaction.recall(write.key, token=write.token.name)):
                return self.replayed(reply, write)
            snapshot = self.newest(transaction)
            write.require(snapshot)
            result = self.staging.stage(write.operations, snapshot)
            for graph in result["requested"]:
                require_may_write(write.token, graph, self.settings.base)
            found = self.outcome(result, transaction, write, snapshot)
            self.log(transaction, write, found)
        if found.entry is not None:
            self.show(found)
        return found

    def show(self, found: Outcome) -> None:
        """Make what was accepted current; if that fails, it stays accepted, and the next write or start shows it."""
        try:
            self.follow()
        except Exception:
            log.exception("entry %s of the journal is accepted, but not current", found.entry)
        self.completion.after_write()

    def replayed(self, reply: Reply, write: Write) -> Outcome:
        """The outcome of the same request before; raises `IdempotencyKeyReused` for another request."""
        if reply.request != write.digest:
            raise IdempotencyKeyReused
        entry = self.journal.entry(reply.entry) if reply.entry else None
        change = self.journal.change(entry) if entry else Change()
        return Outcome(
            report={"conforms": True, "results": []},
            turtle="",
            snapshot=entry.snapshot if entry else "",
            entry=reply.entry,
            existed={},
            changed={},
            removed=change.removed.decode(),
            added=change.added.decode(),
            status=reply.status,
        )

    def log(self, transaction: Transaction, write: Write, found: Outcome) -> None:
        """Record the use of the token, and the reply to a request with a key, with the change itself."""
        status, graphs = write.status(found), {each.graph for each in write.operations}
        graph = graphs.pop() if len(graphs) == 1 else None
        transaction.log_use(write.token.name, method=write.method, graph=graph, status=status, entry=found.entry)
        if write.key and not write.dry_run and found.conforms:
            transaction.remember(
                write.key, token=write.token.name, request=write.digest, status=status, entry=found.entry
            )

    def load(self) -> None:
        """Load the data for the first write, in the background."""
        self.staging.load(current(self.settings.state))

    def newest(self, transaction: Transaction) -> Snapshot:
        """The snapshot at the head of the journal; before the first write, the current one is the first entry.

        Raises what `follow` raises.
        """
        snapshot = current(self.settings.state)
        if transaction.head == EMPTY:
            change, moment = Change(added=data_file(snapshot).read_bytes()), dt.datetime.fromisoformat(snapshot.created)
            transaction.append(Draft("build", list(snapshot.graphs), snapshot.id, change, moment=moment))
        elif transaction.head.snapshot != snapshot.id:
            self.make_current(transaction.head)
            snapshot = current(self.settings.state)
        if snapshot.built.quads > self.settings.in_memory_max_quads:
            raise WriteNotSupported(snapshot.built.quads, self.settings.in_memory_max_quads)
        return snapshot

    def outcome(self, result: dict[str, Any], transaction: Transaction, write: Write, snapshot: Snapshot) -> Outcome:
        """What a staged change leads to: an entry of the journal if it conforms and is to be kept."""
        entry = None
        counts = Counts(**result["counts"])
        if result["report"]["conforms"] and not write.dry_run and result["requested"]:
            change = Change(result["removed"].encode(), result["added"].encode())
            draft = Draft("write", result["requested"], counts.id, change, token=write.token.name, key=write.key)
            made = transaction.append(draft)
            first, _ = transaction.entries_to(counts.id) or (made, made)
            write_snapshot(snapshot, counts, change, made.number, first.moment)
            entry = made.number
        return Outcome(
            report=result["report"],
            turtle=result["turtle"],
            snapshot=counts.id,
            entry=entry,
            existed=result["existed"],
            changed={name: (removed, added) for name, (removed, added) in result["changed"].items()},
            removed=result["removed"],
            added=result["added"],
        )

    def follow(self) -> bool:
        """Make the snapshot at the head of the journal current; False if it was.

        So a server serves what another one on the same journal has written, or what was acknowledged before a crash.
        Raises `ServerOutdated`, and `JournalDamaged` if the snapshot cannot be made.
        """
        return self.make_current(self.journal.head())

    def make_current(self, head: Head) -> bool:
        """Make the snapshot at a head current: it is there, or follows from the current one and the entries since."""
        state = self.settings.state
        with in_turn(state):
            now = current(state)
            if head == EMPTY or head.snapshot == now.id:
                return False
            last = self.journal.entry(head.number)
            found = self.found(last) or self.made(now, last)
            make_current(found, state, self.settings.keep_snapshots, last.moment)
            return True

    def found(self, entry: Entry) -> Snapshot | None:
        """The snapshot that an entry led to, if it was built here, or written with this entry."""
        with suppress(SnapshotNotFound):
            snapshot = Snapshot.open(self.settings.state / "snapshots" / entry.snapshot)
            if not snapshot.built_on or snapshot.entry == entry.number:
                return snapshot
        return None

    def made(self, snapshot: Snapshot, last: Entry) -> Snapshot:
        """The snapshot at the last entry, made from the entries after `snapshot`."""
        known = self.journal.entries_to(snapshot.id)
        if known is None or known[1].number < snapshot.entry:
            raise ServerOutdated(snapshot.id)
        number = snapshot.entry or known[1].number
        for entry in self.journal.entries(after=number, limit=last.number - number):
            if entry.kind != "write":
                raise ServerOutdated(snapshot.id)
            change = self.journal.change(entry)
            counts = Counts(**self.staging.follow(snapshot, Step(entry.snapshot, change)))
            if counts.id != entry.snapshot:
                raise JournalDamaged(f"it does not lead to snapshot {entry.snapshot}", entry.number)
            first, _ = self.journal.entries_to(entry.snapshot) or (entry, entry)
            snapshot = write_snapshot(snapshot, counts, change, entry.number, first.moment)
        return snapshot

    def build_on(self, snapshot: Snapshot) -> None:
        """Have a written snapshot, which has all files, in place of the one that it and later ones were built on."""
        state = self.settings.state
        with self.journal.writing(), in_turn(state):
            now, whole = current(state), Snapshot.open(snapshot.folder)
            if not whole.built_on:
                return  # another process was faster
            save(replace(whole, built_on="", first_entry=0, entry=0))
            if now.built_on == whole.built_on and now.entry > whole.entry:
                later = replace(now, built_on=whole.id, first_entry=whole.entry + 1)
                link_steps(now, later)
                save(later)

    def close(self) -> None:
        """End the worker, and close the journal."""
        self.completion.close()
        self.staging.close()
        if self.opened:
            self.opened.close()
