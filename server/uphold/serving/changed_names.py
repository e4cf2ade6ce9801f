"""Changed names: what the search index of a built snapshot lacks in one that writes have made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from uphold.engines.interface import Engine
from uphold.rdf.graphs import read_lines
from uphold.search.index import is_read, properties
from uphold.snapshots.change import Step
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.steps import steps_between

__all__ = ["names_of", "renamed"]

MOST_AT_ONCE = 1_000
"""Terms in one VALUES block."""


def renamed(snapshot: Snapshot, steps: Sequence[Step], known: frozenset[str]) -> frozenset[str]:
    """The resources whose names may differ from those in the index of the built snapshot.

    `steps` lead to the snapshot from one for which they are `known`; without steps, all since the build count.
    """
    if not snapshot.built_on:
        return frozenset()
    if not steps:
        steps, known = steps_between(snapshot.built, snapshot), frozenset()
    lines = (line for step in steps for part in (step.change.removed, step.change.added) for line in read_lines(part))
    return known | {line[1:].partition("> ")[0] for line in lines if is_read(line, snapshot.base)}


def names_of(iris: Iterable[str], base: str, engine: Engine) -> list[str]:
    """The statements about some resources that an index depends on, as lines of N-Triples."""
    found: list[str] = []
    chosen, wanted = sorted(iris), " ".join(f"<{iri}>" for iri in sorted(properties(base)))
    for start in range(0, len(chosen), MOST_AT_ONCE):
        things = " ".join(f"<{iri}>" for iri in chosen[start : start + MOST_AT_ONCE])
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {things} }} VALUES ?p {{ {wanted} }} ?s ?p ?o }}"
        found += read_lines(engine.query(text, accept="application/n-triples").read())
    return found
