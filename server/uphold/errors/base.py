"""Every error that Uphold raises on purpose, as one tree.

UpholdError ─┬─ ClientError (400): QuerySyntaxError, QueryNotSupported, QueryTooDeep, QueryTooLong, QueryForbidden,
             │                  MalformedRequest and those of uploads.py
             ├─ NotFound (404): ResourceNotFound, SnapshotNotFound
             ├─ NotAcceptable (406), MethodNotAllowed (405), UnsupportedMediaType (415)
             ├─ LimitExceeded (503): QueryTimeout, MemoryLimitExceeded, ResultTooLarge, ServerBusy, ClientDisconnected
             └─ InvalidSetting (500), and those of the other modules of this package

An error knows its HTTP status, a stable code and the way out; its text names the value at fault. The web layer turns
it into problem details (RFC 9457) in one place, the command line into one line on stderr.
"""

from __future__ import annotations

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
    title: str = "The server failed"
    remedy: str = "Try again; if it happens again, report it with the request you made."
    line: int | None = None
    column: int | None = None


class ClientError(UpholdError):
    """What was asked cannot be done, whoever asks; a line and column say where in the text, where that is known."""

    status = 400
    code = "bad-request"
    title = "The request cannot be answered"
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
    title = "The request is not understood"


class QuerySyntaxError(ClientError):
    """The query is not SPARQL 1.1; `line` and `column` (from 1) say where it stops being so, where the engine tells."""

    code = "query-syntax-error"
    title = "The query does not parse"
    remedy = "Mend the query at the line and column given; docs/ask.md has examples that run."


class QueryNotSupported(ClientError):
    """The query parses, and the engine would answer it wrongly; the remedy says what to write instead."""

    code = "query-not-supported"
    title = "The query would not be answered correctly"
    remedy = 'Write the query another way, as docs/ask.md says under "Where the engine departs from the standard".'


class QueryTooDeep(ClientError):
    """The query nests brackets deeper than any parser here is given."""

    code = "query-too-deep"
    title = "The query is nested too deeply"
    remedy = "Write the query with fewer brackets inside one another."

    def __init__(self, depth: int, limit: int) -> None:
        super().__init__(f"The query nests {depth} or more brackets or operators; at most {limit} are accepted.")


class QueryTooLong(ClientError):
    """The text of the query is over the limit."""

    status = 413
    code = "query-too-long"
    title = "The query is too long"
    remedy = "Split the query, or ask for ranges instead of long lists of values."

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The query has {size} bytes; at most {limit} are accepted.")


class QueryForbidden(ClientError):
    """The query asks the server to call another server or to read files."""

    status = 403
    code = "query-forbidden"
    title = "The query asks for what is not allowed here"
    remedy = "Remove the SERVICE clause: this endpoint calls no other one."


class NotFound(UpholdError):
    """Nothing has this address."""

    status = 404
    code = "not-found"
    title = "There is nothing at this address"
    remedy = "Start from the front page, or search for its name at /api/search."


class ResourceNotFound(NotFound):
    """No statement of the graph mentions this IRI."""

    code = "resource-not-found"
    title = "The graph says nothing about this IRI"

    def __init__(self, iri: str) -> None:
        super().__init__(f"No statement of this snapshot has {iri} as its subject or object.")


class SnapshotNotFound(NotFound):
    """There is no snapshot yet, or none with this id."""

    code = "snapshot-not-found"
    title = "There is no such snapshot"
    remedy = "Run `uphold build`, or see `uphold snapshots` for those that are kept."


class MethodNotAllowed(UpholdError):
    """The address exists and does not take this method."""

    status = 405
    code = "method-not-allowed"
    title = "This address does not take that method"
    remedy = "See the Allow header for the methods it takes."


class NotAcceptable(UpholdError):
    """None of the media types asked for is on offer."""

    status = 406
    code = "not-acceptable"
    title = "None of the media types asked for is on offer"

    def __init__(self, offered: list[str]) -> None:
        super().__init__(f"On offer here: {', '.join(offered)}.")
        self.remedy = "Send an Accept header that names one of them, or leave it out."


class UnsupportedMediaType(UpholdError):
    """The body is of a media type that this address does not read."""

    status = 415
    code = "unsupported-media-type"
    title = "The body has a media type that is not read here"
    remedy = "Send application/sparql-query in UTF-8, or a form with a query field, and do not compress it."


class LimitExceeded(UpholdError):
    """The query needed more than a query may use."""

    status = 503
    code = "limit-exceeded"
    title = "The query needs more than a query may use"
    remedy = "Ask for less at once, for example with LIMIT or fewer jurisdictions."


class QueryTimeout(LimitExceeded):
    """The query was still running when its time was up."""

    code = "query-timeout"
    title = "The query took too long"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The query was stopped after {seconds:g} s, the longest it may run here.")


class MemoryLimitExceeded(LimitExceeded):
    """The query's worker ended: it was out of memory, or the query crashed it."""

    code = "memory-limit-exceeded"
    title = "The query used up its worker"

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"The query's worker ended before it answered; a query may use at most {megabytes} MB.")


class ResultTooLarge(LimitExceeded):
    """The answer is larger than an answer may be."""

    code = "result-too-large"
    title = "The answer is too long"
    remedy = "Ask for it in parts with LIMIT and OFFSET, or download the whole data set from /dumps/."

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"The answer was stopped when it passed {megabytes} MB, the most that one answer may have.")


class ServerBusy(LimitExceeded):
    """All workers were taken for as long as a request may wait."""

    code = "server-busy"
    title = "All query workers are busy"
    remedy = "Try again after a few seconds."


class ClientDisconnected(LimitExceeded):
    """Whoever asked has closed the connection, so the query was stopped."""

    status = 499
    code = "client-disconnected"
    title = "The client left before the answer"


class InvalidSetting(UpholdError):
    """A setting has a value that cannot be used."""

    code = "invalid-setting"
    title = "A setting cannot be used"
    remedy = "See `uphold serve --help` for the settings and their meaning."


def all_kinds() -> list[type[UpholdError]]:
    """Every kind of error, each before its subkinds."""

    def below(kind: type[UpholdError]) -> list[type[UpholdError]]:
        return [kind, *(k for sub in kind.__subclasses__() for k in below(sub))]

    return below(UpholdError)
