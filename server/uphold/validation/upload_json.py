"""JSON that somebody sends: our own context takes the place of its name, and our own documents become JSON-LD.

The context is that of the tables, from disk: nothing is ever fetched. A document at `/doc/….json` says which properties
its short names stand for; one at `/api/….json` goes by our context, as its Link header says (JSON-LD 1.1, 6.1).
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
WRITTEN_OUT = 30  # digits before or after the point, up to which a decimal is written without an exponent
SCHEME = re.compile(r"^https?:(?=//)")


@dataclass(frozen=True, slots=True)
class OwnContext:
    """Our context, and the host that was visited, with the path that all addresses on it begin with."""

    terms: Mapping[str, Any]
    base: str
    visited: str = ""

    def is_named(self, name: str) -> bool:
        """Whether a text names it: by its IRI, by its address on the host that was visited, or relative to that."""
        if RELATIVE.fullmatch(name):
            return True
        host, slash, path = self.visited.partition("/")
        homes = [SCHEME.sub("", base) for base in (self.base, CANONICAL_BASE)]
        homes += [f"//{host}{slash}{path}", f"/{path}"] if host else ["/"]
        return SCHEME.sub("", name) in {f"{home}{CONTEXT_NAME}" for home in homes}


def with_contexts(text: str, own: OwnContext, most: int) -> str:
    """JSON-LD with our own context written out where it is named.

    Raises `UnsafeBody` for any other context that stands elsewhere, `BodyTooLarge` when that makes more than `most`
    bytes of it, and `BodySyntaxError` for what is not JSON.
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
    """The error for a context from elsewhere."""
    where = f"{own.base}{CONTEXT_NAME}"
    return UnsafeBody(
        f"The document takes a context from {json.dumps(named)[:200]}; write it out instead. "
        f"None is fetched, and only {where} is known here."
    )


def as_json_ld(text: str, own: OwnContext) -> str:
    """JSON without a context of its own as JSON-LD; raises `BodySyntaxError` for what is not JSON."""

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: exact(value, own.terms.get(key)) for key, value in pairs}

    document = read(text, look)
    if isinstance(document, dict) and "@context" in document:
        return text
    if isinstance(document, dict) and {"id", "facts", "prefixes"} <= set(document):
        try:
            found: Any = {"@context": dict(document["prefixes"]), "@graph": described(document)}
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise BodySyntaxError("It has `facts` and `prefixes`, and is not otherwise as /doc/….json is.") from problem
    else:
        found = {"@context": own.terms, "@graph": document if isinstance(document, list) else [document]}
    return json.dumps(found, ensure_ascii=False, default=number)


def described(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a document at `/doc/….json`: what is said of its thing, of its parts, and what points to it."""
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
    """A number as text where the context says that it is a decimal: JSON-LD would write it as a double."""
    if isinstance(value, list):
        return [exact(each, term) for each in value]
    if not (isinstance(value, Decimal) and isinstance(term, Mapping) and term.get("@type") == DECIMAL):
        return value
    if not value.is_finite() or abs(value.adjusted()) >= WRITTEN_OUT:
        return str(value)
    whole, point, fraction = f"{value:f}".partition(".")
    return whole + (point + fraction).rstrip("0").rstrip(".")  # 42.0 is how some write the number 42


def number(value: Decimal) -> int | float:
    """A number as JSON-LD will read it again."""
    return int(value) if abs(value) < 10**WRITTEN_OUT and value == value.to_integral_value() else float(value)


def read(text: str, look: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    """What JSON says; each object goes through `look` as its pairs."""
    try:
        return json.loads(text, object_pairs_hook=look, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as problem:
        raise BodySyntaxError(f"{problem.msg}.", problem.lineno, problem.colno) from problem
