"""Question files: each `queries/<group>/<name>.rq`, a query with metadata, is an endpoint, a page and an example.

An invalid file raises an error with its name and line. docs/questions.md describes the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from uphold.errors import InvalidParameter, QuestionNotFound, UnreadableSource, UpholdError
from uphold.questions.metadata import Head, read_head, without_head
from uphold.questions.parameters import Parameter, bind, find_parameters, to_term
from uphold.rdf.sources import Files, read_context
from uphold.settings import Settings
from uphold.sparql.guard import Limits, inspect

__all__ = ["MOST_VALUES", "RESERVED", "Catalogue", "Question", "load_questions"]

NOT_QUESTIONS = ("pages", "rules")
RESERVED = ("page", "limit", "fields", "sort")
"""Names of query parameters that are reserved and not parameters of a question."""
MOST_VALUES = 10

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
PARSER_SAYS = re.compile(r"at (\d+):(\d+)")
PLACE = re.compile(r"\{([a-z0-9]+)\}")


@dataclass(frozen=True)
class Question:
    """One question: its name, metadata, query and parameters by name, and its frame and chart, if any."""

    name: str
    group: str
    head: Head
    query: str
    parameters: Mapping[str, Parameter]
    returns_graph: bool
    base: str
    prefixes: Mapping[str, str]
    frame: Mapping[str, Any] | None = None
    chart: Mapping[str, Any] | None = None

    def bound(self, given: Mapping[str, Sequence[str]]) -> str:
        """The query with the values of a request, by parameter, and defaults for the rest.

        Raises `InvalidParameter` for an unknown name, an invalid value or a missing value.
        """
        for name in given:
            if name not in self.parameters:
                near = get_close_matches(name, self.parameters, n=1)
                hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(self.parameters) or 'none'}."
                raise InvalidParameter(f"{self.name} has no parameter {name[:80]!r}: {hint}")
        return bind(self.query, {self.parameters[n].variable: terms for n, terms in self.terms(given)})

    def terms(self, given: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
        """The terms of each parameter that has a value, by name."""
        for name, parameter in self.parameters.items():
            values = given.get(name) or parameter.default
            if not values and parameter.required:
                raise InvalidParameter(f"{self.name} needs a value for {name}.")
            if len(values) > (MOST_VALUES if parameter.repeatable else 1):
                most = f"at most {MOST_VALUES} values" if parameter.repeatable else "one value"
                raise InvalidParameter(f"{name} is given {len(values)} times; it takes {most}.")
            if values:  # without duplicates, since VALUES would repeat rows for them
                terms = (to_term(parameter, value, self.base, self.prefixes) for value in values)
                yield name, list(dict.fromkeys(terms))

    @cached_property
    def path(self) -> re.Pattern[str] | None:
        """The pattern of the question's second address, with its parameters as groups."""
        parts = PLACE.split(self.head.path)
        pattern = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        return re.compile(pattern) if self.head.path else None

    @cached_property
    def with_defaults(self) -> str:
        """The query with its defaults, with the line numbers of its file."""
        return self.bound({})

    @property
    def example(self) -> str:
        """The query with its defaults, ready to run."""
        return self.with_defaults.strip() + "\n"


class Catalogue(Mapping[str, Question]):
    """All questions by name."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.questions = {question.name: question for question in questions}

    def __getitem__(self, name: str) -> Question:
        return self.questions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.questions)

    def __len__(self) -> int:
        return len(self.questions)

    def find(self, address: str) -> tuple[Question, dict[str, str]]:
        """The question at an address below /api/, and the parameters in the address; raises `QuestionNotFound`."""
        if address in self.questions:
            return self.questions[address], {}
        for question in self.questions.values():
            if question.path and (found := question.path.fullmatch(address)):
                return question, found.groupdict()
        near = get_close_matches(address, self.questions, n=3)
        raise QuestionNotFound(
            f"No question has the address {address[:80]!r}" + (f"; similar: {', '.join(near)}." if near else ".")
        )

    @cached_property
    def groups(self) -> dict[str, list[Question]]:
        """The questions by their first tag, else their folder."""
        found: dict[str, list[Question]] = {}
        for question in self.questions.values():
            found.setdefault(question.head.tags[0] if question.head.tags else question.group, []).append(question)
        return dict(sorted(found.items()))


def load_questions(files: Files) -> Catalogue:
    """The questions of the folder `queries/`; raises `UnreadableSource` with file and line for an invalid one."""
    prefixes = read_context(files).prefixes
    folder = files.root / "queries"
    paths = [path for path in sorted(folder.glob("*/*.rq")) if path.parent.name not in NOT_QUESTIONS]
    found: dict[str, Path] = {}
    for path in paths:
        if path.stem in found:
            raise UnreadableSource(f"{files.name(path)}:1: {files.name(found[path.stem])} has the same name.")
        found[path.stem] = path
    return Catalogue(read_question(files, path, prefixes) for path in found.values())


def read_question(files: Files, path: Path, prefixes: Mapping[str, str]) -> Question:
    """One question; raises `UnreadableSource`."""
    text, name = files.text(path), files.name(path)
    if not NAME.fullmatch(path.stem):
        raise UnreadableSource(
            f"{name}:1: the name of a question must have only lower-case letters, digits and single hyphens."
        )
    head, query = read_head(text, name), without_head(text)
    try:
        inspected = inspect(query, Limits.of(Settings()))
        parameters = {parameter.name: parameter for parameter in make_parameters(head, query)}
    except UpholdError as problem:
        raise UnreadableSource(f"{name}:{problem.line or 1}: {problem}") from problem
    question = Question(
        path.stem,
        path.parent.name,
        head,
        query,
        parameters,
        inspected.returns_graph,
        files.base,
        prefixes,
        beside(files, path, head.frame or f"{path.stem}.frame.jsonld", needed=bool(head.frame)),
        beside(files, path, head.chart or f"{path.stem}.vl.json", needed=bool(head.chart)),
    )
    try:
        check(question, name, prefixes)
    except InvalidParameter as problem:
        raise UnreadableSource(f"{name}:1: {problem}") from problem
    return question


def make_parameters(head: Head, query: str) -> Iterator[Parameter]:
    """The parameters of a query with their metadata; raises `InvalidParameter` for an unknown name."""
    found = find_parameters(query)
    for key in ("parameters", "kinds", "defaults", "enumerate"):
        for name in getattr(head, key):
            if name not in found:
                raise InvalidParameter(f"{key} names {name}, which is not a parameter of the query.")
    for name in (*head.repeatable, *PLACE.findall(head.path)):
        if name not in found:
            raise InvalidParameter(f"{name} is not a parameter of the query.")
    for name, (variable, kind, required) in found.items():
        if name not in head.parameters and name != "lang":
            raise InvalidParameter(f"parameters has no description of {name}.")
        if name in RESERVED:
            raise InvalidParameter(f"{name} is a reserved name; give the parameter another name.")
        if required and name != "lang" and name not in head.defaults:
            raise InvalidParameter(f"defaults has no value for {name}; an optional parameter is written ?__{name}.")
        yield Parameter(
            name,
            variable,
            kind,
            required,
            default=head.defaults.get(name, ("en",) if name == "lang" and required else ()),
            choices=head.enumerate.get(name, ()),
            kind=head.kinds.get(name, name),
            meaning=head.parameters.get(name, "the language of labels, as in BCP 47"),
            repeatable=name in head.repeatable,
        )


def beside(files: Files, path: Path, name: str, *, needed: bool) -> Mapping[str, Any] | None:
    """The JSON file of this name next to a question, or None; raises `UnreadableSource`."""
    place = path.with_name(name)
    if not place.is_file():
        if needed:
            raise UnreadableSource(f"{files.name(path)}:1: the file {name} next to it is missing.")
        return None
    try:
        found: Mapping[str, Any] = json.loads(files.text(place))
    except json.JSONDecodeError as problem:
        raise UnreadableSource(f"{files.name(place)}:{problem.lineno}: {problem.msg}.") from problem
    return found


def check(question: Question, name: Path, prefixes: Mapping[str, str]) -> None:
    """Raise `UnreadableSource` for a query that the engine cannot parse or whose columns differ from its metadata."""
    for text in (question.query, question.with_defaults):  # the original has the correct place of an error
        try:
            found = ox.Store().query(text, base_iri=question.base, prefixes=dict(prefixes))
        except SyntaxError as problem:
            from uphold.sparql.diagnostics import explain  # imports the parser, only needed for errors

            place = PARSER_SAYS.search(problem.msg)
            line, column = (int(place[1]), int(place[2])) if place else (None, None)
            error = explain(text, prefixes, problem.msg, line, column)
            raise UnreadableSource(f"{name}:{error.line or 1}: {error}") from problem
    columns = [column.name for column in question.head.columns]
    if isinstance(found, ox.QuerySolutions):
        projected = [variable.value for variable in found.variables]
        if columns != projected:
            raise UnreadableSource(
                f"{name}:1: columns are {', '.join(columns) or 'none'}; the query has {', '.join(projected)}."
            )
    elif not isinstance(found, ox.QueryTriples):
        raise UnreadableSource(f"{name}:1: a question must be a SELECT or a CONSTRUCT.")
    elif question.frame is None:
        raise UnreadableSource(f"{name}:1: a CONSTRUCT needs a frame next to it, {question.name}.frame.jsonld.")
