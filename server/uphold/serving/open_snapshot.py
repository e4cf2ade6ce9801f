"""An open snapshot: its engines, its search and its validator, which all of its readers share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import InvalidSetting, SnapshotNotFound
from uphold.rdf.terms import Names
from uphold.search.lookup import Changes
from uphold.search.query import Search
from uphold.serving.changed_names import names_of, renamed
from uphold.serving.resources import Resources
from uphold.settings import Settings
from uphold.snapshots.change import Step
from uphold.snapshots.publication_log import in_use
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import steps_between
from uphold.validation.service import SnapshotValidator

__all__ = ["OpenSnapshot"]

MOST_REMOVED = 500_000
"""Statements that changes may remove before data are loaded again: the engine keeps 0.2 kB of each in memory."""


class OpenSnapshot:
    """One snapshot with its engine and its number of readers.

    Pages of the current snapshot have separate workers, so that they do not wait for queries. Nobody removes a current
    one while it is open, however many writes come; an `archived` one is gone when its time has come.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings,
        texts: Mapping[str, str],
        *,
        archived: bool = False,
        previous: OpenSnapshot | None = None,
    ) -> None:
        """Open a snapshot; one that was written after `previous` needs only the steps in between."""
        if snapshot.base != settings.base:
            raise InvalidSetting(f"base is {settings.base!r}, but the snapshot was built for {snapshot.base!r}.")
        self.snapshot, self.settings = snapshot, settings
        steps = steps_after(previous, snapshot)
        self.removed = sum(step.change.removed.count(b"\n") for step in steps)
        with ExitStack() as held:
            if not archived:
                held.enter_context(in_use(snapshot))
            self.renamed: frozenset[str] = renamed(snapshot, steps, previous.renamed if previous else frozenset())
            changes = Changes(self.renamed, lambda: names_of(self.renamed, snapshot.base, self.page_engine))
            self.search = Search(snapshot.search, Names(snapshot.base, snapshot.prefixes), changes)
            if previous and steps and previous.removed + self.removed <= MOST_REMOVED:
                self.removed += previous.removed
                engine = previous.engine.successor(snapshot, steps)
                self.validator: SnapshotValidator = previous.validator.successor(snapshot, steps)
            else:
                engine = EmbeddedEngine(snapshot, settings, workers=1 if archived else None)
                self.validator = SnapshotValidator(snapshot, settings)
            self.engine: EmbeddedEngine = engine
            self.held = held.pop_all()
        self.page_engine: EmbeddedEngine = engine if archived else engine.beside(settings.query_workers)
        self.resources = Resources(snapshot, self.page_engine, texts)
        self.readers = 0
        self.used = time.monotonic()

    def close(self) -> None:
        """Stop the engines and the validator."""
        self.validator.close()
        self.page_engine.close()
        self.engine.close()
        self.held.close()


def steps_after(previous: OpenSnapshot | None, snapshot: Snapshot) -> list[Step]:
    """The steps from an open snapshot to a later one; none if it was not written after that, or they are lost."""
    if previous is None:
        return []
    with suppress(SnapshotNotFound):
        return steps_between(previous.snapshot, snapshot)
    return []
