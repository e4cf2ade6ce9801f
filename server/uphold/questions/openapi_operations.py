"""Operations of the API that no question file makes, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["operations"]

IDENTITY = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NUMBER = {"type": "integer", "minimum": 1}


def operations(
    answers: dict[str, Any], headers: dict[str, Any], languages: Sequence[str], types: Sequence[str]
) -> dict[str, Any]:
    """Paths with their operations; `answers` are the responses that all share, `headers` those of a good one.

    `languages` are those that labels come in, `types` the kinds and classes of things.
    """
    return {
        "/api/changes": {"get": changes(answers, headers)},
        "/api/search": {"get": search(answers, headers, languages, types)},
    }


def changes(answers: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    """What changed between two kept snapshots."""
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
        "description": "Triples added and removed by graph. The link `patch` leads to the changes themselves.",
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
            "304": {"description": "The client has the answer already."},
            **answers,
        },
    }


def search(
    answers: dict[str, Any], headers: dict[str, Any], languages: Sequence[str], types: Sequence[str]
) -> dict[str, Any]:
    """What is called so."""
    text: dict[str, Any] = {"type": "string"}
    columns: dict[str, tuple[dict[str, Any], str]] = {
        "id": ({**text, "format": "iri"}, "The thing."),
        "label": (text, "What it is called, in English or in the language asked for."),
        "language": ({"type": ["string", "null"]}, "The language of `label`."),
        "matched": (text, "The label or code that was found."),
        "kind": (text, "The kind of thing, as its IRI has it."),
        "types": ({"type": "array", "items": {**text, "format": "iri"}}, "Its classes."),
        "score": ({"type": "number"}, "How well it matched, from 0 to 1."),
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
                    "properties": {name: {**type_, "description": told} for name, (type_, told) in columns.items()},
                },
            },
            "links": {"type": "object"},
            "meta": {"type": "object"},
        },
    }
    return {
        "operationId": "search",
        "summary": "What is called so?",
        "description": "Things and terms by label or code, in any language, also when it is mistyped or only begun.",
        "tags": ["data"],
        "parameters": [
            parameter("q", "A name or a code, or the beginning of one.", {**text, "minLength": 1, "maxLength": 200}),
            parameter("type", "A kind of thing, or a class by IRI or short name.", {**text, **one_of(types)}),
            parameter("lang", "The language of the labels to look at.", {**text, **one_of(languages)}),
            parameter("limit", "How many hits a page has; 20 when absent.", NUMBER | {"maximum": 100}),
            parameter("page", "Which page, from 1.", NUMBER | {"maximum": 1_000_000}),
        ],
        "responses": {
            "200": {
                "description": "The hits, the best first.",
                "headers": headers,
                "content": {"application/json": {"schema": schema}, "text/html": {"schema": text}},
            },
            "304": {"description": "The client has the answer already."},
            **answers,
        },
    }


def parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A field of the request; only what is looked for is required."""
    return {"name": name, "in": "query", "required": name == "q", "description": description, "schema": schema}


def one_of(values: Sequence[str]) -> dict[str, Any]:
    """The values on offer, where they are known."""
    return {"enum": list(values)} if values else {}
