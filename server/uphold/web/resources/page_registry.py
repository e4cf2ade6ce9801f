"""Page registry: reads the definitions of pages and lists, and validates every entry when the app starts.

`templates/pages.toml` has the pages by class, and `templates/lists.toml` the lists by kind. The error for an invalid
entry names the file and the entry.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app

from uphold.errors import InvalidParameter, UnreadableSource
from uphold.questions.files import Question
from uphold.web.rendering.facets import Facet
from uphold.web.resources.class_pages import FOUND, PUBLISHED, THEN, THIS, ClassPage
from uphold.web.resources.lists.listing import SHOWN_AS, JoinedColumns, ListColumn, ListPage
from uphold.web.resources.view_models.models import VIEW_MODELS

__all__ = ["TEMPLATES", "Registry", "page_of", "read_registry", "registry"]

TEMPLATES = Path(__file__).parents[1] / "templates"
PAGES, LISTS = "pages.toml", "lists.toml"
PROPERTY = re.compile(r"\{([a-z]+):\w+\}")
PARTS = {"columns": ListColumn, "facets": Facet, "joined": JoinedColumns}
"""The classes of the entries under these keys of a list."""
Entry = TypeVar("Entry", ClassPage, ListPage, ListColumn, Facet, JoinedColumns)


@dataclass(frozen=True, slots=True)
class Registry:
    """The pages by class and the lists by kind; others have the generic page."""

    pages: Mapping[str, ClassPage]
    lists: Mapping[str, ListPage]

    def check(self, questions: Mapping[str, Question], templates: Path = TEMPLATES) -> None:
        """Raise `UnreadableSource` for an entry with an unknown template, question, parameter or column."""
        for name, page in self.pages.items():
            for problem in problems_of_page(page, questions, templates):
                raise UnreadableSource(f"{PAGES}: [{name}]: {problem}")
        for kind, made in self.lists.items():
            for problem in problems_of_list(made, questions):
                raise UnreadableSource(f"{LISTS}: [{kind}]: {problem}")


def registry() -> Registry:
    """The registry of the current app."""
    found: Registry = current_app.extensions["uphold-pages"]
    return found


def page_of(classes: Iterable[str], base: str) -> ClassPage | None:
    """The page of a resource of these classes; None for the generic page."""
    local = {iri.removeprefix(f"{base}ontology#") for iri in classes}
    return next((page for name, page in registry().pages.items() if name in local), None)


def read_registry(folder: Path = TEMPLATES) -> Registry:
    """The registry in a folder; raises `UnreadableSource` for an unknown key or a value of the wrong type."""
    pages, lists = read_table(folder / PAGES), read_table(folder / LISTS)
    return Registry(
        {name: read_page(entry, f"{PAGES}: [{name}]") for name, entry in pages.items()},
        {kind: read_list(entry, f"{LISTS}: [{kind}]") for kind, entry in lists.items()},
    )


def read_table(path: Path) -> dict[str, Any]:
    """The entries of a TOML file."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise UnreadableSource(f"{path.name}: {problem}") from problem


def read_page(entry: Any, place: str) -> ClassPage:
    """The page of one class."""
    page, questions = read_entry(ClassPage, entry, place), {}
    for key, given in (entry.get("questions") or {}).items():
        if "ask" not in given:
            raise UnreadableSource(f"{place}: questions.{key}: ask is missing.")
        questions[key] = (given["ask"], {name: value for name, value in given.items() if name != "ask"})
    return replace(page, questions=questions)


def read_list(entry: Any, place: str) -> ListPage:
    """The list of one kind; `words` labels the values of its facets."""
    found = dict(entry) if isinstance(entry, dict) else {}
    words = found.pop("words", {})
    if not RIGHT["Mapping[str, Mapping[str, str]]"](words):
        raise UnreadableSource(f"{place}: words must have a table of texts for each facet.")
    for key, kind in PARTS.items():
        parts = found.get(key, [])
        if not isinstance(parts, list):
            raise UnreadableSource(f"{place}: {key} must be an array of tables.")
        found[key] = [read_entry(kind, part, f"{place}: {key} {number}") for number, part in enumerate(parts, 1)]
    names = [facet.name for facet in found["facets"]]
    if unknown := [name for name in words if name not in names]:
        raise UnreadableSource(f"{place}: words names {unknown[0]!r}, which is not a facet of the list.")
    if doubled := [facet.name for facet in found["facets"] if facet.words]:
        raise UnreadableSource(f"{place}: the words of the facet {doubled[0]} must stand under words.{doubled[0]}.")
    found["facets"] = [replace(facet, words=words.get(facet.name, {})) for facet in found["facets"]]
    return read_entry(ListPage, found, place)


def read_entry(kind: type[Entry], entry: Any, place: str) -> Entry:
    """An entry as an object, with tuples for arrays."""
    if not isinstance(entry, dict):
        raise UnreadableSource(f"{place} must be a table.")
    known = {each.name: each for each in fields(kind)}
    for key, value in entry.items():
        if key not in known:
            raise UnreadableSource(f"{place}: unknown key {key!r}; the keys are {', '.join(known)}.")
        if not RIGHT.get(str(known[key].type), is_made)(value):
            raise UnreadableSource(f"{place}: {key} is {value!r}, which is not of the right type.")
    for key, each in known.items():
        if each.default is MISSING and each.default_factory is MISSING and not entry.get(key):
            raise UnreadableSource(f"{place}: {key} is missing.")
    return kind(**{key: frozen(value) for key, value in entry.items()})


def is_texts(value: Any) -> bool:
    """Whether a TOML value is an array of strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def is_table_of(right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A check that a TOML value is a table whose values pass `right`."""
    return lambda value: isinstance(value, dict) and all(map(right, value.values()))


def is_text(value: Any) -> bool:
    """Whether a TOML value is a string."""
    return isinstance(value, str)


def is_made(value: Any) -> bool:
    """Whether a value is a list of entries that `read_list` made from an array of tables."""
    return isinstance(value, list)


RIGHT: Mapping[str, Callable[[Any], bool]] = {
    "str": is_text,
    "bool": lambda value: isinstance(value, bool),
    "tuple[str, ...]": is_texts,
    "Mapping[str, str]": is_table_of(is_text),
    "Mapping[str, tuple[str, ...]]": is_table_of(is_texts),
    "Mapping[str, Mapping[str, str]]": is_table_of(is_table_of(is_text)),
    "Mapping[str, tuple[str, Mapping[str, str]]]": is_table_of(is_table_of(is_text)),
}
"""Type checks of values by the annotation in the dataclass of their entry; `is_made` checks other types."""


def frozen(value: Any) -> Any:
    """A TOML value with tuples for arrays."""
    if isinstance(value, dict):
        return {key: frozen(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value


def problems_of_page(page: ClassPage, questions: Mapping[str, Question], templates: Path) -> Iterator[str]:
    """The problems of the page of a class."""
    if not (templates / page.template).is_file():
        yield f"there is no template {page.template}."
    if page.model and page.model not in VIEW_MODELS:
        yield f"model is {page.model!r}; it must be one of {', '.join(VIEW_MODELS)}."
    graphs: set[str] = set()
    for key, (name, given) in page.questions.items():
        question = questions.get(name)
        if question is None:
            yield f"questions.{key} asks {name}, which is not a question."
            continue
        for parameter, value in given.items():
            if parameter not in question.parameters:
                yield f"questions.{key}: {name} has no parameter {parameter}."
            elif problem := problem_of_value(question, parameter, value, graphs):
                yield f"questions.{key}: {problem}"
        graphs |= {key} if question.returns_graph else set()


def problem_of_value(question: Question, parameter: str, value: str, graphs: Collection[str]) -> str:
    """The problem of a question parameter value, or empty; `graphs` are the names of earlier documents."""
    if found := FOUND.fullmatch(value):
        return "" if found[1] in graphs else f"{value} needs an earlier question {found[1]} that returns a graph."
    if found := PROPERTY.fullmatch(value):
        return "" if found[1] in question.prefixes else f"{value} has the unknown prefix {found[1]}."
    if value == THIS:
        return ""
    try:
        [*question.terms({parameter: [PUBLISHED if value == THEN else value]})]
    except InvalidParameter as problem:
        return str(problem)
    return ""


def problems_of_list(made: ListPage, questions: Mapping[str, Question]) -> Iterator[str]:
    """The problems of the list of a kind."""
    asked = {"question": made.question, **{f"joined {at}": each.question for at, each in enumerate(made.joined, 1)}}
    asked |= {f"pictures {at}": name for at, name in enumerate(made.pictures, 1)}
    unknown = [(key, name) for key, name in asked.items() if name not in questions]
    if unknown:
        yield from (f"{key} is {name}, which is not a question." for key, name in unknown)
        return
    known = columns_of(questions[made.question])
    for at, other in enumerate(made.joined, 1):
        theirs = columns_of(questions[other.question])
        yield from missing(f"joined {at}", [*other.on], known & theirs)
        yield from missing(f"joined {at}", other.columns.values(), theirs)
        known |= {*other.columns}
    for at, column in enumerate(made.columns, 1):
        named = (column.column, column.sort, column.until, column.under, column.cite, column.beside)
        yield from missing(f"columns {at}", named, known)
        if column.show not in SHOWN_AS:
            yield f"columns {at}: show is {column.show!r}; it must be one of {', '.join(SHOWN_AS)}."
        if column.show == "choice" and column.column not in [facet.column for facet in made.facets]:
            yield f"columns {at}: no facet has the column {column.column}, whose words it would show."
    for at, facet in enumerate(made.facets, 1):
        yield from missing(f"facets {at}", (facet.column, facet.names, facet.until), known)
    yield from missing("within", made.within, known)
    yield from missing("sort", [made.sort.removeprefix("-")], {column.sort for column in made.columns})
    facets = {facet.name for facet in made.facets}
    yield from (f"{name} is not a facet of the list." for name in {**made.asks, **made.unlike} if name not in facets)
    parameters = questions[made.question].parameters
    for name in (name for patterns in made.asks.values() for name in patterns if name not in parameters):
        yield f"asks: {made.question} has no parameter {name}."
    yield from (f"pictures: {name} has no chart." for name in made.pictures if not questions[name].chart)


def columns_of(question: Question) -> set[str]:
    """The columns of a question."""
    return {column.name for column in question.head.columns}


def missing(key: str, named: Iterable[str], known: Collection[str]) -> Iterator[str]:
    """The problems of names that are not known columns; empty names are ignored."""
    yield from (f"{key}: {name} is not a column." for name in named if name and name not in known)
