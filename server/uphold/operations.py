"""Operations of the API that no question file makes, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

__all__ = ["operations"]

IDENTITY = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def operations(answers: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    """Paths with their operations; `answers` are the responses that all share, `headers` those of a good one."""
    return {"/api/changes": {"get": changes(answers, headers)}}


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
