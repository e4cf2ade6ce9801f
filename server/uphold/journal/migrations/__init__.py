"""Migrations: brings the tables to the newest version, with Alembic's scripts in `versions/`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from uphold.errors import JournalTooNew
from uphold.journal.schema import NEWEST

__all__ = ["FOLDER", "migrate", "version"]

FOLDER = Path(__file__).parent


def version(connection: Connection) -> str | None:
    """The version of the tables; None in a database without a journal."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(connection: Connection, folder: Path = FOLDER) -> None:
    """Bring the tables to the newest version of `folder`; raises `JournalTooNew` for a version that it lacks.

    The caller holds the write lock, and commits or undoes all of it.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    found = version(connection)
    if found is not None:
        try:
            ScriptDirectory(str(folder)).get_revision(found)
        except CommandError as problem:
            raise JournalTooNew(found, NEWEST) from problem
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
