"""Counts: how many calls were met and promises kept, and what such a count rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.web.rendering.grouping import Row, id_of

__all__ = ["CallCounts", "PromiseCounts", "count_kept", "count_met"]


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Of some calls: those met before they were made, from an assumed day, and before the petition was handed over."""

    before: Sequence[Row]
    assumed: Sequence[Row]
    unhanded: Sequence[Row]
    of: int


def count_met(rows: Sequence[Row], acts: Iterable[Row] = ()) -> CallCounts:
    """What a count of met calls rests on, from rows of call-outcomes or nodes of a document with the acts beside it."""
    ends = {act["action"]: act["notAfter"] for act in acts}
    before, assumed, unhanded = [], [], []
    for row in rows:
        came = id_of(row["outcome"]).rpartition("/")[2] if row.get("outcome") else ""
        if came == "already-met":
            before.append(row)
        if came == "met":
            answer: Any = row.get("answeredBy")
            done = row.get("notAfter") or (ends.get(answer["id"]) if isinstance(answer, Mapping) else None)
            assumed += [row] if row.get("assumption") or row.get("assumes") else []
            unhanded += [row] if done and row.get("handoverDate") and done < row["handoverDate"] else []
    return CallCounts(before, assumed, unhanded, len(rows))


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """Of some promises: how many are dated, how many of these are kept, and how many undated ones were joined."""

    dated: int
    kept: int
    undated: int
    of: int


def count_kept(rows: Sequence[Row]) -> PromiseCounts:
    """The counts of rows of commitments-kept."""
    dated = [row for row in rows if row["promised"]]
    undated = [row for row in rows if not row["promised"] and row["answeredBy"]]
    return PromiseCounts(len(dated), sum(row["result"] == "kept" for row in dated), len(undated), len(rows))
