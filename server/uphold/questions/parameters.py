"""Parameters of questions: the variables `?_name_type` of a query, and the RDF terms that replace them.

Names follow grlc. A value is first converted into a term, which enters the query in a VALUES block, so no text of a
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
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2011-09-20"),
    "gYear": (r"[0-9]{4}", "a year such as 2011"),
}
KEY = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?", re.ASCII)
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name in requests, its variable in the query, and the type of its values.

    `type` is `string`, `iri`, one of `DATATYPES`, or a language tag of two letters. `kind` is the kind of resource
    that a key identifies.
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
    """Variable, type and whether it is required, of each parameter in a query, by name and in the order of the text.

    Raises `InvalidParameter` for a variable that begins with an underscore and does not follow the convention.
    """
    found: dict[str, tuple[str, str, bool]] = {}
    for token in scan(query):
        if token.kind != "variable" or token.text[1] != "_":
            continue
        parts = VARIABLE.fullmatch(token.text)
        kind = (parts[3] or "string") if parts else ""
        if not parts or not (kind in ("string", "iri", *DATATYPES) or re.fullmatch("[a-z]{2}", kind)):
            raise InvalidParameter(
                f"{token.text} is not a valid parameter: write ?_name, ?_name_iri, ?_name_date and the like."
            )
        if found.setdefault(parts[2], (token.text[1:], kind, parts[1] == "_"))[0] != token.text[1:]:
            raise InvalidParameter(f"The parameter {parts[2]} is written in two ways in one query.")
    return found


def to_term(parameter: Parameter, value: str, base: str, prefixes: Mapping[str, str]) -> str:
    """The term of a value in SPARQL syntax; raises `InvalidParameter` for an invalid value."""
    if len(value) > LONGEST:
        raise InvalidParameter(f"{parameter.name} has {len(value)} characters; at most {LONGEST} are accepted.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidParameter(f"{parameter.name} contains an unpaired surrogate, which is not a character.")
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
    """The IRI for a key, a short name or an IRI."""
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
    """Whether a date exists."""
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def bind(query: str, terms: Mapping[str, Sequence[str]]) -> str:
    """The query with a VALUES block for each variable of `terms` in each group that mentions the variable."""
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
class OpenGroup:
    """A group of a query, by the offset after its opening bracket; 0 if it has none (yet)."""

    place: int = 0


def places(query: str) -> Iterator[tuple[str, int]]:
    """Each variable that begins with an underscore, with the places to bind it: in each group that mentions it.

    A variable in a SELECT clause or in the template of a CONSTRUCT is bound in the group of that query.
    """
    tokens = [token for token in scan(query) if token.kind != "skip"]
    whole = OpenGroup()
    open_groups, mentions, data = [whole], dict[tuple[str, int], OpenGroup](), False
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        word = token.text.lower()
        if word == "values":
            data = True
        elif word == "{":
            group = opened_group(before, token, after, whole, data=data)
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


def opened_group(before: Token | None, token: Token, after: Token | None, whole: OpenGroup, *, data: bool) -> OpenGroup:
    """The part that a bracket opens: a group, the data of VALUES, a template, or a subquery before its group."""
    if before and before.text.lower() == "construct":
        return whole
    subquery = after is not None and after.text.lower() == "select"
    return OpenGroup(0 if data or subquery else token.end)
