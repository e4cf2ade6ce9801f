"""Migrations leave the tables that the code expects, or nothing at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from tests.journal.drafts import append
from uphold.errors import JournalTooNew
from uphold.journal import schema
from uphold.journal.journal import Journal
from uphold.journal.migrations import FOLDER, migrate, version
from uphold.journal.verification import verify
from uphold.settings import Settings

FAILING = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("entry", sa.Column("half", sa.Text))
    op.execute("DELETE FROM entry_graph")
    op.execute("INSERT INTO missing VALUES (1)")
"""


def with_script(folder: Path, script: str) -> Path:
    """A copy of our migrations with one more."""
    copy = shutil.copytree(FOLDER, folder / "100% of migrations")
    (copy / "versions" / "v9999_more.py").write_text(script, "utf-8")
    return copy


def test_migrations_lead_to_the_tables_of_the_code(journal: Journal) -> None:
    """Alembic finds no difference."""
    with journal.database.reading() as connection:
        assert version(connection) == schema.NEWEST
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_version_is_that_of_the_last_script() -> None:
    """Else no journal would ever be current."""
    assert ScriptDirectory(str(FOLDER)).get_current_head() == schema.NEWEST


def test_a_migration_that_fails_leaves_nothing(journal: Journal, tmp_path: Path) -> None:
    """No table, no column, no deleted row, no version; the journal goes on as before."""
    append(journal, 2)
    scripts = with_script(tmp_path, FAILING.format(newest=schema.NEWEST))

    def fail() -> None:
        with journal.database.writing() as connection:
            migrate(connection, scripts)

    with pytest.raises(Exception, match="damaged"):
        fail()
    with journal.database.reading() as connection:
        assert version(connection) == schema.NEWEST
        assert not inspect(connection).has_table("half")
        assert "half" not in {column["name"] for column in inspect(connection).get_columns("entry")}
    append(journal)
    assert verify(journal).number == 3


def test_a_migration_that_works_keeps_the_entries(journal: Journal, tmp_path: Path) -> None:
    """From a folder with a sign that Alembic's configuration would interpret."""
    append(journal, 2)
    working = FAILING.replace('    op.execute("DELETE FROM entry_graph")\n', "").replace(
        "INSERT INTO missing VALUES (1)", "SELECT 1"
    )
    with journal.database.writing() as connection:
        migrate(connection, with_script(tmp_path, working.format(newest=schema.NEWEST)))
    with journal.database.reading() as connection:
        assert version(connection) == "9999"
    assert verify(journal).number == 2


def test_a_journal_of_a_newer_version_is_refused(settings: Settings) -> None:
    """And is not touched; the error names both versions."""
    with Journal.open(settings) as journal:
        append(journal)
        with journal.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(JournalTooNew, match=f"'9999'.*'{schema.NEWEST}'"):
            Journal.open(settings)
        with journal.database.reading() as connection:
            assert version(connection) == "9999"
        assert verify(journal).number == 1


def test_sqlite_writes_each_commit_to_the_disk(sqlite: Settings) -> None:
    """In every connection: a write-ahead log that is synced in full, which SQLite shows as 2."""
    with Journal.open(sqlite) as journal:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            with journal.database.reading() as connection, journal.database.writing() as other:
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
                assert other.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
