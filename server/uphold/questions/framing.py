"""Framing: the result of a CONSTRUCT question as a nested JSON document, by JSON-LD framing.

The keys come from the project's only context, which is also that of the tables. No other context is ever loaded.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyoxigraph as ox

from uphold.errors import UnreadableSource
from uphold.rdf.csv_tables import CONTEXT_NAME

__all__ = ["frame", "has_context"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
VALUES: Mapping[str, Callable[[str], Any]] = {
    "xsd:integer": int,
    "xsd:gYear": int,
    "xsd:decimal": float,
    "xsd:boolean": lambda text: text in ("true", "1"),
}
OPTIONS = {"processingMode": "json-ld-1.1", "omitGraph": True, "embed": "@once", "pruneBlankNodeIdentifiers": True}


def frame(triples: bytes, shape: Any, context: Mapping[str, Any], base: str, values: Mapping[str, str]) -> Any:
    """N-Triples as the document that the frame `shape` describes; None if nothing matches it.

    `values` replace `{name}` in the frame. The document refers to the context by its IRI.
    """
    from pyld import jsonld

    address = f"{base}{CONTEXT_NAME}"
    lines = b"".join(sorted(triples.splitlines(keepends=True)))
    expanded = json.loads(
        ox.serialize(ox.parse(io.BytesIO(lines), format=ox.RdfFormat.N_TRIPLES), format=ox.RdfFormat.JSON_LD) or b"[]"
    )

    def load(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        if url != address:
            raise UnreadableSource(f"{url} is not the context of this project; no other context is loaded.")
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": dict(context)}}

    filled = fill(shape, values)
    framed = jsonld.frame([with_type(node) for node in expanded], filled, {**OPTIONS, "documentLoader": load})
    document = {key: value for key, value in framed.items() if key != "@context"}
    return readable(document, "", context, {key: place for place, key in enumerate(context)}) or None


def with_type(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node with its classes in `@type`; the engine writes rdf:type like any other property."""
    rest = {key: value for key, value in node.items() if key != RDF_TYPE}
    return {**rest, "@type": [each["@id"] for each in node[RDF_TYPE]]} if RDF_TYPE in node else rest


def readable(value: Any, key: str, context: Mapping[str, Any], places: Mapping[str, int]) -> Any:
    """The value of `key`, with its keys in the context's order, and with JSON numbers and booleans.

    The context still defines the datatype.
    """
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda each: (places.get(each, len(places)), each))
        return {each: readable(value[each], each, context, places) for each in keys}
    if isinstance(value, list):
        return [readable(each, key, context, places) for each in value]
    term = context.get(key)
    read = VALUES.get(term.get("@type", "")) if isinstance(term, Mapping) else None
    try:
        return read(value) if read and isinstance(value, str) else value
    except ValueError:
        return value  # an ill-typed literal stays unchanged


def has_context(document: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The document as self-contained JSON-LD.

    Decimals are strings in it: JSON-LD reads a number with a fraction as a double and would write 0.51 as `5.1E-1`,
    which is not a decimal (JSON-LD 1.1 API, 8.2.2).
    """
    return {"@context": f"{base}{CONTEXT_NAME}", **{key: exact(value) for key, value in document.items()}}


def exact(value: Any) -> Any:
    """The value with decimals as strings without an exponent."""
    if isinstance(value, Mapping):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    return f"{Decimal(repr(value)).normalize():f}" if isinstance(value, float) else value


def fill(shape: Any, values: Mapping[str, str]) -> Any:
    """A frame with each text `{name}` replaced."""
    if isinstance(shape, Mapping):
        return {key: fill(value, values) for key, value in shape.items()}
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        return [fill(each, values) for each in shape]
    if isinstance(shape, str) and shape.startswith("{") and shape.endswith("}"):
        return values.get(shape[1:-1], shape)
    return shape
