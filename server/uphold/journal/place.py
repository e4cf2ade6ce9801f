"""Place: whether there is a journal, without the library of its database."""

from __future__ import annotations

from uphold.settings import Settings

__all__ = ["FILE", "has_journal"]

FILE = "journal.sqlite"
"""The SQLite database in the state folder."""


def has_journal(settings: Settings) -> bool:
    """Whether there is a journal, which the first token or write creates."""
    return bool(settings.database) or (settings.state / FILE).exists()
