"""The lease of a snapshot: each request reads one snapshot until its answer is out, so that no answer mixes two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wsgi import ClosingIterator

from uphold.serving.open_snapshots import OpenSnapshot, SnapshotManager
from uphold.web.http.request_context import context_of

__all__ = ["SnapshotLease"]


class SnapshotLease:
    """WSGI middleware (PEP 3333)."""

    def __init__(self, wsgi: Any, manager: SnapshotManager) -> None:
        self.wsgi, self.manager = wsgi, manager

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        context = context_of(environ)
        leases = context.leases
        leases.append(self.manager.acquire())
        context.snapshot_id = leases[0].snapshot.id
        try:
            body = self.wsgi(environ, start_response)
        except BaseException:
            self.release(leases)
            raise
        if isinstance(body, list):  # it is whole, and needs the snapshot no more
            self.release(leases)
            return body
        return ClosingIterator(body, lambda: self.release(leases))

    def release(self, leases: list[OpenSnapshot]) -> None:
        """Release all that the request holds, one added by a view too."""
        while leases:
            self.manager.release(leases.pop())
