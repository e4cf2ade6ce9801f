"""The commands of the journal work before a server has run, with the exit codes and the words of the other commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journal.drafts import append
from uphold.journal.journal import Journal
from uphold.journal.tokens import authenticate
from uphold.settings import Settings

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tiny_copy: Settings, tmp_path: Path) -> Run:
    """Runs `uphold` as a person would, on a copy of the tiny snapshot without a journal."""

    def run_it(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "UPHOLD_FILES": str(tiny_copy.files), "UPHOLD_STATE": str(tiny_copy.state)}
        command = [sys.executable, "-m", "uphold.cli", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment | variables
        )

    return run_it


def test_a_token_is_created_listed_and_revoked(run: Run, tiny_copy: Settings) -> None:
    """Its secret is the last line of the first command, and in no other output."""
    done = run("token", "create", "--name", "acme", "--graph", "partner/acme/*", "--expires", "2999-12-31")
    secret = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stderr) == (0, "")
    assert secret.startswith("uphold_")
    with Journal.open(tiny_copy) as journal:
        token = authenticate(journal, secret)
    assert (token.name, token.glob) == ("acme", "partner/acme/*")
    assert token.expires
    assert token.expires.isoformat() == "3000-01-01T00:00:00+00:00"  # the end of that day
    listed = run("token", "list")
    assert listed.stdout.startswith("acme  partner/acme/*  created 20")
    assert "expires 3000-01-01T00:00:00Z" in listed.stdout
    assert "revoked" not in listed.stdout
    assert run("token", "revoke", "acme").returncode == 0
    listed = run("token", "list")
    assert ", revoked 20" in listed.stdout
    assert secret not in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("token",), 2, "ACTION"),
        (("token", "create", "--name", "a"), 2, "--graph"),
        (("token", "create", "--name", "a", "--graph", "*", "--expires", "soon"), 2, "is not a date"),
        (("token", "create", "--name", "a", "--graph", "*", "--expires", "2001-01-01"), 1, "has passed"),
        (("token", "create", "--name", "a", "--graph", "places"), 1, "partner/acme/*"),
        (("token", "revoke", "nobody"), 2, "uphold token list"),
        (("backup", "missing/file"), 1, "cannot be written"),
        (("restore", "missing"), 1, "cannot be read"),
        (("verify", "--database", "mysql://user:s3cr3t@host/name"), 2, "postgresql://"),
        (("verify", "--database", "postgresql://user:s3cr3t@127.0.0.1:1/name"), 1, "does not answer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_is_explained(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    """On stderr, without a traceback and without a password."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cr3t" not in done.stderr


def test_the_password_is_not_in_the_help(run: Run) -> None:
    """Which shows defaults, not what the environment has."""
    for command in ("serve", "verify", "backup"):
        done = run(command, "--help", UPHOLD_DATABASE="postgresql://user:s3cr3t@host/name")
        assert "--database" in done.stdout
        assert "s3cr3t" not in done.stdout


def test_what_is_as_it_was_verifies(run: Run, tiny_copy: Settings) -> None:
    """Journal and snapshots; one line each."""
    with Journal.open(tiny_copy) as journal:
        append(journal, 2)
    done = run("verify")
    snapshot = (tiny_copy.state / "current").resolve().name
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "journal: 2 entries, each as it was written",
        f"snapshot {snapshot}: as it was built",
    ]


def test_a_changed_snapshot_is_found(run: Run, tiny_copy: Settings) -> None:
    """The graph is named; a changed digest, and a file that does not parse, are found too."""
    snapshot = (tiny_copy.state / "current").resolve()
    data, metadata = snapshot / "data.nq", snapshot / "snapshot.json"
    lines = data.read_text("utf-8").splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.endswith("/graph/places> .\n") and "_:" not in line)
    for spoilt in ([*lines[:at], *lines[at + 1 :]], [*lines, lines[at].replace("<", "<x", 1)]):
        data.write_text("".join(spoilt), "utf-8")
        done = run("verify")
        assert done.returncode == 1
        assert f"snapshot {snapshot.name}: The graph" in done.stdout
        assert "/graph/places does not have the digest recorded. The id is not" in done.stdout
        assert "uphold build" in done.stderr
    data.write_text("".join([*lines, "nonsense\n"]), "utf-8")
    assert "cannot be read" in run("verify").stdout
    data.write_text("".join(lines), "utf-8")
    content = json.loads(metadata.read_text("utf-8"))
    content["digests"].popitem()
    metadata.write_text(json.dumps(content), "utf-8")
    assert "does not have the digest recorded" in run("verify").stdout
    metadata.unlink()
    assert "no complete snapshot" in run("verify").stdout


def test_a_changed_journal_is_found(run: Run, tiny_copy: Settings) -> None:
    """Exit code 1, the entry and what to do."""
    with Journal.open(tiny_copy) as journal:
        append(journal, 3)
        with journal.database.writing() as connection:
            connection.exec_driver_sql("UPDATE entry SET note = 'other' WHERE number = 2")
    done = run("verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("uphold: Entry 2: its digest is not that of its members.\n")
    assert "uphold restore --force" in done.stderr


def test_a_journal_is_backed_up_and_restored(run: Run, tiny_copy: Settings, tmp_path: Path) -> None:
    """Over entries only by force."""
    with Journal.open(tiny_copy) as journal:
        append(journal, 2)
    assert run("backup", "journal.backup").stdout == "Wrote journal.backup.\n"
    done = run("restore", "journal.backup")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--force" in done.stderr
    done = run("restore", "journal.backup", "--force")
    assert (done.returncode, done.stdout) == (0, "Restored 2 entries.\n")
    assert run("restore", str(tmp_path / "journal.backup"), "--state", "elsewhere").stdout == "Restored 2 entries.\n"
