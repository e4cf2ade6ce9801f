"""Errors of the journal and its tokens; part of the tree in `errors.base`.

UpholdError ─┬─ JournalUnavailable (503), JournalBusy (503)
             ├─ JournalDamaged (500), JournalTooNew (500), BackupFailed (500), JournalNotEmpty (409)
             ├─ NotFound (404): EntryNotFound, TokenNotFound
             └─ ClientError (400): TokenExists (409), TokenRefused (401) ── TokenMissing (401), GraphProtected (403)
"""

from __future__ import annotations

from uphold.errors.base import ClientError, NotFound, UpholdError

__all__ = [
    "BackupFailed",
    "EntryNotFound",
    "GraphProtected",
    "JournalBusy",
    "JournalDamaged",
    "JournalNotEmpty",
    "JournalTooNew",
    "JournalUnavailable",
    "TokenExists",
    "TokenMissing",
    "TokenNotFound",
    "TokenRefused",
]


class JournalUnavailable(UpholdError):
    """The journal's database cannot be reached, read or written; nothing was recorded."""

    status = 503
    code = "journal-unavailable"
    title = "The journal is unavailable"
    remedy = (
        "Try again later. Operator: check the disk, the permissions and the setting `database`; the log has the cause."
    )


class JournalBusy(UpholdError):
    """Other writes held the journal for the whole waiting time; nothing was recorded."""

    status = 503
    code = "journal-busy"
    title = "The journal is busy"
    remedy = "Try again in a few seconds."

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Other writes held the journal for {seconds:g} s, the longest a write waits.")


class JournalDamaged(UpholdError):
    """The journal's database is not what was written; the text names the first wrong entry, if known."""

    status = 500
    code = "journal-damaged"
    title = "The journal is damaged"
    remedy = "Run `uphold verify`, keep a copy of the database, and restore a backup with `uphold restore --force`."

    def __init__(self, reason: str, entry: int | None = None) -> None:
        super().__init__(f"The journal is damaged: {reason}." if entry is None else f"Entry {entry}: {reason}.")
        self.entry = entry


class JournalTooNew(UpholdError):
    """A newer version of Uphold has changed the tables of the journal."""

    code = "journal-too-new"
    title = "The journal belongs to a newer version of Uphold"
    remedy = "Install the version that wrote it, or a newer one."

    def __init__(self, found: str, known: str) -> None:
        super().__init__(f"The journal has tables of version {found!r}; this version of Uphold knows up to {known!r}.")


class JournalNotEmpty(ClientError):
    """A backup would replace a journal that has entries, or that cannot be read."""

    status = 409
    code = "journal-not-empty"
    title = "The journal has entries"
    remedy = "Back it up first, then restore with --force, which replaces it."


class BackupFailed(UpholdError):
    """A backup could not be made or restored; the journal is as it was."""

    code = "backup-failed"
    title = "The backup failed"
    remedy = "Fix what the detail says and run the command again."


class EntryNotFound(NotFound):
    """The journal has no entry with this number."""

    code = "entry-not-found"
    title = "The journal has no such entry"

    def __init__(self, number: int) -> None:
        super().__init__(f"The journal has no entry {number}.")


class TokenExists(ClientError):
    """A token of this name was created before; names are not reused, because the journal refers to them."""

    status = 409
    code = "token-exists"
    title = "There is a token of this name"
    remedy = "Choose another name."


class TokenNotFound(NotFound):
    """There is no token of this name."""

    code = "token-not-found"
    title = "There is no token of this name"
    remedy = "List the tokens with `uphold token list`."


class TokenRefused(ClientError):
    """The token is unknown, expired or revoked."""

    status = 401
    code = "token-refused"
    title = "The token is not valid"
    remedy = "Send `Authorization: Bearer` with a valid token; ask the operator for one."


class TokenMissing(TokenRefused):
    """The request has no token."""

    code = "token-missing"
    title = "The request needs a token"

    def __init__(self) -> None:
        super().__init__("The request has no header `Authorization: Bearer` with a token.")


class GraphProtected(ClientError):
    """The token may not write this graph."""

    status = 403
    code = "graph-protected"
    title = "The token may not write this graph"
    remedy = (
        "Write to a graph that the token's glob matches; graphs built from the project's files are always protected."
    )
