"""Whoever is asked is reminded once before the time to answer is over."""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("assignments", "leg_offers"):
        op.add_column(table, sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
