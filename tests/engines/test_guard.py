"""What the guard tells of a query, before any parser sees it; the cases are the files in queries/."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from uphold.engines.guard import Limits, inspect
from uphold.errors import QueryNotParsed, QueryTooDeep, QueryTooLong, UpholdError

CASES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
LIMITS = Limits(max_bytes=200_000, max_depth=100)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_query_is_judged_as_its_first_line_says(case: Path) -> None:
    """A query is refused, or told to give results or a graph, as the first line of its file says."""
    text = case.read_text("utf-8")
    try:
        judged = "graph" if inspect(text, LIMITS).gives_graph else "results"
    except UpholdError as error:
        judged = error.code
    assert judged == text.splitlines()[0].removeprefix("# expects: ")


@pytest.mark.parametrize(("opening", "closing"), ["{}", "()", "[]", ("!", ""), ("-", "")])
def test_nesting_is_refused_one_level_past_the_limit(opening: str, closing: str) -> None:
    """A hundred levels pass, a hundred and one do not, whatever the bracket."""
    outer = 1 if opening == "{" else 0
    inspect("ASK " + opening * 100 + closing * 100, LIMITS)
    with pytest.raises(QueryTooDeep):
        inspect("ASK " + opening * (101 + outer) + closing * 100, LIMITS)


def test_a_query_of_one_byte_too_many_is_refused() -> None:
    """The limit counts bytes of UTF-8, not characters."""
    text = "ASK {}#" + "é" * 46
    assert not inspect(text, Limits(len(text.encode()), 100)).gives_graph
    with pytest.raises(QueryTooLong, match=str(len(text.encode()))):
        inspect(text, Limits(len(text.encode()) - 1, 100))


def test_half_a_surrogate_pair_is_no_query() -> None:
    """Text that cannot be written as UTF-8 is refused with its place."""
    with pytest.raises(QueryNotParsed) as caught:
        inspect("ASK {\n \ud800 }", LIMITS)
    assert (caught.value.line, caught.value.column) == (2, 2)


@pytest.mark.parametrize("bomb", ['"\\', "'\\", '"""\\', '"""', "'''\"", "<a", '"', "#", "\\", "?a:"])
def test_no_text_makes_the_guard_slow(bomb: str) -> None:
    """Two hundred kilobytes of the worst pieces for a scanner are read or refused in under a second."""
    text = (bomb * 200_000)[:199_000]
    began = time.perf_counter()
    with pytest.raises(QueryNotParsed):
        inspect(text, LIMITS)
    assert time.perf_counter() - began < 1
