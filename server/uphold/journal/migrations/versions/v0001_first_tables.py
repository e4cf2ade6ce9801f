"""The first tables: entries, their graphs, the head, tokens and their use, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "entry",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("moment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("graphs", sa.Text, nullable=False),
        sa.Column("removed", sa.Text, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.Column("previous_snapshot", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("previous_digest", sa.Text, nullable=False, unique=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("removed_quads", sa.LargeBinary, nullable=False),
        sa.Column("added_quads", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "entry_graph",
        sa.Column("graph", sa.Text, primary_key=True),
        sa.Column("entry", NUMBER, sa.ForeignKey("entry.number"), primary_key=True, autoincrement=False),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.CheckConstraint("id = 1", name="one_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "digest": "", "snapshot": ""}])
    op.create_table(
        "token",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("glob", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("expires", sa.Text),
        sa.Column("revoked", sa.Text),
        sa.Column("last_used", sa.Text),
    )
    op.create_table(
        "token_use",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("moment", sa.Text, nullable=False),
        sa.Column("token", sa.Text, sa.ForeignKey("token.name"), nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("graph", sa.Text),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("entry", NUMBER, sa.ForeignKey("entry.number")),
        sqlite_autoincrement=True,
    )
    op.create_index("token_use_token", "token_use", ["token", "id"])
    op.create_table(
        "idempotency",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("entry", NUMBER, sa.ForeignKey("entry.number")),
        sa.Column("moment", sa.Text, nullable=False),
    )
