"""Tokens: who may write which graphs.

A token is `uphold_` and 256 random bits; only its hash is stored, so whoever reads the database cannot use one. The
hash is a single SHA-256: a slow one, as for passwords, protects secrets that can be guessed, and nobody guesses 256
random bits. It covers name, glob and dates too, so that a row which damage or a hand has changed is no token.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from uphold.errors import GraphProtected, MalformedRequest, TokenExists, TokenNotFound, TokenRefused
from uphold.journal import schema
from uphold.journal.entry import read_moment, written_moment
from uphold.journal.graph_protection import may_write, require_glob
from uphold.journal.journal import Journal

__all__ = ["PREFIX", "Token", "authenticate", "create", "listed", "require_may_write", "revoke"]

PREFIX = "uphold_"
"""So that secret scanners and people recognize a token."""
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
SECRET = re.compile(f"{PREFIX}[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; dates that are None do not apply, or not yet.

    A `conditional` one writes on a precondition only.
    """

    name: str
    glob: str
    created: dt.datetime
    expires: dt.datetime | None = None
    revoked: dt.datetime | None = None
    last_used: dt.datetime | None = None
    conditional: bool = False


def create(
    journal: Journal, name: str, glob: str, expires: dt.datetime | None = None, *, conditional: bool = False
) -> str:
    """Create a token and return its secret, which is not stored.

    Raises `TokenExists`, and `MalformedRequest` for a name, a glob or a date that makes no sense.
    """
    now = dt.datetime.now(dt.UTC)
    if not NAME.fullmatch(name):
        raise MalformedRequest(f"{name!r} is not a name: letters, digits, and . _ @ - after the first, at most 100.")
    if expires and expires <= now:
        raise MalformedRequest(f"The token would expire at {written_moment(expires)}, which has passed.")
    token = Token(name, require_glob(glob), now, expires, conditional=conditional)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {
        "name": name,
        "hash": hash_of(secret, token),
        "glob": glob,
        "created": written_moment(now),
        "expires": written_moment(expires) if expires else None,
        "conditional": int(conditional),
    }
    with journal.database.writing() as connection:
        if any(known.name == name for known, _ in stored(connection)):
            raise TokenExists(f"There is a token named {name} already, perhaps a revoked one.")
        connection.execute(insert(schema.token), row)
    return secret


def listed(journal: Journal) -> list[Token]:
    """All tokens by name, also those revoked or expired."""
    with journal.database.reading() as connection:
        return sorted((token for token, _ in stored(connection)), key=lambda token: token.name)


def revoke(journal: Journal, name: str) -> None:
    """Revoke a token from now on; raises `TokenNotFound`. A token revoked before keeps its date."""
    table = schema.token.c
    with journal.database.writing() as connection:
        if all(known.name != name for known, _ in stored(connection)):
            raise TokenNotFound(f"There is no token named {name}.")
        now = written_moment(dt.datetime.now(dt.UTC))
        connection.execute(update(schema.token).where(table.name == name, table.revoked.is_(None)).values(revoked=now))


def authenticate(journal: Journal, secret: str) -> Token:
    """The token with this secret; raises `TokenRefused` for one that is unknown, expired or revoked.

    Every token is compared, in constant time: how long it takes says nothing of the secret.
    """
    if not SECRET.fullmatch(secret):
        raise TokenRefused(f"A token is {PREFIX} and 43 letters, digits, - or _.")
    with journal.database.reading() as connection:
        known = stored(connection)
    matching = [
        token for token, digest in known if hmac.compare_digest(hash_of(secret, token).encode(), digest.encode())
    ]
    if not matching:
        raise TokenRefused("The token is unknown.")
    token = matching[0]
    if token.revoked:
        raise TokenRefused(f"The token {token.name} was revoked at {written_moment(token.revoked)}.")
    if token.expires and token.expires <= dt.datetime.now(dt.UTC):
        raise TokenRefused(f"The token {token.name} expired at {written_moment(token.expires)}.")
    return token


def require_may_write(token: Token, graph: str, base: str) -> None:
    """Raise `GraphProtected` unless the token may write the graph (by IRI; the empty text is the unnamed graph)."""
    if not may_write(token.glob, graph, base):
        raise GraphProtected(f"The token {token.name} may not write {graph or 'the unnamed graph'}.")


def stored(connection: Connection) -> list[tuple[Token, str]]:
    """Each token with its hash."""
    table = schema.token.c
    dates = (table.created, table.expires, table.revoked, table.last_used)
    rows = connection.execute(select(table.hash, table.name, table.glob, *dates, table.conditional)).all()
    found = []
    for digest, name, glob, *moments, conditional in rows:
        created, expires, revoked, last_used = (text and read_moment(text) for text in moments)
        found.append((Token(name, glob, created, expires, revoked, last_used, bool(conditional)), digest))
    return found


def hash_of(secret: str, token: Token) -> str:
    """The SHA-256 of the secret and of what it grants; JSON separates the parts."""
    expires = written_moment(token.expires) if token.expires else None
    parts: list[str | None] = [secret, token.name, token.glob, written_moment(token.created), expires]
    if token.conditional:
        parts.append("conditional")
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
