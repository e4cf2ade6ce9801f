"""An index of entries by the snapshot that they led to."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index."""
    op.create_index("entry_snapshot", "entry", ["snapshot", "number"])
