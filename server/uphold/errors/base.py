"""Base: the root of the error tree and its general classes.

UpholdError ─┬─ ClientError (400): QuerySyntaxError, QueryNotSupported, QueryTooDeep, QueryTooLong, QueryForbidden,
             │                  MalformedRequest and the classes of uploads.py
             ├─ NotFound (404): ResourceNotFound, SnapshotNotFound
             ├─ NotAcceptable (406), MethodNotAllowed (405), UnsupportedMediaType (415)
             ├─ LimitExceeded (503): QueryTimeout, MemoryLimitExceeded, ResultTooLarge, ServerBusy, ClientDisconnected
             └─ InvalidSetting (500), and the classes of the other modules of this package

An error has an HTTP status, a stable code and a remedy; its text names the value at fault. The web layer turns it into
problem details (RFC 9457) in one place, the command line into one line on stderr.
"""

from __future__ import annotations

import copyreg
from typing import Any

__all__ = [
    "ClientDisconnected",
    "ClientError",
    "InvalidSetting",
    "LimitExceeded",
    "MalformedRequest",
    "MemoryLimitExceeded",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "QueryForbidden",
    "QueryNotSupported",
    "QuerySyntaxError",
    "QueryTimeout",
    "QueryTooDeep",
    "QueryTooLong",
    "ResourceNotFound",
    "ResultTooLarge",
    "ServerBusy",
    "SnapshotNotFound",
    "UnsupportedMediaType",
    "UpholdError",
    "all_kinds",
]


class UpholdError(Exception):
    """An error that a person can act on: `str(error)` says what happened, `remedy` what to do."""

    status: int = 500
    code: str = "internal-error"
    title: str = "Internal server error"
    remedy: str = "Try again; if it happens again, report it with the request you made."
    line: int | None = None
    column: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Let pickle restore the error as it is: its text is not what its class was called with."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class ClientError(UpholdError):
    """The request is at fault; `line` and `column` (from 1) locate the error in its text, if known."""

    status = 400
    code = "bad-request"
    title = "Bad request"
    remedy = "Change the request as the detail says."

    def __init__(
        self, detail: str, line: int | None = None, column: int | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(detail)
        self.line, self.column = line, column
        self.remedy = remedy or type(self).remedy


class MalformedRequest(ClientError):
    """A protocol parameter is missing, given twice, or not readable."""

    code = "malformed-request"
    title = "Malformed request"


class QuerySyntaxError(ClientError):
    """The query is not valid SPARQL 1.1; `line` and `column` (from 1) locate the error."""

    code = "query-syntax-error"
    title = "SPARQL syntax error"
    remedy = "Fix the query at the line and column given; see docs/ask.md for working examples."


class QueryNotSupported(ClientError):
    """The query is valid, but the engine would answer it wrongly; the remedy gives an alternative."""

    code = "query-not-supported"
    title = "The engine cannot answer this query correctly"
    remedy = 'Write the query another way, as docs/ask.md says under "Where the engine departs from the standard".'


class QueryTooDeep(ClientError):
    """The query nests brackets deeper than the limit."""

    code = "query-too-deep"
    title = "The query is nested too deeply"
    remedy = "Use fewer nested brackets."

    def __init__(self, depth: int, limit: int) -> None:
        super().__init__(f"The query nests {depth} or more brackets or operators; at most {limit} are accepted.")


class QueryTooLong(ClientError):
    """The query text is longer than the limit."""

    status = 413
    code = "query-too-long"
    title = "The query is too long"
    remedy = "Split the query, or use ranges instead of long lists of values."

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The query has {size} bytes; at most {limit} are accepted.")


class QueryForbidden(ClientError):
    """The query asks the server to call another server or to read files."""

    status = 403
    code = "query-forbidden"
    title = "The query asks for something that is not allowed"
    remedy = "Remove the SERVICE clause: this endpoint does not call other endpoints."


class NotFound(UpholdError):
    """There is no resource at this address."""

    status = 404
    code = "not-found"
    title = "Not found"
    remedy = "Start from the home page, or search at /api/search."


class ResourceNotFound(NotFound):
    """No statement of the graph mentions this IRI."""

    code = "resource-not-found"
    title = "The graph has no statements about this IRI"

    def __init__(self, iri: str) -> None:
        super().__init__(f"No statement of this snapshot has {iri} as its subject or object.")


class SnapshotNotFound(NotFound):
    """There is no snapshot yet, or none with this id."""

    code = "snapshot-not-found"
    title = "Snapshot not found"
    remedy = "Run `uphold build`, or list the archived snapshots with `uphold snapshots`."


class SnapshotGone(SnapshotNotFound):
    """The server does not keep the snapshot any longer; its journal has the entry that led to it."""

    status = 410
    code = "snapshot-gone"
    title = "Snapshot no longer kept"
    remedy = "Use a later snapshot: /snapshots lists those that are kept. The operator decides how many."

    def __init__(self, identity: str, entry: int, moment: str) -> None:
        super().__init__(f"Snapshot {identity} is no longer kept. Entry {entry} of the journal led to it, on {moment}.")


class MethodNotAllowed(UpholdError):
    """The address does not support this method."""

    status = 405
    code = "method-not-allowed"
    title = "Method not allowed"
    remedy = "Use one of the methods in the Allow header."


class NotAcceptable(UpholdError):
    """None of the requested media types is available."""

    status = 406
    code = "not-acceptable"
    title = "None of the requested media types is available"

    def __init__(self, offered: list[str]) -> None:
        super().__init__(f"Available: {', '.join(offered)}.")
        self.remedy = "Send an Accept header that names one of them, or leave it out."


class UnsupportedMediaType(UpholdError):
    """The body has a media type that this address does not accept."""

    status = 415
    code = "unsupported-media-type"
    title = "Unsupported media type"
    remedy = "Send application/sparql-query in UTF-8, or a form with a query field, and do not compress it."


class LimitExceeded(UpholdError):
    """The query exceeded a limit."""

    status = 503
    code = "limit-exceeded"
    title = "The query exceeded a limit"
    remedy = "Request less at once, for example with LIMIT or fewer jurisdictions."


class QueryTimeout(LimitExceeded):
    """The query exceeded its time limit."""

    code = "query-timeout"
    title = "The query exceeded its time limit"
    remedy = (
        "Request less at once, write FILTER NOT EXISTS instead of MINUS, and name things by VALUES instead of a FILTER"
        ' with `||`, IN or STR; see "When a query takes too long" in docs/ask.md.'
    )

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The query was stopped after {seconds:g} s, its time limit.")


class MemoryLimitExceeded(LimitExceeded):
    """The query's worker ended: it ran out of memory, or the query crashed it."""

    code = "memory-limit-exceeded"
    title = "The query exceeded its memory limit"

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"The query's worker ended before it answered; the memory limit is {megabytes} MB.")


class ResultTooLarge(LimitExceeded):
    """The result is larger than the limit."""

    code = "result-too-large"
    title = "The result is too large"
    remedy = "Request it in parts with LIMIT and OFFSET, or download the whole data set from /dumps/."

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"The result was stopped at {megabytes} MB, the size limit.")


class ServerBusy(LimitExceeded):
    """No worker became free in time."""

    code = "server-busy"
    title = "The server is busy"
    remedy = "Try again in a few seconds."


class ClientDisconnected(LimitExceeded):
    """The client closed the connection, so the query was stopped."""

    status = 499
    code = "client-disconnected"
    title = "The client disconnected"


class InvalidSetting(UpholdError):
    """A setting has an invalid value."""

    code = "invalid-setting"
    title = "Invalid setting"
    remedy = "See `uphold serve --help` for the settings and their meaning."


def all_kinds() -> list[type[UpholdError]]:
    """Every class of error, each before its subclasses."""

    def below(kind: type[UpholdError]) -> list[type[UpholdError]]:
        return [kind, *(k for sub in kind.__subclasses__() for k in below(sub))]

    return below(UpholdError)
