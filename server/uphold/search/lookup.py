"""Lookup: runs one query on one index, and orders hits as an index does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Occur, Query

__all__ = ["Changes", "Scored", "among", "place_of", "search"]

Scored = list[tuple[float, dict[str, Any]]]
"""Entries with their scores."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The resources whose names have changed since an index was written, and the statements that they have now."""

    iris: frozenset[str] = frozenset()
    lines: Callable[[], Iterable[str]] = tuple


def among(filters: Sequence[Query], query: Query, without: Sequence[Query] = ()) -> Query:
    """The query restricted by filters, which do not affect the score, and without what matches others."""
    passed = [(Occur.Must, Query.const_score_query(each, 0.0)) for each in filters]
    return Query.boolean_query([*passed, (Occur.Must, query), *((Occur.MustNot, each) for each in without)])


def search(searcher: tantivy.Searcher, query: Query, limit: int, offset: int = 0) -> tuple[Scored, int]:
    """The scores and entries that match in one index, best first, and their total number."""
    start = min(offset, searcher.num_docs)  # the library allocates memory for all skipped hits
    found = searcher.search(query, limit=min(limit, max(1, searcher.num_docs)), offset=start)
    hits = [(score, searcher.doc(address).to_dict()) for score, address in found.hits]
    return hits, found.count  # type: ignore[attr-defined]  # missing in its stubs


def place_of(hit: tuple[float, dict[str, Any]]) -> tuple[float, int, str, str]:
    """The place of a hit: by score, then in the order of the entries in an index."""
    score, entry = hit
    return -score, len(entry["label"][0]), entry["iri"][0], entry["label"][0]
