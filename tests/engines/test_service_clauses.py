"""Which SERVICE clauses a query has, and what each sends where; the cases are the files in service-clauses/."""

from __future__ import annotations

from pathlib import Path

import pytest

from uphold.engines.federation.service_clauses import find_clauses
from uphold.errors import UpholdError

CASES = sorted((Path(__file__).parent / "service-clauses").glob("*.rq"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_clauses_of_a_query_are_those_below_it(case: Path) -> None:
    """Below `# output` is each endpoint, and the query for it; or the error."""
    text, _, expected = case.read_text("utf-8").partition("# output\n")
    try:
        found = find_clauses(text, "https://base.example/", {"known": "https://known.example/"})
    except UpholdError as error:
        output = error.code + (f" {error.line}:{error.column}" if error.line else "") + "\n"
    else:
        output = "".join(f"{each.endpoint}{' silent' * each.silent}\n{each.query}\n" for each in found)
    assert output == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_clause_is_where_it_says(case: Path) -> None:
    """The text between its ends begins with SERVICE and ends with its group."""
    text, _, expected = case.read_text("utf-8").partition("# output\n")
    if "http" in expected:
        for clause in find_clauses(text, "https://base.example/", {"known": "https://known.example/"}):
            whole = text[clause.start : clause.end]
            assert whole.lower().startswith("service")
            assert clause.query.endswith(whole[whole.index("{") :])
