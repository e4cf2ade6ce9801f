"""OpenAPI: generates the OpenAPI 3.1.1 document of the API from the question files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uphold.questions.files import MOST_VALUES, Catalogue, Question
from uphold.questions.metadata import Column
from uphold.questions.openapi_graphs import SECURITY, graph_operations
from uphold.questions.openapi_operations import operations
from uphold.questions.parameters import Parameter
from uphold.rdf.media_types import GRAPH_TYPES

__all__ = ["API_VERSION", "DOCUMENT_FORMS", "LANGUAGE", "ROW_FORMS", "VEGA", "describe"]

API_VERSION = "1.0.0"
VEGA = "application/vnd.vegalite.v6+json"
LANGUAGE = "[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"
"""The pattern of a language tag; an unavailable language falls back to English."""
ROW_FORMS = {"application/json": "json", "text/csv": "csv", "application/sparql-results+json": "srj"}
DOCUMENT_FORMS = {
    "application/json": "json",
    "application/ld+json": "jsonld",
    **{t: s for t, s in GRAPH_TYPES.items() if s != "jsonld"},
}
IRI = {"type": "string", "format": "iri"}
TYPES: Mapping[str, Mapping[str, Any]] = {
    "iri": IRI,
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "year": {"type": "integer"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
}
PARAMETER_TYPES: Mapping[str, Mapping[str, Any]] = {
    "iri": {
        "type": "string",
        "pattern": "^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|https?://[A-Za-z0-9][A-Za-z0-9./_-]*(#[A-Za-z0-9./_-]*)?)$",
        "maxLength": 500,
    },
    "string": {"type": "string", "minLength": 1, "maxLength": 2000},
    "integer": {"type": "integer", "minimum": -(10**17), "maximum": 10**17},
    "decimal": {"type": "number", "minimum": -(10**9), "maximum": 10**9, "multipleOf": 0.001},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "gYear": {"type": "string", "pattern": "^[0-9]{4}$"},
}
PROBLEMS = {
    "400": "A parameter is unknown or has an invalid value.",
    "404": "Not found.",
    "406": "None of the requested formats is available.",
    "503": "The server is busy, or the query exceeded a limit.",
}


def describe(
    questions: Catalogue, languages: Sequence[str], types: Sequence[str] = (), contact: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The OpenAPI document; `languages` are those of labels, `types` the kinds and classes of resources."""
    paths: dict[str, Any] = operations(REFUSALS, HEADERS, languages, types) | graph_operations()
    for question in questions.values():
        paths[f"/api/{question.name}"] = {"get": operation(question, languages)}
        if question.head.path:
            paths[f"/api/{question.head.path}"] = {"get": operation(question, languages, in_path=True)}
    tags = [{"name": name, "description": f"Questions about {name}."} for name in questions.groups]
    tags.append({"name": "graphs", "description": "Reading and writing graphs."})
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Uphold",
            "version": API_VERSION,
            "summary": "What states promised to do against child trafficking, what was asked, and what they did.",
            "description": "Every operation is one SPARQL query, which its page shows. "
            "Each result is from one snapshot of the data, named in the header Uphold-Snapshot.",
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
            **({"contact": contact} if contact else {}),
        },
        "servers": [{"url": "/", "description": "The server of this document."}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {**components(), "securitySchemes": SECURITY},
    }


def operation(question: Question, languages: Sequence[str], *, in_path: bool = False) -> dict[str, Any]:
    """One question as an operation; `in_path` for its second address, which contains parameters."""
    head = question.head
    placed = [name for name in question.parameters if in_path and f"{{{name}}}" in head.path]
    described: dict[str, Any] = {
        "operationId": f"{question.name}-by-path" if in_path else question.name,
        "summary": head.summary,
        "description": head.description or head.summary,
        "tags": list(head.tags) or [question.group],
        "parameters": [*(parameter(p, languages, in_path=p.name in placed) for p in question.parameters.values())],
        "responses": {
            "200": {"description": "The answer.", "headers": HEADERS, "content": dict(contents(question))},
            "304": {"description": "Not modified."},
            **REFUSALS,
        },
    }
    if not question.returns_graph:
        described["parameters"] += row_parameters(head.columns, head.pagination)
    if head.deprecated:
        described["deprecated"] = True
    return described


def parameter(found: Parameter, languages: Sequence[str], *, in_path: bool) -> dict[str, Any]:
    """A parameter of a question."""
    schema: dict[str, Any] = dict(PARAMETER_TYPES.get(found.type, PARAMETER_TYPES["string"]))
    if found.name == "lang":
        schema = {"type": "string", "pattern": f"^{LANGUAGE}$", "maxLength": 35, "examples": list(languages)}
    if found.choices:
        schema = {"type": "string", "enum": list(found.choices)}
    several = found.repeatable and not in_path
    if several:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_VALUES}
    if found.default and not in_path:
        schema["default"] = list(found.default) if several else found.default[0]
    described: dict[str, Any] = {
        "name": found.name,
        "in": "path" if in_path else "query",
        "required": in_path,
        "description": f"{found.meaning[:1].upper()}{found.meaning[1:]}."
        + (" A key or an IRI." if found.type == "iri" else ""),
        "schema": schema,
    }
    if several:
        described |= {"style": "form", "explode": True}
    if found.default:
        described["example"] = list(found.default) if several else found.default[0].rpartition("/")[2]
    return described


def row_parameters(columns: Sequence[Column], pagination: int) -> list[dict[str, Any]]:
    """The parameters common to all questions with rows."""
    names = [column.name for column in columns]
    both = [*names, *(f"-{name}" for name in names)]

    def field(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        spread = {"style": "form", "explode": False} if schema["type"] == "array" else {}
        return {"name": name, "in": "query", "required": False, "description": description, "schema": schema, **spread}

    def several(items: list[str]) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "enum": items}, "minItems": 1}

    return [
        field("page", "Page number, from 1.", {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 1}),
        field(
            "limit",
            "Rows per page.",
            {"type": "integer", "minimum": 1, "maximum": 1000, "default": pagination},
        ),
        field("fields", "Only these columns, in this order.", several(names)),
        field(
            "sort", "Columns to sort by; a minus before a column reverses its order. Nulls come last.", several(both)
        ),
    ]


def contents(question: Question) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema of each format of a question."""
    text = {"schema": {"type": "string"}}
    if question.returns_graph:
        yield (
            "application/json",
            {
                "schema": {
                    "type": "object",
                    "description": "The document, with the names of /context.jsonld.",
                    "properties": document_properties(question),
                }
            },
        )
        yield (
            "application/ld+json",
            {"schema": {"type": "object", "required": ["@context"], "properties": {"@context": IRI}}},
        )
        yield from ((form, text) for form in DOCUMENT_FORMS if form not in ("application/json", "application/ld+json"))
    else:
        yield "application/json", {"schema": envelope(question)}
        yield "text/csv", text
        yield "application/sparql-results+json", {"schema": {"$ref": "#/components/schemas/SparqlResults"}}
    if question.chart:
        yield "image/svg+xml", text
        yield "image/png", {"schema": {"type": "string", "contentEncoding": "binary"}}
        yield VEGA, {"schema": {"type": "object"}}
    yield "text/html", text


def envelope(question: Question) -> dict[str, Any]:
    """The schema of a JSON result with rows. `fields` can omit columns, so no key is required."""
    return {
        "type": "object",
        "required": ["data", "links", "meta"],
        "properties": {
            "data": {"type": "array", "items": row(question.head.columns)},
            "links": {"$ref": "#/components/schemas/Links"},
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    }


def row(columns: Sequence[Column]) -> dict[str, Any]:
    """The schema of a row."""
    properties = {}
    for column in columns:
        schema: dict[str, Any] = {
            **TYPES[column.type],
            "description": f"{column.meaning[:1].upper()}{column.meaning[1:]}.",
        }
        if column.nullable:
            schema["type"] = [schema["type"], "null"]
        properties[column.name] = schema
    return {"type": "object", "properties": properties, "additionalProperties": False}


def document_properties(question: Question) -> dict[str, Any]:
    """The top-level properties of a document, as far as its frame defines them."""
    shape = question.frame or {}
    found: dict[str, Any] = {"id": IRI, "type": {"type": ["string", "array"]}}
    return found | {key: {} for key in shape if not key.startswith("@") and key not in ("id", "type")}


REFUSALS = {code: {"$ref": f"#/components/responses/{code}"} for code in PROBLEMS}
HEADERS = {
    "ETag": {"description": "The entity tag of the response; send it as If-None-Match.", "schema": {"type": "string"}},
    "Uphold-Snapshot": {"description": "The snapshot of the result.", "schema": {"type": "string"}},
}


def components() -> dict[str, Any]:
    """The components that several operations share."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problem |= {"application/json": problem["application/problem+json"], "text/html": {"schema": {"type": "string"}}}
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    return {
        "responses": {code: {"description": words, "content": problem} for code, words in PROBLEMS.items()},
        "schemas": {
            "Problem": {
                "type": "object",
                "description": "Problem details (RFC 9457).",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    **dict.fromkeys(("title", "detail", "remedy", "instance"), text),
                    "type": IRI,
                    "status": {"type": "integer"},
                    "line": {"type": "integer"},
                    "column": {"type": "integer"},
                },
            },
            "Links": {
                "type": "object",
                "required": ["self", "first", "last"],
                "properties": dict.fromkeys(("self", "first", "prev", "next", "last"), text),
            },
            "Meta": {
                "type": "object",
                "required": ["question", "snapshot", "generated", "licence", "source", "total", "page", "limit"],
                "properties": {
                    **dict.fromkeys(("question", "snapshot", "licence", "source"), text),
                    "generated": {"type": "string", "format": "date-time"},
                    **dict.fromkeys(("total", "page", "limit"), count),
                },
            },
            "SparqlResults": {
                "type": "object",
                "description": "SPARQL 1.1 Query Results JSON.",
                "required": ["head", "results"],
                "properties": {"head": {"type": "object"}, "results": {"type": "object"}},
            },
        },
    }
