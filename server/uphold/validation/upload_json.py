"""Uploaded JSON: inserts our own context where it is named, and converts our own documents to JSON-LD.

The context is that of the tables, from disk: nothing is ever fetched. A document from `/doc/….json` defines its own
short names; one from `/api/….json` uses our context, as its Link header says (JSON-LD 1.1, 6.1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from uphold.errors import BodySyntaxError, BodyTooLarge, UnsafeBody
from uphold.rdf.csv_tables import CONTEXT_NAME
from uphold.settings import CANONICAL_BASE

__all__ = ["OwnContext", "as_json_ld", "with_contexts"]

RELATIVE = re.compile(rf"(?:\.{{1,2}}/)*{re.escape(CONTEXT_NAME)}")
DECIMAL = "xsd:decimal"
WRITTEN_OUT = 30  # most digits before or after the point of a decimal without an exponent
SCHEME = re.compile(r"^https?:(?=//)")


@dataclass(frozen=True, slots=True)
class OwnContext:
    """Our context, and the host with the path prefix of its addresses."""

    terms: Mapping[str, Any]
    base: str
    visited: str = ""

    def is_named(self, name: str) -> bool:
        """Whether a text refers to it: by its IRI, by its address on the host, or by a relative reference."""
        if RELATIVE.fullmatch(name):
            return True
        host, slash, path = self.visited.partition("/")
        homes = [SCHEME.sub("", base) for base in (self.base, CANONICAL_BASE)]
        homes += [f"//{host}{slash}{path}", f"/{path}"] if host else ["/"]
        return SCHEME.sub("", name) in {f"{home}{CONTEXT_NAME}" for home in homes}


def with_contexts(text: str, own: OwnContext, most: int) -> str:
    """JSON-LD with our own context inserted where it is named.

    Raises `UnsafeBody` for any other external context, `BodyTooLarge` if the text becomes longer than `most` bytes, and
    `BodySyntaxError` for invalid JSON.
    """
    size, named = len(json.dumps(own.terms)), 0

    def put(context: Any) -> Any:
        nonlocal named
        if isinstance(context, list):
            return [put(part) for part in context]
        if not isinstance(context, str):
            return context
        if not own.is_named(context):
            raise refused(context, own)
        named += 1
        if named * size > most:
            raise BodyTooLarge(most)
        return own.terms

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for key, value in pairs:
            if key == "@import":
                raise refused(value, own)
        return {key: put(value) if key == "@context" else exact(value, own.terms.get(key)) for key, value in pairs}

    document = read(text, look)
    return json.dumps(document, ensure_ascii=False, default=number) if named else text


def refused(named: Any, own: OwnContext) -> UnsafeBody:
    """The error for an external context."""
    where = f"{own.base}{CONTEXT_NAME}"
    return UnsafeBody(
        f"The document refers to the context {json.dumps(named)[:200]}; write it out instead. "
        f"Contexts are not fetched, and only {where} is known here."
    )


def as_json_ld(text: str, own: OwnContext) -> str:
    """JSON without its own context as JSON-LD; raises `BodySyntaxError` for invalid JSON."""

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: exact(value, own.terms.get(key)) for key, value in pairs}

    document = read(text, look)
    if isinstance(document, dict) and "@context" in document:
        return text
    if isinstance(document, dict) and {"id", "facts", "prefixes"} <= set(document):
        try:
            found: Any = {"@context": dict(document["prefixes"]), "@graph": described(document)}
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise BodySyntaxError("It has `facts` and `prefixes`, but is not a document like /doc/….json.") from problem
    else:
        found = {"@context": own.terms, "@graph": document if isinstance(document, list) else [document]}
    return json.dumps(found, ensure_ascii=False, default=number)


def described(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a document from `/doc/….json`: its resource, the parts, and the incoming links."""
    thing = {"@id": document["id"], **facts(document["facts"])}
    incoming = [
        {"@id": source["id"], name: {"@id": document["id"]}}
        for name, pointing in document.get("incoming", {}).items()
        for source in pointing["things"]
    ]
    return [thing, *incoming, *(node for part in document.get("parts", []) for node in described(part))]


def facts(said: Mapping[str, Any]) -> dict[str, Any]:
    """Properties and their values."""
    return {name: [value_of(each) for each in values] for name, values in said.items()}


def value_of(shown: Mapping[str, Any]) -> dict[str, Any]:
    """One value of such a document."""
    if "list" in shown:
        return {"@list": [value_of(each) for each in shown["list"]]}
    if "facts" in shown:
        return facts(shown["facts"])
    if "id" in shown:
        return {"@id": shown["id"]}
    names = {"value": "@value", "language": "@language", "datatype": "@type"}
    return {names[key]: value for key, value in shown.items() if key in names}


def exact(value: Any, term: Any) -> Any:
    """A number as a string if its datatype in the context is decimal: JSON-LD would write it as a double."""
    if isinstance(value, list):
        return [exact(each, term) for each in value]
    if not (isinstance(value, Decimal) and isinstance(term, Mapping) and term.get("@type") == DECIMAL):
        return value
    if not value.is_finite() or abs(value.adjusted()) >= WRITTEN_OUT:
        return str(value)
    whole, point, fraction = f"{value:f}".partition(".")
    return whole + (point + fraction).rstrip("0").rstrip(".")  # some write the number 42 as 42.0


def number(value: Decimal) -> int | float:
    """A number that JSON-LD reads back unchanged."""
    return int(value) if abs(value) < 10**WRITTEN_OUT and value == value.to_integral_value() else float(value)


def read(text: str, convert: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    """The parsed JSON; `convert` converts each object from its pairs."""
    try:
        return json.loads(text, object_pairs_hook=convert, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as problem:
        raise BodySyntaxError(f"{problem.msg}.", problem.lineno, problem.colno) from problem
