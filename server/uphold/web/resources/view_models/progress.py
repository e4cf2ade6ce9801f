"""View models of goals and indicators of the progress card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.grouping import first, grouped
from uphold.web.rendering.page_context import Page

__all__ = ["goal", "indicator"]


def goal(page: Page, about: Description) -> Mapping[str, Any]:
    """Its counts, the calls by addressee, and its part of the chart of all goals."""
    its = page.spread.where(goal=about.thing.iri)
    return {
        "count": first(page.counts.where(goal=about.thing.iri)),
        "asked": grouped(page.calls, "jurisdictionName"),
        "its": its if any(row["calls"] for row in its) else [],
    }


def indicator(page: Page, about: Description) -> Mapping[str, Any]:
    """The calls by addressee, the outcomes by call, the findings by kind, and the known ratings."""
    return {
        "asked": grouped(page.calls, "jurisdictionName"),
        "outcomes": grouped(page.outcomes, "call"),
        "good": page.findings.where(goodPractice=True),
        "other_findings": page.findings.where(goodPractice=False),
        "rated": [row for row in page.cells if row["rating"]],
        "stars": page.cells.where(ngoWork=True),
    }
