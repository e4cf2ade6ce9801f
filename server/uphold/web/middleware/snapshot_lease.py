"""Snapshot lease: each request reads one snapshot until its response is sent, so that no response mixes two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wsgi import ClosingIterator

from uphold.serving.open_snapshot import OpenSnapshot
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.web.http.request_context import context_of

__all__ = ["SnapshotLease"]


class SnapshotLease:
    """WSGI middleware (PEP 3333) that leases the current snapshot, as the response cache saw it, to each request."""

    def __init__(self, wsgi: Any, manager: SnapshotManager) -> None:
        self.wsgi, self.manager = wsgi, manager

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        context = context_of(environ)
        leases = context.leases
        leases.append(self.manager.acquire(checked=True))
        context.snapshot_id = leases[0].snapshot.id
        try:
            body = self.wsgi(environ, start_response)
        except BaseException:
            self.release(leases)
            raise
        if isinstance(body, list):  # fully buffered: the snapshot is no longer needed
            self.release(leases)
            return body
        return ClosingIterator(body, lambda: self.release(leases))

    def release(self, leases: list[OpenSnapshot]) -> None:
        """Release all leases of the request, including those that a view added."""
        while leases:
            self.manager.release(leases.pop())
