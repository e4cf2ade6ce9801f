"""Page context: the results, labels and sources that a template shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from jinja2 import Undefined

from uphold.rdf.terms import iri_term
from uphold.serving.descriptions import Provenance, Source, Thing
from uphold.web.http.request_context import context, open_snapshot
from uphold.web.http.request_parameters import choose_language, read_language
from uphold.web.rendering.question_results import QuestionResult, fetch

__all__ = ["Note", "Page", "nodes", "reader_language"]

LONGEST_NOTES = 4
"""Notes shown for one fact; the page of the fact has all of them."""


@dataclass(frozen=True, slots=True)
class Note:
    """A source with its number on the page."""

    number: int
    source: Source


class Page:
    """Results by their names in the template, and source notes, numbered in the order of use."""

    def __init__(self, answers: Mapping[str, QuestionResult], language: str, also: Iterable[str] = ()) -> None:
        self.answers, self.language = answers, language
        self.base = open_snapshot().snapshot.base
        fetch(answers.values())
        found = {*also}
        for answer in answers.values():
            found |= identifiers(answer.document if answer.question.returns_graph else answer.rows, self.base)
        self.called = open_snapshot().resources.called(found, language)
        self.rests = open_snapshot().resources.cited(found, language)
        self.numbered: dict[str, Note] = {}

    def __getattr__(self, name: str) -> QuestionResult:
        """The result with this name."""
        try:
            return self.answers[name]
        except KeyError:
            raise AttributeError(name) from None

    def thing(self, node: Any) -> Thing:
        """The resource of a document node or an IRI, with its label."""
        iri = node["id"] if isinstance(node, Mapping) else str(node)
        return self.called.get(iri) or open_snapshot().resources.thing(iri, ())

    def rest(self, node: Any) -> Provenance:
        """The provenance of a fact."""
        return self.rests.get(node["id"] if isinstance(node, Mapping) else str(node)) or Provenance()

    def notes(self, node: Any) -> list[Note]:
        """The first sources of a fact as numbered notes."""
        return [self.note(source) for source in self.rest(node).sources[:LONGEST_NOTES]]

    def note(self, source: Source) -> Note:
        """A source as a note, with the next number on first use."""
        iri = source.citation.iri
        return self.numbered.setdefault(iri, Note(len(self.numbered) + 1, source))


def identifiers(value: Any, base: str) -> set[str]:
    """Every identifier under the base in rows or a document."""
    start, texts, rest = f"{base}id/", set[str](), [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            if each.startswith(start):
                texts.add(each)
        elif isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
    parts = {part for text in texts for part in text.split()}  # a cell may hold several
    return {part for part in parts if part.startswith(base) and is_iri(part)}


def is_iri(text: str) -> bool:
    """Whether a string is an IRI; a literal may begin like one."""
    try:
        iri_term(text)
    except ValueError:
        return False
    return True


def nodes(value: Any) -> list[Any]:
    """The value of a document key as a list."""
    if value is None or isinstance(value, Undefined):
        return []
    return list(value) if isinstance(value, list) else [value]


def reader_language() -> str:
    """The language of labels: by `lang` in the address, else by Accept-Language; raises `InvalidParameter`.

    Marks the response as varying by the header.
    """
    context().varies_by_language = True
    given = [value for value in request.args.getlist("lang") if value]
    wanted = read_language(given) if given else request.headers.get("Accept-Language", "")
    return choose_language(wanted, open_snapshot().resources.languages())
