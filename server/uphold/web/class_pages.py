"""Class pages: which template shows a thing of which class, and which questions it asks about the thing.

This table is the one place where a class gets a page of its own. A thing of any other class has the generic page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from uphold.web.answering import Answered, ask

__all__ = ["CLASS_PAGES", "ClassPage", "page_of"]

THIS = "{this}"
"""Stands for the IRI of the thing that the page is about."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A template, the questions that it asks, and a class of schema.org for what it shows.

    Questions are name and values, by the names that the template has for their answers.
    """

    template: str
    questions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    schema: str = "Thing"

    def answers(self, iri: str) -> dict[str, Answered]:
        """The answers about one thing."""
        return {
            key: ask(name, **{field: iri if value == THIS else value for field, value in given.items()})
            for key, (name, given) in self.questions.items()
        }


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
            "then": ("jurisdiction-treaties", {"jurisdiction": THIS, "asof": "2011-09-01"}),
        },
        "AdministrativeArea",
    ),
}


def page_of(classes: Iterable[str], base: str) -> ClassPage | None:
    """The page for a thing that belongs to these classes; None for one that has the generic page."""
    local = {iri.removeprefix(f"{base}ontology#") for iri in classes}
    return next((page for name, page in CLASS_PAGES.items() if name in local), None)
