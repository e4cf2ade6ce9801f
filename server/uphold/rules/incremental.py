"""Incremental rules: what a change of the data adds to graph `derived` and takes from it.

The method is counting (A. Gupta, I. S. Mumick, V. S. Subrahmanian: Maintaining Views Incrementally, SIGMOD 1993): for
each statement it is known how many keys of which rules produce it. Rules run in order. A changed statement leads to the
keys whose solutions it can change (`validation.link_walk`); the rule runs again for these keys, and the difference to
what they produced before is a change for the later rules.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import pyoxigraph as ox

from uphold.errors import RuleFailed
from uphold.rules.compiled import Rules
from uphold.rules.template import Template
from uphold.rules.working_store import WorkingStore, in_graph
from uphold.validation.link_walk import LinkWalk
from uphold.validation.paths import EMPTY, Step
from uphold.validation.query_links import Link

__all__ = ["Change", "Derivation"]

UNION = "union"
ALL = None
"""The key of a rule that cannot be divided."""
Produced = frozenset[ox.Triple]
Changed = Mapping[str, list[ox.Triple]]
"""Changed statements by predicate."""
Touched = dict[ox.Triple, tuple[int | None, int | None]]
"""The level of each changed statement before the change and now (see `working_store`)."""
log = logging.getLogger(__name__)


class Change(NamedTuple):
    """The statements that leave graph `derived` and those that come into it."""

    removed: frozenset[ox.Triple]
    added: frozenset[ox.Triple]


class Derivation:
    """Graph `derived` of a data set that changes."""

    def __init__(self, rules: Rules, quads: Iterable[ox.Quad]) -> None:
        """Derive everything from the quads of a data set; the graphs that rules do not read may be among them.

        Raises `RuleFailed`.
        """
        self.rules = rules
        self.templates = [Template(rule) for rule in rules.rules]
        self.work = WorkingStore(rules, quads)
        self.produced: list[dict[Any, Produced]] = [{} for _ in rules.rules]
        self.counts: list[Counter[ox.Triple]] = [Counter() for _ in rules.rules]
        self.before: list[tuple[int, Any, Produced]] = []
        self.numbers: dict[str, float] = {}
        for number in range(len(rules.rules)):
            for key, found in self.run(number).items():
                self.replace(number, key, found)
            new = [each for each in self.counts[number] if self.work.level_of(each) is None]
            self.work.store.bulk_extend(in_graph(each, self.work.levels[number + 1]) for each in new)
        self.before = []

    @property
    def statements(self) -> set[ox.Triple]:
        """All statements of graph `derived`."""
        levels = self.work.levels[1:]
        return {quad.triple for each in levels for quad in self.work.store.quads_for_pattern(None, None, None, each)}

    def change(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> Change:
        """Apply a change of the source graphs, and return the change of graph `derived`.

        Quads that are already absent or present, or that no rule reads, change nothing. Raises `RuleFailed`; nothing
        has changed then. `undo` takes the change back.
        """
        self.keep()
        try:
            return self.propagate([*filter(self.work.is_read, removed)], [*filter(self.work.is_read, added)])
        except BaseException:
            self.undo()
            raise
        finally:
            self.work.clear()

    def keep(self) -> None:
        """Keep the last change."""
        self.work.commit()
        self.before = []

    def undo(self) -> None:
        """Take back the last change, unless it is kept."""
        self.work.undo()
        self.work.clear()
        before, self.before = self.before, []
        for number, key, found in reversed(before):
            self.replace(number, key, found)
        self.before = []

    def propagate(self, removed: list[ox.Quad], added: list[ox.Quad]) -> Change:
        """Apply a change of quads that rules read."""
        touched: Touched = {}
        changed: dict[str, dict[str, list[ox.Triple]]] = defaultdict(lambda: defaultdict(list))
        gone = [quad for quad in removed if self.work.remove(quad)]
        new = [quad for quad in added if self.work.add(quad)]
        for quad in (*gone, *new):
            name = getattr(quad.graph_name, "value", "")
            if name in self.rules.graphs:
                changed[name][quad.predicate.value].append(quad.triple)
                self.work.note(name, quad.triple)
            self.move(quad.triple, touched)
        for number in range(len(self.rules.rules)):
            changed[UNION] = self.seen_by(number, touched)
            keys = self.keys(number, changed) if touched else set()
            if keys is ALL or keys:
                self.update(number, keys, touched)
        return self.outcome(touched)

    @staticmethod
    def seen_by(number: int, touched: Touched) -> dict[str, list[ox.Triple]]:
        """The statements that have come to or gone from what a rule sees, by predicate."""
        found: dict[str, list[ox.Triple]] = defaultdict(list)
        for triple, (before, now) in touched.items():
            if (before is not None and before <= number) != (now is not None and now <= number):
                found[triple.predicate.value].append(triple)
        return found

    def keys(self, number: int, changed: Mapping[str, Changed]) -> set[Any] | None:
        """The keys for which a rule may have other solutions; None for all."""
        rule = self.rules.rules[number]
        if rule.links is None:
            log.debug("rule %s runs in full: it may read anything", rule.name)
            return ALL
        found: set[Any] = set()
        for link in rule.links:
            place = UNION if link.pattern.graph is None else link.pattern.graph[1:-1]
            walk = LinkWalk(partial(self.work.ways, number), self.work.noted(place), self.numbers)
            for predicate, triples in matching(link, changed.get(place, {})):
                nodes = walk.to_focus(link, predicate, triples) if rule.select else None
                if nodes is None:
                    log.debug("rule %s runs in full: %s has changed", rule.name, link.pattern.text)
                    return ALL
                found |= nodes
        return found

    def update(self, number: int, keys: Collection[Any] | None, touched: Touched) -> None:
        """Run a rule again for some keys or all, and note the statements that have come or gone."""
        found = self.run(number, keys)
        for key in {*found, *self.produced[number]} if keys is ALL else keys:
            for triple in self.replace(number, key, found.get(key, frozenset())):
                self.move(triple, touched)

    def run(self, number: int, keys: Collection[Any] | None = None) -> dict[Any, Produced]:
        """What a rule produces, by key; raises `RuleFailed`."""
        template, rule = self.templates[number], self.rules.rules[number]
        try:
            if rule.select is None:
                return {ALL: template.checked(self.work.constructed(number))}
            solutions: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
            for values in self.work.solutions(number, keys):
                solutions[values[0]].append(values)
        except (SyntaxError, ValueError) as problem:
            raise RuleFailed(f"{rule.name}: {problem}") from problem
        return {key: template.checked(template.filled(some)) for key, some in solutions.items()}

    def replace(self, number: int, key: Any, found: Produced) -> list[ox.Triple]:
        """Note what one key produces; the value has the statements that the rule begins or ceases to produce."""
        old, counts = self.produced[number].pop(key, frozenset()), self.counts[number]
        if found:
            self.produced[number][key] = found
        self.before.append((number, key, old))
        counts.update(found - old)
        toggled = [triple for triple in found - old if counts[triple] == 1]
        for triple in old - found:
            counts[triple] -= 1
            if not counts[triple]:
                del counts[triple]
                toggled.append(triple)
        return toggled

    def move(self, triple: ox.Triple, touched: Touched) -> None:
        """Move a statement to the level at which it now begins to exist."""
        if triple in touched:
            before, now = touched[triple]
        else:
            before = now = self.work.level_of(triple)
            self.work.note(UNION, triple)
        level = 0 if self.work.in_sources(triple) else None
        if level is None:
            level = next((at + 1 for at, counts in enumerate(self.counts) if triple in counts), None)
        self.work.place(triple, now, level)
        touched[triple] = before, level

    @staticmethod
    def outcome(touched: Touched) -> Change:
        """The change of graph `derived`: the statements at levels after 0."""
        removed = frozenset(triple for triple, (before, now) in touched.items() if before and not now)
        added = frozenset(triple for triple, (before, now) in touched.items() if now and not before)
        return Change(removed, added)


def matching(link: Link, changed: Changed) -> Iterator[tuple[str, list[ox.Triple]]]:
    """The changed statements that a pattern may read, by predicate."""
    steps = [] if link.path is None else [*link.path.steps()]
    for predicate in {step.predicate for step in steps} & changed.keys():
        some = [step for step in steps if step.predicate == predicate]
        triples = [triple for triple in changed[predicate] if any(fits(link, step, triple) for step in some)]
        if triples:
            yield predicate, triples


def fits(link: Link, step: Step, triple: ox.Triple) -> bool:
    """Whether a statement has the IRIs that the ends of a pattern have."""
    near, far = (triple.subject, triple.object) if step.forward else (triple.object, triple.subject)
    ends = ((link.pattern.subject, step.before, near), (link.pattern.object, step.after, far))
    return all(path != EMPTY or not end.startswith("<") or str(term) == end for end, path, term in ends)
