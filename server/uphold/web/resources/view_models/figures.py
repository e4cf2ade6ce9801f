"""View models of statistics, findings, discrepancies, publications and other sources of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.axis import ruler
from uphold.web.rendering.grouping import each_once, first, grouped, in_order, nodes_at
from uphold.web.rendering.page_context import Page, nodes

__all__ = [
    "OtherFindings",
    "assumption",
    "discrepancy",
    "finding",
    "publication",
    "recomputed_statistic",
    "resting",
    "rule",
    "statistic",
]

HALF = 0.5
"""The rounding tolerance of a printed percentage."""


def statistic(page: Page, about: Description) -> Mapping[str, Any]:
    """The recomputed values by date, on one axis with the printed value, and their assumptions and rules."""
    story = page.story.document
    again = in_order((each for each in nodes(story.get("recomputations")) if isinstance(each, Mapping)), "asOf")
    unit = story["unit"]["label"] if isinstance(story.get("unit"), Mapping) else ""
    is_percent = unit.lower() == "per cent"
    line, ends = None, (story.get("value"), story.get("value"))
    if again:
        ends = (story["value"] - HALF, story["value"] + HALF) if is_percent else ends
        line = ruler([*(each["value"] for each in again), *ends], 0 if is_percent else 1)
    recomputed = f"{page.base}id/discrepancy-kind/recomputed"
    disputed = nodes(story.get("discrepancies"))
    return {
        "again": again,
        "unit": unit,
        "percent": is_percent,
        "lowest": ends[0],
        "highest": ends[1],
        "line": line,
        "agreeing": sum(each.get("agrees") is True for each in again),
        "disputed": disputed,
        "unlike": [each for each in disputed if kind_of(each) == recomputed],
        "rules": nodes_at(again, "derivedBy"),
        "assumptions": nodes_at(again, "assumes"),
    }


def recomputed_statistic(page: Page, about: Description) -> Mapping[str, Any]:
    """Its row, the recomputed values for other dates, and the rules, inputs and assumptions behind it."""
    iri = about.thing.iri
    row = first(page.again.where(recomputed=iri))
    same = page.again.where(statistic=row["statistic"]) if row else []
    return {
        "row": row,
        "others": [each for each in same if each["recomputed"] != iri],
        "inputs": page.origin.where(relation="input"),
        "rules": [
            (each["source"], page.rules.where(rule=each["source"])) for each in page.origin.where(relation="rule")
        ],
        "assumptions": [
            (each["source"], page.assumptions.where(assumption=each["source"]))
            for each in page.origin.where(relation="assumption")
        ],
    }


@dataclass(frozen=True, slots=True)
class OtherFindings:
    """The other findings about a subject."""

    subject: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]


def finding(page: Page, about: Description) -> Mapping[str, Any]:
    """The subjects, and the other findings about each.

    The finding itself is among these only as an IRI, since a framed document embeds each node once.
    """
    whom = nodes(page.story.document.get("about"))
    others = [
        OtherFindings(one, [each for each in nodes(one.get("findings")) if isinstance(each, Mapping)])
        for one in whom
        if isinstance(one, Mapping)
    ]
    return {"whom": whom, "others": others}


def kind_of(node: Any) -> str:
    """The IRI of the kind of a node; empty if the node or its kind is just an IRI."""
    kind = node.get("kind") if isinstance(node, Mapping) else None
    return str(kind["id"]) if isinstance(kind, Mapping) else ""


def discrepancy(page: Page, about: Description) -> Mapping[str, Any]:
    """The statements that disagree, recomputed ones first."""
    return {"statements": in_order(each_once(page.statements, "statement"), "className", reverse=True)}


def resting(page: Page, about: Description) -> Mapping[str, Any]:
    """The facts derived from a resource, each once, grouped by class."""
    groups = grouped(page.resting, "className")
    return {
        "resting": len({row["fact"] for row in page.resting}),
        "groups": {kind: each_once(rows, "fact") for kind, rows in groups.items()},
    }


def assumption(page: Page, about: Description) -> Mapping[str, Any]:
    """Its rows in the question, and the facts derived from it."""
    return {**resting(page, about), "said": page.known.where(assumption=about.thing.iri)}


def rule(page: Page, about: Description) -> Mapping[str, Any]:
    """Its rows in the question, and the facts derived from it."""
    return {**resting(page, about), "said": page.known.where(rule=about.thing.iri)}


def publication(page: Page, about: Description) -> Mapping[str, Any]:
    """The facts derived from it, its date of issue, its parts, and the citations by descending use."""
    story = page.story.document
    issued = [each for name in ("issued", "issuedMonth", "issuedYear") for each in nodes(story.get(name))]
    parts = [each for each in nodes(story.get("parts")) if isinstance(each, Mapping)]
    return {
        **resting(page, about),
        "issued": next(iter(issued), None),
        "parts": [each for each in parts if each.get("type") == "Publication"],
        "places": in_order(page.places, "facts", reverse=True),
    }
