"""Page: what a template is told: its answers, what every IRI in them is called, and what each fact rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from jinja2 import Undefined

from uphold.rdf.terms import iri_term
from uphold.serving.descriptions import Provenance, Source, Thing
from uphold.web.http.request_context import context, open_snapshot
from uphold.web.http.request_parameters import choose_language, read_language
from uphold.web.rendering.question_results import QuestionResult

__all__ = ["Note", "Page", "nodes", "reader_language"]

LONGEST_NOTES = 4
"""Notes that stand behind one fact; the page of the fact has them all."""


@dataclass(frozen=True, slots=True)
class Note:
    """A source with its number on the page."""

    number: int
    source: Source


class Page:
    """Answers by the names that a template has for them, and the notes, numbered as the template comes to them."""

    def __init__(self, answers: Mapping[str, QuestionResult], language: str, also: Iterable[str] = ()) -> None:
        self.answers, self.language = answers, language
        self.base = open_snapshot().snapshot.base
        found = {*also}
        for answer in answers.values():
            found.update(self.iris(answer.document if answer.question.gives_graph else answer.rows))
        self.called = open_snapshot().resources.called(found, language)
        self.rests = open_snapshot().resources.cited(found, language)
        self.numbered: dict[str, Note] = {}

    def __getattr__(self, name: str) -> QuestionResult:
        """The answer with this name."""
        try:
            return self.answers[name]
        except KeyError:
            raise AttributeError(name) from None

    def iris(self, value: Any) -> Iterator[str]:
        """Every identifier of ours in rows or in a document."""
        if isinstance(value, Mapping):
            value = [*value.values()]
        if isinstance(value, list):
            for each in value:
                yield from self.iris(each)
        elif isinstance(value, str) and value.startswith(f"{self.base}id/"):  # a cell may hold several
            yield from (part for part in value.split() if part.startswith(self.base) and is_iri(part))

    def thing(self, node: Any) -> Thing:
        """What a node of a document, or an IRI, is called."""
        iri = node["id"] if isinstance(node, Mapping) else str(node)
        return self.called.get(iri) or open_snapshot().resources.thing(iri, ())

    def rest(self, node: Any) -> Provenance:
        """What a fact rests on."""
        return self.rests.get(node["id"] if isinstance(node, Mapping) else str(node)) or Provenance()

    def notes(self, node: Any) -> list[Note]:
        """The first sources of a fact, each with its number."""
        return [self.note(source) for source in self.rest(node).sources[:LONGEST_NOTES]]

    def note(self, source: Source) -> Note:
        """A source with its number, the next one when the page has not shown it yet."""
        iri = source.citation.iri
        return self.numbered.setdefault(iri, Note(len(self.numbered) + 1, source))


def is_iri(text: str) -> bool:
    """Whether a text is an IRI; a literal may begin like one of ours."""
    try:
        iri_term(text)
    except ValueError:
        return False
    return True


def nodes(value: Any) -> list[Any]:
    """What a document has under a key, as a list: none, one or several."""
    if value is None or isinstance(value, Undefined):
        return []
    return list(value) if isinstance(value, list) else [value]


def reader_language() -> str:
    """The language of names: by `lang` in the address, else by Accept-Language; raises `InvalidParameter`.

    A page that asks varies with the header.
    """
    context().varies_by_language = True
    given = [value for value in request.args.getlist("lang") if value]
    wanted = read_language(given) if given else request.headers.get("Accept-Language", "")
    return choose_language(wanted, open_snapshot().resources.languages())
