"""Runs the migrations over the connection that ``guitara_app.kit.migrate`` hands in."""

from alembic import context
from sqlmodel import SQLModel

import guitara_app.tables  # noqa: F401  fills SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
