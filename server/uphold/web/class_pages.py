"""Class pages: which template shows a thing of which class, and which questions it asks about the thing.

This table is the one place where a class gets a page of its own. A thing of any other class has the generic page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from uphold.descriptions import Description
from uphold.web.answering import Answered, ask

__all__ = ["CLASS_PAGES", "PUBLISHED", "ClassPage", "page_of"]

PUBLISHED = "2011-09-01"
"""The first day of the month in which the report appeared, for which a status of then is given."""
THIS = "{this}"
"""Stands for the IRI of the thing that the page is about; a property, as in `{uphold:by}`, stands for its value."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A template, the questions that it asks, and a class of schema.org for what it shows.

    Questions are name and values, by the names that the template has for their answers.
    """

    template: str
    questions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    schema: str = "Thing"

    def answers(self, about: Description) -> dict[str, Answered]:
        """The answers about one thing."""
        return {
            key: ask(name, **{field: value_of(value, about) for field, value in given.items()})
            for key, (name, given) in self.questions.items()
        }


def value_of(given: str, about: Description) -> str:
    """What a value in the table stands for; the thing itself for a property that it lacks, of which nothing is told."""
    if not given.startswith("{"):
        return given
    return next((value.thing.iri for value in about.values(given[1:-1]) if value.thing), about.thing.iri)


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
            "world": ("treaty-map", {"treaty": THIS}),
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
    "Statistic": ClassPage("things/statistic.html", {"story": ("statistic", {"statistic": THIS})}, "Observation"),
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
}


def page_of(classes: Iterable[str], base: str) -> ClassPage | None:
    """The page for a thing that belongs to these classes; None for one that has the generic page."""
    local = {iri.removeprefix(f"{base}ontology#") for iri in classes}
    return next((page for name, page in CLASS_PAGES.items() if name in local), None)
