"""Writing graphs: PUT, POST, DELETE and PATCH (Graph Store HTTP Protocol, 5.3 to 5.5 and 5.7)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from uphold.errors import GraphNotFound, GraphProtected, MalformedRequest, PreconditionRequired, UpholdError
from uphold.journal.graph_protection import may_write
from uphold.web.data.validate import drain
from uphold.web.graphs.bodies import read_uploads
from uphold.web.graphs.patching import read_patch
from uphold.web.graphs.replies import Wanted, reply, status_of
from uphold.web.graphs.representations import require
from uphold.web.http.bearer_tokens import bearer_token
from uphold.web.http.request_context import manager
from uphold.writes.writes import Writes

if TYPE_CHECKING:
    from uphold.journal.tokens import Token
    from uphold.snapshots.snapshot import Snapshot
    from uphold.writes.operations import Operation
    from uphold.writes.service import Outcome, Write

__all__ = ["as_write", "authorized", "change", "idempotency_key", "writes"]

LONGEST_KEY = 255


def writes() -> Writes:
    """The writes of the current app."""
    found: Writes = current_app.extensions["uphold-writes"]
    return found


def change(graph: str | None) -> Response:
    """The response to a write of a graph, by the method of the request; None for a new graph, which POST creates.

    Raises what `authorized` and `Writes.write` raise, `GraphProtected`, and errors in the request.
    """
    return authorized(lambda token: carry_out(graph, token), graph)


def authorized(act: Callable[[Token], Response], graph: str | None) -> Response:
    """The response of a function that is called with the token of the request; its use is recorded.

    The token is checked before the body is read. A rejected body is read to its end, so that its client reads the
    response. Raises `TokenRefused`, and what the function raises.
    """
    token = None
    try:
        secret = bearer_token()
        from uphold.journal.tokens import authenticate  # a server without writes does not load the database's library

        token = authenticate(writes().journal, secret)
        return act(token)
    except (UpholdError, HTTPException) as error:
        drain(4 * manager().settings.upload_max_bytes)
        if token and isinstance(error, UpholdError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            writes().log_refused(token.name, method=request.method, graph=graph, status=error.status)
        raise


def carry_out(graph: str | None, token: Token) -> Response:
    """The response to a write with a valid token."""
    from uphold.journal.tokens import require_may_write

    key = idempotency_key()
    name = new_graph(token, key) if graph is None else graph
    require_may_write(token, name, manager().settings.base)
    wanted = Wanted.by_request()
    if graph is not None:
        require_condition(token, wanted)
    found = writes().write(as_write(name, operations_on(name), token, wanted, key))
    return reply(found, name, wanted, request.method)


def require_condition(token: Token, wanted: Wanted) -> None:
    """Raise `PreconditionRequired` if the token writes on a precondition only, and the request has none."""
    has_one = "If-Match" in request.headers or "If-None-Match" in request.headers
    if token.conditional and not wanted.dry_run and not has_one:
        raise PreconditionRequired(token.name)


def operations_on(graph: str) -> list[Operation]:
    """The operations on a graph that the request asks for; raises what reading its body raises."""
    from uphold.writes.operations import Kind, Operation

    if request.method == "PATCH":
        return [read_patch(graph)]
    kind = Kind(request.method.lower())
    uploads = [] if kind == Kind.DELETE else read_uploads(forms=kind == Kind.POST)
    return [Operation(kind, graph, upload) for upload in uploads] or [Operation(kind, graph)]


def as_write(
    graph: str | None, operations: Sequence[Operation], token: Token, wanted: Wanted, key: str | None
) -> Write:
    """The write that the request asks for: of one graph, or of all that its operations name."""
    from uphold.writes.service import Write

    method, headers = request.method, request.headers

    def require_state(newest: Snapshot) -> None:
        """RFC 9110, 13.2.1: a request that would fail without its preconditions fails as it would."""
        if method == "DELETE" and graph and graph not in newest.graphs:
            raise GraphNotFound(graph)
        if graph is not None:
            require(headers, graph, newest.digests)

    def status(found: Outcome) -> int:
        return status_of(found, graph, wanted)

    return Write(
        operations=operations,
        token=token,
        method=method,
        require=require_state,
        status=status,
        dry_run=wanted.dry_run,
        key=None if wanted.dry_run else key,
        digest=digest(graph, operations) if key else "",
    )


def idempotency_key() -> str | None:
    """The key of the request, if it has one (draft-ietf-httpapi-idempotency-key-header); raises `MalformedRequest`."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return None
    if not given.isascii() or not given.isprintable() or not 0 < len(given) <= LONGEST_KEY:
        raise MalformedRequest(f"Idempotency-Key must have 1 to {LONGEST_KEY} printable ASCII characters.")
    return given


def digest(graph: str | None, operations: Sequence[Operation]) -> str:
    """What makes two requests with one key the same: the method, the graph, and what is sent."""
    parts = [request.method, graph, [asdict(each) for each in operations]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def new_graph(token: Token, key: str | None) -> str:
    """The IRI of a new graph that the token may write; raises `GraphProtected`.

    It is a random one, or with an idempotency key always the same, so that a repeated request creates one graph.
    """
    unique = hashlib.sha256(f"{token.name}\0{key}".encode()).hexdigest()[:32] if key else secrets.token_hex(16)
    base = manager().settings.base
    name = f"{base}graph/{token.glob.replace('*', unique).replace('?', '0')}"
    if "*" not in token.glob or not may_write(token.glob, name, base):
        raise GraphProtected(f"The token {token.name} is for graphs of certain names: send the name of one of them.")
    return name
