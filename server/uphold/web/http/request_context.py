"""Request context: state that layers and views share for one request, from its first byte to the end of its response.

The access log, which wraps everything but the response cache, creates it in the WSGI environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request

from uphold.errors import UpholdError
from uphold.server_timing import Timing
from uphold.serving.open_snapshot import OpenSnapshot
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.web.http.client_disconnect import Client
from uphold.web.http.sparql_protocol import ProtocolRequest

__all__ = ["RequestContext", "context", "context_of", "manager", "open_snapshot", "snapshot_prefix"]

KEY = "uphold.context"


@dataclass(slots=True)
class RequestContext:
    """The state of one request."""

    timing: Timing
    """Its id, start time and phases."""
    client: Client
    """Whether the client is still connected."""
    leases: list[OpenSnapshot] = field(default_factory=list)
    """The snapshots that it leases; it reads the last one."""
    snapshot_prefix: str = ""
    """The path prefix of the archived snapshot that it reads; empty for the current one."""
    snapshot_id: str = ""
    """The id of the snapshot that was current on arrival."""
    snapshot_after: str = ""
    """The id of the snapshot that its write led to; empty if it changed nothing."""
    query_text: str | None = None
    """The text of its SPARQL query."""
    sparql_request: ProtocolRequest | None = None
    """The parsed protocol request, where a page is to show the result."""
    sparql_error: UpholdError | None = None
    """The error of the SPARQL endpoint, for a view to report."""
    error_code: str = ""
    """The code of the error in the response."""
    validation_outcome: str = ""
    """The outcome of a validation."""
    media_type: str = ""
    """The media type of the full response, also for a 304 or a range."""
    cacheable: bool = False
    """Whether the response cache may store the response."""
    varies_by_language: bool = False
    """Whether the response depends on Accept-Language."""

    @classmethod
    def begin(cls, environ: dict[str, Any], request_id: str) -> RequestContext:
        """Create the context of a new request in its environment."""
        timing = Timing(request_id)
        made = environ[KEY] = cls(timing, Client(environ, timing))
        return made

    def probe(self) -> dict[str, Any]:
        """The environment entry for a subrequest of a layer on behalf of this request."""
        return {KEY: RequestContext(self.timing, self.client, self.leases)}

    def read_archived(self, manager: SnapshotManager, identity: str) -> None:
        """Make the request read the snapshot with this id; its links then stay within that snapshot.

        Raises `SnapshotNotFound`, or `ServerBusy` when too many are open.
        """
        self.leases.append(manager.acquire_archived(identity))
        self.snapshot_prefix = f"/snapshots/{identity}"


def context_of(environ: dict[str, Any]) -> RequestContext:
    """The context in a WSGI environment."""
    found: RequestContext = environ[KEY]
    return found


def context() -> RequestContext:
    """The context of the current Flask request."""
    return context_of(request.environ)


def manager() -> SnapshotManager:
    """The snapshot manager of the current app."""
    found: SnapshotManager = current_app.extensions["uphold"]
    return found


def open_snapshot() -> OpenSnapshot:
    """The snapshot that this request reads, the same one until the response is sent."""
    return context().leases[-1]


def snapshot_prefix() -> str:
    """The path prefix of the snapshot that this request reads; empty for the current one."""
    return context().snapshot_prefix
