"""Search finds what a person means, in the stated order, and treats whatever is typed as words.

`cases.csv` has searches of the project's data and the hits that must come first; `signs.toml` has texts with characters
and the plain words that they mean.
"""

from __future__ import annotations

import csv
import shutil
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from uphold.errors import InvalidParameter, SnapshotNotFound
from uphold.rdf.graphs import read_lines
from uphold.rdf.terms import Names
from uphold.search.analysis import split
from uphold.search.index import Named, collect, write_search_index
from uphold.search.query import LONGEST, Search, SearchResult
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current

HERE = Path(__file__).parent
CASES = list(csv.DictReader((HERE / "cases.csv").read_text("utf-8").splitlines()))
SIGNS = tomllib.loads((HERE / "signs.toml").read_text("utf-8"))["case"]
LONG = [
    *("a" * LONGEST, "a " * (LONGEST // 2), "新" * LONGEST, "新 " * (LONGEST // 2), "ﷺ" * LONGEST, "\u0301" * LONGEST),
    *(
        "wwwwwwww " * 22,
        "1" * LONGEST,
        "é" * LONGEST,
        ("ab" * 40 + " ") * 2,
        "👩" * LONGEST,
        "children trafficking " * 9,
    ),
]


def open_search(snapshot: Snapshot) -> Search:
    """The search of a snapshot."""
    return Search(snapshot.search, Names(snapshot.base, snapshot.prefixes))


@pytest.fixture(scope="module")
def search(project: Snapshot) -> Search:
    """The search of the project's data."""
    return open_search(project)


@pytest.fixture(scope="module")
def lines(tiny: Settings) -> list[str]:
    """The tiny data set."""
    return read_lines(current(tiny.state).union.read_bytes())


@pytest.fixture(scope="module")
def named(lines: list[str], tiny: Settings) -> dict[str, Named]:
    """Everything with a name in the tiny data set."""
    return collect(lines, tiny.base)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(filter(None, case.values())))
def test_a_search_finds_first_what_is_beside_it(search: Search, project: Snapshot, case: dict[str, str]) -> None:
    """Case, accents, harakat, ё and width make no difference; a mistake or a missing ending costs only rank."""
    names = Names(project.base, project.prefixes)
    found = search.find(case["query"], of=case["type"], language=case["lang"])
    first = case["first"].split()
    assert [names.short(hit.iri) for hit in found.hits][: len(first)] == first
    assert found.total >= len(first)
    assert bool(found.total) == bool(first)


def test_there_are_many_cases_in_all_languages() -> None:
    """The tests above would pass without any."""
    assert len(CASES) >= 50
    assert len(SIGNS) >= 20


def test_every_label_and_code_finds_its_thing_and_says_so(tiny: Settings, named: dict[str, Named]) -> None:
    """With the score of a whole name, before all that only begins with it."""
    search = open_search(current(tiny.state))
    assert len(named) > 100
    for iri, thing in named.items():
        labels = [*(label.text for _, label in thing.preferred), *(label.text for label in thing.other), *thing.codes]
        for text in (each for each in labels if len(each) <= LONGEST):
            hits = {hit.iri: hit for hit in search.find(text, limit=100).hits}
            assert iri in hits, text
            assert hits[iri].score >= 0.95, text
            assert split(hits[iri].matched) == split(text)


def test_a_better_step_comes_first_and_equal_hits_by_length_and_iri(search: Search) -> None:
    """On all pages together, hits are in the order of score, label and IRI."""
    for text in ("new", "party", "traffiking", "c", "optional protocol"):
        hits = [hit for page in range(20) for hit in search.find(text, offset=page * 100, limit=100).hits]
        keys = [(-hit.score, len(hit.label.text), hit.iri) for hit in hits]
        assert len(keys) > 10
        assert all(one < next_ for one, next_ in pairwise(keys))


@pytest.mark.parametrize("case", SIGNS, ids=lambda case: case["text"].encode("unicode_escape").decode())
def test_no_sign_has_a_meaning(search: Search, case: dict[str, str]) -> None:
    """The hits are those of the plain words."""
    assert search.find(case["text"]) == search.find(case["plain"])


@pytest.mark.parametrize("text", [*LONG, "\ud800new", "\udfff"], ids=range(len(LONG) + 2))
def test_the_longest_and_oddest_texts_are_answered(search: Search, text: str) -> None:
    """Many words, endless words, words that grow when they are normalized, half a character."""
    found = search.find(text[:LONGEST])
    assert len(found.hits) <= found.total


def test_longer_texts_are_refused(search: Search) -> None:
    """With the length that is allowed."""
    with pytest.raises(InvalidParameter, match="201 characters; at most 200"):
        search.find("a" * (LONGEST + 1))


def all_answers(search: Search, texts: list[str]) -> list[SearchResult]:
    """What each text finds."""
    return [search.find(text, limit=50) for text in texts]


def test_two_builds_of_the_same_data_answer_alike(
    lines: list[str], named: dict[str, Named], tiny: Settings, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Whatever the order in which the facts arrive: the same hits in the same order, in one segment."""
    names = Names(tiny.base, current(tiny.state).prefixes)
    texts = sorted({label.text[:LONGEST] for thing in named.values() for _, label in thing.preferred})
    texts += [text[: len(text) // 2] for text in texts] + [text[1:] for text in texts]
    texts = texts if pytestconfig.getoption("long") else texts[::4]
    found = []
    for name, order in (("a", lines), ("b", lines[::-1])):
        write_search_index(order, tmp_path / name, tiny.base)
        search = Search(tmp_path / name, names)
        assert search.searchers[0].num_segments == 1
        found.append(all_answers(search, texts))
    assert found[0] == found[1]
    assert found[0] == all_answers(open_search(current(tiny.state)), texts)


def test_pages_are_parts_of_the_whole(search: Search) -> None:
    """No hit is on two pages or on none, and the total is the same on each."""
    whole = search.find("convention", limit=100)
    parts = [search.find("convention", offset=start, limit=7) for start in range(0, 100, 7)]
    assert 10 < whole.total < 100
    assert [hit for part in parts for hit in part.hits] == list(whole.hits)
    assert {part.total for part in parts} == {whole.total}
    assert search.find("convention", offset=10**9).hits == ()


def test_filters_leave_out_and_change_no_order(search: Search, project: Snapshot) -> None:
    """A kind, a class by each of its names, a language."""
    everything = [hit for page in range(10) for hit in search.find("new", offset=page * 100, limit=100).hits]
    states = [hit for hit in everything if f"{project.base}ontology#State" in hit.types]
    assert 0 < len(states) < len(everything)
    for name in ("State", "uphold:State", f"{project.base}ontology#State"):
        assert list(search.find("new", of=name, limit=100).hits)[: len(states)] == states
    kinds = {hit.kind for hit in search.find("new", of="jurisdiction").hits}
    assert kinds == {"jurisdiction"}
    french = search.find("guinee", language="FR").hits
    assert {hit.label.language for hit in french} == {"fr"}


@pytest.mark.parametrize("wrong", [{"of": "state"}, {"of": "../x"}, {"language": "xx"}, {"language": "label"}])
def test_filters_that_can_never_hold_are_refused(search: Search, wrong: dict[str, str]) -> None:
    """Most likely they are misspelt."""
    with pytest.raises(InvalidParameter):
        search.find("new", **wrong)  # type: ignore[arg-type]


def test_an_incomplete_index_is_not_a_snapshot(tiny: Settings, tmp_path: Path) -> None:
    """The folder is missing, empty or without one of its files."""
    snapshot = current(tiny.state)
    names = Names(snapshot.base, snapshot.prefixes)
    (tmp_path / "empty").mkdir()
    copy = tmp_path / "copy"
    shutil.copytree(snapshot.search, copy)
    next(copy.glob("*.term")).unlink()
    for folder in (tmp_path / "none", tmp_path / "empty", copy):
        with pytest.raises(SnapshotNotFound, match="build again"):
            Search(folder, names)
