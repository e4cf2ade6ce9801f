"""Parameters of questions: the variables `?_name_type` of a query, and the RDF terms that take their place.

Names follow grlc. A value becomes a term before it meets the query, and enters it in a VALUES block, so no text of a
request ever becomes part of a query.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from uphold.errors import InvalidParameter
from uphold.sparql.lexer import Token, scan

__all__ = ["DATATYPES", "Parameter", "bind", "find_parameters", "to_term"]

XSD = "http://www.w3.org/2001/XMLSchema#"
VARIABLE = re.compile(r"[?$](_{1,2})([a-z0-9]+)(?:_(\w+))?")
DATATYPES: Mapping[str, tuple[str, str]] = {
    "integer": (r"[+-]?[0-9]{1,18}", "a whole number"),
    "decimal": (r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", "a number"),
    "boolean": (r"true|false", "true or false"),
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2011-09-20"),
    "gYear": (r"[0-9]{4}", "a year such as 2011"),
}
KEY = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?", re.ASCII)
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name in requests, its variable in the query, and what its values are.

    `type` is `string`, `iri`, one of `DATATYPES`, or a language tag of two letters. `kind` is what the keys of an IRI
    are of.
    """

    name: str
    variable: str
    type: str
    required: bool
    default: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    kind: str = ""
    meaning: str = ""
    repeatable: bool = False


def find_parameters(query: str) -> dict[str, tuple[str, str, bool]]:
    """By name, in the order they come up: variable, type and whether it is required, of each parameter in a query.

    Raises `InvalidParameter` for a variable that begins with an underscore and does not follow the convention.
    """
    found: dict[str, tuple[str, str, bool]] = {}
    for token in scan(query):
        if token.kind != "variable" or token.text[1] != "_":
            continue
        parts = VARIABLE.fullmatch(token.text)
        kind = (parts[3] or "string") if parts else ""
        if not parts or not (kind in ("string", "iri", *DATATYPES) or re.fullmatch("[a-z]{2}", kind)):
            raise InvalidParameter(f"{token.text} is no parameter: write ?_name, ?_name_iri, ?_name_date and the like.")
        if found.setdefault(parts[2], (token.text[1:], kind, parts[1] == "_"))[0] != token.text[1:]:
            raise InvalidParameter(f"The parameter {parts[2]} is written in two ways in one query.")
    return found


def to_term(parameter: Parameter, value: str, base: str, prefixes: Mapping[str, str]) -> str:
    """A value as SPARQL writes its term; raises `InvalidParameter` for one that the parameter cannot have."""
    if len(value) > LONGEST:
        raise InvalidParameter(f"{parameter.name} has {len(value)} characters; it may have {LONGEST}.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidParameter(f"{parameter.name} holds half a surrogate pair, which is no character.")
    if parameter.choices and value not in parameter.choices:
        raise InvalidParameter(f"{parameter.name} is {value!r}; it must be one of {', '.join(parameter.choices)}.")
    if parameter.type == "iri":
        return iri(parameter, value, base, prefixes)
    if parameter.type == "string":
        return str(ox.Literal(value))
    if parameter.type not in DATATYPES:
        return str(ox.Literal(value, language=parameter.type))
    pattern, described = DATATYPES[parameter.type]
    if not re.fullmatch(pattern, value, re.ASCII) or (parameter.type == "date" and not is_day(value)):
        raise InvalidParameter(f"{parameter.name} is {value!r}, which is not {described}.")
    return str(ox.Literal(value, datatype=ox.NamedNode(XSD + parameter.type)))


def iri(parameter: Parameter, value: str, base: str, prefixes: Mapping[str, str]) -> str:
    """The IRI that a key, a short name or an IRI means."""
    prefix, colon, local = value.partition(":")
    if not colon and KEY.fullmatch(value):
        found = f"{base}id/{parameter.kind}/{value}"
    else:
        found = prefixes[prefix] + local if prefix in prefixes and not local.startswith("//") else value
    try:
        return str(ox.NamedNode(found))
    except ValueError as problem:
        raise InvalidParameter(
            f"{parameter.name} is {value!r}, which is neither the key of a {parameter.kind} nor an absolute IRI."
        ) from problem


def is_day(text: str) -> bool:
    """Whether there is such a day."""
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def bind(query: str, terms: Mapping[str, Sequence[str]]) -> str:
    """The query with a VALUES block for each of `terms`, by variable, in each group that mentions the variable."""
    added: dict[int, dict[str, str]] = {}
    for variable, place in places(query):
        if variable in terms:
            added.setdefault(place, {})[variable] = f" VALUES ?{variable} {{ {' '.join(terms[variable])} }}"
    pieces, start = [], 0
    for place in sorted(added):
        pieces += [query[start:place], *added[place].values()]
        start = place
    return "".join([*pieces, query[start:]])


@dataclass(slots=True)
class Group:
    """A group of a query, by the place behind its opening bracket; 0 while or because it has none."""

    place: int = 0


def places(query: str) -> Iterator[tuple[str, int]]:
    """Each variable that begins with an underscore, and where it is to be bound: in each group that mentions it.

    What a SELECT names outside its group is bound in that group, and so is what the template of a CONSTRUCT names.
    """
    tokens = [token for token in scan(query) if token.kind != "skip"]
    whole = Group()
    open_groups, mentions, data = [whole], dict[tuple[str, int], Group](), False
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        word = token.text.lower()
        if word == "values":
            data = True
        elif word == "{":
            group = open_snapshot(before, token, after, whole, data=data)
            data = False
            if group.place and not open_groups[-1].place:
                open_groups[-1].place = group.place
            open_groups.append(group)
        elif word == "}" and len(open_groups) > 1:
            open_groups.pop()
        elif token.kind == "variable" and word[1] == "_" and not data:
            for group in (whole, open_groups[-1]):
                mentions[token.text[1:], id(group)] = group
    for (variable, _), group in mentions.items():
        if group.place:
            yield variable, group.place


def open_snapshot(before: Token | None, token: Token, after: Token | None, whole: Group, *, data: bool) -> Group:
    """What a bracket opens: a group, the data of VALUES, a template, or a subquery, which waits for its group."""
    if before and before.text.lower() == "construct":
        return whole
    subquery = after is not None and after.text.lower() == "select"
    return Group(0 if data or subquery else token.end)
