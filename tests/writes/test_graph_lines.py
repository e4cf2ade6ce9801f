"""The lines of a graph after many changes are those of the graph as it is then, and so is its digest."""

from __future__ import annotations

import random

import pytest

from uphold.snapshots.identity import digest_of
from uphold.writes.graph_lines import BLOCK, GraphLines

NAME = "urn:g"


def line(number: int) -> str:
    """A statement; most of them sort in another order than their numbers."""
    return f"<urn:s:{number}> <urn:p> <urn:o> ."


@pytest.mark.one_in(5, "seed", range(5))
@pytest.mark.parametrize("size", [0, 1, BLOCK, 5 * BLOCK])
def test_lines_and_digest_follow_changes(seed: int, size: int) -> None:
    """Few and many statements come and go, also all of a block, and all."""
    chance = random.Random(seed)  # noqa: S311 not for secrets
    present = {line(number) for number in range(size)}
    graph, names = GraphLines(NAME, present), range(8 * BLOCK)
    for most in (1, 10, BLOCK, 6 * BLOCK, 3, 6 * BLOCK):
        ordered = sorted(present)
        start = chance.randrange(len(ordered) + 1)
        removed = {*ordered[start : start + chance.randrange(most + 1)]}
        added = {line(number) for number in chance.sample(names, chance.randrange(most + 1))} - present
        graph.change(removed, added)
        present = present - removed | added
        assert (graph.lines, len(graph), graph.digest()) == (present, len(present), digest_of(NAME, present))
    graph.change(present, set())
    assert (graph.lines, len(graph), graph.digest()) == (set(), 0, digest_of(NAME, set()))


def test_a_graph_with_blank_nodes_has_the_digest_of_its_canonical_form() -> None:
    """Their labels may be others after a change."""
    lines = {"_:c14n0 <urn:p> _:c14n1 .", "_:c14n1 <urn:p> <urn:o> ."}
    graph = GraphLines(NAME, lines | {line(1)})
    graph.change({line(1)}, {line(2)})
    assert graph.digest() == digest_of(NAME, lines | {line(2)})
    graph.change(lines, set())
    assert graph.digest() == digest_of(NAME, {line(2)})
