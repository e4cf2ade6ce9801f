"""Documents: the answer of a CONSTRUCT question as nested JSON, by JSON-LD framing.

The names come from the one context of the project, which is also that of the tables. No other context is ever loaded.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyoxigraph as ox
from pyld import jsonld

from uphold.errors import SourceNotRead

__all__ = ["CONTEXT_NAME", "frame", "has_context"]

CONTEXT_NAME = "context.jsonld"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
OPTIONS = {"processingMode": "json-ld-1.1", "omitGraph": True, "embed": "@once", "pruneBlankNodeIdentifiers": True}


def frame(triples: bytes, shape: Any, context: Mapping[str, Any], base: str, values: Mapping[str, str]) -> Any:
    """N-Triples as the document that `shape` describes; None when nothing in them fits it.

    `values` are put where the shape says `{name}`. The context is named by its IRI, not repeated.
    """
    address = f"{base}{CONTEXT_NAME}"
    lines = b"".join(sorted(triples.splitlines(keepends=True)))
    expanded = json.loads(
        ox.serialize(ox.parse(io.BytesIO(lines), format=ox.RdfFormat.N_TRIPLES), format=ox.RdfFormat.JSON_LD) or b"[]"
    )

    for node in expanded:
        if RDF_TYPE in node:  # the writer of JSON-LD leaves it a property like others, which no frame would know
            node["@type"] = [kind["@id"] for kind in node.pop(RDF_TYPE)]

    def load(url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        if url != address:
            raise SourceNotRead(f"{url} is not the context of this project, and no other one is loaded.")
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": dict(context)}}

    filled = fill(shape, values)
    framed = jsonld.frame(expanded, filled, {**OPTIONS, "documentLoader": load})
    document = {key: value for key, value in framed.items() if key != "@context"}
    return document or None


def has_context(document: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The document as JSON-LD that stands alone."""
    return {"@context": f"{base}{CONTEXT_NAME}", **document}


def fill(shape: Any, values: Mapping[str, str]) -> Any:
    """A shape with `{name}` replaced, where a text is just that."""
    if isinstance(shape, Mapping):
        return {key: fill(value, values) for key, value in shape.items()}
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        return [fill(each, values) for each in shape]
    if isinstance(shape, str) and shape.startswith("{") and shape.endswith("}"):
        return values.get(shape[1:-1], shape)
    return shape
