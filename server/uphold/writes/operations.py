"""Operations: what a request does to graphs, and the contents that they then have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyoxigraph as ox

from uphold.errors import BodySyntaxError, BodyTooLarge
from uphold.settings import Settings
from uphold.snapshots.identity import marked
from uphold.validation.upload import CSV, JSON, JSON_LD, Upload, parse
from uphold.writes import patch, update
from uphold.writes.draft import Draft
from uphold.writes.update import UpdateRequest
from uphold.writes.workspace import Lines, Workspace, node, placed

__all__ = ["Kind", "Operation", "carry_out"]


class Kind(StrEnum):
    """The operations: of the Graph Store HTTP Protocol (5.3 to 5.5), SPARQL 1.1 Update, and RDF Patch."""

    PUT = "put"
    POST = "post"
    DELETE = "delete"
    UPDATE = "update"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on one graph, named by its IRI (the unnamed graph has the empty name).

    An update or a patch may also be on no one graph, but on all that it names.
    """

    kind: Kind
    graph: str | None
    upload: Upload | None = None
    update: UpdateRequest | None = None
    patch: str = ""

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Operation:
        """The operation with these members."""
        upload = Upload(**members["upload"]) if members["upload"] else None
        update = UpdateRequest(**members["update"]) if members["update"] else None
        return cls(Kind(members["kind"]), members["graph"], upload, update, members["patch"])


def carry_out(
    operations: Iterable[Operation], workspace: Workspace, settings: Settings
) -> tuple[Lines, list[ox.Triple]]:
    """What operations, one after the other, change in graphs, and the triples that were sent or made.

    The workspace is as before. Raises what `parse` and `update.carry_out` raise, and `BodySyntaxError` for JSON without
    statements.
    """
    draft = Draft(workspace, settings)
    try:
        sent: list[ox.Triple] = []
        for number, operation in enumerate(operations):
            sent += carry_out_one(operation, draft, number)
            if len(sent) > settings.upload_max_triples:
                raise BodyTooLarge(settings.upload_max_triples, "triples")
        return draft.finish(), sent
    finally:
        draft.take_back()


def carry_out_one(operation: Operation, draft: Draft, number: int) -> list[ox.Triple]:
    """Carry out an operation on a draft; the value is the triples that were sent or made."""
    if operation.kind in (Kind.UPDATE, Kind.PATCH):
        before = set(draft.added)
        if operation.update:
            update.carry_out(operation.update, draft, operation.graph)
        else:
            patch.carry_out(operation.patch, draft, operation.graph)
        return [quad.triple for quad in draft.added - before]
    sent = statements(operation, draft.settings) if operation.upload else []
    graph = operation.graph or ""
    new = {placed(marked(triple, f"n{number}x"), node(graph)) for triple in sent}  # a merge: new nodes
    old = draft.quads(graph) if operation.kind != Kind.POST else set()
    draft.change(old - new, new - old)
    return sent


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
