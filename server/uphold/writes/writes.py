"""Writes of one server process: its write service, opened with the first use, and who may use it when.

A server without writes opens no journal, and does not load the library of its database.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from uphold.engines.processes.fair_queue import FairQueue
from uphold.errors import SnapshotGone, UpholdError
from uphold.journal.place import has_journal
from uphold.settings import Settings

if TYPE_CHECKING:
    from uphold.journal.journal import Journal
    from uphold.writes.service import Outcome, Write, WriteService

__all__ = ["MOST_WAITING", "Writes", "recover"]

MOST_WAITING = 32
"""Writes that may wait in a server process, each in a thread that could answer other requests."""
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.5
"""How long a server waits before it tries again to follow the journal."""
log = logging.getLogger(__name__)


class Writes:
    """The writes of a server process, one at a time, in order of arrival."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.queue = FairQueue(1, MOST_WAITING, settings.write_queue_timeout)
        self.lock = threading.Lock()
        self.opened: WriteService | None = None
        self.closed = threading.Event()

    @property
    def service(self) -> WriteService:
        """The write service."""
        with self.lock:
            if self.opened is None:
                from uphold.writes.service import WriteService

                self.opened = WriteService(self.settings)
            return self.opened

    @property
    def journal(self) -> Journal:
        """The journal; raises what `Journal.open` raises."""
        return self.service.journal

    @property
    def has_journal(self) -> bool:
        """Whether there is a journal."""
        return has_journal(self.settings)

    def gone(self, identity: str) -> SnapshotGone | None:
        """The error for a snapshot that is not kept, if the journal knows it."""
        try:
            if self.has_journal and (entries := self.journal.entries_to(identity)):
                last = entries[1]
                return SnapshotGone(identity, last.number, last.moment.date().isoformat())
        except UpholdError as error:
            log.warning("whether there was a snapshot %s is unknown: %s", identity, error)
        return None

    def prepare(self) -> None:
        """Load the data for the first write, if there is a journal; without that, the first write takes seconds."""
        try:
            if self.has_journal:
                with self.queue.turn():
                    self.service.load()
        except UpholdError as error:
            log.warning("the data for writes were not loaded in advance: %s", error)

    def follow(self) -> None:
        """Make current what other servers on the same database write, until closed.

        What fails is tried again: the database may be gone for a while.
        """
        number, fault = 0, ""
        while not self.closed.is_set():
            try:
                if self.journal.wait_for_change(number, WAIT_SECONDS):
                    head = self.journal.head()
                    if self.service.follow():
                        self.service.completion.after_write()
                    number = head.number
                fault = ""
            except Exception as error:
                if str(error) != fault and not self.closed.is_set():
                    log.exception("this server does not follow the journal at present")
                fault = str(error)
                self.closed.wait(PAUSE_SECONDS)

    def run(self) -> None:
        """What a server process does beside its requests: `prepare`, then `follow` if other servers can write.

        The journal may be created while the server runs, by the first token.
        """
        while not self.has_journal:
            if self.closed.wait(WAIT_SECONDS):
                return
        self.prepare()
        if self.settings.database:
            self.follow()

    def write(self, write: Write) -> Outcome:
        """Carry out a write; raises what `WriteService.write` raises, and `ServerBusy` if too many wait."""
        with self.queue.turn():
            return self.service.write(write)

    def log_refused(self, token: str, *, method: str, graph: str | None, status: int) -> None:
        """Record that a token was used for a request that was refused; if the journal cannot, the log says so."""
        try:
            with self.journal.writing() as transaction:
                transaction.log_use(token, method=method, graph=graph, status=status)
        except UpholdError as error:
            log.warning("the use of token %s for a refused %s was not recorded: %s", token, method, error)

    def close(self) -> None:
        """End the worker and close the journal, if they were opened."""
        self.closed.set()
        if self.opened:
            self.opened.close()


def recover(settings: Settings) -> None:
    """Make the snapshot of the last acknowledged write current, if there is a journal.

    A crash can leave an older one current. Raises `JournalDamaged` if the journal cannot be followed, and what
    `Journal.open` raises: a server must not serve other data than those acknowledged.
    """
    if has_journal(settings):
        with closing(Writes(settings)) as writes:
            writes.service.follow()
