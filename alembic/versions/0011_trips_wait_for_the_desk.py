"""Where the firm wants it so, a trip starts only when the desk has released it."""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("legs", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
