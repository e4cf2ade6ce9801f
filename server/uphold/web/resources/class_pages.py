"""Class pages: the template for the resources of a class, and the question results about one of them.

`templates/pages.toml` defines the pages; `page_registry` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from uphold.questions.files import MOST_VALUES
from uphold.serving.descriptions import Description
from uphold.web.rendering.page_context import nodes
from uphold.web.rendering.question_results import EmptyResult, QuestionResult, ask

__all__ = ["FOUND", "PUBLISHED", "THEN", "THIS", "ClassPage"]

PUBLISHED = "2011-09-01"
"""The first day of the month in which the report was published, the date of a past status."""
THIS, THEN = "{this}", "{published}"
"""Placeholders for the IRI of the resource and for `PUBLISHED`; a property, as in `{uphold:by}`, stands for its
values."""
FOUND = re.compile(r"\{(\w+)\.([\w.]+)\}")
"""`{story.call.addressedTo}` stands for the values under these keys in the earlier document `story`."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A template, its questions, the schema.org class of its subject, and the name of its view model.

    Questions are names and parameter values, by the names of their results in the template.
    """

    template: str
    questions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    schema: str = "Thing"
    model: str = ""

    def answers(self, about: Description) -> dict[str, QuestionResult]:
        """The results about one resource; a question without a value is not asked."""
        answers: dict[str, QuestionResult] = {}
        for key, (name, given) in self.questions.items():
            values = {field: read_value(value, about, answers) for field, value in given.items()}
            answers[key] = ask_about(name, values)
        return answers


def ask_about(name: str, values: Mapping[str, list[str]]) -> QuestionResult:
    """The result for these values, the first of each if not repeatable; empty when one is missing."""
    answer = ask(name, **values)
    if not all(values.values()):
        return EmptyResult(answer.question, answer.given)
    taken = answer.question.parameters
    return ask(name, **{field: each if taken[field].repeatable else each[:1] for field, each in values.items()})


def read_value(value: str, about: Description, answers: Mapping[str, QuestionResult]) -> list[str]:
    """The values of a placeholder (`{this}`, `{published}`, `{uphold:by}`, `{story.call}`), or the value itself."""
    if value == THIS:
        return [about.thing.iri]
    if value == THEN:
        return [PUBLISHED]
    if found := FOUND.fullmatch(value):
        return list(dict.fromkeys(reach(answers[found[1]].document, found[2].split("."))))[:MOST_VALUES]
    if value.startswith("{"):
        return [each.thing.iri for each in about.values(value[1:-1]) if each.thing]
    return [value]


def reach(document: Mapping[str, Any], path: list[str]) -> list[str]:
    """The identifiers in a document under a path of keys."""
    reached: list[Any] = [document]
    for key in path:
        reached = [each for node in reached if isinstance(node, Mapping) for each in nodes(node.get(key))]
    return [each["id"] if isinstance(each, Mapping) else str(each) for each in reached]
