"""Commands of the journal: tokens, verification, backups. They work before a server has run and while it runs."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uphold.errors import SnapshotNotFound
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.verification import faults

if TYPE_CHECKING:
    from uphold.journal.tokens import Token

__all__ = ["add_commands"]

SNAPSHOT_ID = re.compile("[0-9a-f]{64}")


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands to those of the command line; `command(name, run, *settings, among=…)` adds one."""
    purpose = "Create, list or revoke the tokens with which clients write."
    actions = commands.add_parser("token", help=purpose, description=purpose).add_subparsers(
        metavar="ACTION", required=True
    )
    creating = command("create", run_token_create, "database", among=actions)
    creating.add_argument("--name", required=True, help="Name of the token, which the journal shows; never reused.")
    creating.add_argument(
        "--graph", required=True, metavar="GLOB", help="Graphs it may write: a path as in 'partner/acme/*', or '*'."
    )
    creating.add_argument(
        "--expires", type=end_of_day, metavar="DATE", help="Last day on which it is valid, as in 2027-12-31 (UTC)."
    )
    creating.add_argument(
        "--conditional",
        action="store_true",
        help="Demand If-Match or If-None-Match, so that it overwrites nothing unseen.",
    )
    command("list", run_token_list, "database", among=actions)
    revoking = command("revoke", run_token_revoke, "database", among=actions)
    revoking.add_argument("name", help="Name of the token.")
    command("verify", run_verify, "database")
    writing = command("backup", run_backup, "database")
    writing.add_argument("file", type=Path, help="File to write.")
    restoring = command("restore", run_restore, "database")
    restoring.add_argument("file", type=Path, help="A file that `uphold backup` has written.")
    restoring.add_argument("--force", action="store_true", help="Replace a journal that has entries.")


def end_of_day(text: str) -> dt.datetime:
    """The moment at which a day ends in UTC; a usage error for another text."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2027-12-31") from None
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1)


def run_token_create(given: argparse.Namespace, settings: Settings) -> int:
    """Create a token and print it on the last line; it is shown once and not stored."""
    from uphold.journal.journal import Journal
    from uphold.journal.tokens import create

    with Journal.open(settings) as journal:
        secret = create(journal, given.name, given.graph, given.expires, conditional=given.conditional)
    print(f"Token {given.name} for {given.graph}. Keep it safe: it is not shown again.\n{secret}")
    return 0


def run_token_list(given: argparse.Namespace, settings: Settings) -> int:
    """List the tokens, without their secrets."""
    from uphold.journal.journal import Journal
    from uphold.journal.tokens import listed

    with Journal.open(settings) as journal:
        for token in listed(journal):
            print(describe(token))
    return 0


def describe(token: Token) -> str:
    """One line about a token."""
    dates = {
        "created": token.created,
        "expires": token.expires,
        "revoked": token.revoked,
        "last used": token.last_used,
    }
    parts = [f"{what} {moment:%Y-%m-%dT%H:%M:%SZ}" for what, moment in dates.items() if moment]
    parts += ["conditional"] if token.conditional else []
    return f"{token.name}  {token.glob}  {', '.join(parts)}"


def run_token_revoke(given: argparse.Namespace, settings: Settings) -> int:
    """Revoke a token: from now on it is refused."""
    from uphold.journal.journal import Journal
    from uphold.journal.tokens import revoke

    with Journal.open(settings) as journal:
        revoke(journal, given.name)
    print(f"Token {given.name} is revoked.")
    return 0


def run_verify(given: argparse.Namespace, settings: Settings) -> int:
    """Recompute every digest of the journal and of the stored snapshots; report what differs."""
    from uphold.journal.journal import Journal
    from uphold.journal.verification import verify

    with Journal.open(settings) as journal:
        head = verify(journal)
    print(f"journal: {head.number} entries, each as it was written")
    wrong = 0
    for folder in sorted((settings.state / "snapshots").glob("*")):
        if not SNAPSHOT_ID.fullmatch(folder.name):
            continue  # a build that has not finished
        try:
            found = faults(Snapshot.open(folder))
        except SnapshotNotFound as problem:
            found = [str(problem)]
        wrong += bool(found)
        print(f"snapshot {folder.name}: {' '.join(found) or 'as it was built'}", flush=True)
    if wrong:
        print("uphold: delete the folders of wrong snapshots, and run `uphold build`.", file=sys.stderr)
    return 1 if wrong else 0


def run_backup(given: argparse.Namespace, settings: Settings) -> int:
    """Write the journal to a file, also while a server runs."""
    from uphold.journal.backup import backup
    from uphold.journal.journal import Journal

    with Journal.open(settings) as journal:
        backup(journal, given.file)
    print(f"Wrote {given.file}.")
    return 0


def run_restore(given: argparse.Namespace, settings: Settings) -> int:
    """Replace the journal by a backup."""
    from uphold.journal.backup import restore

    head = restore(settings, given.file, force=given.force)
    print(f"Restored {head.number} entries.")
    return 0
