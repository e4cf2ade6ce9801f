"""Result table: the first rows of a query result as a table for people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import IO

import pyoxigraph as ox

from uphold.rdf.terms import Term, read_term

__all__ = ["ROWS_SHOWN", "Table", "read_table"]

ROWS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """Column names and rows; `whole` says whether these are all rows. An ASK result has only `truth`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    whole: bool = True
    truth: bool | None = None


def read_table(answer: IO[bytes]) -> Table:
    """The table in SPARQL results (JSON); rows past the first `ROWS_SHOWN` are not read."""
    found = ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QueryBoolean):
        return Table((), (), truth=bool(found))
    names = tuple(variable.value for variable in found.variables)
    rows = tuple(
        tuple(read_term(value) if value is not None else None for value in solution)
        for solution in islice(found, ROWS_SHOWN + 1)
    )
    return Table(names, rows[:ROWS_SHOWN], len(rows) <= ROWS_SHOWN)
