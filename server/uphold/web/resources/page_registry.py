"""Class pages: which template shows a thing of which class, and which questions it asks about the thing.

This table is the one place where a class gets a page of its own. A thing of any other class has the generic page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from uphold.questions.files import MOST_VALUES
from uphold.serving.descriptions import Description
from uphold.web.rendering.page_context import nodes
from uphold.web.rendering.question_results import Answered, Unasked, ask

__all__ = ["CLASS_PAGES", "PUBLISHED", "ClassPage", "page_of"]

PUBLISHED = "2011-09-01"
"""The first day of the month in which the report appeared, for which a status of then is given."""
THIS = "{this}"
"""Stands for the IRI of the thing that the page is about; a property, as in `{uphold:by}`, stands for its value."""
FOUND = re.compile(r"\{(\w+)\.([\w.]+)\}")
"""`{story.call.addressedTo}` stands for what the document of an earlier answer, `story`, has under these keys."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A template, the questions that it asks, and a class of schema.org for what it shows.

    Questions are name and values, by the names that the template has for their answers.
    """

    template: str
    questions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    schema: str = "Thing"

    def answers(self, about: Description) -> dict[str, Answered]:
        """The answers about one thing; a question that lacks a value is not asked."""
        answers: dict[str, Answered] = {}
        for key, (name, given) in self.questions.items():
            values = {field: read_value(value, about, answers) for field, value in given.items()}
            answers[key] = ask_about(name, values)
        return answers


def ask_about(name: str, values: Mapping[str, list[str]]) -> Answered:
    """The answer for these values, the first of each where the question takes one; none when one is missing."""
    answer = ask(name, **values)
    if not all(values.values()):
        return Unasked(answer.question, answer.given)
    taken = answer.question.parameters
    return ask(name, **{field: each if taken[field].repeatable else each[:1] for field, each in values.items()})


def read_value(value: str, about: Description, answers: Mapping[str, Answered]) -> list[str]:
    """The values that are meant by `{this}`, `{uphold:by}` or `{story.call}`, or by anything else as it stands."""
    if value == THIS:
        return [about.thing.iri]
    if found := FOUND.fullmatch(value):
        return list(dict.fromkeys(reach(answers[found[1]].document, found[2].split("."))))[:MOST_VALUES]
    if value.startswith("{"):
        return [each.thing.iri for each in about.values(value[1:-1]) if each.thing]
    return [value]


def reach(document: Mapping[str, Any], path: list[str]) -> list[str]:
    """The identifiers that a document has under these keys, one inside the other."""
    reached: list[Any] = [document]
    for key in path:
        reached = [each for node in reached if isinstance(node, Mapping) for each in nodes(node.get(key))]
    return [each["id"] if isinstance(each, Mapping) else str(each) for each in reached]


CLASS_PAGES: Mapping[str, ClassPage] = {
    "Jurisdiction": ClassPage(
        "things/jurisdiction.html",
        {
            "story": ("jurisdiction", {"jurisdiction": THIS}),
            "treaties": ("jurisdiction-treaties", {"jurisdiction": THIS}),
            "acts": ("treaty-actions", {"jurisdiction": THIS}),
            "outcomes": ("call-outcomes", {"jurisdiction": THIS}),
            "kept": ("commitments-kept", {"jurisdiction": THIS}),
            "cells": ("progress-matrix", {"jurisdiction": THIS}),
            "neighbours": ("neighbours", {"jurisdiction": THIS}),
            "then": ("jurisdiction-treaties", {"jurisdiction": THIS, "asof": PUBLISHED}),
        },
        "AdministrativeArea",
    ),
    "Treaty": ClassPage(
        "things/treaty.html",
        {
            "record": ("treaties", {}),
            "roll": ("treaty-status", {"treaty": THIS}),
            "acts": ("treaty-actions", {"treaty": THIS}),
            "outcomes": ("call-outcomes", {"treaty": THIS}),
            "summary": ("outcome-summary", {}),
            "kept": ("commitments-kept", {"treaty": THIS}),
            "outside": ("non-parties", {"treaty": THIS}),
            "signed": ("signed-not-ratified", {"treaty": THIS}),
            "changes": ("treaty-map-changes", {"treaty": THIS}),
            "growth": ("ratification-timeline", {"treaty": THIS}),
            "regions": ("ratification-by-region", {"treaty": THIS}),
            "recomputed": ("reported-and-recomputed", {"treaty": THIS}),
            "discrepancies": ("discrepancies", {"treaty": THIS}),
            "mentions": ("instrument-mentions", {"instrument": THIS}),
        },
        "Legislation",
    ),
    "Instrument": ClassPage(
        "things/instrument.html",
        {
            "instruments": ("instruments", {}),
            "mentions": ("instrument-mentions", {"instrument": THIS}),
            "discrepancies": ("discrepancies", {"statement": THIS}),
        },
        "Legislation",
    ),
    "TreatyAction": ClassPage(
        "things/treaty-action.html",
        {
            "acts": ("treaty-actions", {"jurisdiction": "{uphold:by}", "treaty": "{uphold:treaty}"}),
            "outcomes": ("call-outcomes", {"jurisdiction": "{uphold:by}", "treaty": "{uphold:treaty}"}),
            "kept": ("commitments-kept", {"jurisdiction": "{uphold:by}", "treaty": "{uphold:treaty}"}),
            "status": ("treaty-status", {"jurisdiction": "{uphold:by}", "treaty": "{uphold:treaty}"}),
            "origin": ("provenance", {"thing": THIS}),
            "discrepancies": ("discrepancies", {"statement": THIS}),
        },
        "Action",
    ),
    "TreatyRecord": ClassPage(
        "things/treaty-record.html",
        {
            "acts": ("treaty-actions", {"jurisdiction": "{uphold:jurisdiction}", "treaty": "{uphold:treaty}"}),
            "outcomes": ("call-outcomes", {"jurisdiction": "{uphold:jurisdiction}", "treaty": "{uphold:treaty}"}),
            "status": ("treaty-status", {"jurisdiction": "{uphold:jurisdiction}", "treaty": "{uphold:treaty}"}),
            "origin": ("provenance", {"thing": THIS}),
            "discrepancies": ("discrepancies", {"statement": THIS}),
        },
    ),
    "Goal": ClassPage(
        "things/goal.html",
        {
            "indicators": ("indicators", {"goal": THIS}),
            "counts": ("calls-by-goal", {}),
            "calls": ("calls", {"goal": THIS}),
            "spread": ("calls-by-indicator", {}),
        },
        "DefinedTerm",
    ),
    "Indicator": ClassPage(
        "things/indicator.html",
        {
            "indicators": ("indicators", {"goal": "{skos:broader}"}),
            "calls": ("calls", {"indicator": THIS}),
            "outcomes": ("call-outcomes", {}),
            "findings": ("findings", {"indicator": THIS}),
            "statistics": ("statistics", {"indicator": THIS}),
            "cells": ("progress-matrix", {"indicator": THIS}),
        },
        "DefinedTerm",
    ),
    "Statistic": ClassPage(
        "things/statistic.html",
        {
            "story": ("statistic", {"statistic": THIS}),
            "contradicted": ("contradicted-figures", {"statistic": THIS}),
        },
        "Observation",
    ),
    "RecomputedStatistic": ClassPage(
        "things/recomputed-statistic.html",
        {
            "origin": ("provenance", {"thing": THIS}),
            "again": ("reported-and-recomputed", {}),
            "disputed": ("discrepancies", {"statement": THIS}),
            "rules": ("rules", {}),
            "assumptions": ("assumptions", {}),
        },
        "Observation",
    ),
    "Discrepancy": ClassPage(
        "things/discrepancy.html",
        {
            "story": ("discrepancy", {"discrepancy": THIS}),
            "statements": ("disputed-statements", {"discrepancy": THIS}),
        },
    ),
    "Finding": ClassPage("things/finding.html", {"story": ("finding", {"finding": THIS})}),
    "Publication": ClassPage(
        "things/publication.html",
        {
            "story": ("publication", {"publication": THIS}),
            "places": ("citations", {"publication": THIS}),
            "resting": ("publication-facts", {"publication": THIS}),
        },
        "CreativeWork",
    ),
    "Citation": ClassPage("things/citation.html", {"resting": ("derivations", {"thing": THIS})}),
    "Assumption": ClassPage(
        "things/assumption.html", {"known": ("assumptions", {}), "resting": ("derivations", {"thing": THIS})}
    ),
    "Rule": ClassPage("things/rule.html", {"known": ("rules", {}), "resting": ("derivations", {"thing": THIS})}),
    "CallToAction": ClassPage(
        "things/call.html",
        {
            "story": ("call", {"call": THIS}),
            "acts": ("treaty-actions", {"jurisdiction": "{uphold:addressedTo}"}),
            "kept": ("commitments-kept", {"jurisdiction": "{uphold:addressedTo}"}),
            "open": ("open-calls", {"jurisdiction": "{uphold:addressedTo}"}),
            "others": ("calls", {"jurisdiction": "{uphold:addressedTo}"}),
            "alike": ("similar-calls", {"call": THIS}),
            "assumptions": ("assumptions", {}),
        },
    ),
    "CallOutcome": ClassPage(
        "things/call-outcome.html",
        {
            "story": ("call-outcome", {"outcome": THIS}),
            "acts": ("treaty-actions", {"jurisdiction": "{story.call.addressedTo}"}),
            "kept": ("commitments-kept", {"jurisdiction": "{story.call.addressedTo}"}),
            "open": ("open-calls", {"jurisdiction": "{story.call.addressedTo}"}),
            "handovers": ("handovers", {"jurisdiction": "{story.call.addressedTo}"}),
            "assumptions": ("assumptions", {}),
        },
    ),
    "Commitment": ClassPage(
        "things/commitment.html",
        {
            "story": ("commitment", {"commitment": THIS}),
            "acts": ("treaty-actions", {"jurisdiction": "{uphold:madeBy}"}),
            "kept": ("commitments-kept", {"jurisdiction": "{uphold:madeBy}"}),
            "outcomes": ("call-outcomes", {"jurisdiction": "{uphold:madeBy}"}),
            "assumptions": ("assumptions", {}),
        },
    ),
    "Petition": ClassPage(
        "things/petition.html",
        {
            "story": ("petition", {"petition": THIS}),
            "outcomes": ("call-outcomes", {"jurisdiction": "{story.demands.addressedTo}"}),
            "spoken": ("commitments", {"handover": "{story.handovers}"}),
            "kept": ("commitments-kept", {"jurisdiction": "{uphold:jurisdiction}"}),
            "assumptions": ("assumptions", {}),
        },
    ),
    "Handover": ClassPage(
        "things/handover.html",
        {
            "story": ("handover", {"handover": THIS}),
            "spoken": ("commitments", {"handover": THIS}),
            "kept": ("commitments-kept", {"jurisdiction": "{story.petition.jurisdiction}"}),
            "calls": ("calls", {"jurisdiction": "{story.petition.jurisdiction}"}),
            "assumptions": ("assumptions", {}),
        },
        "Event",
    ),
    "Organisation": ClassPage(
        "things/organisation.html",
        {"story": ("organisation", {"organisation": THIS}), "named": ("named-by", {"who": THIS})},
        "Organization",
    ),
    "Officeholder": ClassPage(
        "things/officeholder.html",
        {
            "story": ("officeholder", {"officeholder": THIS}),
            "spoken": ("commitments", {"speaker": THIS}),
            "kept": ("commitments-kept", {"jurisdiction": "{story.said.madeBy}"}),
        },
        "Person",
    ),
    "Mandate": ClassPage(
        "things/mandate.html", {"posts": ("mandates", {}), "named": ("named-by", {"who": THIS})}, "Role"
    ),
    "Campaign": ClassPage("things/campaign.html", {"story": ("campaign", {"campaign": THIS})}),
    "CampaignPhase": ClassPage("things/campaign.html", {"story": ("campaign", {"campaign": THIS})}),
    "ReviewRound": ClassPage(
        "things/review-round.html",
        {
            "rounds": ("review-rounds", {}),
            "covered": ("coverage", {"round": THIS}),
            "findings": ("findings", {"about": THIS}),
            "figures": ("statistics", {"about": THIS}),
        },
    ),
}


def page_of(classes: Iterable[str], base: str) -> ClassPage | None:
    """The page for a thing that belongs to these classes; None for one that has the generic page."""
    local = {iri.removeprefix(f"{base}ontology#") for iri in classes}
    return next((page for name, page in CLASS_PAGES.items() if name in local), None)
