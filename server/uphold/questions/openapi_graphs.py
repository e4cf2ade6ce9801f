"""OpenAPI operations of the Graph Store Protocol: reading and writing graphs, and their history."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from uphold.rdf.media_types import GRAPH_TYPES

__all__ = ["SECURITY", "graph_operations"]

SECURITY = {"token": {"type": "http", "scheme": "bearer", "description": "A token for graphs, from the operator."}}
TEXT: dict[str, Any] = {"type": "string"}
GRAPHS = {form: {"schema": TEXT} for form in GRAPH_TYPES}
BODIES = {form: {"schema": TEXT} for form in (*GRAPH_TYPES, "text/csv", "application/json")}
PROBLEM = {"application/problem+json": {"schema": {"type": "object", "required": ["type", "title", "status"]}}}
REFUSED = {
    "400": "The address names no graph, or the body cannot be read.",
    "401": "The request has no valid token.",
    "403": "The token is not for this graph.",
    "412": "A precondition does not hold.",
    "413": "The body is too large.",
    "415": "The media type of the body is not accepted.",
    "428": "The token demands a precondition.",
    "422": "The change does not conform to the shapes: the problem has the report.",
    "503": "Too many writes are waiting.",
}
GONE = {"404": "The graph is not there."}
FIELDS = {
    "If-Match": "ETags of which the graph must have one.",
    "If-None-Match": "`*`: the graph must not be there.",
    "Prefer": "`return=representation` for a body, `handling=dry-run` to change nothing.",
    "Idempotency-Key": "A text of your choice: requests with the same one are carried out once.",
}
PATH = {"name": "path", "in": "path", "required": True, "description": "The path of the graph.", "schema": TEXT}
NAMED = [
    {"name": "graph", "in": "query", "required": False, "description": "The IRI of the graph.", "schema": TEXT},
    {
        "name": "default",
        "in": "query",
        "required": False,
        "allowEmptyValue": True,
        "description": "The unnamed graph.",
        "schema": {"type": "string", "maxLength": 0},
    },
]
USING = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "description": f"IRIs of graphs that a pattern reads as {what}.",
        "schema": {"type": "array", "items": TEXT},
    }
    for name, what in (("using-graph-uri", "the default graph"), ("using-named-graph-uri", "named graphs"))
]
PATCHES = {kind: {"schema": {"type": "string"}} for kind in ("application/sparql-update", "application/rdf-patch")}


def graph_operations() -> dict[str, Any]:
    """The paths with their operations."""
    return {
        "/graphs": {"parameters": NAMED, **methods("-by-iri")},
        "/graphs/{path}": {"parameters": [PATH], **methods("")},
        "/graphs/{path}/history": {"parameters": [PATH], "get": history()},
        "/sparql/update": {"parameters": USING, "post": update()},
    }


def methods(suffix: str) -> dict[str, Any]:
    """The operations on a graph; without a name, GET lists all graphs and POST creates one."""
    return {
        "get": {
            "operationId": f"read-graph{suffix}",
            "summary": "Read a graph",
            "tags": ["graphs"],
            "responses": {
                "200": {"description": "The graph.", "content": GRAPHS},
                "304": {"description": "Not modified."},
                **problems(GONE),
            },
        },
        "put": write("replace", "Replace a graph", suffix, BODIES),
        "post": write(
            "extend", "Add to a graph", suffix, {**BODIES, "multipart/form-data": {"schema": {"type": "object"}}}
        ),
        "delete": write("remove", "Remove a graph", suffix, None),
        "patch": write("patch", "Change a graph by an update or an RDF Patch", suffix, PATCHES),
    }


def update() -> dict[str, Any]:
    """The update operation of the SPARQL 1.1 Protocol, on all graphs that the update names."""
    form = {"type": "object", "required": ["update"], "properties": {"update": TEXT}}
    bodies = {"application/sparql-update": {"schema": TEXT}, "application/x-www-form-urlencoded": {"schema": form}}
    found = write("update", "Change graphs by SPARQL 1.1 Update", "s", bodies, among=("Prefer", "Idempotency-Key"))
    del found["responses"]["201"]
    return found


def write(
    name: str, summary: str, suffix: str, bodies: dict[str, Any] | None, among: Collection[str] = tuple(FIELDS)
) -> dict[str, Any]:
    """One operation that writes, with some of the header fields."""
    report = {"application/json": {"schema": {"type": "object", "required": ["conforms", "results"]}}}
    created = {"201": {"description": "The graph was created.", "content": report}} if bodies else {}
    return {
        "operationId": f"{name}-graph{suffix}",
        "summary": summary,
        "tags": ["graphs"],
        "security": [{"token": []}],
        "parameters": [
            {"name": field, "in": "header", "required": False, "description": meaning, "schema": TEXT}
            for field, meaning in FIELDS.items()
            if field in among
        ],
        **({"requestBody": {"content": bodies}} if bodies else {}),
        "responses": {
            "200": {"description": "The change, or what it would lead to.", "content": report},
            **created,
            "204": {"description": "The graph was changed."},
            **problems(REFUSED if bodies else {**REFUSED, **GONE}),
        },
    }


def history() -> dict[str, Any]:
    """The history of a graph."""
    number = {"type": "integer", "minimum": 1}
    fields = {"before": "The entry before which the page ends.", "limit": "The most changes on a page."}
    schema = {"type": "object", "required": ["graph", "changes", "links"]}
    return {
        "operationId": "graph-history",
        "summary": "List the changes of a graph, newest first",
        "tags": ["graphs"],
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": meaning, "schema": number}
            for name, meaning in fields.items()
        ],
        "responses": {
            "200": {"description": "The changes.", "content": {"application/json": {"schema": schema}}},
            **problems(GONE),
        },
    }


def problems(meanings: dict[str, str]) -> dict[str, Any]:
    """Responses that are problem details."""
    return {status: {"description": meaning, "content": PROBLEM} for status, meaning in sorted(meanings.items())}
