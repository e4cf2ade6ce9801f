"""Rules: the compiled form of shapes, and what finds the rules that a change can affect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from uphold.validation.paths import EMPTY, Path
from uphold.validation.query_links import Link
from uphold.validation.shape_graph import Targets

__all__ = ["SKOLEM_PREFIX", "THIS", "Closure", "Compiled", "Read", "Rule"]

SKOLEM_PREFIX = "urn:uphold:blank-node:"
"""The prefix of the IRIs that stand for the blank nodes of an upload, which a query could not name otherwise."""
THIS = "?this"
Closure = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Read:
    """A triple that a rule reads: its predicate (any if None), and how the rule gets from the focus node to it.

    `path` leads from the focus node to the subject, or to the object if `forward` is false. `objects` limits the
    objects of the triple, where the rule reads types. `link` is set instead of `path` for a triple in the query of a
    SPARQL-based constraint.
    """

    predicate: str | None
    path: Path = EMPTY
    forward: bool = True
    objects: frozenset[str] | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One constraint of one shape: a query for its violations, to be completed with the focus nodes."""

    shape: str
    component: str
    message: str | None
    severity: str
    targets: Targets
    select: str
    """The query; `{focus}` stands for the pattern that binds ?this."""
    path: Path | None
    reads: tuple[Read, ...]
    datatypes: frozenset[str] = frozenset()
    """The datatypes that the shape requires, for the explanation of its message."""

    def query(self, focus: str) -> str:
        """The query for the focus nodes that a pattern binds to ?this (or, for a nested shape, their targets)."""
        return self.select.replace("{focus:target}", focus.replace(THIS, "?target")).replace("{focus}", focus)


class Compiled:
    """All rules of a shapes graph, with what changes need to find them.

    `classes` maps each class that the shapes name to itself and its subclasses.
    """

    def __init__(self, rules: Iterable[Rule], classes: Closure) -> None:
        self.rules = tuple(rules)
        self.classes = classes
        self.has_objects_of = any(rule.targets.objects_of for rule in self.rules)
        self._reads: dict[str | None, list[tuple[Rule, Read]]] = defaultdict(list)
        self._for_class: dict[str, list[Rule]] = defaultdict(list)
        self._subjects_of: dict[str, list[Rule]] = defaultdict(list)
        self._objects_of: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            for read in rule.reads:
                self._reads[read.predicate].append((rule, read))
            for kind in {sub for target in rule.targets.classes for sub in classes[target]}:
                self._for_class[kind].append(rule)
            for name in rule.targets.subjects_of:
                self._subjects_of[name].append(rule)
            for name in rule.targets.objects_of:
                self._objects_of[name].append(rule)

    def reads(self, predicate: str | None) -> list[tuple[Rule, Read]]:
        """The rules that read triples with a predicate (None: with any), and how."""
        return self._reads.get(predicate, [])

    def rules_for_class(self, kind: str) -> list[Rule]:
        """The rules whose targets are the instances of a class or of a superclass."""
        return self._for_class.get(kind, [])

    def rules_for_subjects_of(self, predicate: str) -> list[Rule]:
        """The rules whose targets are the subjects of a property."""
        return self._subjects_of.get(predicate, [])

    def rules_for_objects_of(self, predicate: str) -> list[Rule]:
        """The rules whose targets are the objects of a property."""
        return self._objects_of.get(predicate, [])
