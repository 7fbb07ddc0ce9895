"""Whoever comes home without a car of the firm's is known to be home."""

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignments", sa.Column("home_at", sa.DateTime(timezone=True), nullable=True))
