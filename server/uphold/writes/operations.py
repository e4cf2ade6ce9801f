"""Operations: what a request does to graphs, and the contents that they then have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyoxigraph as ox

from uphold.errors import BodySyntaxError, BodyTooLarge
from uphold.rdf.graphs import lines_of
from uphold.settings import Settings
from uphold.validation.upload import CSV, JSON, JSON_LD, Upload, parse
from uphold.writes.workspace import Workspace

__all__ = ["Kind", "Operation", "contents_after"]


class Kind(StrEnum):
    """The operations of the Graph Store Protocol (SPARQL 1.1 Graph Store HTTP Protocol, 5.3 to 5.5)."""

    PUT = "put"
    POST = "post"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on one graph, named by its IRI (the unnamed graph has the empty name)."""

    kind: Kind
    graph: str
    upload: Upload | None = None

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Operation:
        """The operation with these members."""
        upload = Upload(**members["upload"]) if members["upload"] else None
        return cls(Kind(members["kind"]), members["graph"], upload)


def contents_after(
    operations: Iterable[Operation], workspace: Workspace, settings: Settings
) -> tuple[dict[str, set[str]], list[ox.Triple]]:
    """The lines of each graph after operations, one after the other, and the triples that were sent.

    Raises what `parse` raises, and `BodySyntaxError` for JSON without statements.
    """
    contents: dict[str, set[str]] = {}
    sent: list[ox.Triple] = []
    for number, operation in enumerate(operations):
        new = statements(operation, settings) if operation.upload else []
        sent += new
        if len(sent) > settings.upload_max_triples:
            raise BodyTooLarge(settings.upload_max_triples, "triples")
        before = contents.get(operation.graph, set())
        if operation.kind == Kind.POST and operation.graph not in contents:
            before = set(workspace.graph(operation.graph).ordered)
        kept = before if operation.kind == Kind.POST else set()
        contents[operation.graph] = kept | set(lines_of(apart(triple, f"n{number}x") for triple in as_stored(new)))
    return contents, sent


def statements(operation: Operation, settings: Settings) -> list[ox.Triple]:
    """The statements of an upload, with the graph's own IRI as the base (Graph Store HTTP Protocol, 5.1).

    A table has names with prefixes only, and no base. JSON without statements is refused: it ignores unknown keys.
    """
    assert operation.upload  # noqa: S101  # for the type checker: the caller has looked
    is_table = operation.upload.media_type == CSV
    base = None if is_table else operation.graph or f"{settings.base}graphs"
    found = parse(operation.upload, settings, base=base, one_graph=True)
    if not found and operation.upload.media_type in (JSON, JSON_LD):
        raise BodySyntaxError("The body has no statements. JSON-LD ignores keys that are not in its context.")
    return found


def as_stored(sent: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """The triples as the engine keeps them: numbers and times by their value, so that 01 and 1 are one statement.

    The digest of a graph follows from what the engine returns; a change of 01 to 1 would be one of the digest only.
    """
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in sent)
    return (quad.triple for quad in store)


def apart(triple: ox.Triple, start: str) -> ox.Triple:
    """The triple with labels of blank nodes that the graph does not have yet (RDF 1.1 Semantics, 4.1: a merge)."""
    subject, value = (
        ox.BlankNode(f"{start}{term.value}") if isinstance(term, ox.BlankNode) else term
        for term in (triple.subject, triple.object)
    )
    return ox.Triple(subject, triple.predicate, value)  # type: ignore[arg-type] # it is a subject
