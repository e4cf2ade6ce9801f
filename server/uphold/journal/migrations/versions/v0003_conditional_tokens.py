"""Tokens that write on a precondition only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; tokens from before demand no precondition."""
    op.add_column("token", sa.Column("conditional", sa.Integer, nullable=False, server_default="0"))
