"""Entries: what the journal records of each change, and the digests that chain them.

The digest of an entry is the SHA-256 of a JSON object in the canonical form of RFC 8785 (sorted names, no spaces,
UTF-8), in lower-case hexadecimal. docs/operate.md lists its members. `added` and `removed` are in it by the SHA-256
of their N-Quads, so a chain can be checked without unpacking them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from uphold.errors import JournalDamaged, MalformedRequest
from uphold.snapshots.change import Change

__all__ = [
    "EMPTY",
    "KINDS",
    "Draft",
    "Entry",
    "Head",
    "chained",
    "read_moment",
    "require_storable",
    "written_moment",
]

KINDS = ("write", "build")
SNAPSHOT = re.compile("[0-9a-f]{64}")
LONGEST = {"token": 100, "note": 10_000, "key": 255, "graph": 2_000, "method": 20}
"""The longest texts in bytes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What to append: a change of these graphs (by IRI; the unnamed graph is the empty text) that led to `snapshot`.

    `token` is the name of the token used, `key` the idempotency key of the request; `moment` is now unless given.
    """

    kind: str
    graphs: Collection[str]
    snapshot: str
    change: Change
    token: str | None = None
    note: str | None = None
    key: str | None = None
    moment: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Raise `MalformedRequest` for a text that cannot be stored, `ValueError` for another wrong member."""
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}")
        if not SNAPSHOT.fullmatch(self.snapshot):
            raise ValueError(f"snapshot is {self.snapshot!r}")
        if self.moment and self.moment.tzinfo is None:
            raise ValueError("the moment has no time zone")
        graphs = [("graph", graph) for graph in self.graphs]
        for name, text in (("token", self.token), ("note", self.note), ("key", self.key), *graphs):
            require_storable(name, text)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: its number, its digest and the snapshot that it led to; 0 and empty texts before the first."""

    number: int = 0
    digest: str = ""
    snapshot: str = ""


EMPTY = Head()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry without its statements, which `Journal.change` returns.

    The members that a `Draft` has mean the same here; `graphs` are sorted. `removed` and `added` are digests.
    """

    number: int
    moment: dt.datetime
    kind: str
    token: str | None
    graphs: tuple[str, ...]
    removed: str
    added: str
    previous_snapshot: str
    snapshot: str
    note: str | None
    key: str | None
    previous_digest: str
    digest: str = ""

    @classmethod
    def after(cls, head: Head, draft: Draft) -> Entry:
        """The entry that follows `head`."""
        made = cls(
            number=head.number + 1,
            moment=(draft.moment or dt.datetime.now(dt.UTC)).astimezone(dt.UTC),
            kind=draft.kind,
            token=draft.token,
            graphs=tuple(sorted(set(draft.graphs))),
            removed=hashlib.sha256(draft.change.removed).hexdigest(),
            added=hashlib.sha256(draft.change.added).hexdigest(),
            previous_snapshot=head.snapshot,
            snapshot=draft.snapshot,
            note=draft.note,
            key=draft.key,
            previous_digest=head.digest,
        )
        return replace(made, digest=made.computed_digest())

    @property
    def head(self) -> Head:
        """This entry as the head of the journal."""
        return Head(self.number, self.digest, self.snapshot)

    def computed_digest(self) -> str:
        """The digest of the other members."""
        members: dict[str, Any] = asdict(self) | {"moment": written_moment(self.moment)}
        del members["digest"]
        # These names and values are plain enough that Python's own sorted JSON is the form of RFC 8785.
        text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def chained(entries: Sequence[Entry], first: int) -> list[Entry]:
    """The entries; raises `JournalDamaged` unless they are numbered from `first` and each names its predecessor."""
    for at, entry in enumerate(entries):
        if entry.number != first + at:
            raise JournalDamaged("it is missing", first + at)
        before = EMPTY if entry.number == 1 else entries[at - 1].head if at else None
        if before and (entry.previous_digest, entry.previous_snapshot) != (before.digest, before.snapshot):
            raise JournalDamaged("it does not follow the entry before it", entry.number)
    return list(entries)


def require_storable(name: str, text: str | None) -> None:
    """Raise `MalformedRequest` for a text that PostgreSQL does not store: with U+0000, half a surrogate pair, too long.

    Names and keys are in an index, of which a row has at most 2,704 bytes there.
    """
    if text is None:
        return
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise MalformedRequest(f"The {name} contains U+0000 or half a surrogate pair.")
    if len(text.encode()) > LONGEST[name]:
        raise MalformedRequest(f"The {name} has {len(text.encode())} bytes; at most {LONGEST[name]} are accepted.")


def written_moment(moment: dt.datetime) -> str:
    """A moment in UTC with microseconds, as both databases store it: texts of one length sort by time."""
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone")
    return f"{moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def read_moment(text: str) -> dt.datetime:
    """The moment written so; raises `JournalDamaged` for any other text."""
    try:
        moment = dt.datetime.fromisoformat(text)
        if written_moment(moment) == text:
            return moment
    except (ValueError, TypeError):
        pass  # one error for all
    raise JournalDamaged(f"{text!r} is not a moment")
