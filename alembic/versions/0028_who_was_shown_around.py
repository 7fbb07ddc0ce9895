"""Who was shown around at their first sign-in; whoever is there already knows the way."""

import sqlalchemy as sa

from alembic import op

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("toured_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE people SET toured_at = now()")
