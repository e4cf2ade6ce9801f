"""A patch turns one snapshot into the next; the timeline shows which was current when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from uphold.build.pipeline import build
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.diff import Change, count_changes, patch
from uphold.snapshots.publication_log import at, keep_only, record, timeline
from uphold.snapshots.snapshot import Snapshot, publish

PLACES = f"{BASE}graph/places"
ONE = f'<{BASE}id/a> <{BASE}p> "one" <{PLACES}> .\n'
SPACED = f'<{BASE}id/a> <{BASE}p> "a . <b> c" <{PLACES}> .\n'
BLANK = f"<{BASE}id/a> <{BASE}p> _:c14n{{}} <{BASE}graph/b> .\n"
UNNAMED = f"<{BASE}id/a> <{BASE}p> <{BASE}id/b> .\n"


def snapshot(state: Path, name: str, *lines: str, day: int = 1) -> Snapshot:
    """A snapshot on disk with these lines."""
    folder = state / "snapshots" / (name * 64)
    folder.mkdir(parents=True)
    (folder / "search").mkdir()
    (folder / "union.nt").touch()
    (folder / "data.nq").write_text("".join(sorted(lines)), "utf-8")
    (folder / "snapshot.json").write_text(
        f'{{"id": "{name * 64}", "created": "2030-01-0{day}T00:00:00+00:00", "base": "{BASE}",'
        f' "quads": {len(lines)}, "triples": {len(lines)}, "graphs": {{}}, "digests": {{}}, "prefixes": {{}}}}',
        "utf-8",
    )
    return Snapshot.open(folder)


def apply(content: bytes, changes: bytes) -> bytes:
    """The lines that a patch makes of the lines before it."""
    lines = set(content.splitlines(keepends=True))
    for row in changes.splitlines(keepends=True):
        if row.startswith(b"D "):
            lines.remove(row[2:])  # raises when it was not there
        elif row.startswith(b"A "):
            assert row[2:] not in lines
            lines.add(row[2:])
    return b"".join(sorted(lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], [ONE]),
        ([ONE], []),
        ([ONE, SPACED], [SPACED, UNNAMED]),
        ([BLANK.format(0), ONE], [BLANK.format(1), BLANK.format(2), ONE]),
        ([ONE], [ONE]),
    ],
    ids=["all-new", "all-gone", "spaces-and-no-graph", "blank-labels-move", "nothing"],
)
def test_the_patch_of_the_old_makes_the_new(tmp_path: Path, old: list[str], new: list[str]) -> None:
    """Line for line, whatever the labels of parts without a name."""
    before, after = snapshot(tmp_path, "a", *old), snapshot(tmp_path, "b", *new)
    written = patch(before, after)
    assert apply(before.data.read_bytes(), written) == after.data.read_bytes()
    assert written.splitlines()[2] == b"TX ."
    assert written.endswith(b"TC .\n")


def test_changes_are_counted_by_graph(tmp_path: Path) -> None:
    """What is in no graph is counted under no name; an unchanged graph is absent."""
    before = snapshot(tmp_path, "a", ONE, BLANK.format(0))
    after = snapshot(tmp_path, "b", SPACED, UNNAMED, BLANK.format(0))
    assert count_changes(before, after) == (Change("", 1, 0), Change(PLACES, 1, 1))


def test_one_changed_fact_of_a_build_is_in_the_patch(tiny_copy: Settings) -> None:
    """Two real builds; the patch turns the first into the second."""
    old = build(tiny_copy)
    table = tiny_copy.files / "data" / "places" / "State.csv"
    table.write_text(table.read_text("utf-8").replace("Kingdom of Thailand", "Siam"), "utf-8")
    new = build(tiny_copy)
    written = patch(old, new)
    assert apply(old.data.read_bytes(), written) == new.data.read_bytes()
    assert Change(PLACES, 1, 1) in count_changes(old, new)
    assert [moment.snapshot.id for moment in timeline(tiny_copy.state)] == [old.id, new.id]


def test_a_snapshot_that_becomes_current_again_is_in_the_timeline_twice(tmp_path: Path) -> None:
    """And a time between leads to what was current then; before all times, to the first."""
    old, new = snapshot(tmp_path, "a"), snapshot(tmp_path, "b")
    for each in (old, old, new, old):
        publish(each, tmp_path)
        record(tmp_path, each.id)
    lines = (tmp_path / "history").read_text("ascii").splitlines()
    assert [line.split()[1] for line in lines] == [old.id, new.id, old.id]
    years = [
        f"{year}-01-01T00:00:00+00:00 {line.split()[1]}\n" for year, line in zip((2001, 2002, 2003), lines, strict=True)
    ]
    (tmp_path / "history").write_text("".join(years), "ascii")
    moments = timeline(tmp_path)
    found = [at(moments, dt.datetime(year, 6, 1, tzinfo=dt.UTC)).snapshot.id for year in (2000, 2001, 2002, 2003)]
    assert found == [old.id, old.id, new.id, old.id]


def test_a_snapshot_without_a_line_counts_from_when_it_was_built(tmp_path: Path) -> None:
    """The process may have ended before the line was written."""
    late, early = snapshot(tmp_path, "a", day=2), snapshot(tmp_path, "b", day=1)
    assert [moment.snapshot.id for moment in timeline(tmp_path)] == [early.id, late.id]


@pytest.mark.parametrize(("count", "left"), [(0, "abcd"), (1, "a"), (2, "ad"), (9, "abcd")])
def test_the_snapshots_longest_out_of_use_go_first_and_the_current_never(tmp_path: Path, count: int, left: str) -> None:
    """The current one is the oldest here, and stays."""
    for day, name in enumerate("abcd", 1):
        snapshot(tmp_path, name, day=day)
    keep_only(tmp_path, count, "a" * 64)
    assert sorted(folder.name[0] for folder in (tmp_path / "snapshots").iterdir()) == list(left)


def test_a_removal_that_a_crash_interrupted_is_finished(tmp_path: Path) -> None:
    """Also of a snapshot that is there again meanwhile."""
    for day, name in enumerate("abc", 1):
        snapshot(tmp_path, name, day=day)
    for name in "bd":
        left = tmp_path / "snapshots" / f"removed-{name * 64}"
        left.mkdir()
        (left / "data.nq").touch()
    assert sorted(keep_only(tmp_path, 1, "c" * 64)) == ["a" * 64, "b" * 64]
    assert [folder.name for folder in (tmp_path / "snapshots").iterdir()] == ["c" * 64]


def test_what_a_snapshot_was_built_on_stays_with_it(tmp_path: Path) -> None:
    """Also when another that was built on it goes: without it, those that stay could not be read."""
    snapshot(tmp_path, "a")
    for day, name in ((2, "b"), (3, "c")):
        file = snapshot(tmp_path, name, day=day).folder / "snapshot.json"
        file.write_text(file.read_text("utf-8").replace("{", f'{{"built_on": "{"a" * 64}", ', 1), "utf-8")
    assert keep_only(tmp_path, 1, "c" * 64) == ["b" * 64]
    assert Snapshot.open(tmp_path / "snapshots" / ("c" * 64)).built.id == "a" * 64
