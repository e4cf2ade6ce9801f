"""Errors of graphs and their changes."""

from __future__ import annotations

from uphold.errors.base import ClientError, NotFound, UpholdError

__all__ = [
    "ChangeDoesNotConform",
    "GraphNotFound",
    "IdempotencyKeyReused",
    "ServerOutdated",
    "UpdateFailed",
    "WriteFailed",
    "WriteNotSupported",
]


class GraphNotFound(NotFound):
    """The data have no statement in this graph."""

    code = "graph-not-found"
    title = "There is no such graph"
    remedy = "See /graphs for all graphs; PUT and POST create one."

    def __init__(self, graph: str) -> None:
        super().__init__(f"The data have no graph {graph}.")


class ChangeDoesNotConform(ClientError):
    """The data would violate shapes that they do not violate now; nothing has changed."""

    status = 422
    code = "change-does-not-conform"
    title = "The change does not conform to the shapes"
    remedy = "Fix each result with the severity Violation, and send the change again."

    def __init__(self, count: int) -> None:
        violations = "1 new violation" if count == 1 else f"{count} new violations"
        super().__init__(f"The data would have {violations} of the shapes; nothing has changed.")


class IdempotencyKeyReused(ClientError):
    """An idempotency key was used before, for another request."""

    status = 422
    code = "idempotency-key-reused"
    title = "The idempotency key was used for another request"
    remedy = "Send each new request with a new Idempotency-Key, and a repeated one exactly as before."

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key and other content was carried out before.")


class ServerOutdated(UpholdError):
    """The journal goes on from data that were not built here, so this server can neither follow it nor write."""

    status = 503
    code = "server-outdated"
    title = "This server has other data than the journal"
    remedy = "Operator: install the files of the other servers on this journal, run `uphold build`, and restart."

    def __init__(self, snapshot: str) -> None:
        super().__init__(f"The journal does not go on from snapshot {snapshot[:12]}, which is current here.")


class UpdateFailed(ClientError):
    """An operation of an update failed, and with it the whole request; nothing has changed."""

    code = "update-failed"
    title = "An operation of the update failed"
    remedy = "Write the operation with SILENT, if it may fail."


class WriteFailed(UpholdError):
    """Staging a change failed within the server; nothing has changed."""

    code = "write-failed"
    title = "The write failed"
    remedy = "Nothing has changed. Report it to the operator of the server, with the request id."

    def __init__(self) -> None:
        super().__init__("An internal error ended the write before it was accepted.")


class WriteNotSupported(UpholdError):
    """The data are on disk, where this server does not change them."""

    status = 501
    code = "write-not-supported"
    title = "This server cannot accept writes"

    def __init__(self, quads: int, most: int) -> None:
        super().__init__(f"The data have {quads:,} quads, and more than {most:,} are not held in memory.")
        self.remedy = "Ask the operator to raise UPHOLD_IN_MEMORY_MAX_QUADS."
