"""Entries come back as they were appended, in one unbroken chain, from either database."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from typing import Any

import pytest
from sqlalchemy import update

from tests.journal.drafts import append, draft
from uphold.errors import EntryNotFound, MalformedRequest
from uphold.journal import schema
from uphold.journal.entry import Draft, Head, written_moment
from uphold.journal.journal import Journal
from uphold.journal.transaction import KEPT
from uphold.journal.verification import verify
from uphold.settings import Settings
from uphold.snapshots.change import Change

QUAD = '<https://example.org/s> <https://example.org/p> "ä \\u0000 😀" .\n'.encode()
EAST = dt.timezone(dt.timedelta(hours=2))
FULL = Draft(
    kind="build",
    graphs=["https://example.org/z", "", "https://example.org/ä"],
    snapshot="0123456789abcdef" * 4,
    change=Change(removed=b"<a:a> <a:b> <a:c> .\n<a:a> <a:b> <a:d> .\n", added=QUAD),
    token="acme",
    note='Line\nbreak, "quotes", \\ and 😀',
    key="key-1",
    moment=dt.datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=EAST),
)


def test_an_empty_journal_has_an_empty_head(journal: Journal) -> None:
    """Number 0 and nothing else."""
    assert (journal.head(), journal.entries(), verify(journal)) == (Head(0, "", ""), [], Head(0, "", ""))
    with pytest.raises(EntryNotFound):
        journal.entry(1)


def test_an_entry_comes_back_as_it_was_appended(journal: Journal) -> None:
    """Every member; the moment is the same one, in UTC, to the microsecond; graphs are sorted."""
    with journal.writing() as transaction:
        appended = transaction.append(FULL)
    entry = journal.entry(1)
    assert entry == appended
    assert (entry.number, entry.kind, entry.token, entry.note, entry.key) == (1, "build", "acme", FULL.note, "key-1")
    assert entry.graphs == ("", "https://example.org/z", "https://example.org/ä")
    assert entry.moment == FULL.moment
    assert entry.moment.isoformat() == "2026-03-29T10:00:00.123456+00:00"
    assert (entry.snapshot, entry.previous_snapshot, entry.previous_digest) == (FULL.snapshot, "", "")
    assert journal.change(entry) == FULL.change
    assert journal.head() == Head(1, entry.digest, FULL.snapshot)


def test_the_digest_is_that_of_the_text_documented(journal: Journal) -> None:
    """SHA-256 of the canonical JSON (RFC 8785) of all other members, written here by hand from docs/operate.md."""
    with journal.writing() as transaction:
        transaction.append(FULL)
        second = transaction.append(dataclasses.replace(FULL, token=None, note=None, key=None, graphs=[""]))
    removed, added = (hashlib.sha256(quads).hexdigest() for quads in (FULL.change.removed, FULL.change.added))
    text = (
        f'{{"added":"{added}","graphs":["","https://example.org/z","https://example.org/ä"],"key":"key-1",'
        '"kind":"build","moment":"2026-03-29T10:00:00.123456Z",'
        '"note":"Line\\nbreak, \\"quotes\\", \\\\ and 😀","number":1,'
        f'"previous_digest":"","previous_snapshot":"","removed":"{removed}","snapshot":"{FULL.snapshot}",'
        '"token":"acme"}'
    )
    first = hashlib.sha256(text.encode()).hexdigest()
    text = (
        f'{{"added":"{added}","graphs":[""],"key":null,"kind":"build","moment":"2026-03-29T10:00:00.123456Z",'
        f'"note":null,"number":2,"previous_digest":"{first}","previous_snapshot":"{FULL.snapshot}",'
        f'"removed":"{removed}","snapshot":"{FULL.snapshot}","token":null}}'
    )
    assert journal.entry(1).digest == first
    assert second.digest == hashlib.sha256(text.encode()).hexdigest()


def test_entries_follow_each_other(journal: Journal) -> None:
    """Numbers from 1 without gaps; each names digest and snapshot of the one before."""
    append(journal, 7)
    entries = journal.entries()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5, 6, 7]
    assert [entry.previous_digest for entry in entries] == ["", *(entry.digest for entry in entries[:-1])]
    assert [entry.previous_snapshot for entry in entries] == ["", *(f"{at:064x}" for at in range(1, 7))]
    assert verify(journal) == journal.head() == entries[-1].head


def test_entries_are_read_in_pages(journal: Journal) -> None:
    """After a number, and at most so many; nothing follows the last one."""
    append(journal, 7)
    found = {
        (after, limit): [entry.number for entry in journal.entries(after, limit)]
        for after, limit in ((0, 3), (3, 3), (6, 3), (7, 3), (8, 3), (0, 7), (6, 1))
    }
    assert found == {
        (0, 3): [1, 2, 3],
        (3, 3): [4, 5, 6],
        (6, 3): [7],
        (7, 3): [],
        (8, 3): [],
        (0, 7): [1, 2, 3, 4, 5, 6, 7],
        (6, 1): [7],
    }


def test_the_entries_of_a_graph_are_read_newest_first(journal: Journal) -> None:
    """By exact IRI, in pages; the unnamed graph has the empty name."""
    for graphs in ([""], ["x:a", "x:b"], ["x:A"], ["x:a"], ["x:a", ""], []):
        append(journal, graphs=graphs)

    def numbers(graph: str, **page: Any) -> list[int]:
        return [entry.number for entry in journal.entries_of(graph, **page)]

    assert (numbers("x:a"), numbers("x:A"), numbers(""), numbers("x:c")) == ([5, 4, 2], [3], [5, 1], [])
    assert numbers("x:a", limit=2) == [5, 4]
    assert numbers("x:a", before=4) == [2]


def test_an_exception_undoes_everything(journal: Journal) -> None:
    """Entry, index, head and what goes with them; the next entry takes the number."""
    append(journal)
    before = journal.head()

    def fail() -> None:
        with journal.writing() as transaction:
            transaction.append(draft(2))
            transaction.remember("key", token=None, request="r", status=200, entry=2)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (journal.head(), len(journal.entries()), len(journal.entries_of("https://example.org/graph"))) == (
        before,
        1,
        1,
    )
    append(journal)
    assert verify(journal).number == 2


def test_a_savepoint_commits_nothing(journal: Journal) -> None:
    """On SQLite's driver alone, releasing a savepoint that comes first commits the transaction."""
    append(journal)

    def fail() -> None:
        with journal.database.writing() as connection:
            with connection.begin_nested():
                connection.exec_driver_sql("DELETE FROM entry_graph")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert len(journal.entries_of("https://example.org/graph")) == 1


def test_several_entries_in_one_transaction_are_one_chain(journal: Journal) -> None:
    """The head moves within it, and others see all of them or none."""
    with journal.writing() as transaction:
        assert transaction.head == Head(0, "", "")
        first = transaction.append(draft(1))
        assert transaction.head == first.head
        transaction.append(draft(2))
        assert journal.head() == Head(0, "", "")
    assert verify(journal).number == 2


def test_a_clock_that_goes_backwards_changes_no_order(journal: Journal) -> None:
    """Order is by number; moments are recorded as they are."""
    moments = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (2030, 1999, 2020, 987)]
    for moment in moments:
        append(journal, moment=moment)
    assert [entry.moment for entry in journal.entries()] == moments
    assert [entry.number for entry in journal.entries_of("https://example.org/graph")] == [4, 3, 2, 1]
    assert verify(journal).number == 4


@pytest.mark.parametrize("members", [{"note": "a\0b"}, {"graphs": ["x:\0"]}, {"key": "\ud800"}, {"key": "k" * 256},
                                     {"graphs": ["x:" + "ä" * 1000]}, {"token": "\0"}])  # fmt: skip
def test_a_text_that_one_database_would_refuse_is_refused_for_both(members: dict[str, Any]) -> None:
    """NUL, half a surrogate pair, or longer than an index of PostgreSQL takes."""
    with pytest.raises(MalformedRequest):
        draft(1, **members)


def test_the_longest_texts_are_stored(journal: Journal) -> None:
    """As long as a draft may be, of signs that do not compress."""
    noise = "".join(hashlib.sha256(bytes([at])).hexdigest() for at in range(40))
    append(journal, graphs=[noise[:2000]], key=noise[:255], token=noise[:100], note=noise * 3)
    assert journal.entries_of(noise[:2000])[0].note == noise * 3


@pytest.mark.parametrize("members", [{"kind": "other"}, {"snapshot": "A" * 64}, {"snapshot": ""},
                                     {"moment": dt.datetime(2026, 1, 1)}])  # noqa: DTZ001  # fmt: skip
def test_a_draft_that_is_wrong_is_refused(members: dict[str, Any]) -> None:
    """An unknown kind, something that is no id of a snapshot, a moment without a zone."""
    with pytest.raises(ValueError, match=r"kind|snapshot|zone"):
        draft(1, **members)


@pytest.mark.parametrize("quads", [b"<a:a> <a:b> <a:c> .", b"b\na\n", b"a\na\n", b"\n", b"a\n\n"])
def test_statements_that_are_not_canonical_are_refused(quads: bytes) -> None:
    """Not ended by a newline, not sorted, twice, or empty."""
    with pytest.raises(ValueError, match="added"):
        Change(added=quads)
    with pytest.raises(ValueError, match="removed"):
        Change(removed=quads)


def test_a_large_change_comes_back_whole(journal: Journal) -> None:
    """A hundred thousand statements."""
    quads = b"".join(sorted(b"<x:%d> <x:p> <x:o> .\n" % at for at in range(100_000)))
    append(journal, change=Change(added=quads))
    assert journal.change(journal.entry(1)).added == quads


def test_a_reply_is_remembered_per_key_and_token(journal: Journal) -> None:
    """Within the transaction, so that two requests with one key cannot both be new."""
    append(journal)
    with journal.writing() as transaction:
        assert transaction.recall("k", token="a") is None
        transaction.remember("k", token="a", request="digest", status=201, entry=1)
        transaction.remember("k", token=None, request="other", status=422)
    with journal.writing() as transaction:
        found = transaction.recall("k", token="a")
        assert found
        assert (found.request, found.status, found.entry) == ("digest", 201, 1)
        assert found.moment.tzinfo == dt.UTC
        other = transaction.recall("k", token=None)
        assert other
        assert (other.request, other.status, other.entry) == ("other", 422, None)
        assert transaction.recall("K", token="a") is None


def test_an_old_reply_is_forgotten(journal: Journal) -> None:
    """With the next one: the table does not grow with every request that there ever was."""
    with journal.writing() as transaction:
        transaction.remember("old", token="a", request="digest", status=201)
        transaction.remember("new", token="a", request="digest", status=201)
        long_ago = written_moment(dt.datetime.now(dt.UTC) - KEPT)
        old = schema.idempotency.c.key == "old"
        transaction.connection.execute(update(schema.idempotency).where(old).values(moment=long_ago))
        transaction.remember("another", token="a", request="digest", status=201)
        assert transaction.recall("old", token="a") is None
        assert transaction.recall("new", token="a")


def test_a_journal_is_the_same_when_opened_again(settings: Settings) -> None:
    """In another connection, as in another process."""
    with Journal.open(settings) as journal:
        append(journal, 3)
        before = journal.entries()
    with Journal.open(settings) as journal:
        assert journal.entries() == before
        append(journal)
        assert verify(journal).number == 4
