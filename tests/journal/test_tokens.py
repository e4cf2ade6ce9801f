"""Tokens: only their holder can use them, for no more than their glob, as long as they are valid."""

from __future__ import annotations

import csv
import datetime as dt
import re
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.journal.drafts import draft
from uphold.errors import GraphProtected, MalformedRequest, TokenExists, TokenNotFound, TokenRefused, UpholdError
from uphold.journal.graph_protection import BUILT, may_write
from uphold.journal.journal import Journal
from uphold.journal.tokens import authenticate, create, listed, require_may_write, revoke
from uphold.settings import CANONICAL_BASE, Settings
from uphold.snapshots.snapshot import Snapshot

CASES = list(csv.DictReader(Path(__file__).with_name("least-privilege.csv").read_text("utf-8").splitlines()))
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['glob']}-{case['graph']}")
def test_a_glob_allows_what_the_table_says(case: dict[str, str]) -> None:
    """And nothing more."""
    assert may_write(case["glob"], case["graph"], CANONICAL_BASE) == (case["allowed"] == "yes")


def test_the_table_has_both_answers() -> None:
    """It would pass if nothing were allowed."""
    assert {case["allowed"] for case in CASES} == {"yes", "no"}
    assert len(CASES) > 40


def test_the_base_decides_which_graphs_are_ours() -> None:
    """On a mirror with another base, the canonical graphs are foreign ones."""
    mirror = "https://mirror.example/"
    assert not may_write("*", f"{mirror}graph/places", mirror)
    assert may_write("partner/*", f"{mirror}graph/partner/a", mirror)
    assert not may_write("partner/*", f"{CANONICAL_BASE}graph/partner/a", mirror)


def test_every_graph_of_a_build_is_protected(project: Snapshot) -> None:
    """Those of the facts and those of our own descriptions; and no other."""
    assert {name.removeprefix(f"{project.base}graph/") for name in project.graphs} == BUILT
    assert not any(may_write("*", name, project.base) for name in project.graphs)


def test_a_token_opens_what_it_was_created_for(journal: Journal) -> None:
    """Its secret has 256 random bits, and leads to its name and glob."""
    secrets = [create(journal, name, "partner/acme/*") for name in ("acme", "acme-2")]
    assert all(re.fullmatch("uphold_[A-Za-z0-9_-]{43}", secret) for secret in secrets)
    assert len(set(secrets)) == 2
    token = authenticate(journal, secrets[0])
    assert (token.name, token.glob, token.expires, token.revoked) == ("acme", "partner/acme/*", None, None)
    assert authenticate(journal, secrets[1]).name == "acme-2"
    require_may_write(token, f"{CANONICAL_BASE}graph/partner/acme/jobs", CANONICAL_BASE)
    with pytest.raises(GraphProtected, match="acme may not write the unnamed graph"):
        require_may_write(token, "", CANONICAL_BASE)


def test_the_secret_is_not_stored(sqlite: Settings) -> None:
    """Neither in the database nor beside it."""
    with Journal.open(sqlite) as journal:
        secret = create(journal, "acme", "*")
        files = [file.read_bytes() for file in sqlite.state.iterdir()]
    assert len(files) >= 3
    assert not any(secret.removeprefix("uphold_").encode() in content for content in files)


@pytest.mark.parametrize(
    "secret", ["", "uphold_", *(f"uphold_{sign * count}" for sign, count in (("A", 43), ("A", 10_000), ("ä", 43)))]
)
def test_an_unknown_secret_is_refused(secret: str, journal: Journal) -> None:
    """Whatever its form."""
    create(journal, "acme", "*")
    with pytest.raises(TokenRefused) as caught:
        authenticate(journal, secret)
    assert caught.value.status == 401


def test_a_secret_that_is_nearly_right_is_refused(journal: Journal) -> None:
    """In another case, shorter, longer, or with space."""
    secret = create(journal, "acme", "*")
    for wrong in (
        secret.swapcase(),
        secret[:-1],
        f"{secret}A",
        f" {secret}",
        f"{secret}\n",
        secret.removeprefix("uphold_"),
    ):
        with pytest.raises(TokenRefused):
            authenticate(journal, wrong)


def test_a_revoked_token_is_refused(journal: Journal) -> None:
    """At once, and for good; others go on, and the first date stays."""
    secret, other = create(journal, "acme", "*"), create(journal, "other", "*")
    revoke(journal, "acme")
    revoked = listed(journal)[0].revoked
    with pytest.raises(TokenRefused, match="acme was revoked"):
        authenticate(journal, secret)
    revoke(journal, "acme")
    assert listed(journal)[0].revoked == revoked
    assert authenticate(journal, other).name == "other"
    with pytest.raises(TokenNotFound):
        revoke(journal, "nobody")


def test_an_expired_token_is_refused(journal: Journal) -> None:
    """From the moment on that it was created with."""
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.5)
    secret = create(journal, "acme", "*", soon)
    assert authenticate(journal, secret).expires == soon
    while dt.datetime.now(dt.UTC) < soon:
        threading.Event().wait(0.05)
    with pytest.raises(TokenRefused, match="acme expired"):
        authenticate(journal, secret)


@pytest.mark.parametrize("forgery", ["glob = '*'", "name = 'root'", "expires = NULL", "conditional = 1",
                                     "expires = '2999-01-01T00:00:00.000000Z'",
                                     "created = '2020-01-01T00:00:00.000000Z'", "hash = ''", "hash = 'ä'"])  # fmt: skip
def test_a_row_that_was_changed_is_no_token(forgery: str, journal: Journal) -> None:
    """The hash covers what the token grants: damage never widens it."""
    secret = create(journal, "acme", "partner/acme/*", dt.datetime.now(dt.UTC) + DAY)
    with journal.database.writing() as connection:
        connection.execute(text(f"UPDATE token SET {forgery}"))
    with pytest.raises(TokenRefused):
        authenticate(journal, secret)


def test_a_name_is_given_once(journal: Journal) -> None:
    """Also after its token was revoked, because the journal refers to it."""
    create(journal, "acme", "*")
    revoke(journal, "acme")
    with pytest.raises(TokenExists) as caught:
        create(journal, "acme", "*")
    assert caught.value.status == 409


@pytest.mark.parametrize(
    ("name", "glob", "days"),
    [
        ("", "*", 1),
        ("a b", "*", 1),
        ("-a", "*", 1),
        ("a" * 101, "*", 1),
        ("a\n", "*", 1),
        ("a", "", 1),
        ("a", "/partner/*", 1),
        ("a", "https://w3id.org/uphold/graph/partner/*", 1),
        ("a", "partner/a cme", 1),
        ("a", "partner/acme\n", 1),
        ("a", "places", 1),
        ("a", "*", -1),
    ],
)
def test_a_token_that_makes_no_sense_is_not_created(name: str, glob: str, days: int, journal: Journal) -> None:
    """A bad name, a glob that matches nothing, a date that has passed."""
    with pytest.raises(MalformedRequest):
        create(journal, name, glob, dt.datetime.now(dt.UTC) + days * DAY)
    assert listed(journal) == []


def test_each_use_is_recorded(journal: Journal) -> None:
    """What was tried and with which result, newest first; the token shows when it was last used."""
    create(journal, "acme", "*")
    create(journal, "other", "*")
    with journal.writing() as transaction:
        transaction.log_use("acme", method="PUT", graph="https://example.org/g", status=403)
    with journal.writing() as transaction:
        entry = transaction.append(draft(token="acme"))
        last = transaction.log_use("acme", method="PATCH", graph=None, status=204, entry=entry.number)
    uses = journal.uses("acme")
    assert [(use.method, use.graph, use.status, use.entry) for use in uses] == [
        ("PATCH", None, 204, 1),
        ("PUT", "https://example.org/g", 403, None),
    ]
    assert uses[0].moment == last
    assert {token.name: token.last_used for token in listed(journal)} == {"acme": last, "other": None}
    assert journal.uses("other") == []


def test_no_use_is_recorded_of_a_token_that_is_not_there(journal: Journal) -> None:
    """The database refuses it."""

    def use() -> None:
        with journal.writing() as transaction:
            transaction.log_use("nobody", method="PUT", graph=None, status=403)

    with pytest.raises(UpholdError):
        use()
