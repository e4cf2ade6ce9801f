"""Class pages: the template that shows the things of a class, and the answers to its questions about one thing.

`templates/pages.toml` lists the pages, and `page_registry` reads it.
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
"""The first day of the month in which the report appeared, for which a status of then is given."""
THIS, THEN = "{this}", "{published}"
"""Stand for the IRI of the thing that the page is about, and for `PUBLISHED`; a property, as in `{uphold:by}`, stands
for its values."""
FOUND = re.compile(r"\{(\w+)\.([\w.]+)\}")
"""`{story.call.addressedTo}` stands for what the document of an earlier answer, `story`, has under these keys."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """A template, the questions that it asks, a class of schema.org for what it shows, and the name of its view model.

    Questions are name and values, by the names that the template has for their answers.
    """

    template: str
    questions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    schema: str = "Thing"
    model: str = ""

    def answers(self, about: Description) -> dict[str, QuestionResult]:
        """The answers about one thing; a question that lacks a value is not asked."""
        answers: dict[str, QuestionResult] = {}
        for key, (name, given) in self.questions.items():
            values = {field: read_value(value, about, answers) for field, value in given.items()}
            answers[key] = ask_about(name, values)
        return answers


def ask_about(name: str, values: Mapping[str, list[str]]) -> QuestionResult:
    """The answer for these values, the first of each where the question takes one; none when one is missing."""
    answer = ask(name, **values)
    if not all(values.values()):
        return EmptyResult(answer.question, answer.given)
    taken = answer.question.parameters
    return ask(name, **{field: each if taken[field].repeatable else each[:1] for field, each in values.items()})


def read_value(value: str, about: Description, answers: Mapping[str, QuestionResult]) -> list[str]:
    """The values that `{this}`, `{published}`, `{uphold:by}` or `{story.call}` stands for; anything else is a value."""
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
    """The identifiers that a document has under these keys, one inside the other."""
    reached: list[Any] = [document]
    for key in path:
        reached = [each for node in reached if isinstance(node, Mapping) for each in nodes(node.get(key))]
    return [each["id"] if isinstance(each, Mapping) else str(each) for each in reached]
