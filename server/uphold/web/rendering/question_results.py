"""Question results: the rows or document of a question for a page, and its API addresses."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import request

from uphold.engines.interface import Answer
from uphold.questions.files import Question
from uphold.questions.framing import frame
from uphold.questions.rows import Rows, read_rows
from uphold.web.http.request_context import context, manager, open_snapshot

__all__ = ["RESULTS", "TRIPLES", "EmptyResult", "QuestionResult", "ask", "fetch", "frame_answer", "run_query"]

RESULTS, TRIPLES = "application/sparql-results+json", "application/n-triples"


def run_query(query: str, form: str) -> bytes:
    """The engine's result of a bound query in a media type, cached by query."""
    key = f"question {open_snapshot().snapshot.id} {open_snapshot().page_engine.order()} {form} {query}"

    def run(wanted: Callable[[], bool]) -> Answer:
        return open_snapshot().page_engine.query(query, accept=form, wanted=wanted)

    found = manager().result_cache.ask(key, run, context().client.is_there)
    try:
        return b"".join(found)
    finally:
        found.close()


def fetch(results: Iterable[QuestionResult]) -> None:
    """Run the queries of some results at the same time; raises what the first failed one raises."""
    asked = [each for each in results if each.asked and each.shown is None and "content" not in vars(each)]
    with ThreadPoolExecutor(max(1, manager().settings.query_workers)) as pool:
        running = [pool.submit(copy_context().run, each.run) for each in asked]
    for each, result in zip(asked, running, strict=True):
        vars(each)["content"] = result.result()  # in a `cached_property` of Python 3.11, threads wait for each other


def frame_answer(question: Question, terms: Mapping[str, Sequence[str]], triples: bytes) -> Any:
    """The document of a CONSTRUCT question from its result; None when that is empty."""
    values = {name: each[0][1:-1] for name, each in terms.items() if each and each[0].startswith("<")}
    return frame(triples, question.frame, manager().context.columns, open_snapshot().snapshot.base, values)


@dataclass(frozen=True)
class QuestionResult:
    """The result of a question with parameter values; the query runs on first access."""

    question: Question
    given: Mapping[str, Sequence[str]]
    shown: Sequence[dict[str, Any]] | None = field(default=None, kw_only=True)
    """The rows that a page shows, if not all; the addresses have all."""
    asked: ClassVar[bool] = True

    @cached_property
    def query(self) -> str:
        """The query with its parameter values."""
        return self.question.bound(self.given)

    @cached_property
    def content(self) -> bytes:
        """The engine's result."""
        return self.run()

    def run(self) -> bytes:
        """Run the query, or take its result from the cache."""
        return run_query(self.query, TRIPLES if self.question.returns_graph else RESULTS)

    @cached_property
    def table(self) -> Rows:
        """All rows of a SELECT."""
        return read_rows(self.content, self.question.head.columns)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of a SELECT, with typed values by column; only the `shown` ones, if set."""
        return self.table.as_json() if self.shown is None else [*self.shown]

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document of a CONSTRUCT; empty when its graph is."""
        terms = dict(self.question.terms(self.given))
        found: dict[str, Any] = frame_answer(self.question, terms, self.content) or {}
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, **wanted: Any) -> list[dict[str, Any]]:
        """The rows with these column values."""
        return [row for row in self.rows if all(row[name] == value for name, value in wanted.items())]

    def only(self, **allowed: Container[Any]) -> QuestionResult:
        """The result restricted to rows whose columns have one of these values each."""
        return replace(
            self, shown=[row for row in self if all(row[name] in values for name, values in allowed.items())]
        )

    def address(self, suffix: str = "") -> str:
        """The API address of this result, in the format of the suffix; negotiated without one."""
        base = open_snapshot().snapshot.base
        fields = [
            (name, value.removeprefix(f"{base}id/{self.question.parameters[name].kind}/"))
            for name, values in self.given.items()
            for value in values
        ]
        ending = f".{suffix}" if suffix else ""
        query = f"?{urlencode(fields)}" if fields else ""
        return f"{request.script_root}/api/{self.question.name}{ending}{query}"


@dataclass(frozen=True)
class EmptyResult(QuestionResult):
    """The result of a question without its parameter values: no rows, and an empty document."""

    asked: ClassVar[bool] = False

    @cached_property
    def table(self) -> Rows:
        """No rows."""
        return Rows((), ())

    @cached_property
    def document(self) -> dict[str, Any]:
        """An empty document."""
        return {}


def ask(name: str, **given: str | Sequence[str] | None) -> QuestionResult:
    """The result of the question with this name; values that are None or empty are left out.

    Reading it raises what the engine raises, and `InvalidParameter` for an invalid value.
    """
    values = {key: [value] if isinstance(value, str) else list(value) for key, value in given.items() if value}
    return QuestionResult(manager().questions[name], values)
