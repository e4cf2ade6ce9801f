"""Updating: the update operation of the SPARQL 1.1 Protocol (2.2), and RDF Patches of several graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

from uphold.errors import PreconditionRequired
from uphold.sparql.guard import Limits, inspect_update
from uphold.web.graphs.patching import read_patch
from uphold.web.graphs.replies import Wanted, reply
from uphold.web.graphs.writing import as_write, authorized, idempotency_key, writes
from uphold.web.http.request_context import manager
from uphold.web.http.sparql_protocol import read_update

if TYPE_CHECKING:
    from uphold.journal.tokens import Token
    from uphold.writes.operations import Operation

__all__ = ["patch_all", "update_all"]


def update_all() -> Response:
    """The response to an update of all graphs that it names; raises what `authorized` and `read_update` raise.

    Also what `inspect_update` and `Writes.write` raise.
    """
    return authorized(lambda token: carried_out(sent_update(), token), None)


def patch_all() -> Response:
    """The response to an RDF Patch of all graphs that it names; raises what `authorized` and `read_patch` raise."""
    return authorized(lambda token: carried_out(read_patch(None), token), None)


def carried_out(operation: Operation, token: Token) -> Response:
    """The response to an operation on all graphs that it names, which are checked when it is staged."""
    wanted = Wanted.by_request()
    if token.conditional and not wanted.dry_run:
        raise PreconditionRequired(token.name)  # an ETag is that of one graph
    found = writes().write(as_write(None, [operation], token, wanted, idempotency_key()))
    return reply(found, None, wanted, request.method)


def sent_update() -> Operation:
    """The operation that the request asks for."""
    from uphold.writes.operations import Kind, Operation
    from uphold.writes.update import UpdateRequest

    settings = manager().settings
    sent = read_update(request.environ, settings)
    inspect_update(sent.text, Limits.of(settings))
    return Operation(Kind.UPDATE, None, update=UpdateRequest(sent.text, sent.using, sent.using_named))
