"""OpenAPI operations of the API without a question file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["operations"]

IDENTITY = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NUMBER = {"type": "integer", "minimum": 1}


def operations(
    answers: dict[str, Any], headers: dict[str, Any], languages: Sequence[str], types: Sequence[str]
) -> dict[str, Any]:
    """Paths with their operations; `answers` are the common error responses, `headers` those of a success.

    `languages` are those of labels, `types` the kinds and classes of resources.
    """
    return {
        "/api/changes": {"get": changes(answers, headers)},
        "/api/search": {"get": search(answers, headers, languages, types)},
    }


def changes(answers: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    """The operation for the changes between two snapshots."""
    row = {
        "type": "object",
        "properties": {
            "graph": {"type": "string", "description": "The graph."},
            "added": {"type": "integer", "description": "Triples that only the later snapshot has."},
            "removed": {"type": "integer", "description": "Triples that only the earlier snapshot has."},
        },
    }
    schema = {
        "type": "object",
        "required": ["data", "links", "meta"],
        "properties": {
            "data": {"type": "array", "items": row},
            "links": {"type": "object"},
            "meta": {"type": "object"},
        },
    }
    return {
        "operationId": "changes",
        "summary": "What changed from one snapshot to another?",
        "description": "Triples added and removed by graph. The link `patch` has the changes themselves.",
        "tags": ["data"],
        "parameters": [
            {
                "name": "from",
                "in": "query",
                "required": False,
                "description": "The earlier snapshot.",
                "schema": IDENTITY,
            },
            {"name": "to", "in": "query", "required": False, "description": "The later snapshot.", "schema": IDENTITY},
        ],
        "responses": {
            "200": {
                "description": "The counts.",
                "headers": headers,
                "content": {"application/json": {"schema": schema}, "text/csv": {"schema": {"type": "string"}}},
            },
            "304": {"description": "Not modified."},
            **answers,
        },
    }


def search(
    answers: dict[str, Any], headers: dict[str, Any], languages: Sequence[str], types: Sequence[str]
) -> dict[str, Any]:
    """The operation for search."""
    text: dict[str, Any] = {"type": "string"}
    columns: dict[str, tuple[dict[str, Any], str]] = {
        "id": ({**text, "format": "iri"}, "The resource."),
        "label": (text, "Its label, in the requested language or in English."),
        "language": ({"type": ["string", "null"]}, "The language of `label`."),
        "matched": (text, "The label or code that matched."),
        "kind": (text, "The kind of resource, as in its IRI."),
        "types": ({"type": "array", "items": {**text, "format": "iri"}}, "Its classes."),
        "score": ({"type": "number"}, "The quality of the match, from 0 to 1."),
    }
    schema = {
        "type": "object",
        "required": ["data", "links", "meta"],
        "properties": {
            "data": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": list(columns),
                    "properties": {
                        name: {**type_, "description": meaning} for name, (type_, meaning) in columns.items()
                    },
                },
            },
            "links": {"type": "object"},
            "meta": {"type": "object"},
        },
    }
    return {
        "operationId": "search",
        "summary": "Which resources have this name or code?",
        "description": "Search by label or code in any language. Typos and partial words are fine.",
        "tags": ["data"],
        "parameters": [
            parameter("q", "A name or a code, or the beginning of one.", {**text, "minLength": 1, "maxLength": 200}),
            parameter("type", "A kind of resource, or a class by IRI or short name.", {**text, **one_of(types)}),
            parameter("lang", "The language of the labels to search.", {**text, **one_of(languages)}),
            parameter("limit", "Hits per page; default: 20.", NUMBER | {"maximum": 100}),
            parameter("page", "Page number, from 1.", NUMBER | {"maximum": 1_000_000}),
        ],
        "responses": {
            "200": {
                "description": "The hits, best first.",
                "headers": headers,
                "content": {"application/json": {"schema": schema}, "text/html": {"schema": text}},
            },
            "304": {"description": "Not modified."},
            **answers,
        },
    }


def parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter; only `q` is required."""
    return {"name": name, "in": "query", "required": name == "q", "description": description, "schema": schema}


def one_of(values: Sequence[str]) -> dict[str, Any]:
    """The schema of the known values, if any."""
    return {"enum": list(values)} if values else {}
