"""What Alembic runs for an upgrade: the scripts, in the transaction of the connection that `migrate` passes.

Alembic leaves a transaction to whoever began it, so nothing of a migration stays unless all of it does.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
