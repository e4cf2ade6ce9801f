"""Metadata: the lines `#+ …` at the head of a question file, in grlc's convention (YAML), validated key by key.

docs/questions.md describes the keys. Invalid metadata stops the build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from uphold.errors import UnreadableSource

__all__ = ["COLUMN_TYPES", "Column", "Head", "read_head", "without_head"]

MARK = "#+"
COLUMN_TYPES = ("iri", "string", "integer", "decimal", "boolean", "date", "year", "month")
COLUMN = re.compile(rf"({'|'.join(COLUMN_TYPES)})(\??), (\S.*)", re.DOTALL)
DEPRECATED = re.compile(r"([a-z0-9-]+) since ([0-9]{4}-[0-9]{2}-[0-9]{2})")
TEXTS = ("summary", "description", "path", "frame", "chart", "since", "deprecated")
MAPS = ("columns", "parameters", "kinds", "defaults", "enumerate")
LISTS = ("tags", "repeatable")
GRLC_ONLY = ("endpoint", "endpoint_in_url", "method", "transform")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows: its name is a variable of the SELECT, and a key of the JSON."""

    name: str
    type: str
    nullable: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Head:
    """The metadata of a question; absent values are empty."""

    summary: str
    description: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enumerate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeatable: tuple[str, ...] = ()
    pagination: int = 100
    path: str = ""
    frame: str = ""
    chart: str = ""
    since: str = ""
    deprecated: str = ""
    deprecated_since: str = ""


def without_head(text: str) -> str:
    """The query without its head, whose lines are left empty so that line numbers stay the same."""
    return "\n".join("" if line.startswith(MARK) else line for line in text.split("\n"))


def read_head(text: str, name: Path) -> Head:
    """The metadata of a question file; raises `UnreadableSource` with file and line."""
    said = load(text, name)

    def refuse(key: str, problem: str) -> UnreadableSource:
        return UnreadableSource(f"{name}:{line_of(text, key)}: {key} {problem}")

    known = (*TEXTS, *MAPS, *LISTS, *GRLC_ONLY, "pagination")
    for key in said:
        if key not in known:
            raise refuse(str(key), f"is not a metadata key; the keys are {', '.join(known)}.")
    for key in TEXTS:
        if not isinstance(said.get(key, ""), str):
            raise refuse(key, "must be a string.")
    if not said.get("summary", "").endswith("?"):
        raise refuse("summary", "is required and must end with a question mark.")
    pagination = said.get("pagination", 100)
    if not isinstance(pagination, int) or not 0 < pagination <= 1000:
        raise refuse("pagination", "must be a number of rows from 1 to 1000.")
    successor, day = read_successor(said.pop("deprecated", ""), refuse)
    maps = {key: read_map(said.get(key) or {}, refuse, key) for key in MAPS}
    columns = []
    for column, words in maps["columns"].items():
        found = COLUMN.fullmatch(one(words))
        if not found:
            raise refuse("columns", f"has {one(words)!r} for {column}, which is not «type, meaning».")
        columns.append(Column(column, found[1], bool(found[2]), found[3]))
    return Head(
        **{key: " ".join(said[key].split()) for key in TEXTS if key in said},
        tags=tuple(map(str, said.get("tags") or ())),
        columns=tuple(columns),
        deprecated=successor,
        deprecated_since=day,
        parameters={key: one(words) for key, words in maps["parameters"].items()},
        kinds={key: one(words) for key, words in maps["kinds"].items()},
        defaults=maps["defaults"],
        enumerate=maps["enumerate"],
        repeatable=tuple(map(str, said.get("repeatable") or ())),
        pagination=pagination,
    )


def read_successor(given: str, refuse: Any) -> tuple[str, str]:
    """The successor of a deprecated question, and the date of deprecation; else empty texts."""
    found = DEPRECATED.fullmatch(given)
    if given and not found:
        raise refuse("deprecated", "must name the successor and the date, as in «calls-met since 2026-11-24».")
    return (found[1], found[2]) if found else ("", "")


def load(text: str, name: Path) -> dict[str, Any]:
    """The metadata from their YAML."""
    lines = [line.removeprefix(MARK) if line.startswith(MARK) else "" for line in text.split("\n")]
    try:
        said = read_yaml("\n".join(lines))
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise UnreadableSource(f"{name}:{line}: the metadata is not valid YAML: {problem.problem}.") from problem
    if not isinstance(said, dict):
        raise UnreadableSource(f"{name}:1: the file has no metadata; it must begin with «#+ summary: …?».")
    pagination = said.get("pagination")
    if isinstance(pagination, str) and pagination.isdecimal():
        said["pagination"] = int(pagination)
    return said


def read_yaml(text: str) -> Any:
    """The value of a YAML text, with strings only; libyaml is faster, the other reader has better messages."""
    try:
        return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except yaml.MarkedYAMLError:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506


def read_map(said: Any, refuse: Any, key: str) -> dict[str, tuple[str, ...]]:
    """A mapping, or grlc's list of mappings with one key each, as strings by name."""
    parts = said if isinstance(said, list) else [said]
    found: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if not isinstance(part, dict):
            raise refuse(key, "must have a value for each name.")
        for name, value in part.items():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(each, str) for each in values):
                raise refuse(key, f"has a value for {name} that is not a string.")
            found[str(name)] = tuple(" ".join(each.split()) for each in values)
    return found


def one(words: tuple[str, ...]) -> str:
    """The string value of a key."""
    return words[0] if len(words) == 1 else ""


def line_of(text: str, key: str) -> int:
    """The line number of a key, from 1; 1 if the key is absent."""
    found = re.search(rf"^#\+\s*{re.escape(key)}\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
