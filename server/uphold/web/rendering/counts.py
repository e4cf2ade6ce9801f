"""Counts of met calls and kept promises, with the qualifications of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.web.rendering.grouping import Row, id_of

__all__ = ["CallCounts", "PromiseCounts", "count_kept", "count_met"]


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Among met calls: those met before the call, from an assumed date, and before the petition was handed over."""

    before: Sequence[Row]
    assumed: Sequence[Row]
    unhanded: Sequence[Row]
    of: int


def count_met(rows: Sequence[Row], acts: Iterable[Row] = ()) -> CallCounts:
    """The counts from rows of call-outcomes, or from document nodes with their acts."""
    ends = {act["action"]: act["notAfter"] for act in acts}
    before, assumed, unhanded = [], [], []
    for row in rows:
        outcome = id_of(row["outcome"]).rpartition("/")[2] if row.get("outcome") else ""
        if outcome == "already-met":
            before.append(row)
        if outcome == "met":
            answer: Any = row.get("answeredBy")
            done = row.get("notAfter") or (ends.get(answer["id"]) if isinstance(answer, Mapping) else None)
            assumed += [row] if row.get("assumption") or row.get("assumes") else []
            unhanded += [row] if done and row.get("handoverDate") and done < row["handoverDate"] else []
    return CallCounts(before, assumed, unhanded, len(rows))


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """Among promises: the dated ones, the kept ones of these, and the undated ones with a joined treaty."""

    dated: int
    kept: int
    undated: int
    of: int


def count_kept(rows: Sequence[Row]) -> PromiseCounts:
    """The counts from rows of commitments-kept."""
    dated = [row for row in rows if row["promised"]]
    undated = [row for row in rows if not row["promised"] and row["answeredBy"]]
    return PromiseCounts(len(dated), sum(row["result"] == "kept" for row in dated), len(undated), len(rows))
