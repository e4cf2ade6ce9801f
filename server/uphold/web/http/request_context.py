"""The context of a request: what layers and views note of it, from its first byte to the last of its answer.

The access log makes it, around everything but the response cache, and puts it into the WSGI environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request

from uphold.errors import UpholdError
from uphold.server_timing import Timing
from uphold.serving.open_snapshots import OpenSnapshot, SnapshotManager
from uphold.web.http.client_disconnect import Client
from uphold.web.http.sparql_protocol import ProtocolRequest

__all__ = ["RequestContext", "context", "context_of", "manager", "open_snapshot", "snapshot_prefix"]

KEY = "uphold.context"


@dataclass(slots=True)
class RequestContext:
    """One request."""

    timing: Timing
    """Its id, when it began, and where its time went."""
    client: Client
    """Whether whoever asked is still there."""
    leases: list[OpenSnapshot] = field(default_factory=list)
    """The snapshots that it holds open; it reads the last one."""
    snapshot_prefix: str = ""
    """The path before the addresses of the archived snapshot that it reads; empty for the current one."""
    snapshot_id: str = ""
    """The id of the snapshot that was current when it came."""
    query_text: str | None = None
    """The text of the SPARQL query that it brought."""
    sparql_request: ProtocolRequest | None = None
    """What the SPARQL endpoint read of it, where a page is to show the answer."""
    sparql_error: UpholdError | None = None
    """Why the SPARQL endpoint could not answer, where a view is to report it."""
    error_code: str = ""
    """The code of the error that is its answer."""
    validation_outcome: str = ""
    """What came of a validation."""
    media_type: str = ""
    """The media type of the whole answer, also where a 304 or a part of it is sent."""
    cacheable: bool = False
    """Whether the response cache may store the answer."""
    varies_by_language: bool = False
    """Whether the answer depends on Accept-Language."""

    @classmethod
    def begin(cls, environ: dict[str, Any], request_id: str) -> RequestContext:
        """The context of a request that has just come, put into its environment."""
        timing = Timing(request_id)
        made = environ[KEY] = cls(timing, Client(environ, timing))
        return made

    def probe(self) -> dict[str, Any]:
        """The entry of an environment in which a layer asks the app inside something on behalf of this request."""
        return {KEY: RequestContext(self.timing, self.client, self.leases)}

    def read_archived(self, manager: SnapshotManager, identity: str) -> None:
        """Let the request read the snapshot with this id from here on; its links then stay within that snapshot.

        Raises `SnapshotNotFound`, or `ServerBusy` when no further one may be open.
        """
        self.leases.append(manager.acquire_archived(identity))
        self.snapshot_prefix = f"/snapshots/{identity}"


def context_of(environ: dict[str, Any]) -> RequestContext:
    """The context in a WSGI environment."""
    found: RequestContext = environ[KEY]
    return found


def context() -> RequestContext:
    """The context of the request that Flask answers."""
    return context_of(request.environ)


def manager() -> SnapshotManager:
    """The library of the app that answers this request."""
    found: SnapshotManager = current_app.extensions["uphold"]
    return found


def open_snapshot() -> OpenSnapshot:
    """The snapshot that this request reads, the same one until the answer is out."""
    return context().leases[-1]


def snapshot_prefix() -> str:
    """The path before the addresses of the snapshot that this request reads; empty for the current one."""
    return context().snapshot_prefix
