"""What Alembic runs for an upgrade: the scripts, in the transaction of the connection that `migrate` passes.

`transactional_ddl` keeps Alembic from committing between statements, which it otherwise does on SQLite.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
