"""A search after writes finds what it would find in an index of all data."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from uphold.rdf.graphs import lines_of
from uphold.rdf.terms import Names
from uphold.search.index import is_read, write_search_index
from uphold.search.lookup import Changes
from uphold.search.query import Search
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.snapshots.steps import quads_of

WORDS = ("child", "state", "optional", "protocol", "call", "thai", "new", "zealand", "a", "report", "shelter", "xyzzy")
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"


@pytest.mark.parametrize("seed", range(3))
def test_changed_names_are_found_as_in_an_index_of_all(tiny: Settings, tmp_path: Path, seed: int) -> None:
    """Some names are removed, some changed, some new: the same hits in the same order, and the same filters."""
    chance, snapshot = random.Random(seed), current(tiny.state)  # noqa: S311 not for secrets
    names = Names(snapshot.base, snapshot.prefixes)
    before = set(lines_of(quad.triple for quad in quads_of(snapshot)))
    named = sorted(line for line in before if is_read(line, snapshot.base))
    gone = set(chance.sample(named, 60))
    chosen = [line.split(" ", 1)[0] for line in chance.sample(named, 60)]
    made = [f"<{snapshot.base}id/call/new-{number}>" for number in range(9)]
    new = {
        f'{thing} {LABEL} "{" ".join(chance.sample(WORDS, 2)).title()}"@{chance.choice(("en", "fr", "mi"))} .'
        for thing in chosen + made
    }
    after = before - gone | new
    write_search_index(after, tmp_path / "all", snapshot.base)
    changed = frozenset(line[1:].partition("> ")[0] for line in gone | new)
    now = [line for line in after if line[1:].partition("> ")[0] in changed]
    whole, changes = Search(tmp_path / "all", names), Search(snapshot.search, names, Changes(changed, lambda: now))
    assert changes.names() == whole.names()
    assert changes.languages == whole.languages
    for text in (*WORDS, "new ze", "optinal protcol", "nz", "call new", "THA"):
        for asked in ({}, {"limit": 5, "offset": 3}, {"language": "mi"}, {"of": "call"}, {"limit": 1}):
            assert changes.find(text, **asked) == whole.find(text, **asked), (text, asked)


def test_a_search_asks_for_changed_names_once(tiny: Settings) -> None:
    """And only when something is searched."""
    snapshot, asked = current(tiny.state), []

    def lines() -> list[str]:
        asked.append(1)
        return [f'<{snapshot.base}id/call/new> {LABEL} "Xyzzy"@en .']

    search = Search(
        snapshot.search,
        Names(snapshot.base, snapshot.prefixes),
        Changes(frozenset({f"{snapshot.base}id/call/new"}), lines),
    )
    assert asked == []
    assert [hit.label.text for hit in search.find("xyzzy").hits] == ["Xyzzy"]
    assert [hit.label.text for hit in search.find("xyzz").hits] == ["Xyzzy"]
    assert asked == [1]
