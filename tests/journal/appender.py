"""Processes that append in a loop, forked from one that has imported all they need."""

from __future__ import annotations

import multiprocessing
import time
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier

from tests.journal.drafts import draft
from uphold.journal.journal import Journal
from uphold.settings import Settings

__all__ = ["CONTEXT", "Appender"]

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])


class Appender:
    """A process that appends so many entries (0: without end), and reports each number once it is committed.

    It begins when all of `together` processes have opened the journal.
    """

    def __init__(self, settings: Settings, entries: int = 0, together: Barrier | None = None) -> None:
        self.output, its_end = CONTEXT.Pipe(duplex=False)
        self.process: BaseProcess = CONTEXT.Process(
            target=append_and_report, args=(settings, entries, its_end, together)
        )
        self.process.start()
        its_end.close()

    def reported(self) -> list[tuple[int, float]]:
        """All that it reports until it ends: each number, with the seconds that it waited for its turn."""
        found = []
        try:
            while True:
                found.append(self.output.recv())
        except EOFError:
            self.process.join()
            self.output.close()
            return found


def append_and_report(settings: Settings, entries: int, output: Connection, together: Barrier | None) -> None:
    """Append in a loop."""
    with Journal.open(settings) as journal:
        if together:
            together.wait()
        for done in count(1):
            began = time.monotonic()
            with journal.writing() as transaction:
                waited = time.monotonic() - began
                number = transaction.append(draft(transaction.head.number + 1)).number
            output.send((number, waited))
            if done == entries:
                return
