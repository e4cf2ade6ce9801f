"""After any change, incremental rules have derived what all rules derive from all data."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.rules.data_changes import DataChange, data_changes
from uphold.errors import RuleFailed
from uphold.rdf.graphs import as_quads, as_triples, graphs_of
from uphold.rdf.sources import Files, read
from uphold.rules.compiled import Rules, compile_rules
from uphold.rules.full import derive
from uphold.rules.incremental import Change, Derivation
from uphold.settings import Settings

TINY = Files(Path(__file__).parents[1] / "tiny")
PROJECT = Files(Settings().files)
TINY_CHANGES, TINY_CHANGES_IN_A_LONG_RUN = 12, 150
PROJECT_CHANGES, PROJECT_CHANGES_IN_A_LONG_RUN = 4, 100
AT_ONCE = 10
"""Changes of the project's data between two full derivations, which take a second each."""


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The rules of the project, which the tiny data set shares."""
    return compile_rules(PROJECT)


def quads_of(files: Files) -> set[ox.Quad]:
    """The source graphs of a data set."""
    return set(as_quads(read(files)))


def in_full(files: Files, quads: set[ox.Quad]) -> set[ox.Triple] | None:
    """What all rules derive from all data; None if one fails."""
    try:
        return set(as_triples(derive(files, graphs_of(quads))))
    except RuleFailed:
        return None


def changed(derivation: Derivation, change: DataChange) -> Change | None:
    """The change of graph `derived`; None if a rule fails."""
    try:
        return derivation.change(change.removed, change.added)
    except RuleFailed:
        return None


class Run:
    """Applies random changes to a data set, and to what is derived from it."""

    def __init__(self, files: Files, rules: Rules, seed: int) -> None:
        self.files = files
        self.quads = quads_of(files)
        self.derivation = Derivation(rules, self.quads)
        self.known = self.derivation.statements
        self.changes = data_changes(self.quads, lambda: self.known, seed)
        self.affected: set[str] = set()
        """The rules of which a change has added or removed statements."""

    def apply(self) -> DataChange:
        """Apply one change."""
        change = next(self.changes)
        before = [dict(each) for each in self.derivation.produced]
        found = changed(self.derivation, change)
        if found is None:
            assert in_full(self.files, (self.quads - change.removed) | change.added) is None, change
        else:
            assert found.removed <= self.known, change
            assert not found.added & self.known, change
            self.known = (self.known - found.removed) | found.added
            self.quads -= change.removed
            self.quads |= change.added
            pairs = zip(self.derivation.rules.rules, before, self.derivation.produced, strict=True)
            self.affected |= {rule.name for rule, old, new in pairs if old != new}
        return change

    def check(self, *changes: DataChange) -> None:
        """Compare with the full derivation."""
        assert self.known == self.derivation.statements == in_full(self.files, self.quads), changes


@pytest.mark.one_in(4, "seed", range(8))
def test_random_changes_of_tiny_data(seed: int, rules: Rules, request: pytest.FixtureRequest) -> None:
    """Each change is compared with the full derivation."""
    run = Run(TINY, rules, seed)
    for _ in range(TINY_CHANGES_IN_A_LONG_RUN if request.config.getoption("long") else TINY_CHANGES):
        run.check(run.apply())


def test_random_changes_of_the_project(rules: Rules, request: pytest.FixtureRequest) -> None:
    """Some changes together are compared with the full derivation; each rule is affected by some of them."""
    run = Run(PROJECT, rules, 1)
    for _ in range(PROJECT_CHANGES_IN_A_LONG_RUN if request.config.getoption("long") else PROJECT_CHANGES):
        run.check(*(run.apply() for _ in range(AT_ONCE)))
    assert run.affected == {rule.name for rule in rules.rules}


def test_undo_takes_a_change_back(rules: Rules) -> None:
    """After a change and its undoing, everything is as before."""
    run = Run(TINY, rules, 7)
    before = run.known
    work = set(run.derivation.work.store)
    for change in islice(run.changes, 24):
        found = changed(run.derivation, change)
        if found is not None:
            run.derivation.undo()
        assert run.derivation.statements == before, change
        assert set(run.derivation.work.store) == work, change
    run.check(run.apply())
